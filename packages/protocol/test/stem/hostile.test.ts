import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  STEM_EMBARGO_MS_MAX,
  STEM_ENTRY_BYTES,
  STEM_HOLD_MS_MAX,
  STEM_MEMORY_COUNT_MAX,
  STEM_MEMORY_MS,
  STEM_MESSAGES_BURST,
  STEM_MESSAGES_PER_SECOND,
  STEM_OWN_BYTES_MAX,
  STEM_PEER_COUNT_MAX,
  STEM_POOL_BYTES_MAX,
  STEM_POOL_PEER_BYTES_MAX,
  STEM_REFUSAL_COUNT_MAX,
  STEM_REPLACEMENT_COUNT_MAX,
  STEM_SILENCE_COUNT_MAX,
  STEM_STRIKE_COUNT_MAX,
  STEM_UPSTREAM_COUNT_MAX,
  STEM_VERIFICATION_COUNT_MAX,
} from '../../src/limits.ts'
import type { ReceiptVerifier } from '../../src/stem/entry.ts'
import { DELIVERER, Host, relaysOf } from './host.ts'
import { envelopeOf, INVALID, receiptOf, sha256, UNTIMELY, verifyReceipt } from './seeded.ts'

const HELD = STEM_HOLD_MS_MAX
const LARGE = 65_536
const LARGE_COST = LARGE + STEM_ENTRY_BYTES

/** Neighbours that are never drawn as stem peers. */
function strangers(host: Host, ...peers: readonly string[]): Host {
  for (const peer of peers) host.handle({ kind: 'peer-up', peer, capable: false, dialled: false })
  return host
}

/** Without ticks, so that everything stays where it is; slowly enough for the rate limit. */
function pour(host: Host, peer: string, count: number, bytes: number, tag: number): void {
  for (let i = 0; i < count; i++) {
    host.nowMs += 1000 / STEM_MESSAGES_PER_SECOND
    host.relayFrom(peer, envelopeOf(i, bytes, tag))
  }
}

const countOf = (words: readonly string[], word: string) =>
  words.filter((other) => other === word).length

test('one neighbour fills its share of the pool and no more', () => {
  for (const [bytes, tag] of [
    [1024, 1],
    [LARGE, 2],
  ] as const) {
    const host = strangers(new Host(), 'mallory')
    const max = Math.floor(STEM_POOL_PEER_BYTES_MAX / (bytes + STEM_ENTRY_BYTES))
    pour(host, 'mallory', max, bytes, tag)
    assert.deepEqual(host.take(), [])
    assert.equal(host.stem.status.activeCount, max)
    pour(host, 'mallory', max + 1, bytes, tag)
    assert.deepEqual(host.take(), ['refuse busy mallory'])
    assert.ok(host.stem.status.othersBytes <= STEM_POOL_PEER_BYTES_MAX)
  }
})

test('in a full pool whoever holds most makes room for whoever holds little', () => {
  const each = Math.floor(STEM_POOL_PEER_BYTES_MAX / LARGE_COST)
  const sybils = Array.from(
    { length: Math.ceil(STEM_POOL_BYTES_MAX / (each * LARGE_COST)) },
    (_, i) => `sybil-${i}`,
  )
  const host = strangers(new Host(), ...sybils, 'alice')
  const own = host.submit(envelopeOf(0, LARGE, 200))
  for (const [i, sybil] of sybils.entries()) pour(host, sybil, each, LARGE, i + 1)
  host.take()
  assert.ok(host.stem.status.othersBytes > STEM_POOL_BYTES_MAX - LARGE_COST)
  assert.ok(host.stem.status.othersBytes <= STEM_POOL_BYTES_MAX)

  pour(host, 'alice', each, LARGE, 100)
  const words = host.take()
  assert.ok(countOf(words, 'forget evicted') >= 20, words.join())
  assert.ok(countOf(words, 'refuse busy alice') <= each - 20)
  assert.ok(words.some((word) => word.startsWith('refuse busy sybil')))
  assert.ok(host.stem.status.othersBytes <= STEM_POOL_BYTES_MAX)
  assert.equal(host.stem.status.ownBytes, LARGE_COST)
  host.handle({ kind: 'delivered', id: own, receipts: [receiptOf(1, own)] })
  assert.deepEqual(host.take(), ['own receipts 1'])
})

