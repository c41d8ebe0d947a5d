// How much of the processor the turns of this thread's event loop take. On a busy machine every turn
// is late, and none is longer by this measure.
import { createHistogram } from 'node:perf_hooks'

const LOOK_MS = 5
const NS_PER_US = 1000
const NS_PER_MS = 1_000_000

export interface Turns {
  /** 99 in 100 take no longer. */
  readonly p99Ms: number
  readonly longestMs: number
  readonly count: number
}

export class TurnMeter {
  readonly #turns = createHistogram()
  readonly #timer = setInterval(() => this.#look(), LOOK_MS).unref()
  #ranUs = ranUs()

  /** Since it was last asked. */
  take(): Turns {
    // Of a turn that has not ended, what it took so far.
    this.#look()
    const { count, max } = this.#turns
    const p99Ms = this.#turns.percentile(99) / NS_PER_MS
    this.#turns.reset()
    return { p99Ms, longestMs: max / NS_PER_MS, count }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = ranUs()
    this.#turns.record(Math.max(1, (now - this.#ranUs) * NS_PER_US))
    this.#ranUs = now
  }
}

/** How long this thread has run. */
function ranUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
