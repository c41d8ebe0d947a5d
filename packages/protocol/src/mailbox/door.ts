// When a door's mailbox changes: mailbox.md §3.
import {
  DOOR_PERIOD_MINUTES,
  DOOR_ROTATION_MINUTES,
  DOOR_SECRET_BYTES,
  ID_BYTES,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { assertLength } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { assert } from '../errors.ts'

const PERIOD_SECONDS = DOOR_PERIOD_MINUTES * 60
const ROTATION_SECONDS = DOOR_ROTATION_MINUTES * 60

const BARE = new Uint8Array(0)

/**
 * What blinding takes as its secret: mailbox.md §2. The network is in it, so that a carrier in
 * two networks cannot see that a mailbox here and one there are the same person's.
 */
export function doorSecretIn(
  crypto: Crypto,
  networkId: Uint8Array,
  /** Of the invite; null for the door that needs nothing but the address. */
  doorSecret: Secret | null,
): Uint8Array {
  assertLength('network id', networkId.length, ID_BYTES)
  if (doorSecret !== null) assertLength('door secret', doorSecret.length, DOOR_SECRET_BYTES)
  return crypto.sha256(labelled(HASH_LABELS.door, networkId, doorSecret?.reveal() ?? BARE))
}

/** Tor's formula. A clock that stands before the first rotation is in period 0. */
export function doorPeriod(nowSeconds: number): number {
  assert(Number.isFinite(nowSeconds), `expected a time, got ${nowSeconds}`)
  return Math.max(0, Math.floor((nowSeconds - ROTATION_SECONDS) / PERIOD_SECONDS))
}

export function doorPeriodStartSeconds(period: number): number {
  return period * PERIOD_SECONDS + ROTATION_SECONDS
}

/** Previous, current and next: what a reader has open, since the sender's clock is not ours. */
export function doorPeriods(nowSeconds: number): readonly number[] {
  const period = doorPeriod(nowSeconds)
  return period === 0 ? [0, 1] : [period - 1, period, period + 1]
}
