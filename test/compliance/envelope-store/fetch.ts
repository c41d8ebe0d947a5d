import type { StoredEnvelope } from '@ezchat/node/store/envelope-reader.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { type Check, holds } from '../check.ts'
import {
  acknowledged,
  envelopeOf,
  type MakeStore,
  mailboxOf,
  NOW_SECONDS,
  namesIn,
  withStore,
} from './subject.ts'

const BOB = mailboxOf(10)
const EVE = mailboxOf(11)

function several(count: number, mailbox: Uint8Array, from = 0) {
  return Array.from({ length: count }, (_, at) => envelopeOf({ number: from + at, mailbox }))
}

const namesOf = (envelopes: readonly { readonly id: Uint8Array }[]) =>
  envelopes.map(({ id }) => toHex(id)).join()

const CHECKS: readonly ((make: MakeStore) => Check)[] = [
  (make) => ({
    name: 'a mailbox is fetched in the order of arrival, from where one was',
    run: withStore(make, async ({ store, restart }) => {
      const first = several(3, BOB)
      await acknowledged(store, [first[0]!, ...several(2, EVE, 50), first[1]!, first[2]!])
      const page = await store.fetch({ prefix: BOB, after: 0, position: null })
      holds(namesOf(page.envelopes) === namesOf(first) && page.position === null, 'all')
      const after = page.envelopes.at(-1)!.arrival
      const more = several(2, BOB, 10)
      const reopened = await restart()
      await acknowledged(reopened, more)
      const next = await reopened.fetch({ prefix: BOB, after, position: null })
      holds(namesOf(next.envelopes) === namesOf(more), 'only what is new')
    }),
  }),
  (make) => ({
    name: 'pages end at their count and at their bytes, and none is left out',
    run: withStore(make, async ({ store }) => {
      const envelopes = several(20, BOB)
      await acknowledged(store, envelopes)
      for (const limit of [{ countMax: 7 }, { bytesMax: 5000 }, { bytesMax: 1 }]) {
        const fetched: StoredEnvelope[] = []
        let position: Uint8Array | null = null
        do {
          const page = await store.fetch({ prefix: BOB, after: 0, position, ...limit })
          holds(page.envelopes.length <= 7, 'a page')
          fetched.push(...page.envelopes)
          position = page.position
        } while (position !== null)
        holds(namesOf(fetched) === namesOf(envelopes), `pages of ${JSON.stringify(limit)}`)
      }
    }),
  }),
  (make) => ({
    name: 'a prefix is fetched with all mailboxes that begin so, from where one was',
    run: withStore(make, async ({ store }) => {
      const mailboxes = Array.from({ length: 300 }, (_, at) => mailboxOf(100 + at))
      const envelopes = mailboxes.map((mailbox, number) => envelopeOf({ number, mailbox }))
      await acknowledged(store, envelopes)
      const isWanted = ({ mailbox }: { mailbox: Uint8Array }) => mailbox[0] === mailboxes[0]![0]
      const prefix = mailboxes[0]!.subarray(0, 1)
      const wanted = envelopes.filter(isWanted).map(({ id }) => toHex(id))
      holds((await namesIn(store, prefix)).sort().join() === wanted.sort().join(), 'by prefix')
      holds((await namesIn(store)).length === 300, 'all, over several pages')
      const after = store.arrivalLast
      const late = envelopeOf({ number: 999, mailbox: mailboxes[0]! })
      await acknowledged(store, [late])
      const page = await store.fetch({ prefix, after, position: null })
      holds(namesOf(page.envelopes) === namesOf([late]), 'only what is new')
    }),
  }),
  (make) => ({
    name: 'a position that a peer made up reads nothing of another mailbox',
    run: withStore(make, async ({ store }) => {
      const own = several(2, BOB)
      await acknowledged(store, [...own, ...several(2, EVE, 50)])
      const made = [[], [0], [0xff], [0x11, 1, 2], [0x13, ...EVE, 0, 0, 0, 0, 0, 0]]
      for (const bytes of made) {
        const position = Uint8Array.from(bytes)
        const page = await store.fetch({ prefix: BOB, after: 0, position })
        holds(namesOf(page.envelopes) === namesOf(own), 'its own only')
      }
    }),
  }),
  (make) => ({
    name: 'an arrival is never given twice, though the last one went before a restart',
    run: withStore(make, async ({ store, restart }) => {
      const [first, second] = several(2, BOB)
      await acknowledged(store, [first!])
      const { arrivalLast } = store
      await store.sweep(first!.expiresAtSeconds)
      const reopened = await restart()
      await acknowledged(reopened, [second!])
      const page = await reopened.fetch({ prefix: BOB, after: arrivalLast, position: null })
      holds(namesOf(page.envelopes) === namesOf([second!]), 'later than what went')
      holds(toHex(reopened.epoch) === toHex(store.epoch), 'the same store')
    }),
  }),
  (make) => ({
    name: 'who fetches and watches is told of each envelope once',
    run: withStore(make, async ({ store }) => {
      const told: string[] = []
      await acknowledged(store, several(2, BOB))
      const end = store.watch((arrived) => told.push(...arrived.map(({ id }) => toHex(id))))
      const late = several(5, BOB, 20)
      await acknowledged(store, [...late, late[0]!])
      await null
      holds(told.join() === namesOf(late), 'what came after')
      end()
      await acknowledged(store, [
        envelopeOf({ number: 77, mailbox: BOB, timestampSeconds: NOW_SECONDS }),
      ])
      await null
      holds(told.length === late.length, 'nothing after the end')
    }),
  }),
]

export function fetchChecks(make: MakeStore): Check[] {
  return CHECKS.map((check) => check(make))
}
