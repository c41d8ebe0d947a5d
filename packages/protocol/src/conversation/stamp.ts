// Hybrid logical clock: wall time where clocks agree, a counter where they do not. conversation.md §5
import { compareBytes } from '../codec/bytes.ts'
import type { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { CLOCK_AHEAD_MS_MAX } from '../constants.ts'
import { assert } from '../errors.ts'

export interface Stamp {
  /** Unix milliseconds, 48 bits. */
  readonly ms: number
  readonly counter: number
}

export const STAMP_BYTES = 8
const MS_MAX = 2 ** 48 - 1
const COUNTER_MAX = 0xffff
const WORD = 2 ** 32

/** Before every entry. */
export const FIRST_STAMP: Stamp = { ms: 0, counter: 0 }
export const LAST_STAMP: Stamp = { ms: MS_MAX, counter: COUNTER_MAX }

export function compareStamps(a: Stamp, b: Stamp): number {
  return a.ms === b.ms ? a.counter - b.counter : a.ms - b.ms
}

export function laterStamp(a: Stamp, b: Stamp): Stamp {
  return compareStamps(a, b) >= 0 ? a : b
}

export function earlierStamp(a: Stamp, b: Stamp): Stamp {
  return compareStamps(a, b) <= 0 ? a : b
}

/** The least stamp after this one. At the end of time there is none, and it stays. */
export function stampAfter(stamp: Stamp): Stamp {
  if (stamp.counter < COUNTER_MAX) return { ms: stamp.ms, counter: stamp.counter + 1 }
  return stamp.ms < MS_MAX ? { ms: stamp.ms + 1, counter: 0 } : stamp
}

export function stampBefore(stamp: Stamp): Stamp {
  if (stamp.counter > 0) return { ms: stamp.ms, counter: stamp.counter - 1 }
  return stamp.ms > 0 ? { ms: stamp.ms - 1, counter: COUNTER_MAX } : stamp
}

/** A host's clock may say anything; what it says is brought into the range. */
export function wallMs(nowMs: number): number {
  assert(!Number.isNaN(nowMs), 'expected a time')
  return Math.min(Math.max(Math.floor(nowMs), 0), MS_MAX - 2 * CLOCK_AHEAD_MS_MAX)
}

/** The latest stamp that is believed at this time. */
export function latestBelieved(nowMs: number): Stamp {
  return { ms: wallMs(nowMs) + CLOCK_AHEAD_MS_MAX, counter: COUNTER_MAX }
}

/**
 * The stamp of our next entry. A clock of ours that was far ahead and has been set right takes the
 * hybrid clock back with it: entries still follow their chain, and readers trust the time again.
 */
export function nextStamp(own: Stamp, nowMs: number): Stamp {
  const now: Stamp = { ms: wallMs(nowMs), counter: 0 }
  if (compareStamps(own, latestBelieved(nowMs)) > 0) return now
  return compareStamps(now, own) > 0 ? now : stampAfter(own)
}

/** Our clock after something was placed at a stamp. It never follows farther than is believed. */
export function observeStamp(own: Stamp, placed: Stamp, nowMs: number): Stamp {
  return laterStamp(own, earlierStamp(placed, latestBelieved(nowMs)))
}

export function writeStamp(writer: Writer, { ms, counter }: Stamp): Writer {
  assert(ms >= 0 && ms <= MS_MAX && Number.isInteger(ms), `expected 48 bits of ms, got ${ms}`)
  return writer
    .u16(Math.floor(ms / WORD))
    .u32(ms % WORD)
    .u16(counter)
}

export function readStamp(reader: Reader): Stamp {
  const high = reader.u16()
  return { ms: high * WORD + reader.u32(), counter: reader.u16() }
}

/** Stamp (8), identity (32), device (16), sequence (8): unique, and sorts as bytes do. */
export const ORDER_KEY_BYTES = 64

export function orderKey(
  stamp: Stamp,
  place: { readonly author: Uint8Array; readonly device: Uint8Array; readonly sequence: number },
): Uint8Array {
  const writer = writeStamp(new Writer(ORDER_KEY_BYTES), stamp)
  writer.bytes(place.author, 32).bytes(place.device, 16).u64(BigInt(place.sequence))
  return writer.finish()
}

export const compareOrder = compareBytes
