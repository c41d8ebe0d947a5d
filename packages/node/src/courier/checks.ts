// When items of the window are to be looked at again: one timer for all of them.
import type { Clock } from '@ezchat/protocol/ports.ts'
import { COURIER_CHECK_MS, COURIER_SLEEP_MS_MAX } from '../limits.ts'
import type { ActiveItems } from './active-items.ts'
import type { ActiveItem } from './item.ts'

const NEVER = Number.POSITIVE_INFINITY

export interface ChecksInit {
  readonly clock: Clock
  readonly active: ActiveItems
  readonly onDue: (item: ActiveItem) => void
}

export class Checks {
  readonly #init: ChecksInit
  #isClosed = false
  #cancelTimer: (() => void) | null = null
  #timerAtMs = NEVER

  constructor(init: ChecksInit) {
    this.#init = init
  }

  /** Sooner if it expires before. */
  checkIn(item: ActiveItem, delayMs: number): void {
    const { clock } = this.#init
    const leftMs = item.expiresAtSeconds * 1000 - clock.nowMs()
    // Where its time is over already, that is not yet sure.
    const soonMs = leftMs > 0 ? Math.min(delayMs, leftMs) : delayMs
    const atMs = clock.monotonicMs() + Math.min(soonMs, COURIER_SLEEP_MS_MAX)
    item.checkAtMs = Math.ceil(atMs / COURIER_CHECK_MS) * COURIER_CHECK_MS
    this.#arm(item.checkAtMs)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
  }

  #arm(atMs: number): void {
    if (this.#isClosed || atMs >= this.#timerAtMs) return
    this.#cancelTimer?.()
    this.#timerAtMs = atMs
    const { clock } = this.#init
    this.#cancelTimer = clock.after(Math.max(0, atMs - clock.monotonicMs()), () => this.#tick())
  }

  #tick(): void {
    this.#cancelTimer = null
    this.#timerAtMs = NEVER
    const { clock, active, onDue } = this.#init
    const now = clock.monotonicMs()
    for (const item of active.all()) if (item.checkAtMs <= now) onDue(item)
    let next = NEVER
    for (const { checkAtMs } of active.all()) next = Math.min(next, checkAtMs)
    if (next < NEVER) this.#arm(Math.max(next, now + 1))
  }
}
