// Count, sum and bytes of each shard's days in memory, as they are on disk: sync.md §2.
import type { DayDigest } from '@ezchat/protocol/sync/digest.ts'
import type { DayTotal } from './layout.ts'

export class DayBook {
  readonly #shards = new Map<number, Map<number, DayTotal>>()
  #bytes = 0
  #count = 0

  /** Of envelopes alone. */
  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#count
  }

  shards(): number[] {
    return [...this.#shards.keys()].sort((a, b) => a - b)
  }

  get(shard: number, day: number): DayTotal | null {
    return this.#shards.get(shard)?.get(day) ?? null
  }

  set(shard: number, day: number, total: DayTotal): void {
    const days = this.#shards.get(shard) ?? new Map<number, DayTotal>()
    const before = days.get(day)
    this.#bytes += total.bytes - (before?.bytes ?? 0)
    this.#count += total.digest.count - (before?.digest.count ?? 0)
    if (total.digest.count > 0) {
      days.set(day, total)
      this.#shards.set(shard, days)
    } else {
      days.delete(day)
      if (days.size === 0) this.#shards.delete(shard)
    }
  }

  digests(shard: number): DayDigest[] {
    const days = this.#shards.get(shard) ?? new Map<number, DayTotal>()
    return [...days].map(([day, { digest }]) => ({ day, digest })).sort((a, b) => a.day - b.day)
  }
}
