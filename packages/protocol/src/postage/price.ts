// postage.md §1 and §3: what an envelope costs, and whether an id shows that it was paid.
import { EFFORT_MAX } from '../constants.ts'
import { assert } from '../errors.ts'

/** What of a network sets the price. */
export interface Price {
  readonly price: number
  readonly ttlDays: number
}

/** An id is good when its first 8 bytes, as a number, are below this. Two halves, for speed. */
export interface Threshold {
  readonly high: number
  readonly low: number
}

const TWO_TO_64 = 1n << 64n
const KIB = 1024

/** price × KiB × days: 32, 7 and 9 bits, so below 2^53. */
export function trialsExpectedOf({ price, ttlDays }: Price, envelopeBytes: number): number {
  const trials = price * ttlDays * (envelopeBytes / KIB)
  assert(Number.isSafeInteger(trials), 'expected a price, days and KiB that networks can have')
  return trials
}

/** Null when no work is asked for: with 0 or 1 expected trial every id is good. */
export function thresholdOf(trialsExpected: number): Threshold | null {
  if (trialsExpected <= 1) return null
  assert(Number.isSafeInteger(trialsExpected), 'expected whole trials')
  const bound = TWO_TO_64 / BigInt(trialsExpected)
  return { high: Number(bound >> 32n), low: Number(bound & 0xffffffffn) }
}

function firstBytesOf(id: Uint8Array): bigint {
  return new DataView(id.buffer, id.byteOffset, id.length).getBigUint64(0)
}

export function isPaid(id: Uint8Array, threshold: Threshold | null): boolean {
  if (threshold === null) return true
  const view = new DataView(id.buffer, id.byteOffset, id.length)
  const high = view.getUint32(0)
  return high < threshold.high || (high === threshold.high && view.getUint32(4) < threshold.low)
}

/** The trials that an id is worth; `isPaid` is the same as effort >= trials expected. */
export function effortOf(id: Uint8Array): number {
  const effort = TWO_TO_64 / (firstBytesOf(id) + 1n)
  return effort > BigInt(EFFORT_MAX) ? EFFORT_MAX : Number(effort)
}
