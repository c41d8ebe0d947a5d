// The coded phase, on the initiator's side: symbols until the responder has found the difference,
// or until listing would have been cheaper. sync.md §5
import { concatBytes } from '../codec/bytes.ts'
import * as wire from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'
import { SYNC_ITEMS_MAX } from '../limits.ts'
import { CodedSet } from './coded-set.ts'
import { type Outbox, type Phase, wrongState } from './exchange.ts'
import type { SyncMessage } from './message.ts'
import { compareIds } from './message-fields.ts'
import type { CodePlan } from './plan.ts'
import type { SipHash } from './siphash.ts'
import { encodeSymbols, nextBatch } from './symbols.ts'
import { WordTable } from './word-table.ts'

type Result = Extract<SyncMessage, { kind: 'result' }>

/** How it ended: the difference is known, or these days have to be listed. */
export type CodeOutcome = 'decoded' | 'list'

export interface CodingSenderInit {
  readonly outbox: Outbox
  readonly hash: SipHash
  readonly plan: CodePlan
  readonly isListNext: boolean
  readonly countHint: number
  readonly finish: (outcome: CodeOutcome) => void
}

export class CodingSender implements Phase {
  readonly #init: CodingSenderInit
  readonly #set: CodedSet
  #state: 'loading' | 'coding' | 'result' = 'loading'
  #sent = 0
  #initiatorOnly: Uint8Array = new Uint8Array(0)
  #responderOnly: Uint8Array = new Uint8Array(0)

  constructor(init: CodingSenderInit) {
    this.#init = init
    this.#set = new CodedSet(init.hash, init.plan.symbolsFirst, init.countHint)
    init.outbox.load(init.plan.days)
  }

  onItems(shortIds: Uint8Array, isLast: boolean): void {
    assert(this.#state === 'loading', 'items that nobody asked for')
    this.#set.add(shortIds)
    if (this.#set.count > SYNC_ITEMS_MAX) throw new ProtocolError('SYNC_LIMIT', 'our own ids')
    if (!isLast) return
    this.#state = 'coding'
    const { outbox, isListNext, plan } = this.#init
    const symbols = this.#batch(plan.symbolsFirst)
    outbox.send({ kind: 'code', isListNext, days: plan.days, symbols })
  }

  onMessage(message: SyncMessage): void {
    const { kind } = message
    if (this.#state === 'coding' && kind === 'more') this.#sendMore()
    else if (this.#state === 'coding' && kind === 'fallback') this.#init.finish('list')
    else if (this.#state !== 'loading' && kind === 'result') this.#collect(message)
    else wrongState(message)
  }

  #batch(count: number): Uint8Array {
    const symbols = this.#set.symbolsTo(this.#sent + count)
    const bytes = encodeSymbols(symbols, this.#sent, count)
    this.#sent += count
    return bytes
  }

  #sendMore(): void {
    const count = nextBatch(this.#sent)
    if (count === 0 || this.#sent + count > this.#init.plan.symbolsWorth) {
      this.#init.finish('list')
    } else {
      this.#init.outbox.send({ kind: 'symbols', symbols: this.#batch(count) })
    }
  }

  #collect({ hasMore, initiatorOnly, responderOnly }: Result): void {
    this.#state = 'result'
    this.#initiatorOnly = append(this.#initiatorOnly, initiatorOnly)
    this.#responderOnly = append(this.#responderOnly, responderOnly)
    // Symbols never hold more ids than there are symbols.
    const count = (this.#initiatorOnly.length + this.#responderOnly.length) / wire.SHORT_ID_BYTES
    if (count > this.#sent) throw new ProtocolError('SYNC_LIMIT', 'more ids than symbols')
    if (hasMore) {
      this.#init.outbox.send({ kind: 'next' })
      return
    }
    this.#verify()
    this.#init.outbox.have(this.#initiatorOnly)
    this.#init.outbox.need(this.#responderOnly)
    this.#init.finish('decoded')
  }

  /** What the responder says we have, we have, and the rest we have not. */
  #verify(): void {
    const table = new WordTable()
    const isDistinct =
      this.#set.insertInto(table, this.#initiatorOnly) &&
      this.#set.insertInto(table, this.#responderOnly)
    if (!isDistinct) throw new ProtocolError('SYNC_ORDER', 'an id on both sides')
    const ours = this.#initiatorOnly.length / wire.SHORT_ID_BYTES
    if (!this.#set.holdsExactly(table, (item) => item < ours)) {
      throw new ProtocolError('SYNC_CHECKSUM', 'a result that is not about our ids')
    }
  }
}

/** A list goes on ascending from page to page. */
function append(list: Uint8Array, page: Uint8Array): Uint8Array {
  const last = list.length - wire.SHORT_ID_BYTES
  if (last >= 0 && page.length > 0 && compareIds(list, last, page, 0) >= 0) {
    throw new ProtocolError('SYNC_ORDER', 'pages')
  }
  return concatBytes(list, page)
}
