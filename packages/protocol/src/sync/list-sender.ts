// The listing phase, on the initiator's side: all its ids, page by page. sync.md §6
import { SHORT_ID_BYTES, SYNC_PAGE_IDS_MAX } from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'
import { SYNC_ITEMS_MAX } from '../limits.ts'
import { type Outbox, type Phase, wrongState } from './exchange.ts'
import type { SyncMessage } from './message.ts'
import { compareIds, markedIds } from './message-fields.ts'
import { SortedIds } from './sorted-ids.ts'

type Listed = Extract<SyncMessage, { kind: 'listed' }>

export interface ListSenderInit {
  readonly outbox: Outbox
  readonly days: readonly number[]
  readonly countHint: number
  readonly finish: () => void
}

export class ListSender implements Phase {
  readonly #init: ListSenderInit
  readonly #ids: SortedIds
  #state: 'loading' | 'listing' = 'loading'
  #page: Uint8Array = new Uint8Array(0)
  /** How many ids of the page have been answered. */
  #answered = 0
  /** All that the responder names is above this. */
  #floor: Uint8Array | null = null
  #needed = 0

  constructor(init: ListSenderInit) {
    this.#init = init
    this.#ids = new SortedIds(init.countHint)
    init.outbox.load(init.days)
  }

  onItems(shortIds: Uint8Array, isLast: boolean): void {
    assert(this.#state === 'loading', 'items that nobody asked for')
    this.#ids.add(shortIds)
    if (this.#ids.count > SYNC_ITEMS_MAX) throw new ProtocolError('SYNC_LIMIT', 'our own ids')
    if (!isLast) return
    this.#state = 'listing'
    this.#ids.seal()
    const [ids, isLastPage] = this.#takePage()
    this.#init.outbox.send({ kind: 'list', isLast: isLastPage, days: this.#init.days, ids })
  }

  onMessage(message: SyncMessage): void {
    if (this.#state !== 'listing' || message.kind !== 'listed') wrongState(message)
    this.#check(message)
    this.#init.outbox.have(markedIds(this.#page, this.#answered, message.missing))
    this.#init.outbox.need(message.ids.slice())
    this.#answered += message.missing.length
    if (message.hasMore) {
      this.#init.outbox.send({ kind: 'next' })
    } else if (this.#ids.isDone) {
      this.#init.finish()
    } else {
      const [ids, isLast] = this.#takePage()
      this.#init.outbox.send({ kind: 'page', isLast, ids })
    }
  }

  #takePage(): [ids: Uint8Array, isLast: boolean] {
    this.#page = this.#ids.takeUpTo(SYNC_PAGE_IDS_MAX)
    this.#answered = 0
    return [this.#page, this.#ids.isDone]
  }

  /** The answer continues the last one, and names ids that lie in its part of the page. */
  #check({ hasMore, missing, ids }: Listed): void {
    const end = this.#answered + missing.length
    const pageCount = this.#page.length / SHORT_ID_BYTES
    if (end > pageCount || (!hasMore && end < pageCount)) {
      throw new ProtocolError('SYNC_FIELD', `answers ${end} of ${pageCount} ids`)
    }
    this.#needed += ids.length / SHORT_ID_BYTES
    if (this.#needed > SYNC_ITEMS_MAX) throw new ProtocolError('SYNC_LIMIT', 'ids of the responder')

    let next = this.#answered
    for (let at = 0; at < ids.length; at += SHORT_ID_BYTES) {
      if (this.#floor !== null && compareIds(this.#floor, 0, ids, at) >= 0) misplaced()
      while (next < end && compareIds(this.#page, next * SHORT_ID_BYTES, ids, at) < 0) next++
      if (next < pageCount && compareIds(this.#page, next * SHORT_ID_BYTES, ids, at) <= 0)
        misplaced()
      if (next === pageCount && !this.#ids.isDone) misplaced()
    }
    this.#raiseFloor(end, ids)
  }

  #raiseFloor(end: number, ids: Uint8Array): void {
    const last = ids.slice(-SHORT_ID_BYTES)
    const answered = this.#page.slice((end - 1) * SHORT_ID_BYTES, end * SHORT_ID_BYTES)
    for (const id of [last, answered]) {
      if (id.length === 0) continue
      if (this.#floor === null || compareIds(this.#floor, 0, id, 0) < 0) this.#floor = id
    }
  }
}

function misplaced(): never {
  throw new ProtocolError('SYNC_ORDER', 'an id outside its part of the page')
}
