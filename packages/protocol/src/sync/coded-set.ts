// One side's ids, and its endless sequence of coded symbols. sync.md §5
import { SHORT_ID_BYTES, SYNC_SYMBOLS_MAX } from '../constants.ts'
import { assert } from '../errors.ts'
import { nextIndex, strideOf } from './mapping.ts'
import { HASH_WORDS, MESSAGE_WORDS, type SipHash } from './siphash.ts'
import { Symbols } from './symbols.ts'
import type { WordTable } from './word-table.ts'

/**
 * 32 bytes per id: the id (16), its hash (8), and where its walk through the indices stands
 * (index 4, seed 4), so that a later batch goes on where the last one stopped.
 */
export class CodedSet {
  readonly #hash: SipHash
  #words: Uint32Array
  #hashes: Uint32Array
  #indices: Uint32Array
  #seeds: Uint32Array
  #count = 0
  readonly #symbols: Symbols

  /** `symbolsFirst` are folded while ids arrive; `countHint` saves growing, nothing else. */
  constructor(hash: SipHash, symbolsFirst: number, countHint: number) {
    const capacity = Math.max(countHint, 64)
    this.#hash = hash
    this.#words = new Uint32Array(capacity * MESSAGE_WORDS)
    this.#hashes = new Uint32Array(capacity * HASH_WORDS)
    this.#indices = new Uint32Array(capacity)
    this.#seeds = new Uint32Array(capacity)
    this.#symbols = new Symbols(symbolsFirst)
  }

  get count(): number {
    return this.#count
  }

  /** Short ids, packed. */
  add(shortIds: Uint8Array): void {
    const added = shortIds.length / SHORT_ID_BYTES
    assert(Number.isInteger(added), `expected whole short ids, got ${shortIds.length} bytes`)
    const from = this.#count
    this.#reserve(from + added)
    const view = new DataView(shortIds.buffer, shortIds.byteOffset, shortIds.length)
    const words = this.#words
    const end = (from + added) * MESSAGE_WORDS
    for (let at = from * MESSAGE_WORDS, offset = 0; at < end; at++, offset += 4) {
      words[at] = view.getUint32(offset, true)
    }
    this.#count += added
    this.#begin(from)
    this.#walk(from, this.#symbols.length)
  }

  #begin(from: number): void {
    for (let item = from; item < this.#count; item++) {
      this.#hash.hashInto(this.#words, item * MESSAGE_WORDS, this.#hashes, item * HASH_WORDS)
      this.#seeds[item] = this.#hashes[item * HASH_WORDS]!
      this.#indices[item] = 0
    }
  }

  #reserve(count: number): void {
    const capacity = this.#indices.length
    if (count <= capacity) return
    const grown = Math.max(count, capacity * 2)
    this.#words = copyInto(new Uint32Array(grown * MESSAGE_WORDS), this.#words)
    this.#hashes = copyInto(new Uint32Array(grown * HASH_WORDS), this.#hashes)
    this.#indices = copyInto(new Uint32Array(grown), this.#indices)
    this.#seeds = copyInto(new Uint32Array(grown), this.#seeds)
  }

  /** Folds the items after `from` into the symbols before `end`, each from where it stopped. */
  #walk(from: number, end: number): void {
    const hashes = this.#hashes
    const indices = this.#indices
    const seeds = this.#seeds
    for (let item = from; item < this.#count; item++) {
      let index = indices[item]!
      if (index >= end) continue
      let seed = seeds[item]!
      const stride = strideOf(hashes[item * HASH_WORDS + 1]!)
      do {
        this.#symbols.fold(index, this.#words, hashes, item, 1)
        seed = (seed + stride) >>> 0
        index = nextIndex(index, seed)
      } while (index < end)
      indices[item] = index
      seeds[item] = seed
    }
  }

  /** The first `length` symbols, and perhaps more: each pass over the ids doubles what is ready. */
  symbolsTo(length: number): Symbols {
    const ready = this.#symbols.length
    if (length > ready) {
      const grown = Math.max(length, Math.min(ready * 2, SYNC_SYMBOLS_MAX))
      this.#symbols.grow(grown)
      this.#walk(0, grown)
    }
    return this.#symbols
  }

  /** Adds other ids to a table, hashed with the key of this set. False when one is there already. */
  insertInto(table: WordTable, shortIds: Uint8Array): boolean {
    const words = new Uint32Array(MESSAGE_WORDS)
    const hash = new Uint32Array(HASH_WORDS)
    const view = new DataView(shortIds.buffer, shortIds.byteOffset, shortIds.length)
    for (let offset = 0; offset < shortIds.length; offset += SHORT_ID_BYTES) {
      for (let i = 0; i < MESSAGE_WORDS; i++) words[i] = view.getUint32(offset + i * 4, true)
      this.#hash.hashInto(words, 0, hash, 0)
      if (table.insert(words, 0, hash) === null) return false
    }
    return true
  }

  /** Whether exactly those ids of the table that are called ours are in this set, and once. */
  holdsExactly(table: WordTable, isOurs: (item: number) => boolean): boolean {
    const seenCounts = new Uint8Array(table.count)
    const words = this.#words
    const hashes = this.#hashes
    for (let item = 0; item < this.#count; item++) {
      const low = hashes[item * HASH_WORDS]!
      const found = table.find(words, item * MESSAGE_WORDS, low, hashes[item * HASH_WORDS + 1]!)
      // An id that is here twice looks like one that the peer lacks.
      if (found >= 0) seenCounts[found] = Math.min(seenCounts[found]! + 1, 2)
    }
    return seenCounts.every((seen, item) => seen === (isOurs(item) ? 1 : 0))
  }
}

function copyInto(to: Uint32Array, from: Uint32Array): Uint32Array {
  to.set(from)
  return to
}
