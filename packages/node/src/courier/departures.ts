// How an item leaves the window: it is written where it goes, and only then is it said, and only
// then is there room for another.
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { ActiveItems } from './active-items.ts'
import type { CourierEvent } from './event.ts'
import type { ActiveItem, ItemState } from './item.ts'
import type { Queue } from './layout.ts'
import type { Outbox } from './outbox.ts'
import type { WriteQueue } from './write-queue.ts'

export interface DeparturesInit {
  readonly clock: Clock
  readonly active: ActiveItems
  readonly outbox: Outbox
  readonly writes: WriteQueue
  readonly emit: (event: CourierEvent) => void
  /** It has left the window; its row on disk is due at this moment. */
  readonly onLeft: (item: ActiveItem, dueMs: number) => void
}

export class Departures {
  readonly #init: DeparturesInit
  #isClosed = false

  constructor(init: DeparturesInit) {
    this.#init = init
  }

  /** It will be looked at again, before it expires. */
  rest(
    item: ActiveItem,
    queue: Queue,
    delayMs: number,
    event: CourierEvent | null = null,
  ): Promise<void> {
    const { clock, outbox } = this.#init
    const dueMs = Math.min(clock.nowMs() + delayMs, item.expiresAtSeconds * 1000)
    const place = { queue, atUs: Math.floor(dueMs * 1000) }
    return this.#written(item, outbox.save(item, place), dueMs, event)
  }

  end(item: ActiveItem, state: ItemState, event: CourierEvent | null = null): Promise<void> {
    const { clock, outbox, writes } = this.#init
    const operations = outbox.ended(item.reference, item, state, clock.nowMs())
    const dueMs = item.isDummy ? Number.POSITIVE_INFINITY : item.place.atUs / 1000
    return this.#written(item, writes.write(operations), dueMs, event)
  }

  close(): void {
    this.#isClosed = true
  }

  async #written(
    item: ActiveItem,
    writing: Promise<void>,
    dueMs: number,
    event: CourierEvent | null,
  ): Promise<void> {
    await writing
    if (this.#isClosed) return
    this.#init.active.remove(item)
    if (event !== null && !item.isDummy) this.#init.emit(event)
    this.#init.onLeft(item, dueMs)
  }
}
