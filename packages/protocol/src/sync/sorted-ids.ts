// One side's short ids in ascending order, read once from the front. They are put into 256 buckets
// at once and a bucket is sorted when the reader comes to it, so that no step takes long.
import { SHORT_ID_BYTES } from '../constants.ts'
import { assert } from '../errors.ts'

const WORDS = SHORT_ID_BYTES / 4
const BUCKETS = 256
/** Behind a 32-bit prefix, 21 bits of position still fit a binary64: limits.ts allows no more. */
const POSITIONS = 0x200000

export class SortedIds {
  /** Big-endian words, so that comparing words is comparing bytes. */
  #words: Uint32Array
  #count = 0
  #bucketEnds = new Uint32Array(BUCKETS)
  #bucketsReady = 0
  #ready = 0
  #at = 0

  constructor(countHint: number) {
    this.#words = new Uint32Array(Math.max(countHint, 64) * WORDS)
  }

  get count(): number {
    return this.#count
  }

  add(shortIds: Uint8Array): void {
    const added = shortIds.length / SHORT_ID_BYTES
    assert(Number.isInteger(added), `expected whole short ids, got ${shortIds.length} bytes`)
    const end = (this.#count + added) * WORDS
    if (end > this.#words.length) {
      const grown = new Uint32Array(Math.max(end, this.#words.length * 2))
      grown.set(this.#words)
      this.#words = grown
    }
    readWords(shortIds, this.#words, this.#count * WORDS)
    this.#count += added
  }

  /** After the last `add`. */
  seal(): void {
    assert(this.#count <= POSITIONS, `expected at most ${POSITIONS} ids`)
    const starts = new Uint32Array(BUCKETS + 1)
    const end = this.#count * WORDS
    for (let at = 0; at < end; at += WORDS) starts[(this.#words[at]! >>> 24) + 1]!++
    for (let bucket = 0; bucket < BUCKETS; bucket++) starts[bucket + 1]! += starts[bucket]!
    const ends = starts.slice(0, BUCKETS)
    const placed = new Uint32Array(end)
    for (let at = 0; at < end; at += WORDS) {
      const to = ends[this.#words[at]! >>> 24]!++ * WORDS
      for (let i = 0; i < WORDS; i++) placed[to + i] = this.#words[at + i]!
    }
    this.#words = placed
    this.#bucketEnds = ends
    this.#settle()
  }

  get isDone(): boolean {
    return this.#at >= this.#count
  }

  /** The id in front against one in `words`: below 0 when the one in front comes first. */
  compare(words: Uint32Array, item: number): number {
    return compareWords(this.#words, this.#at, words, item)
  }

  /** Moves on. An id that is there twice is passed over: a list names it once. */
  skip(): void {
    const before = this.#at++
    while (
      this.#at < this.#ready &&
      compareWords(this.#words, this.#at, this.#words, before) === 0
    ) {
      this.#at++
    }
    this.#settle()
  }

  /** Writes the id in front to place `item` of a packed list, and moves on. */
  take(to: DataView, item: number): void {
    const from = this.#at * WORDS
    for (let i = 0; i < WORDS; i++) {
      to.setUint32(item * SHORT_ID_BYTES + i * 4, this.#words[from + i]!)
    }
    this.skip()
  }

  /** The next ids, as many as there are, packed. */
  takeUpTo(count: number): Uint8Array {
    const taken = new Uint8Array(Math.min(count, this.#count - this.#at) * SHORT_ID_BYTES)
    const view = new DataView(taken.buffer)
    let item = 0
    while (item < count && !this.isDone) this.take(view, item++)
    return taken.slice(0, item * SHORT_ID_BYTES)
  }

  /** Sorts buckets until the id in front is in one that is sorted. */
  #settle(): void {
    while (this.#at === this.#ready && this.#bucketsReady < BUCKETS) {
      const end = this.#bucketEnds[this.#bucketsReady++]!
      sortWords(this.#words, this.#ready, end)
      this.#ready = end
    }
  }
}

/** Packed short ids as big-endian words. */
export function readWords(
  shortIds: Uint8Array,
  words: Uint32Array = new Uint32Array(shortIds.length / 4),
  from = 0,
): Uint32Array {
  const view = new DataView(shortIds.buffer, shortIds.byteOffset, shortIds.length)
  for (let offset = 0; offset < shortIds.length; offset += 4) {
    words[from + offset / 4] = view.getUint32(offset)
  }
  return words
}

function compareWords(a: Uint32Array, itemA: number, b: Uint32Array, itemB: number): number {
  for (let i = 0; i < WORDS; i++) {
    const difference = a[itemA * WORDS + i]! - b[itemB * WORDS + i]!
    if (difference !== 0) return difference
  }
  return 0
}

/** Ids that share their first byte. Numbers sort far faster than anything with a comparator. */
function sortWords(words: Uint32Array, from: number, end: number): void {
  const source = words.slice(from * WORDS, end * WORDS)
  const keys = new Float64Array(end - from)
  for (let item = 0; item < keys.length; item++) {
    const prefix = (source[item * WORDS]! & 0xffffff) * 256 + (source[item * WORDS + 1]! >>> 24)
    keys[item] = prefix * POSITIONS + item
  }
  keys.sort()
  const order = Uint32Array.from(keys, (key) => key % POSITIONS)
  sortAlike(source, order, (place) => Math.floor(keys[place]! / POSITIONS))
  for (let place = 0; place < order.length; place++) {
    for (let i = 0; i < WORDS; i++) {
      words[(from + place) * WORDS + i] = source[order[place]! * WORDS + i]!
    }
  }
}

/**
 * Ids alike in 40 bits are rare by chance. But symbols may hold any ids that their sender likes,
 * 90,000 alike among them: no sort here may take a time that grows with the square.
 */
function sortAlike(
  source: Uint32Array,
  order: Uint32Array,
  prefixAt: (place: number) => number,
): void {
  let first = 0
  for (let place = 1; place <= order.length; place++) {
    if (place < order.length && prefixAt(place) === prefixAt(first)) continue
    if (place - first > 1) {
      order.subarray(first, place).sort((a, b) => compareWords(source, a, source, b))
    }
    first = place
  }
}
