// A set of short ids in the order in which they came, found by hash. One array per column.
import { SHORT_ID_BYTES } from '../constants.ts'
import { ProtocolError } from '../errors.ts'
import { SYNC_PROBES_MAX } from '../limits.ts'
import { HASH_WORDS, MESSAGE_WORDS } from './siphash.ts'

export class WordTable {
  words = new Int32Array(64 * MESSAGE_WORDS)
  hashes = new Int32Array(64 * HASH_WORDS)
  count = 0
  /** Position plus one; 0 is a free slot. Never more than half full. */
  #slots = new Uint32Array(128)

  /** Where an id stands, or -1. */
  find(words: Int32Array, at: number, hashLow: number, hashHigh: number): number {
    const slot = this.#slotOf(words, at, hashLow, hashHigh)
    return this.#slots[slot]! - 1
  }

  /** Where the id now stands, or null when it was there already. */
  insert(words: Int32Array, at: number, hash: Int32Array): number | null {
    if ((this.count + 1) * 2 > this.#slots.length) this.#grow()
    const slot = this.#slotOf(words, at, hash[0]!, hash[1]!)
    if (this.#slots[slot] !== 0) return null
    const item = this.count++
    this.words.set(words.subarray(at, at + MESSAGE_WORDS), item * MESSAGE_WORDS)
    this.hashes.set(hash, item * HASH_WORDS)
    this.#slots[slot] = item + 1
    return item
  }

  /** Writes the bytes of an id. */
  write(item: number, to: Uint8Array, offset: number): void {
    const view = new DataView(to.buffer, to.byteOffset + offset, SHORT_ID_BYTES)
    for (let i = 0; i < MESSAGE_WORDS; i++) {
      view.setInt32(i * 4, this.words[item * MESSAGE_WORDS + i]!, true)
    }
  }

  /** The slot that holds the id, or the free one where it belongs. */
  #slotOf(words: Int32Array, at: number, hashLow: number, hashHigh: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    const step = hashHigh | 1
    let slot = hashLow & mask
    for (let probe = 0; probe < SYNC_PROBES_MAX; probe++) {
      const item = slots[slot]! - 1
      if (item < 0 || this.#holds(item, words, at)) return slot
      slot = (slot + step) & mask
    }
    throw new ProtocolError('SYNC_CHECKSUM', 'ids made to collide')
  }

  #holds(item: number, words: Int32Array, at: number): boolean {
    const from = item * MESSAGE_WORDS
    for (let i = 0; i < MESSAGE_WORDS; i++) {
      if (this.words[from + i] !== words[at + i]) return false
    }
    return true
  }

  #grow(): void {
    const { words, hashes } = this
    this.words = new Int32Array(words.length * 2)
    this.hashes = new Int32Array(hashes.length * 2)
    this.words.set(words)
    this.hashes.set(hashes)
    this.#slots = new Uint32Array(this.#slots.length * 2)
    for (let item = 0; item < this.count; item++) {
      const low = hashes[item * HASH_WORDS]!
      const slot = this.#slotOf(words, item * MESSAGE_WORDS, low, hashes[item * HASH_WORDS + 1]!)
      this.#slots[slot] = item + 1
    }
  }
}