test('who makes room loses its newest, but never what its holder wrote itself', () => {
  const each = Math.floor(STEM_POOL_PEER_BYTES_MAX / LARGE_COST)
  const sybils = Array.from(
    { length: Math.floor(STEM_POOL_BYTES_MAX / (each * LARGE_COST)) },
    (_, i) => `sybil-${i}`,
  )
  const host = strangers(new Host(), ...sybils, 'alice')
  for (const [i, sybil] of sybils.entries()) pour(host, sybil, each, LARGE, i + 1)
  host.submit(envelopeOf(each - 1, LARGE, 1))
  host.log.splice(0)
  pour(host, 'alice', 1, LARGE, 100)
  const evicted = host.log.flatMap(({ effect }) => (effect.kind === 'forget' ? [effect] : []))
  assert.deepEqual(evicted, [
    { kind: 'forget', id: sha256(envelopeOf(each - 2, LARGE, 1)), why: 'evicted', own: false },
  ])
})

test('among equals nobody is pushed out: the pool is full for all', () => {
  const each = Math.floor(STEM_POOL_PEER_BYTES_MAX / LARGE_COST)
  const count = Math.ceil(STEM_POOL_BYTES_MAX / (each * LARGE_COST)) + 3
  const peers = Array.from({ length: count }, (_, i) => `peer-${i}`)
  const host = strangers(new Host(), ...peers)
  for (let i = 0; i < each; i++) {
    for (const [tag, peer] of peers.entries()) {
      host.nowMs += 10
      host.relayFrom(peer, envelopeOf(i, LARGE, tag + 1))
    }
  }
  const words = host.take()
  assert.equal(countOf(words, 'forget evicted'), 0)
  assert.ok(words.some((word) => word.startsWith('refuse busy')))
})

test('own envelopes have room of their own, and beyond it the courier keeps them', () => {
  const host = new Host()
  const max = Math.floor(STEM_OWN_BYTES_MAX / LARGE_COST)
  for (let i = 0; i < max; i++) host.submit(envelopeOf(i, LARGE))
  assert.deepEqual(host.take(), [])
  host.submit(envelopeOf(max, LARGE))
  assert.deepEqual(host.take(), ['forget full'])
  host.handle({ kind: 'withdraw', id: sha256(envelopeOf(0, LARGE)) })
  host.submit(envelopeOf(max, LARGE))
  assert.deepEqual(host.take(), [])
})

test('a flood is refused, then penalised, then not even read, and costs nobody else', () => {
  const host = strangers(new Host(), 'mallory', 'alice')
  for (let i = 0; i < STEM_MESSAGES_BURST; i++) host.relayFrom('mallory', envelopeOf(i))
  assert.deepEqual(host.take(), [])
  for (let i = 0; i < STEM_STRIKE_COUNT_MAX; i++) host.relayFrom('mallory', envelopeOf(1000 + i))
  const words = host.take()
  assert.equal(countOf(words, 'refuse busy mallory'), STEM_STRIKE_COUNT_MAX)
  assert.equal(countOf(words, 'penalise mallory flood'), 1)
  for (let i = 0; i < STEM_STRIKE_COUNT_MAX; i++) {
    host.handle({ kind: 'inbound', peer: 'mallory', bytes: Uint8Array.of(9) })
  }
  assert.deepEqual(host.take(), ['penalise mallory flood'])
  host.relayFrom('alice', envelopeOf(5000))
  assert.equal(host.stem.status.activeCount, STEM_MESSAGES_BURST + 1)
  host.nowMs += 1000
  host.relayFrom('mallory', envelopeOf(6000))
  assert.deepEqual(host.take(), [])
  assert.equal(host.stem.status.activeCount, STEM_MESSAGES_BURST + 2)
})

test('receipts and refusals over the rate are dropped without an answer', () => {
  const host = new Host().up('mallory')
  const id = host.submit(envelopeOf(1))
  host.advance(HELD)
  for (let i = 0; i < STEM_MESSAGES_BURST; i++) host.receiptsFrom('mallory', sha256(id), id)
  host.take()
  host.receiptsFrom('mallory', id, receiptOf(1, id))
  host.refuseFrom('mallory', id)
  assert.deepEqual(host.take(), [])
  host.advance(1000)
  host.receiptsFrom('mallory', id, receiptOf(1, id))
  assert.deepEqual(host.take(), ['own receipts 1'])
})

