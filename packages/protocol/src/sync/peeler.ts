// Finds the ids that one side has and the other lacks, from the difference of their coded symbols.
// sync.md §5. The symbols come from a stranger: every loop here is bounded by their number.
import { assert, ProtocolError } from '../errors.ts'
import { nextIndex, nextSeed } from './mapping.ts'
import { HASH_WORDS, MESSAGE_WORDS, type SipHash } from './siphash.ts'
import { Symbols } from './symbols.ts'
import { WordTable } from './word-table.ts'

/** In a difference, the count of a symbol that holds one id: theirs, or ours. */
const THEIRS = 1
const OURS = 255

export class Peeler {
  readonly #hash: SipHash
  readonly #difference = new Symbols(0)
  readonly #found = new WordTable()
  /** Of each id found: whose it is, and where its walk through the indices stands. */
  readonly #owners: number[] = []
  readonly #indices: number[] = []
  readonly #seeds: number[] = []
  readonly #scratch = new Int32Array(HASH_WORDS)
  #length = 0

  constructor(hash: SipHash) {
    this.#hash = hash
  }

  get found(): WordTable {
    return this.#found
  }

  /** Of an id found: whether we have it and they do not. */
  isOurs(item: number): boolean {
    return this.#owners[item] === OURS
  }

  /** How many symbols have been taken in. */
  get length(): number {
    return this.#length
  }

  /** Takes in their next symbols, of which `ours` has at least as many. True when all is found. */
  add(theirs: Symbols, ours: Symbols): boolean {
    const from = this.#length
    const end = from + theirs.length
    assert(ours.length >= end, 'expected as many symbols of ours as of theirs')
    if (this.#difference.length < end) this.#difference.grow(Math.max(end, 2 * from))
    this.#length = end
    subtract(this.#difference, theirs, ours, from)
    for (let item = 0; item < this.#found.count; item++) this.#remove(item, null)
    const candidates: number[] = []
    for (let at = from; at < end; at++) candidates.push(at)
    this.#peel(candidates)
    return this.#isComplete()
  }

  #peel(candidates: number[]): void {
    const { sums, checks, counts } = this.#difference
    for (let at = candidates.pop(); at !== undefined; at = candidates.pop()) {
      const owner = counts[at]!
      if (owner !== THEIRS && owner !== OURS) continue
      this.#hash.hashInto(sums, at * MESSAGE_WORDS, this.#scratch, 0)
      if (this.#scratch[0] !== checks[at * HASH_WORDS]) continue
      if (this.#scratch[1] !== checks[at * HASH_WORDS + 1]) continue
      // Honest symbols yield each id once. Without this rule two symbols could feed each other
      // the same id for ever; with it a symbol yields one at most, since what it holds after
      // that are ids already found.
      const item = this.#found.insert(sums, at * MESSAGE_WORDS, this.#scratch)
      if (item === null) throw new ProtocolError('SYNC_CHECKSUM', 'an id comes up twice')
      this.#owners.push(owner)
      this.#indices.push(0)
      this.#seeds.push(this.#scratch[0]!)
      this.#remove(item, candidates)
      // An id that is not mapped to the symbol it was found in was put there.
      if (counts[at] !== 0) throw new ProtocolError('SYNC_CHECKSUM', 'an id is out of its place')
    }
  }

  /** Takes an id out of every symbol from where its walk stands; those it may have freed. */
  #remove(item: number, freed: number[] | null): void {
    const { words, hashes } = this.#found
    const hashHigh = hashes[item * HASH_WORDS + 1]!
    const sign = this.#owners[item] === THEIRS ? OURS : THEIRS
    let index = this.#indices[item]!
    let seed = this.#seeds[item]!
    while (index < this.#length) {
      this.#difference.fold(index, words, hashes, item, sign)
      freed?.push(index)
      seed = nextSeed(seed, hashHigh)
      index = nextIndex(index, seed)
    }
    this.#indices[item] = index
    this.#seeds[item] = seed
  }

  #isComplete(): boolean {
    for (let at = 0; at < this.#length; at++) {
      if (!this.#difference.isEmpty(at)) return false
    }
    return true
  }
}

function subtract(to: Symbols, theirs: Symbols, ours: Symbols, from: number): void {
  const end = from + theirs.length
  for (let at = from; at < end; at++) to.counts[at] = theirs.counts[at - from]! - ours.counts[at]!
  const sum = from * MESSAGE_WORDS
  for (let at = sum; at < end * MESSAGE_WORDS; at++) {
    to.sums[at] = theirs.sums[at - sum]! ^ ours.sums[at]!
  }
  const check = from * HASH_WORDS
  for (let at = check; at < end * HASH_WORDS; at++) {
    to.checks[at] = theirs.checks[at - check]! ^ ours.checks[at]!
  }
}
