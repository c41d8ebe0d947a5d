import type { Clock } from '@ezchat/protocol/ports.ts'

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** Time that the test moves. What is due at once happens in the next turn of the event loop. */
export class HandClock implements Clock {
  #nowMs = 1_000_000
  readonly #timers = new Set<Timer>()

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  get timerCount(): number {
    return this.#timers.size
  }

  after(delayMs: number, callback: () => void): () => void {
    if (delayMs <= 0) {
      const immediate = setImmediate(callback)
      return () => clearImmediate(immediate)
    }
    const timer = { dueMs: this.#nowMs + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const due = [...this.#timers].filter(({ dueMs }) => dueMs <= untilMs)
      const next = due.sort((a, b) => a.dueMs - b.dueMs)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.callback()
    }
    this.#nowMs = untilMs
  }
}