test('a neighbour that flooded in one epoch is answered again in the next', () => {
  const host = strangers(new Host(), 'mallory')
  const flood = () => {
    for (let i = 0; i < STEM_MESSAGES_BURST; i++) host.refuseFrom('mallory', sha256(envelopeOf(i)))
    for (let i = 0; i < 2 * STEM_STRIKE_COUNT_MAX; i++) host.relayFrom('mallory', envelopeOf(i))
    return countOf(host.take(), 'refuse busy mallory')
  }
  assert.equal(flood(), STEM_STRIKE_COUNT_MAX)
  host.advance(700_000)
  assert.equal(flood(), STEM_STRIKE_COUNT_MAX)
})

test('coming and going does not refill what a neighbour may send', () => {
  const host = strangers(new Host(), 'mallory')
  for (let i = 0; i < STEM_MESSAGES_BURST; i++) {
    host.relayFrom('mallory', envelopeOf(i))
    host.down('mallory')
    strangers(host, 'mallory')
  }
  host.take()
  host.relayFrom('mallory', envelopeOf(1000))
  assert.deepEqual(host.take(), ['refuse busy mallory'])
})

test('broken bytes are penalised and answered with nothing', () => {
  const host = strangers(new Host(), 'mallory')
  for (const bytes of [new Uint8Array(), Uint8Array.of(1, 1, 1), new Uint8Array(70_000)]) {
    host.handle({ kind: 'inbound', peer: 'mallory', bytes })
    assert.deepEqual(host.take(), ['penalise mallory malformed'])
  }
})

test('an envelope that carriers would not take is penalised and answered with nothing', () => {
  const host = strangers(new Host(), 'mallory')
  host.relayFrom('mallory', envelopeOf(1, 1024, INVALID))
  assert.deepEqual(host.take(), ['penalise mallory invalid'])
  assert.equal(host.stem.status.activeCount, 0)
})

test('an envelope out of time is refused, and held against nobody: clocks differ', () => {
  const host = strangers(new Host(), 'alice')
  host.relayFrom('alice', envelopeOf(1, 1024, UNTIMELY))
  assert.deepEqual(host.take(), ['refuse untimely alice'])
  assert.equal(host.stem.status.activeCount, 0)
})

test('who is not connected is not heard', () => {
  const host = new Host().up('bob')
  host.relayFrom('nobody', envelopeOf(1))
  host.down('bob')
  host.relayFrom('bob', envelopeOf(1))
  host.down('nobody')
  assert.deepEqual(host.take(), [])
  assert.equal(host.stem.status.activeCount, 0)
})

test('a forged receipt discredits the message that carries it, not the envelope', () => {
  const host = strangers(new Host(), 'alice').up('mallory')
  const id = host.relayFrom('alice', envelopeOf(1))
  host.advance(HELD)
  host.take()
  host.receiptsFrom('mallory', id, receiptOf(1, id), receiptOf(1, sha256(id)))
  assert.deepEqual(host.take(), ['penalise mallory forged'])
  host.advance(STEM_EMBARGO_MS_MAX)
  assert.equal(host.take()[0], 'deliver embargo')
  host.handle({ kind: 'delivered', id, receipts: [receiptOf(2, id)] })
  assert.deepEqual(host.take(), ['receipts 1 alice'])
})

test('checking signatures at a neighbour’s wish ends after some, per envelope', () => {
  let checks = 0
  const counting: ReceiptVerifier = (receipt, subject) => {
    checks += 1
    return verifyReceipt(receipt, subject)
  }
  const host = new Host({ verifyReceipt: counting }).up('mallory')
  const id = host.submit(envelopeOf(1))
  host.advance(HELD)
  for (let i = 0; i < 100; i++) host.receiptsFrom('mallory', id, Uint8Array.of(i))
  assert.equal(checks, STEM_VERIFICATION_COUNT_MAX)
  host.handle({ kind: 'delivered', id, receipts: [receiptOf(1, id)] })
  assert.ok(host.take().includes('own receipts 1'))
})

test('another try may check as many again', () => {
  const host = new Host().up('mallory')
  const id = host.submit(envelopeOf(1))
  host.advance(HELD)
  for (let i = 0; i < STEM_VERIFICATION_COUNT_MAX; i++) {
    host.receiptsFrom('mallory', id, Uint8Array.of(i))
  }
  host.handle({ kind: 'delivered', id, receipts: [receiptOf(1, id)] })
  host.submit(envelopeOf(1))
  host.advance(HELD)
  host.take()
  host.receiptsFrom('mallory', id, receiptOf(2, id))
  assert.deepEqual(host.take(), ['own receipts 1'])
})

