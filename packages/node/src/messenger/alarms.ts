// What is to be done later, by name: a second word on the same name replaces the first if it is
// sooner.
import type { Clock } from '@ezchat/protocol/ports.ts'
import { CLOCK_DRIFT_MS_MAX } from '../limits.ts'

/** Clocks jump: no wait is longer than this before the time is looked at again. */
const WAIT_MS_MAX = 3_600_000

interface Alarm {
  readonly atMs: number
  readonly ring: () => void
}

export class Alarms {
  readonly #clock: Clock
  readonly #alarms = new Map<string, Alarm>()
  #cancel: (() => void) | null = null
  /** The farthest ahead that the clock was while these were set. */
  #clockSkewMs: number
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#clockSkewMs = this.#skewMs()
  }

  set(name: string, atMs: number, ring: () => void): void {
    if (this.#isClosed) return
    const known = this.#alarms.get(name)
    if (known !== undefined && known.atMs <= atMs) return
    this.#alarms.set(name, { atMs, ring })
    this.#arm()
  }

  clear(name: string): void {
    this.#alarms.delete(name)
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
    this.#alarms.clear()
  }

  #skewMs(): number {
    return this.#clock.nowMs() - this.#clock.monotonicMs()
  }

  #arm(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#clockSkewMs = Math.max(this.#clockSkewMs, this.#skewMs())
    if (this.#alarms.size === 0) return
    const earliest = Math.min(...[...this.#alarms.values()].map(({ atMs }) => atMs))
    const waitMs = Math.min(Math.max(0, earliest - this.#clock.nowMs()), WAIT_MS_MAX)
    this.#cancel = this.#clock.after(waitMs, () => this.#ring())
  }

  #ring(): void {
    this.#cancel = null
    const nowMs = this.#clock.nowMs()
    const isSetBack = this.#skewMs() < this.#clockSkewMs - CLOCK_DRIFT_MS_MAX
    this.#clockSkewMs = this.#skewMs()
    // What was put off by a clock that was ahead would come in years.
    const due = [...this.#alarms].filter(([, { atMs }]) => isSetBack || atMs <= nowMs)
    for (const [name] of due) this.#alarms.delete(name)
    this.#arm()
    for (const [, { ring }] of due) ring()
  }
}
