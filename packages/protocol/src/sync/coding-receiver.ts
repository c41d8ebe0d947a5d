// The coded phase, on the responder's side: takes symbols in until they decode. sync.md §5
import * as wire from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'
import { SYNC_ITEMS_MAX } from '../limits.ts'
import { CodedSet } from './coded-set.ts'
import { type Outbox, type Phase, wrongState } from './exchange.ts'
import type { SyncMessage } from './message.ts'
import { Peeler } from './peeler.ts'
import type { SipHash } from './siphash.ts'
import { SortedIds } from './sorted-ids.ts'
import { decodeSymbols, nextBatch, type Symbols } from './symbols.ts'

export interface CodingReceiverInit {
  readonly outbox: Outbox
  readonly hash: SipHash
  readonly message: Extract<SyncMessage, { kind: 'code' }>
  readonly countHint: number
}

export class CodingReceiver implements Phase {
  readonly #outbox: Outbox
  readonly #set: CodedSet
  readonly #peeler: Peeler
  readonly #isListNext: boolean
  #state: 'loading' | 'coding' | 'result' | 'given up' = 'loading'
  #symbols: Symbols
  #initiatorOnly = new SortedIds(0)
  #responderOnly = new SortedIds(0)

  constructor({ outbox, hash, message, countHint }: CodingReceiverInit) {
    this.#outbox = outbox
    this.#isListNext = message.isListNext
    this.#symbols = decodeSymbols(message.symbols)
    this.#set = new CodedSet(hash, this.#symbols.length, countHint)
    this.#peeler = new Peeler(hash)
    outbox.load(message.days)
  }

  /** Nothing is left to say, and no list was announced. */
  get isDone(): boolean {
    return this.#isTold && !this.#isListNext
  }

  /** The initiator may list: it was announced, or it is cheaper than more symbols. */
  get allowsList(): boolean {
    return this.#state === 'coding' || this.#state === 'given up' || this.#isTold
  }

  get #isTold(): boolean {
    return this.#state === 'result' && this.#initiatorOnly.isDone && this.#responderOnly.isDone
  }

  onItems(shortIds: Uint8Array, isLast: boolean): void {
    assert(this.#state === 'loading', 'items that nobody asked for')
    this.#set.add(shortIds)
    if (this.#set.count > SYNC_ITEMS_MAX) throw new ProtocolError('SYNC_LIMIT', 'our own ids')
    if (!isLast) return
    this.#state = 'coding'
    this.#decode()
  }

  onMessage(message: SyncMessage): void {
    if (this.#state === 'coding' && message.kind === 'symbols') {
      this.#symbols = decodeSymbols(message.symbols)
      // Or a million messages of one symbol would be a cheap way to keep us busy.
      if (this.#symbols.length !== nextBatch(this.#peeler.length)) {
        throw new ProtocolError('SYNC_FIELD', 'a batch of the wrong size')
      }
      this.#decode()
    } else if (this.#state === 'result' && message.kind === 'next' && !this.#isTold) {
      this.#tell()
    } else {
      wrongState(message)
    }
  }

  #decode(): void {
    const end = this.#peeler.length + this.#symbols.length
    if (this.#peeler.add(this.#symbols, this.#set.symbolsTo(end))) {
      this.#conclude()
    } else if (end === wire.SYNC_SYMBOLS_MAX) {
      this.#giveUp()
    } else {
      this.#outbox.send({ kind: 'more' })
    }
  }

  #conclude(): void {
    const { found } = this.#peeler
    // Two ids that share a short id can lead here, so this is not held against the peer.
    if (!this.#set.holdsExactly(found, (item) => this.#peeler.isOurs(item))) {
      this.#giveUp()
      return
    }
    this.#state = 'result'
    this.#initiatorOnly = this.#sorted(false)
    this.#responderOnly = this.#sorted(true)
    this.#tell()
  }

  #giveUp(): void {
    this.#state = 'given up'
    this.#outbox.send({ kind: 'fallback' })
  }

  #sorted(isOurs: boolean): SortedIds {
    const { found } = this.#peeler
    const packed = new Uint8Array(found.count * wire.SHORT_ID_BYTES)
    let length = 0
    for (let item = 0; item < found.count; item++) {
      if (this.#peeler.isOurs(item) !== isOurs) continue
      found.write(item, packed, length)
      length += wire.SHORT_ID_BYTES
    }
    const sorted = new SortedIds(found.count)
    sorted.add(packed.subarray(0, length))
    sorted.seal()
    return sorted
  }

  /** One page; each id is ours to ask for, or theirs, as soon as it is told. */
  #tell(): void {
    const initiatorOnly = this.#initiatorOnly.takeUpTo(wire.SYNC_PAGE_IDS_MAX)
    const room = wire.SYNC_PAGE_IDS_MAX - initiatorOnly.length / wire.SHORT_ID_BYTES
    const responderOnly = this.#responderOnly.takeUpTo(room)
    this.#outbox.send({ kind: 'result', hasMore: !this.#isTold, initiatorOnly, responderOnly })
    this.#outbox.need(initiatorOnly)
    this.#outbox.have(responderOnly)
  }
}