test('a ninth receipt is not even checked, and a neighbour gets eight whatever is tried', () => {
  let checks = 0
  const counting: ReceiptVerifier = (receipt, subject) => {
    checks += 1
    return verifyReceipt(receipt, subject)
  }
  const host = strangers(new Host({ verifyReceipt: counting }), 'x', 'y').up('bob')
  const id = host.relayFrom('x', envelopeOf(1))
  const from = (first: number) => Array.from({ length: 20 }, (_, i) => receiptOf(first + i, id))
  host.handle({ kind: 'delivered', id, receipts: from(0) })
  assert.equal(checks, 8)
  assert.deepEqual(host.take(), ['receipts 8 x'])
  host.relayFrom('y', envelopeOf(1))
  host.handle({ kind: 'delivered', id, receipts: from(100) })
  assert.deepEqual(host.take(), ['receipts 8 y'])
})

test('no more than eight receipts are kept or passed on, whoever makes them', () => {
  const host = strangers(new Host(), 'alice').up('bob')
  const id = host.relayFrom('alice', envelopeOf(1))
  host.advance(HELD)
  host.take()
  for (let i = 0; i < 20; i++) host.receiptsFrom('bob', id, receiptOf(i, id))
  assert.equal(host.take().length, 8)
})

test('receipts from whoever was handed nothing are neither checked nor answered', () => {
  let checks = 0
  const counting: ReceiptVerifier = (receipt, subject) => {
    checks += 1
    return verifyReceipt(receipt, subject)
  }
  const host = new Host({ verifyReceipt: counting }).up('bob')
  strangers(host, 'mallory')
  const id = host.submit(envelopeOf(1))
  host.advance(HELD)
  host.take()
  host.receiptsFrom('mallory', id, receiptOf(1, id))
  host.receiptsFrom('mallory', id, Uint8Array.of(1))
  host.receiptsFrom('mallory', sha256(id), Uint8Array.of(1))
  host.refuseFrom('mallory', id)
  host.handle({ kind: 'unsent', peer: 'mallory', id })
  host.handle({ kind: 'undelivered', id })
  host.handle({ kind: 'delivered', id: sha256(id), receipts: [Uint8Array.of(1)] })
  assert.deepEqual(host.take(), [])
  assert.equal(checks, 0)
})

test('more neighbours with the same envelope than are remembered are turned away', () => {
  const peers = Array.from({ length: STEM_UPSTREAM_COUNT_MAX }, (_, i) => `peer-${i}`)
  const host = strangers(new Host(), ...peers, 'late')
  for (const peer of peers) host.relayFrom(peer, envelopeOf(1))
  assert.deepEqual(host.take(), [])
  host.relayFrom('late', envelopeOf(1))
  assert.deepEqual(host.take(), ['refuse busy late'])
})

test('a black hole is found out and replaced, and every envelope is delivered all the same', () => {
  const host = new Host().up('hole', 'bob', 'carol')
  const handed = () => relaysOf(host.log).filter(({ peer }) => peer === 'hole').length
  let penalised = false
  for (let i = 0; i < 400 && !penalised; i++) {
    const id = host.submit(envelopeOf(i))
    host.advance(HELD)
    for (const { peer } of relaysOf(host.log)) {
      if (peer !== 'hole') host.receiptsFrom(peer, id, receiptOf(1, id))
    }
    const inHole = handed()
    host.advance(STEM_EMBARGO_MS_MAX)
    const words = host.take()
    if (inHole > 0) assert.ok(words.includes('deliver embargo'), words.join())
    host.handle({ kind: 'delivered', id, receipts: [receiptOf(2, id)] })
    penalised = words.includes('penalise hole silent')
  }
  assert.ok(penalised)
})

test('a stem peer that brings receipts late is not taken for a black hole', () => {
  const host = new Host().up('bob')
  for (let i = 0; i < 3 * STEM_SILENCE_COUNT_MAX; i++) {
    const id = host.submit(envelopeOf(i))
    host.advance(STEM_EMBARGO_MS_MAX)
    host.receiptsFrom('bob', id, receiptOf(1, id))
  }
  assert.ok(!host.take().includes('penalise bob silent'))
})

test('a stem peer that refuses all is replaced, and what it refused is delivered', () => {
  const host = new Host().up('mallory')
  for (let i = 0; i < STEM_REFUSAL_COUNT_MAX; i++) {
    const id = host.submit(envelopeOf(i))
    host.advance(HELD)
    host.refuseFrom('mallory', id)
    host.refuseFrom('mallory', id)
    host.advance(HELD)
    host.handle({ kind: 'delivered', id, receipts: [receiptOf(1, id)] })
  }
  const words = host.take()
  assert.equal(countOf(words, 'deliver refused'), STEM_REFUSAL_COUNT_MAX)
  assert.equal(countOf(words, 'penalise mallory refuses'), 1)
  host.up('bob')
  host.submit(envelopeOf(1000))
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob'])
})

