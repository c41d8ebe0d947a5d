// The listing phase, on the responder's side: merges the initiator's pages with its own ids.
// sync.md §6
import { SHORT_ID_BYTES, SYNC_PAGE_IDS_MAX } from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'
import { SYNC_ITEMS_MAX } from '../limits.ts'
import { type Outbox, type Phase, wrongState } from './exchange.ts'
import type { SyncMessage } from './message.ts'
import { compareIds, markedIds } from './message-fields.ts'
import { readWords, SortedIds } from './sorted-ids.ts'

export interface ListReceiverInit {
  readonly outbox: Outbox
  readonly message: Extract<SyncMessage, { kind: 'list' }>
  readonly countHint: number
}

export class ListReceiver implements Phase {
  readonly #outbox: Outbox
  readonly #ids: SortedIds
  #state: 'loading' | 'paged' | 'answered' = 'loading'
  #page: Uint8Array
  #words: Uint32Array
  #isLastPage: boolean
  #answered = 0
  #listed: number

  constructor({ outbox, message, countHint }: ListReceiverInit) {
    this.#outbox = outbox
    this.#ids = new SortedIds(countHint)
    this.#page = message.ids.slice()
    this.#words = readWords(message.ids)
    this.#isLastPage = message.isLast
    this.#listed = message.ids.length / SHORT_ID_BYTES
    outbox.load(message.days)
  }

  get isDone(): boolean {
    return this.#state === 'answered' && this.#isLastPage
  }

  onItems(shortIds: Uint8Array, isLast: boolean): void {
    assert(this.#state === 'loading', 'items that nobody asked for')
    this.#ids.add(shortIds)
    if (this.#ids.count > SYNC_ITEMS_MAX) throw new ProtocolError('SYNC_LIMIT', 'our own ids')
    if (!isLast) return
    this.#ids.seal()
    this.#answer()
  }

  onMessage(message: SyncMessage): void {
    if (this.#state === 'answered' && message.kind === 'page') this.#turnPage(message)
    else if (this.#state !== 'paged' || message.kind !== 'next') wrongState(message)
    this.#answer()
  }

  #turnPage({ ids, isLast }: Extract<SyncMessage, { kind: 'page' }>): void {
    // Pages follow a full one, so the one before has a last id.
    if (compareIds(this.#page, this.#page.length - SHORT_ID_BYTES, ids, 0) >= 0) {
      throw new ProtocolError('SYNC_ORDER', 'pages')
    }
    this.#listed += ids.length / SHORT_ID_BYTES
    if (this.#listed > SYNC_ITEMS_MAX) throw new ProtocolError('SYNC_LIMIT', 'ids of the initiator')
    this.#page = ids.slice()
    this.#words = readWords(ids)
    this.#isLastPage = isLast
    this.#answered = 0
  }

  /** Goes through the page and our own ids together, until the answer is full. */
  #answer(): void {
    const pageCount = this.#page.length / SHORT_ID_BYTES
    const own = new Uint8Array(SYNC_PAGE_IDS_MAX * SHORT_ID_BYTES)
    const view = new DataView(own.buffer)
    const missing: boolean[] = []
    const from = this.#answered
    let owned = 0
    let hasMore = false
    for (;;) {
      const order = this.#orderInFront(pageCount)
      if (order === null) break
      if (order < 0) {
        hasMore = owned === SYNC_PAGE_IDS_MAX
        if (hasMore) break
        this.#ids.take(view, owned++)
      } else {
        missing.push(order > 0)
        if (order === 0) this.#ids.skip()
        this.#answered++
      }
    }
    this.#state = hasMore ? 'paged' : 'answered'
    const ids = own.slice(0, owned * SHORT_ID_BYTES)
    this.#outbox.send({ kind: 'listed', hasMore, missing, ids })
    this.#outbox.have(ids)
    this.#outbox.need(markedIds(this.#page, from, missing))
  }

  /** Which comes first: below 0 our own id, above 0 the page's; null at the end of the page. */
  #orderInFront(pageCount: number): number | null {
    if (this.#answered < pageCount) {
      return this.#ids.isDone ? 1 : this.#ids.compare(this.#words, this.#answered)
    }
    return this.#isLastPage && !this.#ids.isDone ? -1 : null
  }
}
