import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Intake } from '@ezchat/node/carrier/intake.ts'
import { pushTo } from '@ezchat/node/carrier/push.ts'
import { EzchatError } from '@ezchat/node/errors.ts'
import { peerKeyOf } from '@ezchat/node/net/peer-id.ts'
import type { PutResult } from '@ezchat/node/store/envelope-store.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { RECEIPT_BYTES } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { statusOf } from '@ezchat/protocol/errors.ts'
import { decodeReceipt, signReceipt } from '@ezchat/protocol/receipt/receipt.ts'
import { decodePushed, encodePushed, type PushOutcome } from '@ezchat/protocol/request/push.ts'
import { ownerOf } from '../../../../test/compliance/envelope-store/drops.ts'
import { fakePeer } from '../fake-wire.ts'
import { settled } from '../manual-clock.ts'
import {
  ALWAYS,
  CARRIED,
  coded,
  crypto,
  envelopeOf,
  FREE,
  NOW_SECONDS,
  serve,
  several,
} from './handlers.ts'

const bob = ownerOf(0xb0)
const kindsOf = (outcomes: readonly PushOutcome[]) => outcomes.map(({ kind }) => kind).join(' ')

test('each envelope gets the receipt of the carrier that was asked, and is on its disk', async () => {
  const { alice, peer, store, accepted } = await serve()
  const envelopes = several(64)
  const outcomes = await pushTo(
    alice,
    peer,
    envelopes.map(({ bytes }) => bytes),
    ALWAYS,
  )
  assert.equal(outcomes.length, 64)
  for (const [at, outcome] of outcomes.entries()) {
    assert.ok(outcome.kind === 'receipt')
    const receipt = decodeReceipt(outcome.receipt)
    assert.deepEqual(receipt.carrier, peerKeyOf(peer))
    assert.deepEqual(receipt.envelopeId, envelopes[at]!.id)
    assert.ok(await store.has(receipt.envelopeId))
  }
  assert.equal(accepted.length, 64)
  assert.ok(accepted.every(({ from }) => from === alice.peer))
})

test('what is pushed again gets the same receipt, and is no news', async () => {
  const { alice, eve, peer, accepted } = await serve()
  const { bytes } = envelopeOf({ number: 1 })
  const first = await pushTo(alice, peer, [bytes, bytes], ALWAYS)
  const again = await pushTo(eve, peer, [bytes], ALWAYS)
  assert.deepEqual(first[0], first[1])
  assert.deepEqual(again[0], first[0])
  assert.equal(accepted.length, 1)
})

test('a receipt is signed only after the write was confirmed', async () => {
  const { alice, clock, wire } = await serve()
  const signed: string[] = []
  const spying: Crypto = Object.create(crypto, {
    ed25519Sign: {
      value: (...args: Parameters<Crypto['ed25519Sign']>) => {
        signed.push('signed')
        return crypto.ed25519Sign(...args)
      },
    },
  })
  const writes: PromiseWithResolvers<PutResult>[] = []
  const put = () => {
    const write = Promise.withResolvers<PutResult>()
    writes.push(write)
    return write.promise
  }
  const intake = new Intake({
    ...{ wire, clock, crypto: spying, network: FREE, store: { put } },
    peerSeed: fakePeer(crypto, 1).seed,
    isCarried: () => true,
    onAccepted: () => signed.push('accepted'),
  })
  const bytes = several(3).map((one) => one.bytes)
  const taking = intake.takeSigned(bytes, alice.peer)
  await settled()
  // All of them are in one write, if the store wants it so.
  assert.deepEqual([writes.length, signed.length], [3, 0])
  writes[0]!.resolve({ kind: 'stored' })
  writes[1]!.reject(new EzchatError('STORE_FAILED'))
  await settled()
  assert.deepEqual(signed, ['accepted'])
  writes[2]!.resolve({ kind: 'known' })
  const outcomes = await taking
  assert.equal(kindsOf(outcomes), 'receipt refused receipt')
  assert.deepEqual(outcomes[1], { kind: 'refused', status: 3 })
  // Two receipts, under one signature.
  assert.deepEqual(signed, ['accepted', 'signed'])
})

test('an envelope of a shard that is not carried is refused, and nobody is at fault', async () => {
  const { alice, peer, store, wire } = await serve()
  const foreign = envelopeOf({ number: 1, shard: 9 })
  const own = envelopeOf({ number: 2, shard: CARRIED[1]! })
  const outcomes = await pushTo(alice, peer, [foreign.bytes, own.bytes], ALWAYS)
  assert.deepEqual(outcomes[0], { kind: 'refused', status: statusOf('REQUEST_STATE') })
  assert.equal(outcomes[1]!.kind, 'receipt')
  assert.equal(await store.has(foreign.id), false)
  assert.deepEqual(wire.penalties, [])
})

