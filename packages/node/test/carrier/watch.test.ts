import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Watcher, type WatchQuestion } from '@ezchat/node/carrier/watching.ts'
import { EzchatError } from '@ezchat/node/errors.ts'
import { compareBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { WATCH_WINDOW_NOTICES } from '@ezchat/protocol/constants.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import type { Selector } from '@ezchat/protocol/request/selector.ts'
import {
  decodeArrived,
  encodeArrived,
  encodeSeen,
  encodeWatch,
} from '@ezchat/protocol/request/watch.ts'
import { mailboxOf } from '../../../../test/compliance/envelope-store/subject.ts'
import { settled } from '../manual-clock.ts'
import {
  ALWAYS,
  type Asker,
  coded,
  envelopeOf,
  FREE,
  type Served,
  serve,
  several,
} from './handlers.ts'

const [first, second] = [1, 2].map(mailboxOf).sort(compareBytes) as [Uint8Array, Uint8Array]
const own: Selector = { kind: 'mailboxes', mailboxes: [first] }
const namesOf = (envelopes: readonly Envelope[]) => envelopes.map(({ id }) => toHex(id)).sort()

interface Watched {
  readonly came: Envelope[]
  readonly cursors: Uint8Array[]
  readonly ends: (Error | null)[]
  readonly stop: () => void
}

async function watch(
  alice: Asker,
  peer: string,
  change: Partial<WatchQuestion> = {},
): Promise<Watched> {
  const came: Envelope[] = []
  const cursors: Uint8Array[] = []
  const ends: (Error | null)[] = []
  const question: WatchQuestion = {
    selector: own,
    cursor: null,
    onArrived: async (envelopes, cursor) => {
      came.push(...envelopes)
      cursors.push(cursor)
    },
    onEnd: (error) => ends.push(error),
    ...change,
  }
  const stop = await new Watcher(alice).watchAt(peer, question, ALWAYS)
  return { came, cursors, ends, stop }
}

async function put(store: Served['store'], envelopes: readonly Envelope[]): Promise<void> {
  await Promise.all(envelopes.map((one) => store.put(one)))
  await settled()
}

const SELECTORS: readonly [string, Selector][] = [
  ['mailboxes', own],
  ['a prefix', { kind: 'prefix', prefix: first.slice(0, 3) }],
  ['a shard', { kind: 'shard', shard: 4 }],
]

for (const [name, selector] of SELECTORS) {
  test(`${name}: what was there and what comes is told, each once, and nothing else`, async () => {
    const { alice, peer, store } = await serve()
    const wanted = several(150, { mailbox: first, shard: 4 })
    const others = several(50, { mailbox: second, from: 500 })
    await put(store, [...wanted.slice(0, 70), ...others.slice(0, 20)])
    const { came } = await watch(alice, peer, { selector })
    await settled()
    await put(store, wanted.slice(70, 71))
    await put(store, others.slice(20))
    await put(store, wanted.slice(71))
    assert.deepEqual(namesOf(came), namesOf(wanted))
  })
}

test('from the cursor of a notice, a later watch goes on', async () => {
  const { alice, peer, store } = await serve()
  const envelopes = several(30, { mailbox: first })
  const watched = await watch(alice, peer)
  await put(store, envelopes.slice(0, 10))
  watched.stop()
  await settled()
  await put(store, envelopes.slice(10))
  assert.deepEqual(namesOf(watched.came), namesOf(envelopes.slice(0, 10)))
  const { came } = await watch(alice, peer, { cursor: watched.cursors.at(-1)! })
  await settled()
  assert.deepEqual(namesOf(came), namesOf(envelopes.slice(10)))
})

test('a slow watcher gets a window of notices, and the rest from the store when it has read', async () => {
  const { alice, peer, store, watches } = await serve()
  const waiting: (() => void)[] = []
  const came: Envelope[] = []
  let notices = 0
  await watch(alice, peer, {
    onArrived: (envelopes) => {
      notices++
      came.push(...envelopes)
      return new Promise((resolve) => waiting.push(resolve))
    },
  })
  const envelopes = several(100, { mailbox: first })
  for (const one of envelopes) await put(store, [one])
  assert.equal(notices, 1)
  while (waiting.length > 0) {
    waiting.shift()!()
    await settled()
  }
  assert.deepEqual(namesOf(came), namesOf(envelopes))
  // What was behind came in large notices, not one by one.
  assert.ok(notices < 2 * WATCH_WINDOW_NOTICES + 4, `${notices} notices`)
  assert.equal(watches.count, 1)
})

test('no more than a window is sent without a confirmation', async () => {
  const { alice, peer, store } = await serve()
  let count = 0
  alice.wire.handleNotices('arrived', () => count++)
  const body = encodeWatch(FREE, { watch: 5, selector: own, cursor: null })
  await alice.wire.request(peer, 'watch', body, ALWAYS)
  for (const one of several(40, { mailbox: first })) await put(store, [one])
  assert.equal(count, WATCH_WINDOW_NOTICES)
  alice.wire.notify(peer, 'seen', encodeSeen({ watch: 5, notice: 10 }))
  await settled()
  assert.ok(count > WATCH_WINDOW_NOTICES && count <= WATCH_WINDOW_NOTICES + 10)
})

test('where the channel has no room it is tried again later, and nothing is lost', async () => {
  const { alice, peer, store, network, clock } = await serve()
  const { came } = await watch(alice, peer)
  await settled()
  network.hasRoom = (_from, _to, method) => method !== 'arrived'
  const envelopes = several(20, { mailbox: first })
  for (const one of envelopes) await put(store, [one])
  assert.equal(came.length, 0)
  await clock.advance(2500)
  assert.equal(came.length, 0)
  network.hasRoom = () => true
  await clock.advance(1000)
  await settled()
  assert.deepEqual(namesOf(came), namesOf(envelopes))
})

test('a number that is in use is replaced, and begins at 1 again', async () => {
  const { alice, peer, store, watches } = await serve()
  const notices: number[] = []
  alice.wire.handleNotices('arrived', (_peer, body) => notices.push(decodeArrived(body).notice))
  const body = encodeWatch(FREE, { watch: 5, selector: own, cursor: null })
  for (let round = 0; round < 3; round++) {
    await alice.wire.request(peer, 'watch', body, ALWAYS)
    await put(store, several(1, { mailbox: first, from: round }))
    await settled()
  }
  assert.equal(watches.count, 1)
  assert.equal(notices.filter((notice) => notice === 1).length, 3)
})

test('a peer has a few watches, and the next one is refused', async () => {
  const { alice, eve, peer, watches } = await serve()
  const open = (asker: Asker, number: number) => {
    const body = encodeWatch(FREE, { watch: number, selector: own, cursor: null })
    return asker.wire.request(peer, 'watch', body, ALWAYS)
  }
  for (let number = 0; number < 8; number++) await open(eve, number)
  await assert.rejects(open(eve, 8), coded('PEER_FULL'))
  await open(alice, 8)
  assert.equal(watches.count, 9)
})

test('the end of a connection ends its watches, and says so to the watcher', async () => {
  const { alice, peer, store, network, watches } = await serve()
  const { came, ends } = await watch(alice, peer)
  await settled()
  network.unlink(alice.peer, peer)
  assert.equal(watches.count, 0)
  assert.deepEqual(ends, [null])
  await put(store, several(5, { mailbox: first }))
  assert.equal(came.length, 0)
})

test('confirming what was never sent costs the watcher', async () => {
  const { alice, peer, wire } = await serve()
  const body = encodeWatch(FREE, { watch: 5, selector: own, cursor: null })
  await alice.wire.request(peer, 'watch', body, ALWAYS)
  alice.wire.notify(peer, 'seen', encodeSeen({ watch: 5, notice: 1 }))
  alice.wire.notify(peer, 'seen', encodeSeen({ watch: 77, notice: 1 }))
  alice.wire.notify(peer, 'seen', Uint8Array.of(1))
  await settled()
  assert.deepEqual(
    wire.penalties.map(({ offence }) => offence),
    ['malformed', 'malformed'],
  )
})

test('a carrier that tells what was not asked for is watched no longer', async () => {
  const { alice, peer, wire } = await serve()
  const { came, ends } = await watch(alice, peer)
  const foreign = envelopeOf({ number: 1, mailbox: second })
  const cursor = Uint8Array.of(1)
  const arrived = { watch: 1, notice: 1, envelopes: [foreign.bytes], cursor }
  wire.notify(alice.peer, 'arrived', encodeArrived({ ...arrived, watch: 9 }))
  await settled()
  assert.equal(ends.length, 0)
  wire.notify(alice.peer, 'arrived', encodeArrived(arrived))
  await settled()
  assert.deepEqual([came.length, ends.length], [0, 1])
  assert.deepEqual(alice.wire.penalties, [{ peer, offence: 'lies' }])
})

test('a carrier that does not wait for the watcher is watched no longer', async () => {
  const { alice, peer, wire } = await serve()
  const { ends } = await watch(alice, peer, { onArrived: () => new Promise(() => undefined) })
  for (let notice = 1; notice <= WATCH_WINDOW_NOTICES + 1; notice++) {
    const { bytes } = envelopeOf({ number: notice, mailbox: first })
    const arrived = { watch: 1, notice, envelopes: [bytes], cursor: Uint8Array.of(1) }
    wire.notify(alice.peer, 'arrived', encodeArrived(arrived))
  }
  await settled()
  assert.equal(ends.length, 1)
  assert.deepEqual(alice.wire.penalties, [{ peer, offence: 'flood' }])
})

test('a watcher that cannot take what came is told so, and nothing is confirmed', async () => {
  const { alice, peer, store } = await serve()
  const failure = new Error('no room')
  const { ends } = await watch(alice, peer, { onArrived: () => Promise.reject(failure) })
  await put(store, several(1, { mailbox: first }))
  assert.deepEqual(ends, [failure])
})

test('many watchers, writes and confirmations at random: each gets all of its own once', async () => {
  const { alice, eve, peer, store } = await serve()
  const boxes = [1, 2, 3, 4, 5].map(mailboxOf).sort(compareBytes)
  const selectors: Selector[] = [
    { kind: 'mailboxes', mailboxes: boxes.slice(0, 2) },
    { kind: 'mailboxes', mailboxes: boxes.slice(1, 4) },
    { kind: 'prefix', prefix: boxes[4]!.slice(0, 1) },
    { kind: 'shard', shard: 3 },
  ]
  const watchers = [new Watcher(alice), new Watcher(eve)]
  const all: Envelope[] = []
  const lists: Envelope[][] = []
  let turn = 0
  for (const [at, selector] of [...selectors, ...selectors].entries()) {
    const came: Envelope[] = []
    lists.push(came)
    await watchers[at % 2]!.watchAt(
      peer,
      {
        ...{ selector, cursor: null, onEnd: () => assert.fail('it ended') },
        onArrived: async (envelopes) => {
          came.push(...envelopes)
          // Some take their time.
          for (let wait = turn++ % 5; wait > 0; wait--) await settled()
        },
      },
      ALWAYS,
    )
    for (let round = 0; round < 12; round++) {
      const some = several((round * 7) % 23, { mailbox: boxes[round % 5]!, from: all.length })
      all.push(...some)
      await Promise.all(some.map((one) => store.put(one)))
      if (round % 3 === 0) await settled()
    }
  }
  for (let wait = 0; wait < 300; wait++) await settled()
  for (const [at, selector] of [...selectors, ...selectors].entries()) {
    const wanted = all.filter(({ mailbox, shard }) => {
      if (selector.kind === 'shard') return shard === selector.shard
      if (selector.kind === 'prefix') return mailbox[0] === selector.prefix[0]
      return selector.mailboxes.some((one) => compareBytes(one, mailbox) === 0)
    })
    assert.deepEqual(namesOf(lists[at]!), namesOf(wanted), `watch ${at}`)
  }
})

for (const [name, selector] of SELECTORS) {
  test(`${name}: when the carrier closes, nobody is told any longer`, async () => {
    const { alice, peer, store, watches, clock } = await serve()
    const { came } = await watch(alice, peer, { selector })
    await settled()
    watches.close()
    await put(store, several(3, { mailbox: first, shard: 4 }))
    assert.deepEqual([came.length, watches.count, clock.timerCount], [0, 0, 0])
  })
}

test('a watch that the carrier refuses is no watch', async () => {
  const { alice, peer, network } = await serve()
  network.intercept = () => Promise.resolve(Uint8Array.of(1))
  await assert.rejects(watch(alice, peer), coded('PEER_INVALID'))
})

test('a store that fails for a while is read again', async () => {
  const { alice, peer, store, clock } = await serve()
  const envelopes = several(5, { mailbox: first })
  await put(store, envelopes)
  const { fetch } = store
  store.fetch = () => Promise.reject(new EzchatError('STORE_BUSY'))
  const { came } = await watch(alice, peer)
  await settled()
  assert.equal(came.length, 0)
  store.fetch = fetch
  await clock.advance(1000)
  await settled()
  assert.deepEqual(namesOf(came), namesOf(envelopes))
})
