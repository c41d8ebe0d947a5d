// When what is missing is asked for, and whom. conversation.md §7
import { ASK_AGAIN_MS, ASK_COUNT_MAX, ASK_DELAY_MS, ASK_DELAY_MS_MAX } from '../limits.ts'
import { wallMs } from './stamp.ts'

export interface Ask {
  /** Questions in vain. */
  readonly count: number
  readonly atMs: number
  /** Whose turn it is among the holders is this and the count. */
  readonly first: number
}

const FIRST_MODULUS = 65_536

/**
 * Something is missing, and not the same as before. After a question that is its answer, or the
 * beginning of it: whoever gave it is asked for the rest soon.
 */
export function askAfterChange(ask: Ask | null, nowMs: number): Ask {
  const now = wallMs(nowMs)
  if (ask === null) return { count: 0, atMs: now + ASK_DELAY_MS, first: 0 }
  if (ask.count === 0) return { ...ask, atMs: Math.min(ask.atMs, now + ASK_DELAY_MS) }
  const first = (ask.first + ask.count - 1) % FIRST_MODULUS
  return { count: 0, atMs: now + ASK_AGAIN_MS, first }
}

export function askAgain({ count, first }: Ask, nowMs: number): Ask {
  const delayMs = Math.min(ASK_DELAY_MS * 2 ** (count + 1), ASK_DELAY_MS_MAX)
  return { count: count + 1, atMs: wallMs(nowMs) + delayMs, first }
}

export function isGivenUp({ count }: Ask): boolean {
  return count >= ASK_COUNT_MAX
}

/** A clock that was set back must not put the next question off for years. */
export function isDue(ask: Ask, nowMs: number): boolean {
  const now = wallMs(nowMs)
  return !isGivenUp(ask) && (ask.atMs <= now || ask.atMs > now + ASK_DELAY_MS_MAX)
}