test('a stem peer that is busy now and then is not taken for one that refuses all', () => {
  const host = new Host().up('bob')
  for (let i = 0; i < 3 * STEM_REFUSAL_COUNT_MAX; i++) {
    const id = host.submit(envelopeOf(i))
    host.advance(HELD)
    if (i % STEM_REFUSAL_COUNT_MAX === 0) host.receiptsFrom('bob', id, receiptOf(1, id))
    else host.refuseFrom('bob', id)
  }
  assert.ok(!host.take().includes('penalise bob refuses'))
})

test('what a stem peer refused is not counted as its silence', () => {
  const host = new Host().up('bob')
  for (let i = 0; i < STEM_SILENCE_COUNT_MAX; i++) {
    const id = host.submit(envelopeOf(i))
    host.advance(HELD)
    if (i > 0) host.refuseFrom('bob', id)
    host.advance(STEM_EMBARGO_MS_MAX)
    host.handle({ kind: 'withdraw', id })
  }
  assert.deepEqual(
    host.take().filter((word) => word.startsWith('penalise')),
    [],
  )
})

test('flapping stem peers see a node’s own envelopes at no more than six peers an epoch', () => {
  const host = new Host().up(...Array.from({ length: 50 }, (_, i) => `peer-${i}`))
  const seen = new Set<string>()
  for (let i = 0; i < 40; i++) {
    const id = host.submit(envelopeOf(i))
    host.advance(HELD)
    for (const { peer } of relaysOf(host.log.splice(0))) {
      seen.add(peer)
      host.down(peer)
      host.up(`${peer}-again-${i}`)
    }
    host.handle({ kind: 'delivered', id, receipts: [receiptOf(1, id)] })
  }
  assert.ok(seen.size <= 2 + STEM_REPLACEMENT_COUNT_MAX, `${seen.size}`)
})

test('more neighbours than are counted take no part, until one of the others has left', () => {
  const host = strangers(
    new Host(),
    ...Array.from({ length: STEM_PEER_COUNT_MAX }, (_, i) => `${i}`),
  )
  strangers(host, 'late')
  host.relayFrom('late', envelopeOf(1))
  assert.equal(host.stem.status.activeCount, 0)
  host.down('7')
  strangers(host, 'late')
  host.relayFrom('late', envelopeOf(1))
  assert.equal(host.stem.status.activeCount, 1)
})

test('ids and routes are remembered for a while, and only so many', () => {
  const host = new Host({ draws: [0.5, DELIVERER] })
  const count = STEM_MEMORY_COUNT_MAX + 500
  for (let i = 0; i < count; i++) {
    const id = host.submit(envelopeOf(i))
    host.handle({ kind: 'delivered', id, receipts: [receiptOf(1, id)] })
  }
  assert.equal(host.stem.status.rememberedCount, STEM_MEMORY_COUNT_MAX)
  assert.equal(host.stem.status.ownBytes, 0)
  host.advance(STEM_MEMORY_MS)
  host.handle({ kind: 'tick' })
  assert.equal(host.stem.status.rememberedCount, 0)
})

test('an old envelope replayed is one more relay, paid from the replayer’s share', () => {
  const host = strangers(new Host(), 'mallory').up('bob')
  const id = host.relayFrom('mallory', envelopeOf(1))
  host.advance(HELD)
  host.receiptsFrom('bob', id, receiptOf(1, id))
  host.advance(STEM_MEMORY_MS + 1)
  host.take()
  for (let i = 0; i < 10; i++) host.relayFrom('mallory', envelopeOf(1))
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob'])
})

test('carriers that lied once do not stand in the way of another try', () => {
  const host = new Host().up('bob')
  const id = host.submit(envelopeOf(1))
  host.advance(HELD)
  const liars = Array.from({ length: 8 }, (_, i) => receiptOf(i, id))
  host.receiptsFrom('bob', id, ...liars)
  host.take()
  host.submit(envelopeOf(1))
  host.advance(HELD)
  host.receiptsFrom('bob', id, receiptOf(100, id))
  assert.deepEqual(host.take(), ['relay bob', 'own receipts 1'])
  assert.equal(host.stem.status.activeCount, 0)
})
