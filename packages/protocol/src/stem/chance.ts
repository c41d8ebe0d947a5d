// What is left to chance: stem.md §4. Only `drawFrom` is random; the rest is a function of a draw.
import type { RandomSource } from '../crypto/crypto.ts'
import {
  STEM_DELIVERER_SHARE,
  STEM_EMBARGO_MS_MAX,
  STEM_EMBARGO_MS_MEAN,
  STEM_EMBARGO_MS_MIN,
  STEM_EPOCH_MS,
  STEM_EPOCH_SPREAD_MS,
  STEM_HOLD_MS_MAX,
  STEM_HOLD_MS_MEAN,
} from '../limits.ts'

/** A multiple of 2^-32, from 0 to just below 1. */
export type Draw = () => number

export function drawFrom(random: RandomSource): Draw {
  return () => {
    const bytes = random(4)
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32
  }
}

function exponentialMs(unit: number, meanMs: number): number {
  return Math.round(-Math.log(1 - unit) * meanMs)
}

export function holdMs(unit: number): number {
  return Math.min(exponentialMs(unit, STEM_HOLD_MS_MEAN), STEM_HOLD_MS_MAX)
}

/** Twice as long each time that one ended in vain. */
export function embargoMs(unit: number, endedCount: number): number {
  const first =
    STEM_EMBARGO_MS_MIN + exponentialMs(unit, STEM_EMBARGO_MS_MEAN - STEM_EMBARGO_MS_MIN)
  return Math.min(first * 2 ** Math.min(endedCount, 16), STEM_EMBARGO_MS_MAX)
}

export function epochMs(unit: number): number {
  return STEM_EPOCH_MS - STEM_EPOCH_SPREAD_MS + Math.round(unit * 2 * STEM_EPOCH_SPREAD_MS)
}

export function isDeliverer(unit: number): boolean {
  return unit < STEM_DELIVERER_SHARE
}

export function pick<T>(unit: number, from: readonly [T, ...T[]]): T {
  return from[Math.floor(unit * from.length)]!
}
