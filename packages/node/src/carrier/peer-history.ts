// What a reconciler remembers of one carrier: when to compare again, what to leave alone meanwhile.
import type { Clock } from '@ezchat/protocol/ports.ts'
import {
  RECONCILE_DROP_PAGE_ALL_COUNT_MAX,
  RECONCILE_DROPS_MS,
  RECONCILE_REST_MS_MAX,
  RECONCILE_REST_MS_MIN,
  RECONCILE_WORK_BURST,
  RECONCILE_WORK_PER_SECOND,
} from '../limits.ts'
import type { NeededIds } from './needed-ids.ts'
import { Rate } from './rate.ts'

interface Rest {
  readonly untilMs: number
  readonly waitMs: number
}

export class PeerHistory {
  dueAtMs: number
  /** While a comparison is under way: aborts it. */
  active: AbortController | null = null
  /** Exchanges are told apart by it. */
  exchangeNumber = 0
  /** Comparisons in a row in which it did not deliver what it said it holds. */
  brokenCount = 0
  /** Its exchanges with us have shown these. */
  readonly owed = new Map<number, NeededIds>()
  /** Where its drops were left; null before the first page, and after the last. */
  dropsPosition: Uint8Array | null = null
  #dropsPageCount = 0
  #dropsAtMs: number | null = null
  /** How much it may have us compute: a comparison of all shards is 1, an exchange by its ids. */
  readonly work: Rate
  readonly #rests = new Map<number, Rest>()

  constructor(clock: Clock, delayMs: number) {
    this.dueAtMs = clock.monotonicMs() + delayMs
    this.work = new Rate(clock, RECONCILE_WORK_PER_SECOND, RECONCILE_WORK_BURST)
  }

  areDropsDue(nowMs: number): boolean {
    if (this.dropsPosition !== null || this.#dropsAtMs === null) return true
    return nowMs - this.#dropsAtMs >= RECONCILE_DROPS_MS
  }

  noteDrops(position: Uint8Array | null, nowMs: number): void {
    this.#dropsPageCount++
    const isEnd = position === null || this.#dropsPageCount >= RECONCILE_DROP_PAGE_ALL_COUNT_MAX
    this.dropsPosition = isEnd ? null : position
    this.#dropsAtMs = nowMs
    if (isEnd) this.#dropsPageCount = 0
  }

  isResting(shard: number, nowMs: number): boolean {
    return (this.#rests.get(shard)?.untilMs ?? 0) > nowMs
  }

  rest(shard: number, nowMs: number): void {
    const before = this.#rests.get(shard)?.waitMs ?? RECONCILE_REST_MS_MIN / 2
    const waitMs = Math.min(before * 2, RECONCILE_REST_MS_MAX)
    this.#rests.set(shard, { untilMs: nowMs + waitMs, waitMs })
  }

  wake(shard: number): void {
    this.#rests.delete(shard)
  }
}
