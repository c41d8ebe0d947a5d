import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { type Check, holds } from '../check.ts'
import {
  acknowledged,
  codeOf,
  envelopeOf,
  isExact,
  type MakeStore,
  mailboxOf,
  NOW_SECONDS,
  namesIn,
  withStore,
} from './subject.ts'

const OWN = mailboxOf(20)
const isOwn = (mailbox: Uint8Array) => mailbox.every((byte, at) => byte === OWN[at])
/** Of 1 KiB each, what is charged for their indexes included. */
const ROOM_FOR_FOUR = { quotaBytes: 4 * 1536, isOwn }

function worth(effort: number, number: number, change: Partial<Envelope> = {}) {
  const { timestampSeconds = NOW_SECONDS, mailbox = mailboxOf(1) } = change
  return envelopeOf({ number, effort, timestampSeconds, mailbox })
}

const CHECKS: readonly ((make: MakeStore) => Check)[] = [
  (make) => ({
    name: 'a full store lets the cheapest go, and of two as cheap the older',
    run: withStore(
      make,
      async ({ store, restart }) => {
        const cheap = worth(100, 1, { timestampSeconds: NOW_SECONDS - 600 })
        const older = worth(1000, 2, { timestampSeconds: NOW_SECONDS - 1200 })
        const newer = worth(1000, 3)
        const dear = worth(100_000, 4)
        await acknowledged(store, [newer, cheap, dear, older])
        const [first, second] = [worth(5000, 5), worth(5000, 6)]
        await acknowledged(store, [first])
        await isExact(store, [older, newer, dear, first])
        await acknowledged(store, [second])
        await isExact(store, [newer, dear, first, second])
        holds(store.usage.bytesCharged === 4 * 1536, 'as full as allowed')
        await isExact(await restart(), [newer, dear, first, second])
      },
      ROOM_FOR_FOUR,
    ),
  }),
  (make) => ({
    name: 'what is worth no more than the rest is refused as too much, and changes nothing',
    run: withStore(
      make,
      async ({ store }) => {
        const held = [1, 2, 3, 4].map((number) => worth(1000, number))
        await acknowledged(store, held)
        holds((await codeOf(() => store.put(worth(1000, 5)))) === 'STORE_FULL', 'as cheap')
        holds((await codeOf(() => store.put(worth(10, 6)))) === 'STORE_FULL', 'cheaper')
        const large = envelopeOf({ number: 7, bytes: 65_536, effort: 1e12 })
        holds((await codeOf(() => store.put(large))) === 'STORE_FULL', 'larger than the store')
        await isExact(store, held)
      },
      ROOM_FOR_FOUR,
    ),
  }),
  (make) => ({
    name: 'what was promised makes no room, whenever it was promised',
    run: withStore(
      make,
      async ({ store, restart }) => {
        const [early, late, both] = [worth(10, 1), worth(11, 2), worth(12, 3)]
        const other = worth(1000, 4)
        await store.put(early, { isPromised: true })
        await acknowledged(store, [late, other])
        const promised = await store.put(late, { isPromised: true })
        holds(promised.kind === 'known', 'it was there before it was promised')
        await Promise.all([store.put(both), store.put(both, { isPromised: true })])
        const dear = worth(1e9, 5)
        await acknowledged(store, [dear])
        await isExact(store, [early, late, both, dear])
        await store.put(dear, { isPromised: true })
        const again = await restart()
        const promising = () => again.put(worth(1e12, 6), { isPromised: true })
        holds((await codeOf(promising)) === 'STORE_FULL', 'no more can be promised')
        await isExact(again, [early, late, both, dear])
      },
      ROOM_FOR_FOUR,
    ),
  }),
  (make) => ({
    name: 'where all is promised there is still a little room for our own mail',
    run: withStore(
      make,
      async ({ store }) => {
        const numbers = Array.from({ length: 16 }, (_, at) => at + 1)
        const held = numbers.map((number) => worth(1000, number))
        for (const envelope of held) await store.put(envelope, { isPromised: true })
        const own = [21, 22].map((number) => worth(1, number, { mailbox: OWN }))
        await acknowledged(store, own)
        const third = worth(1, 23, { mailbox: OWN })
        holds((await codeOf(() => store.put(third))) === 'STORE_FULL', 'no more than an eighth')
        await isExact(store, [...held, ...own])
      },
      { quotaBytes: 16 * 1536, isOwn },
    ),
  }),
  (make) => ({
    name: 'one refusal leaves the others of its group alone',
    run: withStore(
      make,
      async ({ store }) => {
        const held = [1, 2, 3, 4].map((number) => worth(1000, number))
        const cheap = worth(10, 5)
        const dear = worth(1e9, 6)
        const puts = [...held, cheap, dear].map((envelope) => store.put(envelope))
        const results = await Promise.allSettled(puts)
        const said = results.map(({ status }) => (status === 'fulfilled' ? 'y' : 'n')).join('')
        holds(said === 'yyyyny' || said === 'yyyynn', said)
        if (said.endsWith('n')) await store.put(dear)
        holds(store.usage.count === 4 && (await store.has(dear.id)), 'the dear one is in')
        holds(!(await store.has(cheap.id)), 'the cheap one is not')
      },
      ROOM_FOR_FOUR,
    ),
  }),
  (make) => ({
    name: 'what came for an own mailbox stays, however cheap, and makes room for itself',
    run: withStore(
      make,
      async ({ store, restart }) => {
        const own = [1, 2, 3].map((number) => worth(1, number, { mailbox: OWN }))
        await acknowledged(store, [worth(1e9, 4), ...own])
        const dear = worth(1e12, 5)
        await acknowledged(store, [dear])
        await isExact(store, [...own, dear])
        const last = worth(1, 6, { mailbox: OWN })
        await acknowledged(store, [last])
        await isExact(store, [...own, last])
        const reopened = await restart()
        const stranger = worth(1e15, 7)
        holds((await codeOf(() => reopened.put(stranger))) === 'STORE_FULL', 'only own left')
        await isExact(reopened, [...own, last])
      },
      ROOM_FOR_FOUR,
    ),
  }),
  (make) => ({
    name: 'a mailbox that became our own after its envelope came is spared too',
    run: async () => {
      let isOwnNow = false
      const late = withStore(
        make,
        async ({ store }) => {
          const own = worth(1, 1, { mailbox: OWN })
          const others = [2, 3, 4].map((number) => worth(10, number))
          await acknowledged(store, [own, ...others])
          isOwnNow = true
          await acknowledged(store, [worth(1e6, 5), worth(1e6, 6), worth(1e6, 7)])
          holds(await store.has(own.id), 'spared')
          holds((await codeOf(() => store.put(worth(1e6, 8)))) === 'STORE_FULL', 'full')
        },
        { ...ROOM_FOR_FOUR, isOwn: (mailbox) => isOwnNow && isOwn(mailbox) },
      )
      await late()
    },
  }),
  (make) => ({
    name: 'many at once into a full store take the places of the cheapest',
    run: withStore(
      make,
      async ({ store }) => {
        const held = Array.from({ length: 200 }, (_, at) => worth(2 ** (at % 20) * 4, at))
        await acknowledged(store, held)
        const dear = Array.from({ length: 120 }, (_, at) => worth(2 ** 40, 1000 + at))
        const large = envelopeOf({ number: 2000, bytes: 65_536, effort: 2 ** 52 })
        await acknowledged(store, [...dear, large])
        const kept = [...held].sort((a, b) => b.effort - a.effort)
        const left = store.usage.count - dear.length - 1
        const places = Math.floor((200 * 1536 - 120 * 1536 - (65_536 + 512)) / 1536)
        holds(left === places, `${left} of the old ones are left, not ${places}`)
        const classes = new Set(kept.slice(0, left - 10).map(({ id }) => toHex(id)))
        const names = new Set(await namesIn(store))
        holds(
          [...classes].every((name) => names.has(name)),
          'the dearest of them',
        )
      },
      { quotaBytes: 200 * 1536 },
    ),
  }),
]

export function quotaChecks(make: MakeStore): Check[] {
  return CHECKS.map((check) => check(make))
}
