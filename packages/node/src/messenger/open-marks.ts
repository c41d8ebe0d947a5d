// Which of our messages are still open, on disk: a bit for each, so that those that are written or
// confirmed together cost one row.
import { isZero } from '@ezchat/protocol/codec/bytes.ts'
import type { Draft } from './desk.ts'
import { numberIn, TABLE, u32, u64 } from './table.ts'
import type { Vault } from './vault.ts'

interface Place {
  readonly conversation: number
  readonly sequence: number
}

const PAGE_BITS = 256
const PAGE_BYTES = PAGE_BITS / 8

interface Page {
  readonly conversation: number
  readonly number: number
  readonly bits: Uint8Array
}

export class OpenMarks {
  readonly #vault: Vault
  /** Those in which something is open. */
  readonly #pages = new Map<string, Page>()
  readonly #changed = new Set<Page>()

  private constructor(vault: Vault) {
    this.#vault = vault
  }

  static async load(vault: Vault): Promise<OpenMarks> {
    const marks = new OpenMarks(vault)
    const prefix = vault.key(TABLE.open)
    for await (const [key, value] of vault.under(prefix)) {
      const conversation = new DataView(key.buffer, key.byteOffset + prefix.length).getUint32(0)
      const bits = value.slice(0, PAGE_BYTES)
      const page = { conversation, number: numberIn(key, prefix.length + 4), bits }
      marks.#pages.set(nameOf(conversation, page.number), page)
    }
    return marks
  }

  *all(): Generator<Place> {
    for (const { conversation, number, bits } of this.#pages.values()) {
      for (let at = 0; at < PAGE_BITS; at++) {
        if (isSet(bits, at)) yield { conversation, sequence: number * PAGE_BITS + at }
      }
    }
  }

  mark({ conversation, sequence }: Place, isOpen: boolean): void {
    const number = Math.floor(sequence / PAGE_BITS)
    const name = nameOf(conversation, number)
    const fresh = { conversation, number, bits: new Uint8Array(PAGE_BYTES) }
    const page: Page = this.#pages.get(name) ?? fresh
    const at = sequence % PAGE_BITS
    if (isSet(page.bits, at) === isOpen) return
    page.bits[at >> 3]! ^= 1 << (at & 7)
    if (isZero(page.bits)) this.#pages.delete(name)
    else this.#pages.set(name, page)
    this.#changed.add(page)
  }

  save(draft: Draft): void {
    for (const { conversation, number, bits } of this.#changed) {
      const key = this.#vault.key(TABLE.open, u32(conversation), u64(number))
      if (isZero(bits)) draft.remove(key)
      else draft.put(key, bits.slice())
    }
    this.#changed.clear()
  }
}

function isSet(bits: Uint8Array, at: number): boolean {
  return (bits[at >> 3]! & (1 << (at & 7))) !== 0
}

function nameOf(conversation: number, number: number): string {
  return `${conversation}/${number}`
}
