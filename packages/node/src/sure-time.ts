// What the wall clock may be believed for what cannot be taken back. It may be wrong for a moment: a
// machine without a battery behind its clock knows the time only when it has asked somebody.
import type { Clock } from '@ezchat/protocol/ports.ts'
import { CLOCK_DRIFT_MS_MAX, CLOCK_STEPS_MAX, CLOCK_SURE_MS } from './limits.ts'

/** A jump forward: what the clock said since, beside the monotonic one. */
interface Step {
  readonly skewMs: number
  readonly sinceMs: number
}

/**
 * A moment is over for sure when two looks found it over, some minutes of the monotonic clock apart,
 * and no look in between found otherwise. After a sleep of the machine, in which that clock stands
 * still, and after a start, it takes these minutes; nothing is over before.
 */
export class SureTime {
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  #sureSkewMs = Number.NEGATIVE_INFINITY
  /** Each farther ahead than the one before. */
  readonly #steps: Step[] = []

  constructor(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>) {
    this.#clock = clock
    this.#look()
  }

  /** A look. The moment up to which all is over; minus infinity while none is known. */
  nowMs(): number {
    this.#look()
    return this.#clock.monotonicMs() + this.#sureSkewMs
  }

  #look(): void {
    const monotonicMs = this.#clock.monotonicMs()
    const skewMs = this.#clock.nowMs() - monotonicMs
    const steps = this.#steps
    // The clock was ahead for a moment.
    while ((steps.at(-1)?.skewMs ?? skewMs) > skewMs + CLOCK_DRIFT_MS_MAX) steps.pop()
    while (steps[0] !== undefined && monotonicMs - steps[0].sinceMs >= CLOCK_SURE_MS) {
      this.#sureSkewMs = Math.max(this.#sureSkewMs, steps.shift()!.skewMs)
    }
    // Set back, or drifting beside the monotonic one.
    if (skewMs <= this.#sureSkewMs + CLOCK_DRIFT_MS_MAX) this.#sureSkewMs = skewMs
    const known = Math.max(this.#sureSkewMs, steps.at(-1)?.skewMs ?? Number.NEGATIVE_INFINITY)
    // With no room for one more step, a later look notes it.
    if (skewMs > known + CLOCK_DRIFT_MS_MAX && steps.length < CLOCK_STEPS_MAX) {
      steps.push({ skewMs, sinceMs: monotonicMs })
    }
  }
}
