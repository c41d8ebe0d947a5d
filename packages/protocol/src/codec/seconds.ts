import { assert } from '../errors.ts'

/** Unix times in milliseconds have been beyond this since 2004, in seconds they never will be. */
const SECONDS_MAX = 2 ** 40

/**
 * The host's clock. Every comparison with NaN is false, and then nothing would be refused as
 * expired; with milliseconds nothing would be refused as too far ahead.
 */
export function assertSeconds(nowSeconds: number): void {
  assert(
    Number.isFinite(nowSeconds) && Math.abs(nowSeconds) < SECONDS_MAX,
    `expected a time in seconds, got ${nowSeconds}`,
  )
}
