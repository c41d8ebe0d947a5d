// Two stores of one shard, reconciled by the machine that carriers use.
import type { EnvelopeStore } from '@ezchat/node/store/envelope-store.ts'
import { decodeEnvelope } from '@ezchat/protocol/envelope/decode.ts'
import type { Exchange, SyncEvent } from '@ezchat/protocol/sync/exchange.ts'
import { startExchange } from '@ezchat/protocol/sync/initiator.ts'
import { answerExchange } from '@ezchat/protocol/sync/responder.ts'
import { type Check, holds } from '../check.ts'
import {
  acknowledged,
  crypto,
  envelopeOf,
  FREE,
  isExact,
  type MakeStore,
  NOW_SECONDS,
  withStore,
} from './subject.ts'

const SHARD = 3

interface Side {
  readonly store: EnvelopeStore
  readonly exchange: Exchange
  readonly needed: Uint8Array[]
  readonly offered: Uint8Array[]
}

async function tell(side: Side, event: SyncEvent): Promise<Uint8Array[]> {
  const sent: Uint8Array[] = []
  for (const effect of side.exchange.handle(event, 0)) {
    if (effect.kind === 'send') sent.push(effect.bytes)
    else if (effect.kind === 'need') side.needed.push(effect.shortIds)
    else if (effect.kind === 'have') side.offered.push(effect.shortIds)
    else if (effect.kind === 'fail') throw effect.error
    else if (effect.kind === 'load') {
      for await (const shortIds of side.store.shortIds(SHARD, effect.days)) {
        sent.push(...(await tell(side, { kind: 'items', shortIds, isLast: false })))
      }
      const end = { kind: 'items', shortIds: new Uint8Array(0), isLast: true } as const
      sent.push(...(await tell(side, end)))
    }
  }
  return sent
}

async function converse(asking: Side, answering: Side): Promise<void> {
  let messages = await tell(asking, { kind: 'start' })
  let [from, to] = [asking, answering]
  while (messages.length > 0) {
    const answers: Uint8Array[] = []
    for (const bytes of messages) answers.push(...(await tell(to, { kind: 'message', bytes })))
    messages = answers
    ;[from, to] = [to, from]
  }
}

/** What one has and the other lacks moves, whichever of them knows it. */
async function move({ store: from, offered }: Side, to: Side): Promise<void> {
  const ids: Uint8Array[] = []
  for (const packed of [...offered, ...to.needed]) {
    for (let at = 0; at < packed.length; at += 16) {
      const id = await from.resolve(SHARD, packed.subarray(at, at + 16))
      holds(id !== null, 'what was offered is held')
      ids.push(id)
    }
  }
  const clock = { network: FREE, nowSeconds: NOW_SECONDS }
  const envelopes = (await from.load(ids)).map(({ bytes }) => decodeEnvelope(crypto, clock, bytes))
  await acknowledged(to.store, envelopes)
}

export function syncChecks(make: MakeStore): Check[] {
  return [
    {
      name: 'two stores that differ are the same after an exchange',
      run: withStore(make, async ({ store }) => {
        const other = withStore(make, async ({ store: second }) => {
          const all = Array.from({ length: 120 }, (_, number) =>
            envelopeOf({ number, timestampSeconds: NOW_SECONDS - (number % 4) * 86_400 }),
          )
          await acknowledged(store, all.slice(0, 110))
          await acknowledged(second, all.slice(10))
          const init = (of: EnvelopeStore) => ({ shard: SHARD, days: of.digests(SHARD) })
          const asking: Side = {
            ...{ store, needed: [], offered: [] },
            exchange: startExchange(crypto, init(store), 0),
          }
          const answering: Side = {
            ...{ store: second, needed: [], offered: [] },
            exchange: answerExchange(crypto, init(second), 0),
          }
          await converse(asking, answering)
          holds(asking.exchange.isOver, 'it ends')
          await move(asking, answering)
          await move(answering, asking)
          await isExact(store, all, 'the first')
          await isExact(second, all, 'the second')
        })
        await other()
      }),
    },
  ]
}
