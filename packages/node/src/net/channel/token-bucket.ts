// How often something may happen: so many at once, and so many in a second from then on.
import type { Clock } from '@ezchat/protocol/ports.ts'

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export class TokenBucket {
  readonly #clock: Clock
  readonly #rate: Rate
  #tokens: number
  #filledMs: number

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock
    this.#rate = rate
    this.#tokens = rate.burst
    this.#filledMs = clock.monotonicMs()
  }

  /** False when there is none. */
  take(): boolean {
    if (this.#tokens < 1) this.#fill()
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** Until there is one; 0 when there is. */
  get waitMs(): number {
    if (this.#tokens < 1) this.#fill()
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 1000) / this.#rate.perSecond)
  }

  get isFull(): boolean {
    this.#fill()
    return this.#tokens >= this.#rate.burst
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs()
    const grown = ((nowMs - this.#filledMs) * this.#rate.perSecond) / 1000
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + grown)
    this.#filledMs = nowMs
  }
}