test('an invalid envelope is refused alone, and its sender is penalised once', async () => {
  const { alice, peer, wire } = await serve()
  const good = envelopeOf({ number: 1 })
  const broken = good.bytes.map((byte, at) => (at === 0 ? 9 : byte))
  const unrounded = good.bytes.map((byte, at) => (at === 38 ? byte ^ 1 : byte))
  const outcomes = await pushTo(alice, peer, [unrounded, good.bytes, unrounded, broken], ALWAYS)
  assert.equal(kindsOf(outcomes), 'refused receipt refused refused')
  assert.deepEqual(outcomes[0], { kind: 'refused', status: statusOf('ENVELOPE_FIELD') })
  assert.deepEqual(outcomes[3], { kind: 'refused', status: statusOf('ENVELOPE_VERSION') })
  assert.deepEqual(wire.penalties, [{ peer: alice.peer, offence: 'invalid' }])
})

test('timestamps are accepted up to both edges and refused beyond, without a penalty', async () => {
  const { alice, peer, wire } = await serve()
  const oldest = NOW_SECONDS - FREE.ttlDays * 86_400
  const newest = NOW_SECONDS + 86_400
  const times = [oldest, oldest + 600, newest, newest + 600]
  const envelopes = times.map((timestampSeconds, number) =>
    envelopeOf({ number, timestampSeconds }),
  )
  const outcomes = await pushTo(
    alice,
    peer,
    envelopes.map(({ bytes }) => bytes),
    ALWAYS,
  )
  assert.deepEqual(outcomes[0], { kind: 'refused', status: statusOf('ENVELOPE_EXPIRED') })
  assert.equal(kindsOf(outcomes), 'refused receipt receipt refused')
  assert.deepEqual(outcomes[3], { kind: 'refused', status: statusOf('ENVELOPE_FUTURE') })
  assert.deepEqual(wire.penalties, [])
})

test('what its owner dropped comes back as the drop, and is not kept again', async () => {
  const { alice, peer, store, drops } = await serve()
  const envelope = envelopeOf({ number: 1, mailbox: bob.mailbox })
  const drop = bob.drop({ kind: 'ids', madeAt: NOW_SECONDS, ids: [envelope.id] })
  assert.equal(await drops.take(drop.bytes, null), 'new')
  const outcomes = await pushTo(alice, peer, [envelope.bytes], ALWAYS)
  assert.deepEqual(outcomes, [{ kind: 'dropped', drop: drop.bytes }])
  assert.equal(await store.has(envelope.id), false)
})

test('drops that do not fit into one answer are for the next time', async () => {
  const { alice, peer, drops } = await serve()
  const owners = Array.from({ length: 12 }, (_, at) => ownerOf(0x20 + at))
  const ids = Array.from({ length: 255 }, (_, at) => crypto.sha256(Uint8Array.of(at)))
  const envelopes = owners.map(({ mailbox }, number) => envelopeOf({ number, mailbox }))
  for (const [at, owner] of owners.entries()) {
    const scope = { kind: 'ids', madeAt: NOW_SECONDS, ids: [...ids, envelopes[at]!.id] } as const
    await drops.take(owner.drop(scope).bytes, null)
  }
  const outcomes = await pushTo(
    alice,
    peer,
    envelopes.map(({ bytes }) => bytes),
    ALWAYS,
  )
  assert.equal(outcomes.filter(({ kind }) => kind === 'dropped').length, 7)
  assert.deepEqual(outcomes.at(-1), { kind: 'refused', status: 1 })
})

test('a full store refuses with full, and answers for the others', async () => {
  const { alice, peer } = await serve({
    store: { quotaBytes: 4 * (1024 + 512), isOwn: () => true },
  })
  const sent = several(6)
  const outcomes = await pushTo(
    alice,
    peer,
    sent.map(({ bytes }) => bytes),
    ALWAYS,
  )
  assert.equal(kindsOf(outcomes.slice(0, 4)), 'receipt receipt receipt receipt')
  assert.deepEqual(outcomes[5], { kind: 'refused', status: 4 })
})

test('a closed store refuses as failed', async () => {
  const { alice, peer, store } = await serve()
  await store.close()
  const outcomes = await pushTo(alice, peer, [envelopeOf({ number: 1 }).bytes], ALWAYS)
  assert.deepEqual(outcomes, [{ kind: 'refused', status: 3 }])
})

test('what is no push costs its sender, and is refused', async () => {
  const { alice, peer, wire } = await serve()
  const bodies = [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(65), Uint8Array.of(1, 1, 1)]
  for (const body of bodies) {
    await assert.rejects(alice.wire.request(peer, 'push', body, ALWAYS), coded('PEER_REFUSED'))
  }
  assert.equal(wire.penalties.length, bodies.length)
})

