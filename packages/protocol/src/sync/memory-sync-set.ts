// A SyncSet in memory: 32 bytes per id and about 12 of index. For tests, the simulator, the bench.
import { DayIds } from './day-ids.ts'
import type { DayDigest } from './digest.ts'
import type { SyncSet } from './sync-set.ts'

export class MemorySyncSet implements SyncSet {
  readonly #days = new Map<number, DayIds>()

  /** False when it was there already. */
  add(day: number, id: Uint8Array): boolean {
    let ids = this.#days.get(day)
    if (ids === undefined) {
      ids = new DayIds()
      this.#days.set(day, ids)
    }
    return ids.add(id)
  }

  /** False when it was not there. */
  remove(day: number, id: Uint8Array): boolean {
    return this.#days.get(day)?.remove(id) ?? false
  }

  digests(): DayDigest[] {
    return [...this.#days].map(([day, { digest }]) => ({ day, digest }))
  }

  *shortIds(days: readonly number[]): Iterable<Uint8Array> {
    for (const day of days) {
      const ids = this.#days.get(day)
      if (ids !== undefined) yield* ids.pieces()
    }
  }

  resolve(shortId: Uint8Array): Uint8Array | null {
    for (const ids of this.#days.values()) {
      const id = ids.resolve(shortId)
      if (id !== null) return id
    }
    return null
  }
}
