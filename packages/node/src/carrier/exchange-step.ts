// One step of an exchange on a store that answers in its own time: sync.md §3.
import { SHORT_ID_BYTES } from '@ezchat/protocol/constants.ts'
import type { FailureClass } from '@ezchat/protocol/errors.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { Exchange, SyncEvent } from '@ezchat/protocol/sync/exchange.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'

export type ExchangeEnd =
  | { readonly kind: 'done'; readonly isComplete: boolean }
  | { readonly kind: 'fail'; readonly failure: FailureClass; readonly status: number }
  | { readonly kind: 'refused'; readonly status: number }

export interface StepResult {
  /** The one message that the other side is owed; null when there is none. */
  readonly message: Uint8Array | null
  /** Packed short ids that only the other side has. */
  readonly need: readonly Uint8Array[]
  /** Ids that only we have. */
  readonly haveCount: number
  readonly end: ExchangeEnd | null
}

export interface StepTerms {
  readonly exchange: Exchange
  readonly shard: number
  readonly store: Pick<EnvelopeStore, 'shortIds'>
  readonly clock: Clock
}

const NOTHING = new Uint8Array(0)

/** Between two pieces of ids others have their turn: the store reads them one by one. */
export async function takeStep(terms: StepTerms, event: SyncEvent): Promise<StepResult> {
  const { exchange, shard, store, clock } = terms
  let message: Uint8Array | null = null
  let end: ExchangeEnd | null = null
  let haveCount = 0
  const need: Uint8Array[] = []
  const effects = [...exchange.handle(event, clock.monotonicMs())]
  for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
    if (effect.kind === 'load') {
      for await (const shortIds of store.shortIds(shard, effect.days)) {
        const items = { kind: 'items', shortIds, isLast: false } as const
        effects.push(...exchange.handle(items, clock.monotonicMs()))
        if (exchange.isOver) break
      }
      const last = { kind: 'items', shortIds: NOTHING, isLast: true } as const
      effects.push(...exchange.handle(last, clock.monotonicMs()))
    } else if (effect.kind === 'send') message = effect.bytes
    else if (effect.kind === 'need') need.push(effect.shortIds)
    else if (effect.kind === 'have') haveCount += effect.shortIds.length / SHORT_ID_BYTES
    else if (effect.kind === 'done') end = effect
    else if (effect.kind === 'refused') end = effect
    else end = { kind: 'fail', failure: effect.error.failure, status: effect.error.status }
  }
  return { message, need, haveCount, end }
}