type Forge = (outcomes: PushOutcome[], envelope: ReturnType<typeof envelopeOf>) => PushOutcome[]
const receiptOf = (number: number, id: Uint8Array, keptUntil: number, networkId = FREE.id) => {
  const terms = { envelopeId: id, keptUntil }
  return signReceipt(crypto, fakePeer(crypto, number).seed, networkId, terms)
}
const kept = (receipt: Uint8Array): PushOutcome[] => [{ kind: 'receipt', receipt }]

const FORGERIES: readonly [string, Forge][] = [
  ['no outcome too many', (outcomes) => [...outcomes, ...outcomes]],
  ['no receipt of another carrier', (_, one) => kept(receiptOf(3, one.id, one.expiresAtSeconds))],
  [
    'no receipt for another envelope',
    (_, one) => kept(receiptOf(1, envelopeOf({ number: 77 }).id, one.expiresAtSeconds)),
  ],
  [
    'no receipt of another network',
    (_, one) => kept(receiptOf(1, one.id, one.expiresAtSeconds, new Uint8Array(32))),
  ],
  [
    'no receipt that promises too much',
    (_, one) => kept(receiptOf(1, one.id, one.expiresAtSeconds + 1)),
  ],
  [
    'no receipt with a changed signature',
    ([outcome]) => {
      assert.ok(outcome?.kind === 'receipt')
      return kept(outcome.receipt.map((byte, at) => (at === RECEIPT_BYTES - 1 ? byte ^ 1 : byte)))
    },
  ],
  [
    'no drop of another mailbox',
    (_, one) => [
      {
        kind: 'dropped',
        drop: bob.drop({ kind: 'ids', madeAt: NOW_SECONDS, ids: [one.id] }).bytes,
      },
    ],
  ],
  ['no bytes for a drop', () => [{ kind: 'dropped', drop: Uint8Array.of(1, 2, 3) }]],
]

for (const [name, forge] of FORGERIES) {
  test(`the asker believes ${name}`, async () => {
    const { alice, peer, wire, network } = await serve()
    const envelope = envelopeOf({ number: 5 })
    network.intercept = (from, to, method, body) => {
      if (to !== peer) return null
      const answering = wire.answer(from, method, body)
      return answering.then((answer) => encodePushed(forge(decodePushed(answer), envelope)))
    }
    await assert.rejects(pushTo(alice, peer, [envelope.bytes], ALWAYS), coded('PEER_INVALID'))
    assert.equal(alice.wire.penalties.length, 1)
    assert.equal(alice.wire.penalties[0]!.peer, peer)
  })
}

test('a receipt that has run out by our clock counts as a refusal, and is no fault', async () => {
  const { alice, peer, network } = await serve()
  const envelope = envelopeOf({ number: 5 })
  const short = receiptOf(1, envelope.id, envelope.expiresAtSeconds - 3601)
  network.intercept = () => Promise.resolve(encodePushed(kept(short)))
  const outcomes = await pushTo(alice, peer, [envelope.bytes], ALWAYS)
  assert.deepEqual(outcomes, [{ kind: 'refused', status: statusOf('RECEIPT_EXPIRED') }])
  assert.deepEqual(alice.wire.penalties, [])
})

test('a peer that never answers is given up after its time', async () => {
  const { alice, peer, network, clock } = await serve()
  network.intercept = () => new Promise(() => undefined)
  const pushing = pushTo(alice, peer, [envelopeOf({ number: 5 }).bytes], ALWAYS)
  const refused = assert.rejects(pushing, coded('PEER_TIMEOUT'))
  await clock.advance(10_000)
  await refused
  assert.equal(clock.timerCount, 0)
})

test('whoever asks may stop', async () => {
  const { alice, peer, network } = await serve()
  network.intercept = () => new Promise(() => undefined)
  const stopping = new AbortController()
  const { bytes } = envelopeOf({ number: 5 })
  const pushing = pushTo(alice, peer, [bytes], { signal: stopping.signal })
  stopping.abort(new EzchatError('STORE_CLOSED'))
  await assert.rejects(pushing, coded('STORE_CLOSED'))
})

test('a receipt alone that was forgotten is signed again, the same', async () => {
  const { intake } = await serve()
  const first = envelopeOf({ number: 0 })
  const [outcome] = await intake.takeSigned([first.bytes], null)
  for (let from = 1; from <= 4096; from += 512) {
    await intake.takeSigned(
      several(512, { from }).map(({ bytes }) => bytes),
      null,
    )
  }
  const [again] = await intake.takeSigned([first.bytes], null)
  assert.ok(outcome?.kind === 'receipt' && again?.kind === 'receipt')
  assert.equal(toHex(outcome.receipt), toHex(again.receipt))
})
