// A mailbox that only those who share a secret can compute: mailbox.md §4.
import { Writer } from '../codec/writer.ts'
import { DAY_SECONDS, ID_BYTES, TTL_DAYS_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { KEY_LABELS } from '../crypto/labels.ts'
import { assertLength, KEY_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { assert } from '../errors.ts'

/** 0 from the side that began, 1 to it. */
export type Direction = 0 | 1

export interface LaneTerms {
  readonly networkId: Uint8Array
  readonly direction: Direction
  readonly day: number
}

export interface Lane {
  readonly direction: Direction
  readonly day: number
  readonly mailbox: Uint8Array
  /** Ed25519 seed of the mailbox: the right to drop what lies in it. */
  readonly signSeed: Secret
  /** Under which the bodies of the lane's envelopes are sealed. */
  readonly sealKey: Secret
}

export function laneDay(nowSeconds: number): number {
  assert(Number.isFinite(nowSeconds), `expected a time, got ${nowSeconds}`)
  return Math.max(0, Math.floor(nowSeconds / DAY_SECONDS))
}

/** Previous, current and next: what a reader has open, since the sender's clock is not ours. */
export function laneDays(nowSeconds: number): readonly number[] {
  const day = laneDay(nowSeconds)
  return day === 0 ? [0, 1] : [day - 1, day, day + 1]
}

export function deriveLane(crypto: Crypto, secret: Secret, terms: LaneTerms): Lane {
  assertLength('lane secret', secret.length, KEY_BYTES)
  const { networkId, direction, day } = terms
  const context = [new Writer().bytes(networkId, ID_BYTES).u8(direction).u32(day).finish()] as const
  const signSeed = derive(crypto, KEY_LABELS.laneSign, secret, context, KEY_BYTES)
  const sealKey = derive(crypto, KEY_LABELS.laneSeal, secret, context, KEY_BYTES)
  return { direction, day, mailbox: crypto.ed25519Public(signSeed), signSeed, sealKey }
}

export interface LaneWindow {
  readonly networkId: Uint8Array
  readonly direction: Direction
  readonly firstDay: number
  readonly lastDay: number
}

/** A year of time to live, and a day at either end for clocks that differ, and today. */
const WINDOW_DAYS_MAX = TTL_DAYS_MAX + 3

/** Both ends included. The dearest part is one Ed25519 public key for each day. */
export function laneWindow(crypto: Crypto, secret: Secret, window: LaneWindow): Lane[] {
  const { networkId, direction, firstDay, lastDay } = window
  const count = lastDay - firstDay + 1
  assert(count >= 0 && count <= WINDOW_DAYS_MAX, `expected a window of days, got ${count}`)
  return Array.from({ length: count }, (_, at) =>
    deriveLane(crypto, secret, { networkId, direction, day: firstDay + at }),
  )
}
