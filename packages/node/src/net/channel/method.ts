// What a channel has to know of a request: how it is numbered, and how large it may be.
import { FRAME_HEADER_BYTES } from '@ezchat/protocol/constants.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { Method } from '@ezchat/protocol/request/method.ts'

export type MethodTable = { readonly [name: string]: Method }

export interface NamedMethod extends Method {
  readonly name: string
}

/** The same table by name and by number. */
export class Methods {
  readonly #byName = new Map<string, NamedMethod>()
  readonly #byNumber = new Map<number, NamedMethod>()

  constructor(table: MethodTable) {
    for (const [name, method] of Object.entries(table)) {
      assert(!this.#byNumber.has(method.number), `two methods have the number ${method.number}`)
      const named = { name, ...method }
      this.#byName.set(name, named)
      this.#byNumber.set(method.number, named)
    }
  }

  ofKind(name: string, kind: Method['kind']): NamedMethod {
    const method = this.#byName.get(name)
    assert(method?.kind === kind, `${name} is no ${kind}`)
    return method
  }

  byNumber(number: number): NamedMethod | null {
    return this.#byNumber.get(number) ?? null
  }
}

/** channel.md §3: what a request counts for in the window. */
export function costOf(method: Method, bodyBytes: number): number {
  return bodyBytes + method.answerBytesMax + 2 * FRAME_HEADER_BYTES
}
