// The answering side of exchanges: how many there are at once, and how they end. carrier.md §5
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { type FailureClass, ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Clock, PeerId, RequestHandler } from '@ezchat/protocol/ports.ts'
import { decodeSyncStep, type SyncStep } from '@ezchat/protocol/request/sync.ts'
import type { SyncBudget } from '@ezchat/protocol/sync/budget.ts'
import { encodeRefusal } from '@ezchat/protocol/sync/exchange.ts'
import { decodeSyncMessage } from '@ezchat/protocol/sync/message.ts'
import { answerExchange, type Responder } from '@ezchat/protocol/sync/responder.ts'
import {
  RECONCILE_ANSWER_COUNT_MAX,
  RECONCILE_ANSWER_PEER_COUNT_MAX,
  RECONCILE_WORK_IDS,
} from '../limits.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { takeStep } from './exchange-step.ts'
import { atCostOf, NOTHING, type Penalising, serving } from './serving.ts'

export interface SyncAnswersInit {
  readonly wire: Penalising
  readonly crypto: Crypto
  readonly clock: Clock
  readonly store: Pick<EnvelopeStore, 'digests' | 'shortIds'>
  readonly budget: SyncBudget
  /** Whether the peer may have us do so much now. */
  readonly isAllowed: (peer: PeerId, work: number) => boolean
  /** We have asked this peer about this shard ourselves, and it is its turn to wait. */
  readonly isAsking: (peer: PeerId, shard: number) => boolean
  /** Packed short ids that the peer has and we lack. */
  readonly onNeed: (peer: PeerId, shard: number, shortIds: readonly Uint8Array[]) => void
}

interface Answering {
  readonly peer: PeerId
  readonly number: number
  readonly shard: number
  readonly exchange: Responder
  isWorking: boolean
}

export class SyncAnswers {
  readonly #init: SyncAnswersInit
  readonly #all = new Set<Answering>()
  #cancelTimer: (() => void) | null = null

  constructor(init: SyncAnswersInit) {
    this.#init = init
  }

  get count(): number {
    return this.#all.size
  }

  readonly handler: RequestHandler = (peer, body, options) =>
    serving(this.#init.wire, decodeSyncStep, (from, step) => this.#answer(from, step))(
      peer,
      body,
      options,
    )

  isAnswering(peer: PeerId, shard: number): boolean {
    return [...this.#all].some((one) => one.peer === peer && one.shard === shard)
  }

  /** Its connection is lost. */
  forget(peer: PeerId): void {
    for (const one of this.#all) if (one.peer === peer) this.#end(one)
  }

  close(): void {
    for (const one of this.#all) this.#end(one)
    this.#cancelTimer?.()
  }

  async #answer(peer: PeerId, { exchange: number, message }: SyncStep): Promise<Uint8Array> {
    const found = [...this.#all].find((one) => one.peer === peer && one.number === number)
    if (found !== undefined) return this.#goOn(found, message)
    const read = () => decodeSyncMessage(message)
    const { shard, message: first } = atCostOf(this.#init.wire, peer, read)
    // Its exchange has ended here, and it has not heard.
    if (first.kind === 'refuse') return NOTHING
    if (first.kind !== 'open') return encodeRefusal(shard, new ProtocolError('SYNC_STATE'))
    return this.#begin({ peer, number, shard }, message)
  }

  async #begin(
    place: { readonly peer: PeerId; readonly number: number; readonly shard: number },
    message: Uint8Array,
  ): Promise<Uint8Array> {
    const { peer, shard } = place
    const { crypto, clock, store, budget, isAllowed } = this.#init
    if (!this.#makeRoom(peer, shard)) return encodeRefusal(shard, new ProtocolError('SYNC_LIMIT'))
    const days = store.digests(shard)
    const idCount = days.reduce((sum, { digest }) => sum + digest.count, 0)
    if (!isAllowed(peer, 1 + Math.floor(idCount / RECONCILE_WORK_IDS))) {
      return encodeRefusal(shard, new ProtocolError('SYNC_LIMIT'))
    }
    const terms = { shard, days, budget }
    const exchange = answerExchange(crypto, terms, clock.monotonicMs())
    const answering = { ...place, exchange, isWorking: false }
    this.#all.add(answering)
    this.#watchTime()
    return this.#goOn(answering, message)
  }

  async #goOn(answering: Answering, message: Uint8Array): Promise<Uint8Array> {
    const { peer, shard, exchange } = answering
    // One answer per question: the next question comes after it.
    if (answering.isWorking) throw new ProtocolError('SYNC_STATE')
    answering.isWorking = true
    const { wire, store, clock, onNeed } = this.#init
    try {
      const step = await takeStep(
        { exchange, shard, store, clock },
        { kind: 'message', bytes: message },
      )
      if (step.need.length > 0) onNeed(peer, shard, step.need)
      if (step.end?.kind === 'fail' && isFault(step.end.failure)) wire.penalise(peer, 'malformed')
      return step.message ?? NOTHING
    } finally {
      answering.isWorking = false
      if (exchange.isOver) this.#end(answering)
    }
  }

  #makeRoom(peer: PeerId, shard: number): boolean {
    if (this.#init.isAsking(peer, shard)) return false
    // Whoever begins anew has given the one before up.
    for (const one of this.#all) if (one.peer === peer && one.shard === shard) this.#end(one)
    const own = [...this.#all].filter((one) => one.peer === peer)
    if (own.length >= RECONCILE_ANSWER_PEER_COUNT_MAX) return false
    if (this.#all.size < RECONCILE_ANSWER_COUNT_MAX) return true
    // Whoever holds several gives way to somebody who holds none.
    const greedy = this.#greediest()
    if (own.length > 0 || greedy === null) return false
    this.#end(greedy)
    return true
  }

  #greediest(): Answering | null {
    const counts = new Map<PeerId, number>()
    for (const { peer } of this.#all) counts.set(peer, (counts.get(peer) ?? 0) + 1)
    let found: Answering | null = null
    for (const one of this.#all) {
      const count = counts.get(one.peer)!
      if (count > 1 && count > (found === null ? 0 : counts.get(found.peer)!)) found = one
    }
    return found
  }

  #end(answering: Answering): void {
    answering.exchange.close()
    this.#all.delete(answering)
  }

  /** One timer for all of them, and none when there are none. */
  #watchTime(): void {
    if (this.#cancelTimer !== null) return
    const { clock } = this.#init
    const deadlines = [...this.#all].map(({ exchange }) => exchange.deadlineMs)
    if (deadlines.length === 0) return
    const delayMs = Math.max(1, Math.min(...deadlines) - clock.monotonicMs())
    this.#cancelTimer = clock.after(delayMs, () => {
      this.#cancelTimer = null
      const nowMs = clock.monotonicMs()
      for (const one of this.#all) if (one.exchange.deadlineMs <= nowMs) this.#end(one)
      this.#watchTime()
    })
  }
}

/** Too much at once, or too late, is nobody's fault. */
function isFault(failure: FailureClass): boolean {
  return failure === 'malformed' || failure === 'forged'
}
