// One node's clock: its wall time is off by a skew, and its timers end with its process.
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { Timeline } from './timeline.ts'

/** When every run begins: 15 January 2027, so that days and expiry are those of a real year. */
export const EPOCH_MS = 1_800_000_000_000

/** One start of a node. What belongs to it does nothing more once it has ended. */
export class Life {
  #isOver = false
  readonly #endings: (() => void)[] = []

  get isOver(): boolean {
    return this.#isOver
  }

  onEnd(ending: () => void): void {
    this.#endings.push(ending)
  }

  end(): void {
    this.#isOver = true
    for (const ending of this.#endings.splice(0)) ending()
  }
}

export function nodeClock(timeline: Timeline, life: Life, skewMs: number): Clock {
  return {
    nowMs: () => Math.floor(EPOCH_MS + timeline.nowMs + skewMs),
    monotonicMs: () => timeline.nowMs,
    after: (delayMs, callback) =>
      timeline.after(delayMs, () => {
        if (!life.isOver) callback()
      }),
  }
}
