// What came before its turn. Carriers hand over what lay with them in no order, and a session that
// ran ahead would have to keep, and in the end forget, the keys of all that it passed.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { EarlyPlace } from '@ezchat/protocol/session/receive.ts'
import type { PairKey } from './pairs.ts'

export interface Arrived {
  readonly mailbox: Uint8Array
  readonly bytes: Uint8Array
  /** By which the cursor is held back; none of what does not come from there. */
  readonly arrival?: number
}

interface Waiting {
  readonly number: number
  readonly arrived: Arrived
}

/** Of one chain of one session. */
export type ChainName = string

export class EarlyOnes {
  /** The lowest number last, once they are sorted. */
  readonly #chains = new Map<ChainName, Waiting[]>()
  readonly #unsorted = new Set<ChainName>()
  #count = 0
  #bytes = 0

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  names(): ChainName[] {
    return [...this.#chains.keys()]
  }

  add(pair: PairKey, { handshakeId, chain, number }: EarlyPlace, arrived: Arrived): ChainName {
    const name = `${pair}/${toHex(handshakeId)}/${chain}`
    const waiting = this.#chains.get(name)
    if (waiting === undefined) this.#chains.set(name, [{ number, arrived }])
    else {
      // Put back where it was taken from, mostly.
      if (number > waiting.at(-1)!.number) this.#unsorted.add(name)
      waiting.push({ number, arrived })
    }
    this.#count += 1
    this.#bytes += arrived.bytes.length
    return name
  }

  /** The lowest of a chain; null when there is none. */
  take(name: ChainName): Arrived | null {
    const waiting = this.#chains.get(name)
    if (waiting === undefined) return null
    if (this.#unsorted.delete(name)) waiting.sort((a, b) => b.number - a.number)
    const { arrived } = waiting.pop()!
    if (waiting.length === 0) this.#chains.delete(name)
    this.#count -= 1
    this.#bytes -= arrived.bytes.length
    return arrived
  }

  /** The cursor must stay before it: after a crash they are read again. */
  firstArrival(): number {
    let first = Number.POSITIVE_INFINITY
    for (const waiting of this.#chains.values()) {
      for (const { arrived } of waiting) first = Math.min(first, arrived.arrival ?? first)
    }
    return first
  }
}
