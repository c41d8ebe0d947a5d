import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FetchQuestion, fetchFrom } from '@ezchat/node/carrier/fetch.ts'
import { decodeFetchCursor, encodeFetchCursor } from '@ezchat/node/carrier/fetch-cursor.ts'
import { MemoryKeyValue, openMemoryStore } from '@ezchat/node/store/memory-store.ts'
import { openEnvelopeStore } from '@ezchat/node/store/open-envelope-store.ts'
import { compareBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { BucketBytes } from '@ezchat/protocol/constants.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { decodeFetched, encodeFetched } from '@ezchat/protocol/request/fetch.ts'
import type { Selector } from '@ezchat/protocol/request/selector.ts'
import { mailboxOf } from '../../../../test/compliance/envelope-store/subject.ts'
import {
  ALWAYS,
  type Asker,
  coded,
  crypto,
  envelopeOf,
  FREE,
  NOW_SECONDS,
  serve,
  several,
} from './handlers.ts'

const mailboxes = [1, 2, 3, 4].map(mailboxOf).sort(compareBytes)
const allOf = (list: readonly Uint8Array[]): Selector => ({ kind: 'mailboxes', mailboxes: list })
const namesOf = (envelopes: readonly Envelope[]) => envelopes.map(({ id }) => toHex(id)).sort()

/** To the end; with what it took. */
async function fetchAll(alice: Asker, peer: string, question: FetchQuestion) {
  const envelopes: Envelope[] = []
  let { cursor } = question
  for (let count = 1; ; count++) {
    const page = await fetchFrom(alice, peer, { ...question, cursor }, ALWAYS)
    envelopes.push(...page.envelopes)
    cursor = page.cursor
    if (page.isEnd) return { envelopes, cursor, count }
    assert.ok(count < 500, 'it does not end')
  }
}

const SELECTORS: readonly [string, Selector, (envelope: Envelope) => boolean][] = [
  [
    'mailboxes',
    allOf(mailboxes.slice(0, 3)),
    ({ mailbox }) => mailboxes.slice(0, 3).some((one) => compareBytes(one, mailbox) === 0),
  ],
  [
    'a prefix',
    { kind: 'prefix', prefix: mailboxes[0]!.slice(0, 1) },
    ({ mailbox }) => mailbox[0] === mailboxes[0]![0],
  ],
  ['a shard', { kind: 'shard', shard: 4 }, ({ shard }) => shard === 4],
]

function mixed(count: number, from = 0): Envelope[] {
  return Array.from({ length: count }, (_, at) => {
    const number = from + at
    const mailbox = mailboxes[number % 4]!
    const bytes: BucketBytes = number % 10 === 9 ? 4096 : 1024
    return envelopeOf({ number, mailbox, bytes, shard: 3 + ((number >> 2) % 2) })
  })
}

for (const [name, selector, isWanted] of SELECTORS) {
  test(`${name}: all pages together are all that is held, each once`, async () => {
    const { alice, peer, store } = await serve()
    const held = mixed(300)
    await Promise.all(held.map((one) => store.put(one)))
    const { envelopes } = await fetchAll(alice, peer, { selector, cursor: null })
    assert.deepEqual(namesOf(envelopes), namesOf(held.filter(isWanted)))
  })

  test(`${name}: with little room, each page has one envelope`, async () => {
    const { alice, peer, store } = await serve()
    const held = mixed(30)
    for (const one of held) await store.put(one)
    const question = { selector, cursor: null, bytesMax: 1 }
    const { envelopes, count } = await fetchAll(alice, peer, question)
    assert.deepEqual(namesOf(envelopes), namesOf(held.filter(isWanted)))
    assert.ok(count >= envelopes.length)
  })

  test(`${name}: a cursor gives what came later, and what came between two pages`, async () => {
    const { alice, peer, store } = await serve()
    for (const one of mixed(200)) await store.put(one)
    const begun = await fetchFrom(alice, peer, { selector, cursor: null, bytesMax: 20_000 }, ALWAYS)
    const between = mixed(40, 200)
    for (const one of between) await store.put(one)
    const rest = await fetchAll(alice, peer, { selector, cursor: begun.cursor, bytesMax: 20_000 })
    const last = mixed(40, 240)
    for (const one of last) await store.put(one)
    const later = await fetchAll(alice, peer, { selector, cursor: rest.cursor })
    const all = [...begun.envelopes, ...rest.envelopes, ...later.envelopes]
    const wanted = [...mixed(200), ...between, ...last].filter(isWanted)
    assert.deepEqual(namesOf(all), namesOf(wanted))
    const nothing = await fetchFrom(alice, peer, { selector, cursor: later.cursor }, ALWAYS)
    assert.deepEqual([nothing.envelopes.length, nothing.isEnd], [0, true])
  })

  test(`${name}: what has expired is not served`, async () => {
    const { alice, peer, store, clock } = await serve()
    const old = mixed(8).map(({ shard, mailbox }, number) =>
      envelopeOf({ number, shard, mailbox, timestampSeconds: NOW_SECONDS - 29 * 86_400 }),
    )
    for (const one of [...old, ...mixed(8, 8)]) await store.put(one)
    await clock.advance(2 * 86_400_000)
    const { envelopes } = await fetchAll(alice, peer, { selector, cursor: null })
    assert.deepEqual(namesOf(envelopes), namesOf(mixed(8, 8).filter(isWanted)))
  })
}

test('a carrier bounds the work of one answer: many mailboxes take several', async () => {
  const { alice, peer, store } = await serve()
  const many = Array.from({ length: 64 }, (_, at) => mailboxOf(at)).sort(compareBytes)
  for (const [number, mailbox] of many.entries()) await store.put(envelopeOf({ number, mailbox }))
  const { envelopes } = await fetchAll(alice, peer, { selector: allOf(many), cursor: null })
  assert.equal(envelopes.length, 64)
})

test('a cursor of another store, of another version or made up counts as none', async () => {
  const { alice, peer, store } = await serve()
  for (const one of several(3)) await store.put(one)
  const selector: Selector = { kind: 'shard', shard: 3 }
  const other = await openMemoryStore({
    ...{ crypto, network: FREE, quotaBytes: 2 ** 30, isOwn: () => false },
  })
  const ours = encodeFetchCursor(store, { after: 3, pass: null })
  const cursors = [
    encodeFetchCursor({ epoch: other.epoch, arrivalLast: 3 }, { after: 3, pass: null }),
    encodeFetchCursor(store, { after: 2 ** 53 - 1, pass: null }),
    encodeFetchCursor(store, { after: 9, pass: { upTo: 2, position: Uint8Array.of(1) } }),
    ours.map((byte, at) => (at === 0 ? 7 : byte)),
    ours.slice(0, 9),
    new Uint8Array(96).fill(0xff),
  ]
  for (const cursor of cursors) {
    assert.deepEqual(decodeFetchCursor(store, cursor), { after: 0, pass: null })
    const page = await fetchFrom(alice, peer, { selector, cursor }, ALWAYS)
    assert.equal(page.envelopes.length, 3)
  }
})

test('a position that leads elsewhere reads nothing that was not selected', async () => {
  const { alice, peer, store } = await serve()
  for (const one of mixed(20)) await store.put(one)
  for (let byte = 0; byte < 256; byte++) {
    for (const length of [1, 33, 41, 60]) {
      const position = new Uint8Array(length).fill(byte)
      const pass = { upTo: store.arrivalLast, position }
      const cursor = encodeFetchCursor(store, { after: 0, pass })
      const question = { selector: allOf([mailboxes[1]!]), cursor }
      const page = await fetchFrom(alice, peer, question, ALWAYS)
      assert.ok(page.envelopes.length <= 5)
    }
  }
})

test('the asker believes no envelope that was not asked for', async () => {
  const { alice, peer, wire, network } = await serve()
  const foreign = envelopeOf({ number: 1, mailbox: mailboxes[3]! })
  const broken = envelopeOf({ number: 2, mailbox: mailboxes[0]! }).bytes.map((byte, at) =>
    at === 38 ? byte ^ 1 : byte,
  )
  for (const [bytes, offence] of [
    [foreign.bytes, 'lies'],
    [broken, 'invalid'],
  ] as const) {
    network.intercept = (from, _to, method, body) =>
      wire.answer(from, method, body).then((answer) => {
        return encodeFetched({ ...decodeFetched(answer), envelopes: [bytes] })
      })
    const question = { selector: allOf([mailboxes[0]!]), cursor: null }
    await assert.rejects(fetchFrom(alice, peer, question, ALWAYS), coded('PEER_INVALID'))
    assert.deepEqual(alice.wire.penalties.at(-1), { peer, offence })
  }
})

test('an envelope out of time by the asker’s clock is left out, and nobody is at fault', async () => {
  const { alice, peer, store, clock, network, wire } = await serve()
  const old = envelopeOf({ number: 1, timestampSeconds: NOW_SECONDS - 29 * 86_400 })
  await store.put(old)
  network.intercept = (from, _to, method, body) => {
    const answering = wire.answer(from, method, body)
    clock.jump(2 * 86_400_000)
    return answering
  }
  const question = { selector: { kind: 'shard', shard: 3 } as const, cursor: null }
  const page = await fetchFrom(alice, peer, question, ALWAYS)
  assert.deepEqual([page.envelopes.length, alice.wire.penalties.length], [0, 0])
})

test('what is no fetch costs its sender', async () => {
  const { alice, peer, wire } = await serve()
  for (const body of [[], [9], [3, 1, 1], [1, 65]]) {
    const asking = alice.wire.request(peer, 'fetch', Uint8Array.from(body), ALWAYS)
    await assert.rejects(asking, coded('PEER_REFUSED'))
  }
  assert.ok(wire.penalties.length >= 3)
})

test('a carrier that has looked for long enough says so, and goes on when it is asked again', async () => {
  const { alice, peer, store } = await serve()
  const many = Array.from({ length: 64 }, (_, at) => mailboxOf(at)).sort(compareBytes)
  const before = many.map((mailbox, number) => envelopeOf({ number, mailbox }))
  for (const one of before) await store.put(one)
  const selector = allOf(many)
  const begun = await fetchFrom(alice, peer, { selector, cursor: null, bytesMax: 1 }, ALWAYS)
  // What came since is passed over in this pass, and costs reads.
  const since = several(600, { mailbox: many[5]!, from: 1000 })
  for (const one of since) await store.put(one)
  const page = await fetchFrom(alice, peer, { selector, cursor: begun.cursor }, ALWAYS)
  assert.equal(page.isEnd, false)
  const rest = await fetchAll(alice, peer, { selector, cursor: page.cursor })
  const all = [...begun.envelopes, ...page.envelopes, ...rest.envelopes]
  assert.deepEqual(namesOf(all), namesOf(before))
  const later = await fetchAll(alice, peer, { selector, cursor: rest.cursor })
  assert.deepEqual(namesOf(later.envelopes), namesOf(since))
})

test('a body that the disk has changed is left out of a shard', async () => {
  const keyValue = new MemoryKeyValue()
  const init = { crypto, network: FREE, quotaBytes: 2 ** 30, isOwn: () => false }
  const store = await openEnvelopeStore(keyValue, init)
  const held = several(5)
  for (const one of held) await store.put(one)
  const bodies = keyValue.rows().filter(([, value]) => value.length === 1024)
  const spoil = (at: number, place: number) => {
    const [key, value] = bodies[at]!
    keyValue.apply([{ key, value: value.map((byte, i) => (i === place ? byte ^ 1 : byte)) }])
  }
  // One in its content, one where not even its header holds.
  spoil(1, 500)
  spoil(3, 0)
  const terms = { shard: 3, after: 0, upTo: store.arrivalLast, countMax: 64, bytesMax: 65_536 }
  const page = await store.arrivals({ ...terms, readBytesMax: 2 ** 20 })
  assert.deepEqual(
    page.envelopes.map(({ id }) => toHex(id)),
    [0, 2, 4].map((at) => toHex(held[at]!.id)),
  )
  assert.equal(page.after, store.arrivalLast)
})
