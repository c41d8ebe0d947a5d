// Coded symbols, as columns: a million items are folded into them, so no object per symbol.
import {
  SHORT_ID_BYTES,
  SYNC_BATCH_SYMBOLS_MAX,
  SYNC_SYMBOL_BYTES,
  SYNC_SYMBOLS_MAX,
} from '../constants.ts'
import { HASH_WORDS, MESSAGE_WORDS } from './siphash.ts'

export class Symbols {
  /** Exclusive or of the short ids, as little-endian words. */
  sums: Int32Array
  /** Exclusive or of their hashes. */
  checks: Int32Array
  /** How many, modulo 256: a symbol that holds one id has 1, or 255 where it was subtracted. */
  counts: Uint8Array

  constructor(length: number) {
    this.sums = new Int32Array(length * MESSAGE_WORDS)
    this.checks = new Int32Array(length * HASH_WORDS)
    this.counts = new Uint8Array(length)
  }

  get length(): number {
    return this.counts.length
  }

  /** Keeps what is there; the new symbols are empty. */
  grow(length: number): void {
    const { sums, checks, counts } = this
    this.sums = new Int32Array(length * MESSAGE_WORDS)
    this.checks = new Int32Array(length * HASH_WORDS)
    this.counts = new Uint8Array(length)
    this.sums.set(sums)
    this.checks.set(checks)
    this.counts.set(counts)
  }

  /** Adds the id at `item` of `words`, or takes it away: `sign` is 1 or 255. */
  fold(at: number, words: Int32Array, hashes: Int32Array, item: number, sign: number): void {
    const { sums, checks, counts } = this
    const to = at * MESSAGE_WORDS
    const from = item * MESSAGE_WORDS
    sums[to]! ^= words[from]!
    sums[to + 1]! ^= words[from + 1]!
    sums[to + 2]! ^= words[from + 2]!
    sums[to + 3]! ^= words[from + 3]!
    checks[at * HASH_WORDS]! ^= hashes[item * HASH_WORDS]!
    checks[at * HASH_WORDS + 1]! ^= hashes[item * HASH_WORDS + 1]!
    counts[at]! += sign
  }

  isEmpty(at: number): boolean {
    const { sums, checks, counts } = this
    const sum = at * MESSAGE_WORDS
    const check = at * HASH_WORDS
    const rest = sums[sum]! | sums[sum + 1]! | sums[sum + 2]! | sums[sum + 3]!
    return (rest | checks[check]! | checks[check + 1]! | counts[at]!) === 0
  }
}

/** sync.md §5: sum (16) ‖ checksum (8) ‖ count (1), for the symbols from `from` on. */
export function encodeSymbols(symbols: Symbols, from: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count * SYNC_SYMBOL_BYTES)
  const view = new DataView(bytes.buffer)
  for (let at = from, offset = 0; at < from + count; at++, offset += SYNC_SYMBOL_BYTES) {
    for (let i = 0; i < MESSAGE_WORDS; i++) {
      view.setInt32(offset + i * 4, symbols.sums[at * MESSAGE_WORDS + i]!, true)
    }
    for (let i = 0; i < HASH_WORDS; i++) {
      view.setInt32(offset + SHORT_ID_BYTES + i * 4, symbols.checks[at * HASH_WORDS + i]!, true)
    }
    view.setUint8(offset + SYNC_SYMBOL_BYTES - 1, symbols.counts[at]!)
  }
  return bytes
}

/** Whole symbols only; every value is allowed. */
export function decodeSymbols(bytes: Uint8Array): Symbols {
  const symbols = new Symbols(bytes.length / SYNC_SYMBOL_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0, offset = 0; at < symbols.length; at++, offset += SYNC_SYMBOL_BYTES) {
    for (let i = 0; i < MESSAGE_WORDS; i++) {
      symbols.sums[at * MESSAGE_WORDS + i] = view.getInt32(offset + i * 4, true)
    }
    for (let i = 0; i < HASH_WORDS; i++) {
      symbols.checks[at * HASH_WORDS + i] = view.getInt32(offset + SHORT_ID_BYTES + i * 4, true)
    }
    symbols.counts[at] = view.getUint8(offset + SYNC_SYMBOL_BYTES - 1)
  }
  return symbols
}

/** Every batch but the first doubles what was sent, as far as a message holds it. sync.md §5 */
export function nextBatch(sent: number): number {
  return Math.min(sent, SYNC_BATCH_SYMBOLS_MAX, SYNC_SYMBOLS_MAX - sent)
}
