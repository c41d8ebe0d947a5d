// Ids, sets and a Crypto that are the same in every run.
import { concatBytes } from '../../src/codec/bytes.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { MemorySyncSet } from '../../src/sync/memory-sync-set.ts'

/** A small generator (mulberry32): good enough for ids, and fast. */
export function randomBytesFrom(seed: number): (length: number) => Uint8Array {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return (length) => Uint8Array.from({ length }, () => next() >>> 13)
}

export function seededCrypto(seed: number): Crypto {
  return nobleCrypto(randomBytesFrom(seed))
}

export interface Population {
  readonly seed: number
  readonly both: number
  readonly leftOnly: number
  readonly rightOnly: number
  /** How many days the ids are spread over, and how many of these the differences are in. */
  readonly days: number
  readonly differingDays: number
}

export interface Pair {
  readonly left: MemorySyncSet
  readonly right: MemorySyncSet
  /** Packed short ids, ascending. */
  readonly leftOnly: readonly string[]
  readonly rightOnly: readonly string[]
}

export const FIRST_DAY = 20_000

export function populate(population: Population): Pair {
  const draw = randomBytesFrom(population.seed)
  const left = new MemorySyncSet()
  const right = new MemorySyncSet()
  for (let i = 0; i < population.both; i++) {
    const id = draw(32)
    const day = FIRST_DAY + (i % population.days)
    left.add(day, id)
    right.add(day, id)
  }
  const addOnly = (set: MemorySyncSet, count: number): string[] =>
    Array.from({ length: count }, (_, i) => {
      const id = draw(32)
      set.add(FIRST_DAY + (i % population.differingDays), id)
      return hex(id.subarray(16))
    }).sort()
  return {
    left,
    right,
    leftOnly: addOnly(left, population.leftOnly),
    rightOnly: addOnly(right, population.rightOnly),
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Of pieces of packed short ids, each id, ascending. */
export function unpack(pieces: readonly Uint8Array[]): string[] {
  const packed = concatBytes(...pieces)
  const ids: string[] = []
  for (let at = 0; at < packed.length; at += 16) ids.push(hex(packed.subarray(at, at + 16)))
  return ids.sort()
}
