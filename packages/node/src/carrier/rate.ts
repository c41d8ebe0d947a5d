// How much of something a neighbour may bring: a bucket that fills with time.
import type { Clock } from '@ezchat/protocol/ports.ts'

export class Rate {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #burst: number
  #level: number
  #atMs: number

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#burst = burst
    this.#level = burst
    this.#atMs = clock.monotonicMs()
  }

  /** False, and nothing taken, when there is not so much. */
  take(count: number): boolean {
    this.#fill()
    if (this.#level < count) return false
    this.#level -= count
    return true
  }

  /** Whether anything is left. */
  get isOpen(): boolean {
    this.#fill()
    return this.#level > 0
  }

  /** Of what was done already: it may leave a debt. */
  spend(count: number): void {
    this.#level -= count
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs()
    const gained = ((nowMs - this.#atMs) / 1000) * this.#perSecond
    this.#level = Math.min(this.#burst, this.#level + gained)
    this.#atMs = nowMs
  }
}
