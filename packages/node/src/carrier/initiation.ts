// The asking side of one exchange: sync.md §3.
import { SYNC_SALT_BYTES } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import { encodeSyncStep } from '@ezchat/protocol/request/sync.ts'
import type { SyncBudget } from '@ezchat/protocol/sync/budget.ts'
import { Initiator, startExchange } from '@ezchat/protocol/sync/initiator.ts'
import { within } from '../deadline.ts'
import { EzchatError } from '../errors.ts'
import { RECONCILE_NEED_COUNT_MAX, RECONCILE_REQUEST_MS_MAX } from '../limits.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { type ExchangeEnd, type StepResult, takeStep } from './exchange-step.ts'
import { NeededIds } from './needed-ids.ts'
import { chooseBelow } from './random.ts'

export interface InitiationInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: Pick<EnvelopeStore, 'digests' | 'shortIds'>
  readonly budget: SyncBudget
}

export interface InitiationTerms {
  readonly peer: PeerId
  /** One of ours with this peer. */
  readonly number: number
  readonly shard: number
  /** Reconciles a day that looks equal: sync.md §4. */
  readonly isAudit: boolean
  readonly signal: AbortSignal
}

export interface Initiated {
  readonly end: ExchangeEnd
  readonly need: NeededIds
  readonly haveCount: number
}

export async function runExchange(
  init: InitiationInit,
  terms: InitiationTerms,
): Promise<Initiated> {
  const { clock, store } = init
  const { shard } = terms
  const exchange = exchangeOf(init, terms)
  const need = new NeededIds(RECONCILE_NEED_COUNT_MAX)
  let haveCount = 0
  try {
    const place = { exchange, shard, store, clock }
    let step = await takeStep(place, { kind: 'start' })
    for (;;) {
      for (const shortIds of step.need) need.add(shortIds)
      haveCount += step.haveCount
      const answer = await answerTo(init, terms, step)
      if (step.end !== null) return { end: step.end, need, haveCount }
      // Nothing to go on with, from either side.
      if (answer === null || answer.length === 0) throw new EzchatError('PEER_INVALID')
      step = await takeStep(place, { kind: 'message', bytes: answer })
    }
  } finally {
    exchange.close()
  }
}

function exchangeOf(init: InitiationInit, terms: InitiationTerms): Initiator {
  const { crypto, clock, store, budget } = init
  const { shard, isAudit } = terms
  const set = { shard, days: store.digests(shard), budget }
  if (!isAudit) return startExchange(crypto, set, clock.monotonicMs())
  const salt = crypto.randomBytes(SYNC_SALT_BYTES)
  const auditPick = chooseBelow(crypto, 0x10000)
  return new Initiator({ ...set, crypto, salt, auditPick }, clock.monotonicMs())
}

/** Null when we had nothing to say. */
async function answerTo(
  { wire, clock }: InitiationInit,
  { peer, number, signal }: InitiationTerms,
  { message, end }: StepResult,
): Promise<Uint8Array | null> {
  if (message === null) return null
  const body = encodeSyncStep({ exchange: number, message })
  const ask = (limit: AbortSignal) => wire.request(peer, 'sync', body, { signal: limit })
  const asking = within(clock, RECONCILE_REQUEST_MS_MAX, ask, signal)
  if (end === null) return asking
  // A refusal is the last word: what comes back, or that nothing does, changes nothing.
  return asking.catch(() => null)
}
