// What a peer takes in after it was away: counted where it happens, and shown to whoever waits for it.
import type { Clock } from '@ezchat/protocol/ports.ts'
import { CATCH_UP_QUIET_MS, CATCH_UP_SHOWN_MS, CATCH_UP_TURN_MS } from './limits.ts'

export interface CatchUpView {
  readonly elapsedMs: number
  /** Of those that were found to differ from another carrier's. */
  readonly shardsAll: number
  readonly shardsDone: number
  /** Found at others and not here, those that were fetched since included. */
  readonly envelopesMissing: number
  readonly envelopesFetched: number
  readonly bytesFetched: number
  /** By the messenger, for the person. */
  readonly messagesOpened: number
}

/** One comparison with one carrier. */
export interface Comparing {
  missing(shard: number, count: number): void
  fetched(count: number, bytes: number): void
  done(shard: number): void
  /** Whether the same carrier is asked again soon, for the rest. */
  end(hasMore: boolean): void
}

interface Counts {
  readonly startMs: number
  lastMs: number
  quietMs: number
  readonly shards: Set<number>
  readonly shardsDone: Set<number>
  missing: number
  fetched: number
  bytes: number
  opened: number
}

/**
 * A run begins with what is missing, and ends when nothing more was under way for a moment: one
 * comparison ends after so many bytes, and the next one goes on with the rest.
 */
export class CatchUp {
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  #run: Counts | null = null
  #underWayCount = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Told when a run begins. */
  onBegin(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get isUnderWay(): boolean {
    const run = this.#run
    if (run === null) return false
    return this.#underWayCount > 0 || this.#nowMs() - run.lastMs < run.quietMs
  }

  /** Null while nothing is under way that takes longer than a moment. */
  view(): CatchUpView | null {
    return this.isUnderWay ? this.lastView() : null
  }

  /** Of the run that is under way, or the last one; null when it was too short to be spoken of. */
  lastView(): CatchUpView | null {
    const run = this.#run
    if (run === null) return null
    const elapsedMs = (this.#underWayCount > 0 ? this.#nowMs() : run.lastMs) - run.startMs
    if (elapsedMs < CATCH_UP_SHOWN_MS) return null
    return {
      elapsedMs,
      shardsAll: run.shards.size,
      shardsDone: run.shardsDone.size,
      envelopesMissing: run.missing,
      envelopesFetched: run.fetched,
      bytesFetched: run.bytes,
      messagesOpened: run.opened,
    }
  }

  /** Shards that differ from another carrier's: a run only if something of them is missing here. */
  compare(shards: readonly number[]): Comparing {
    let run: Counts | null = null
    let missingCount = 0
    let fetchedCount = 0
    const done = new Set<number>()
    return {
      missing: (shard, count) => {
        if (count === 0) return
        if (run === null) {
          run = this.#enter()
          for (const each of shards) run.shards.add(each)
          for (const each of done) if (run.shards.has(each)) run.shardsDone.add(each)
        }
        run.shards.add(shard)
        missingCount += count
        run.missing += count
      },
      fetched: (count, bytes) => {
        if (run === null) return
        fetchedCount += count
        run.fetched += count
        run.bytes += bytes
        run.lastMs = this.#nowMs()
      },
      done: (shard) => {
        if (run === null) done.add(shard)
        else if (run.shards.has(shard)) run.shardsDone.add(shard)
      },
      end: (hasMore) => {
        if (run === null) return
        // What another way has brought meanwhile, or nobody gave, is found missing again if it is.
        run.missing -= missingCount - fetchedCount
        this.#leave(run, hasMore)
      },
    }
  }

  /** The messenger has more before it than it takes at once. */
  open(): () => void {
    const run = this.#enter()
    return () => this.#leave(run, false)
  }

  opened(count: number): void {
    if (this.#run !== null && this.isUnderWay) this.#run.opened += count
  }

  #enter(): Counts {
    const isNew = !this.isUnderWay
    const nowMs = this.#nowMs()
    if (isNew || this.#run === null) {
      this.#run = {
        ...{ startMs: nowMs, lastMs: nowMs, shards: new Set(), shardsDone: new Set() },
        ...{ quietMs: 0, missing: 0, fetched: 0, bytes: 0, opened: 0 },
      }
    }
    this.#underWayCount++
    if (isNew) for (const listener of this.#listeners) listener()
    return this.#run
  }

  #leave(run: Counts, hasMore: boolean): void {
    this.#underWayCount--
    run.lastMs = this.#nowMs()
    run.quietMs = hasMore ? CATCH_UP_TURN_MS : CATCH_UP_QUIET_MS
  }

  #nowMs(): number {
    return this.#clock.monotonicMs()
  }
}
