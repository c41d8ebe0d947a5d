// What all exchanges of a host hold at once, with all peers and about all shards. sync.md §8
import { assert, ProtocolError } from '../errors.ts'
import { SYNC_ITEMS_ALL_MAX } from '../limits.ts'

function assertCount(count: number): void {
  assert(Number.isSafeInteger(count) && count >= 0, `expected a count, got ${count}`)
}

/** One for the whole host. An exchange reserves before it loads, and releases when it is over. */
export class SyncBudget {
  readonly #itemsMax: number
  #itemCount = 0

  constructor(itemsMax: number = SYNC_ITEMS_ALL_MAX) {
    assertCount(itemsMax)
    this.#itemsMax = itemsMax
  }

  get itemCount(): number {
    return this.#itemCount
  }

  /** Throws, and reserves nothing, when there is no room for so many. */
  reserve(count: number): void {
    assertCount(count)
    if (count > this.#itemsMax - this.#itemCount) {
      throw new ProtocolError('SYNC_LIMIT', `no room for ${count} more ids in all exchanges`)
    }
    this.#itemCount += count
  }

  release(count: number): void {
    assertCount(count)
    assert(count <= this.#itemCount, `expected at most ${this.#itemCount} ids, got ${count}`)
    this.#itemCount -= count
  }
}
