// A clock that goes when a test says so.
import type { Clock } from '@ezchat/protocol/ports.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
}

export class ManualClock implements Clock {
  #wallMs: number
  #elapsedMs = 0
  #ordered = 0
  readonly #timers = new Set<Timer>()

  constructor(wallMs: number) {
    this.#wallMs = wallMs
  }

  get timerCount(): number {
    return this.#timers.size
  }

  nowMs(): number {
    return this.#wallMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const atMs = this.#elapsedMs + Math.max(0, delayMs)
    const timer = { atMs, order: this.#ordered++, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Fires what is due, the earliest first, and lets what follows from it happen in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms
    await settled()
    for (let next = this.#next(endMs); next !== null; next = this.#next(endMs)) {
      this.#move(next.atMs)
      this.#timers.delete(next)
      next.callback()
      await settled()
    }
    this.#move(endMs)
  }

  /** As when somebody sets the clock of the machine. */
  jump(ms: number): void {
    this.#wallMs += ms
  }

  #move(toMs: number): void {
    this.#wallMs += toMs - this.#elapsedMs
    this.#elapsedMs = toMs
  }

  #next(endMs: number): Timer | null {
    let next: Timer | null = null
    for (const timer of this.#timers) {
      if (timer.atMs > endMs) continue
      const isSooner = next === null || timer.atMs < next.atMs
      if (isSooner || (timer.atMs === next?.atMs && timer.order < next.order)) next = timer
    }
    return next
  }
}

/** After everything that only waits for promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
