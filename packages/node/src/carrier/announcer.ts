// Says in the DHT which shards we carry, and says it again before it is forgotten. carrier.md §3
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock, Wire } from '@ezchat/protocol/ports.ts'
import { within } from '../deadline.ts'
import {
  ANNOUNCE_MS_MAX,
  ANNOUNCE_PAUSE_MS,
  ANNOUNCE_PERIOD_MS,
  ANNOUNCE_RETRY_MS,
} from '../limits.ts'
import { chance, jittered } from './random.ts'

export interface AnnouncerInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
}

export class Announcer {
  /** Announcements that failed; each is tried again. */
  failedCount = 0
  readonly #init: AnnouncerInit
  /** When each is due. */
  readonly #due = new Map<number, number>()
  readonly #closing = new AbortController()
  #isWorking = false
  #cancelTimer: (() => void) | null = null

  constructor(init: AnnouncerInit) {
    this.#init = init
  }

  add(shard: number): void {
    if (this.#due.has(shard)) return
    const { clock, crypto } = this.#init
    // Carriers that all take it up at once do not all say so at once.
    this.#due.set(shard, clock.monotonicMs() + ANNOUNCE_PAUSE_MS * (1 + 9 * chance(crypto)))
    this.#schedule()
  }

  /** What was announced ends by itself. */
  remove(shard: number): void {
    this.#due.delete(shard)
  }

  close(): void {
    this.#closing.abort()
    this.#cancelTimer?.()
    this.#due.clear()
  }

  #next(): { shard: number; atMs: number } | null {
    let next: { shard: number; atMs: number } | null = null
    for (const [shard, atMs] of this.#due) {
      if (next === null || atMs < next.atMs) next = { shard, atMs }
    }
    return next
  }

  #schedule(pauseMs = 0): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    const next = this.#next()
    if (next === null || this.#isWorking || this.#closing.signal.aborted) return
    const { clock } = this.#init
    const delayMs = Math.max(pauseMs, next.atMs - clock.monotonicMs())
    this.#cancelTimer = clock.after(delayMs, () => {
      // It may have been left meanwhile.
      if (this.#due.has(next.shard)) this.#work(next.shard)
      else this.#schedule()
    })
  }

  /** One at a time: each is some twenty messages. */
  #work(shard: number): void {
    const { wire, clock, crypto } = this.#init
    this.#isWorking = true
    const announce = (signal: AbortSignal) => wire.announce(shard, { signal })
    const settle = (delayMs: number) => {
      this.#isWorking = false
      if (this.#due.has(shard))
        this.#due.set(shard, clock.monotonicMs() + jittered(crypto, delayMs))
      this.#schedule(ANNOUNCE_PAUSE_MS)
    }
    within(clock, ANNOUNCE_MS_MAX, announce, this.#closing.signal).then(
      () => settle(ANNOUNCE_PERIOD_MS),
      () => {
        this.failedCount++
        settle(ANNOUNCE_RETRY_MS)
      },
    )
  }
}
