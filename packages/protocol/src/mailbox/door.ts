// When a door's mailbox changes: mailbox.md §3.
import { DOOR_PERIOD_MINUTES, DOOR_ROTATION_MINUTES } from '../constants.ts'
import { assert } from '../errors.ts'

const PERIOD_SECONDS = DOOR_PERIOD_MINUTES * 60
const ROTATION_SECONDS = DOOR_ROTATION_MINUTES * 60

/** The secret of the door that needs nothing but the address. */
export const BARE_DOOR_SECRET = new Uint8Array(0)

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
