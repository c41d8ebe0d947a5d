import { compareBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { shortIdOf } from '@ezchat/protocol/envelope/id.ts'
import { type Check, holds, isBytes } from '../check.ts'
import {
  acknowledged,
  codeOf,
  envelopeOf,
  isExact,
  type MakeStore,
  mailboxOf,
  NOW_SECONDS,
  withStore,
} from './subject.ts'

const bucketsOf = [1024, 4096, 16_384, 65_536] as const

const CHECKS: readonly ((make: MakeStore) => Check)[] = [
  (make) => ({
    name: 'an envelope is found by its id and by its short id in its shard',
    run: withStore(make, async ({ store }) => {
      const envelope = envelopeOf({ number: 1 })
      holds((await acknowledged(store, [envelope])) === 'stored', 'stored')
      holds(await store.has(envelope.id), 'has')
      const held = await store.get(envelope.id)
      isBytes(held!.bytes, toHex(envelope.bytes), 'bytes')
      const found = await store.resolve(envelope.shard, shortIdOf(envelope.id))
      isBytes(found!, toHex(envelope.id), 'id')
      holds((await store.resolve(4, shortIdOf(envelope.id))) === null, 'another shard')
      holds((await store.get(new Uint8Array(32))) === null, 'another id')
    }),
  }),
  (make) => ({
    name: 'what is put a second time is known, at once and later, and adds nothing',
    run: withStore(make, async ({ store, restart }) => {
      const envelope = envelopeOf({ number: 2 })
      holds((await acknowledged(store, [envelope, envelope])) === 'stored known', 'at once')
      const { arrivalLast } = store
      holds((await acknowledged(store, [envelope])) === 'known', 'later')
      holds(store.arrivalLast === arrivalLast, 'no arrival')
      const reopened = await restart()
      holds((await acknowledged(reopened, [envelope])) === 'known', 'after a restart')
      await isExact(reopened, [envelope])
    }),
  }),
  (make) => ({
    name: 'every size is held, in several shards and days, and after a restart',
    run: withStore(make, async ({ store, restart }) => {
      const envelopes = Array.from({ length: 40 }, (_, number) =>
        envelopeOf({
          number,
          shard: number % 3,
          mailbox: mailboxOf(number % 5),
          bytes: bucketsOf[number % 4]!,
          timestampSeconds: NOW_SECONDS - (number % 7) * 86_400,
        }),
      )
      await acknowledged(store, envelopes)
      await isExact(store, envelopes)
      holds(store.shards().join() === '0,1,2', 'shards')
      await isExact(await restart(), envelopes, 'the store after a restart')
    }),
  }),
  (make) => ({
    name: 'the caller may reuse its bytes',
    run: withStore(make, async ({ store }) => {
      const envelope = envelopeOf({ number: 4 })
      const bytes = envelope.bytes.slice()
      await store.put({ ...envelope, bytes })
      bytes.fill(0)
      holds(compareBytes((await store.get(envelope.id))!.bytes, envelope.bytes) === 0, 'own bytes')
    }),
  }),
  (make) => ({
    name: 'more than may wait is refused as busy, and the rest is stored',
    run: withStore(make, async ({ store }) => {
      const envelope = envelopeOf({ number: 5, bytes: 65_536 })
      const puts = Array.from({ length: 300 }, () => store.put(envelope))
      const results = await Promise.allSettled(puts)
      const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
      holds(refused.length === 300 - 256, `256 × 64 KiB wait, ${refused.length} were refused`)
      holds(refused[0].code === 'STORE_BUSY' && refused[0].retriable === true, 'busy')
      await isExact(store, [envelope])
    }),
  }),
  (make) => ({
    name: 'a closed store refuses, after it has written what it was given',
    run: withStore(make, async ({ store, restart }) => {
      const envelope = envelopeOf({ number: 6 })
      const put = store.put(envelope)
      await store.close()
      holds((await put).kind === 'stored', 'written')
      holds((await codeOf(() => store.put(envelope))) === 'STORE_CLOSED', 'put')
      holds((await codeOf(() => store.get(envelope.id))) === 'STORE_CLOSED', 'get')
      await store.close()
      await isExact(await restart(), [envelope])
    }),
  }),
  (make) => ({
    name: 'an envelope goes in the second in which it expires, and not before',
    run: withStore(make, async ({ store, restart }) => {
      const early = envelopeOf({ number: 7, timestampSeconds: NOW_SECONDS - 600 })
      const late = envelopeOf({ number: 8 })
      await acknowledged(store, [early, late])
      holds((await store.sweep(early.expiresAtSeconds - 1)) === 0, 'not yet')
      holds((await store.sweep(early.expiresAtSeconds)) === 1, 'now')
      await isExact(store, [late])
      const reopened = await restart()
      await isExact(reopened, [late])
      holds((await reopened.sweep(late.expiresAtSeconds)) === 1, 'the other')
      await isExact(reopened, [])
      holds(reopened.shards().length === 0, 'no shards')
    }),
  }),
  (make) => ({
    name: 'a sweep goes through any number',
    run: withStore(make, async ({ store }) => {
      const envelopes = Array.from({ length: 600 }, (_, number) => envelopeOf({ number }))
      await acknowledged(store, envelopes)
      const last = envelopeOf({ number: 601, timestampSeconds: NOW_SECONDS + 600 })
      await acknowledged(store, [last])
      holds((await store.sweep(last.expiresAtSeconds - 1)) === 600, 'all')
      await isExact(store, [last])
    }),
  }),
  (make) => ({
    name: 'a shard is forgotten but for what is ours, and no other shard',
    run: withStore(
      make,
      async ({ store, restart }) => {
        const gone = Array.from({ length: 300 }, (_, number) => envelopeOf({ number, shard: 255 }))
        const own = envelopeOf({ number: 301, shard: 255, mailbox: mailboxOf(9) })
        const other = envelopeOf({ number: 302, shard: 254 })
        await acknowledged(store, [...gone, own, other])
        holds((await store.forget(255)) === 300, 'all but our own')
        await isExact(store, [own, other])
        holds((await store.forget(255)) === 0, 'nothing is left')
        await isExact(await restart(), [own, other])
      },
      { isOwn: (mailbox) => compareBytes(mailbox, mailboxOf(9)) === 0 },
    ),
  }),
]

export function putChecks(make: MakeStore): Check[] {
  return CHECKS.map((check) => check(make))
}
