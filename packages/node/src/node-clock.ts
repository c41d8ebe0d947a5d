// The platform's clock, where there is one: Node and browsers alike.
import type { Clock } from '@ezchat/protocol/ports.ts'

/** Longer waits are cut: a timer of the platform holds 31 bits, and would fire at once. */
const DELAY_MS_MAX = 2_147_483_647

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), DELAY_MS_MAX))
    return () => clearTimeout(timer)
  },
}
