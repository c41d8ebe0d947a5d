import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import {
  STEM_EMBARGO_COUNT_MAX,
  STEM_EMBARGO_MS_MAX,
  STEM_EMBARGO_MS_MIN,
  STEM_HOLD_MS_MAX,
  STEM_RETRY_COUNT_MAX,
} from '../../src/limits.ts'
import { Stem } from '../../src/stem/machine.ts'
import { DELIVERER, Host, RELAYER, relaysOf } from './host.ts'
import { envelopeOf, INVALID, readEnvelope, receiptOf, sha256 } from './seeded.ts'

const HELD = STEM_HOLD_MS_MAX
const EPOCH_LONG = [0.5, RELAYER]
const envelope = envelopeOf(1)

/** Past any first embargo that a draw can give with the odds of a test. */
const EMBARGO = 400_000

test('a relayer holds what a neighbour hands it, and hands it on', () => {
  const host = new Host().up('alice', 'bob', 'carol')
  host.relayFrom('alice', envelope)
  assert.deepEqual(host.take(), [])
  host.advance(HELD)
  const [word] = host.take()
  assert.match(word!, /^relay (bob|carol)$/)
})

test('a deliverer delivers what it is handed, but hands over what was written here', () => {
  const host = new Host({ draws: [0.5, DELIVERER] }).up('alice', 'bob')
  host.relayFrom('alice', envelope)
  host.advance(HELD)
  assert.deepEqual(host.take(), ['deliver role'])
  host.submit(envelopeOf(2))
  host.advance(HELD)
  assert.match(host.take()[0]!, /^relay (alice|bob)$/)
})

test('what two neighbours hand to a deliverer is delivered once, and answered twice', () => {
  const host = new Host({ draws: [0.5, DELIVERER] }).up('alice', 'bob')
  const id = host.relayFrom('alice', envelope)
  host.relayFrom('bob', envelope)
  host.advance(HELD)
  assert.deepEqual(host.take(), ['deliver role'])
  host.handle({ kind: 'delivered', id, receipts: [receiptOf(1, id)] })
  assert.deepEqual(host.take(), ['receipts 1 alice', 'receipts 1 bob'])
})

test('without a stem peer a daemon delivers by itself and says why', () => {
  const host = new Host()
  host.submit(envelope)
  host.advance(HELD)
  assert.deepEqual(host.take(), ['deliver alone'])
  host.up('alice')
  host.relayFrom('alice', envelopeOf(2))
  host.advance(HELD)
  assert.deepEqual(host.take(), ['deliver alone'])
})

test('author and relay send the same bytes after the same hold, draw for draw', () => {
  const draws = [...EPOCH_LONG, 0.7, 0.3, 0.3, 0.1, 0.4]
  const author = new Host({ draws }).up('bob', 'carol', 'dave')
  const relay = new Host({ draws }).up('bob', 'carol', 'dave')
  relay.handle({ kind: 'peer-up', peer: 'alice', capable: false, dialled: false })
  author.submit(envelope)
  relay.relayFrom('alice', envelope)
  for (const host of [author, relay]) host.advance(EMBARGO)
  assert.ok(author.log.length >= 4)
  const seenFromOutside = (host: Host) =>
    host.log.map(({ atMs, effect }) => {
      if (effect.kind !== 'deliver') return { atMs, effect }
      return { atMs, effect: { ...effect, own: null } }
    })
  assert.deepEqual(seenFromOutside(author), seenFromOutside(relay))
})

test('own envelopes take one route throughout an epoch, and another in some other epoch', () => {
  const host = new Host({ draws: EPOCH_LONG }).up('bob', 'carol', 'dave', 'erin')
  const peers = new Set<string>()
  for (let epoch = 0; epoch < 8; epoch++) {
    const inEpoch = new Set<string>()
    for (let i = 0; i < 5; i++) {
      const id = host.submit(envelopeOf(epoch * 5 + i))
      host.advance(HELD)
      for (const { peer } of relaysOf(host.log.splice(0))) {
        inEpoch.add(peer)
        host.receiptsFrom(peer, id, receiptOf(1, id))
      }
    }
    assert.equal(inEpoch.size, 1)
    peers.add([...inEpoch][0]!)
    host.advance(700_000)
  }
  assert.ok(peers.size >= 2)
})

test('receipts go back to whoever handed the envelope over, each carrier once', () => {
  const host = new Host().up('alice', 'bob')
  const id = host.relayFrom('alice', envelope)
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob'])
  host.receiptsFrom('bob', id, receiptOf(1, id))
  host.receiptsFrom('bob', id, receiptOf(1, id), receiptOf(2, id))
  host.receiptsFrom('bob', id, receiptOf(2, id))
  assert.deepEqual(host.take(), ['receipts 1 alice', 'receipts 1 alice'])
  host.advance(EMBARGO)
  assert.deepEqual(host.take(), [], 'nothing is left to do after a receipt')
  assert.equal(host.stem.status.othersBytes, 0)
})

test('receipts for what was written here go to the courier', () => {
  const host = new Host().up('bob')
  const id = host.submit(envelope)
  host.advance(HELD)
  host.take()
  host.receiptsFrom('bob', id, receiptOf(1, id), receiptOf(2, id))
  assert.deepEqual(host.take(), ['own receipts 2'])
})

test('receipts of a delivery of ours go back the same way', () => {
  const host = new Host({ draws: [0.5, DELIVERER] }).up('alice', 'bob')
  const id = host.relayFrom('alice', envelope)
  host.advance(HELD)
  const receipts = [receiptOf(1, id), Uint8Array.of(0), receiptOf(2, id)]
  host.handle({ kind: 'delivered', id, receipts })
  assert.deepEqual(host.take(), ['deliver role', 'receipts 2 alice'])
})

test('when no receipt comes the embargo ends and the node delivers by itself', () => {
  for (const own of [false, true]) {
    const host = new Host().up('alice', 'bob')
    if (own) host.submit(envelope)
    else host.relayFrom('alice', envelope)
    host.advance(HELD)
    host.take()
    host.advance(STEM_EMBARGO_MS_MIN - HELD)
    assert.deepEqual(host.take(), [])
    host.advance(EMBARGO)
    assert.equal(host.take()[0], 'deliver embargo')
  }
})

test('others’ envelopes are given up after some embargoes, own ones never', () => {
  const host = new Host().up('alice', 'bob')
  host.relayFrom('alice', envelope)
  host.advance(10 * STEM_EMBARGO_MS_MAX)
  const words = host.take()
  assert.equal(words.filter((word) => word === 'deliver embargo').length, STEM_EMBARGO_COUNT_MAX)
  assert.equal(words.at(-1), 'forget exhausted')
  assert.equal(host.stem.status.activeCount, 0)

  host.submit(envelopeOf(2))
  host.advance(20 * STEM_EMBARGO_MS_MAX)
  const own = host.take()
  assert.ok(own.filter((word) => word.startsWith('deliver')).length > 15)
  assert.ok(!own.includes('forget exhausted'))
  assert.equal(host.stem.status.activeCount, 1)
})

test('an embargo in a later epoch hands the envelope to the new route, if that is somebody new', () => {
  const host = new Host({ draws: EPOCH_LONG }).up('bob')
  host.submit(envelope)
  host.advance(HELD)
  host.down('bob')
  host.advance(700_000)
  host.up('carol')
  host.advance(3 * STEM_EMBARGO_MS_MAX)
  const words = host.take()
  assert.equal(words[0], 'relay bob')
  assert.equal(words[1], 'deliver embargo')
  assert.ok(words.includes('relay carol'))
})

test('a refusal ends the stem here: the node delivers after another hold', () => {
  for (const reason of ['busy', 'untimely'] as const) {
    const host = new Host().up('alice', 'bob')
    const id = host.relayFrom('alice', envelope)
    host.advance(HELD)
    host.take()
    host.refuseFrom('bob', id, reason)
    host.refuseFrom('bob', id, reason)
    assert.deepEqual(host.take(), [])
    host.advance(HELD)
    assert.deepEqual(host.take(), ['deliver refused'])
  }
})

test('a relay that could not be written is answered like a refusal', () => {
  const host = new Host().up('bob')
  const id = host.submit(envelope)
  host.advance(HELD)
  host.handle({ kind: 'unsent', peer: 'bob', id })
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob', 'deliver refused'])
})

test('a delivery that reached no carrier goes down the stem instead', () => {
  const host = new Host({ draws: [0.5, DELIVERER] }).up('alice', 'bob')
  const id = host.relayFrom('alice', envelope)
  host.advance(HELD)
  host.handle({ kind: 'undelivered', id })
  host.advance(HELD)
  assert.deepEqual(host.take(), ['deliver role', 'relay bob'])
})

test('failures one upon another are answered by the embargo, not by a loop', () => {
  const host = new Host({ draws: [0.5, DELIVERER] }).up('alice')
  const id = host.relayFrom('alice', envelope)
  host.advance(HELD)
  for (let i = 0; i < 50; i++) {
    host.handle({ kind: 'undelivered', id })
    host.advance(50)
  }
  assert.deepEqual(host.take(), ['deliver role'])
})

test('the same envelope from the same neighbour again changes nothing', () => {
  const host = new Host().up('alice', 'bob')
  for (let i = 0; i < 5; i++) host.relayFrom('alice', envelope)
  host.advance(HELD)
  host.relayFrom('alice', envelope)
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob'])
})

test('a neighbour that asks again after the receipts came gets them again', () => {
  const host = new Host().up('alice', 'bob')
  const id = host.relayFrom('alice', envelope)
  host.advance(HELD)
  host.receiptsFrom('bob', id, receiptOf(1, id))
  host.take()
  host.relayFrom('alice', envelope)
  assert.deepEqual(host.take(), ['receipts 1 alice'])
})

test('a stem that closes on itself ends there, after a hold like any other', () => {
  const host = new Host().up('alice', 'bob')
  host.submit(envelope)
  host.advance(HELD)
  const [first] = host.take()
  const next = first!.split(' ')[1]!
  const back = next === 'alice' ? 'bob' : 'alice'
  host.relayFrom(back, envelope)
  assert.deepEqual(host.take(), [])
  host.advance(HELD)
  assert.deepEqual(host.take(), ['deliver loop'])
})

test('nobody is sent what they sent', () => {
  const host = new Host({ draws: [...EPOCH_LONG, 0.1, 0.9] }).up('bob')
  host.handle({ kind: 'peer-up', peer: 'x', capable: false, dialled: false })
  host.relayFrom('x', envelope)
  host.relayFrom('bob', envelope)
  host.advance(HELD)
  assert.deepEqual(host.take(), ['deliver loop'])
})

test('another arrival does not put the embargo off', () => {
  const host = new Host({ draws: [...EPOCH_LONG, 0.5, 0.5, 0.5, 0.5, 0.5] }).up('bob', 'carol')
  for (const peer of ['x', 'y']) {
    host.handle({ kind: 'peer-up', peer, capable: false, dialled: false })
  }
  host.relayFrom('x', envelope)
  host.advance(20_000)
  host.relayFrom('y', envelope)
  host.advance(10_249)
  assert.equal(host.take().length, 2)
  // 69 ms held, then 8 s and the median of an exponential with a mean of 32 s.
  host.advance(1)
  assert.deepEqual(host.take(), ['deliver embargo'])
})

test('what comes back from elsewhere takes the route of whoever brings it, if that is free', () => {
  const host = new Host().up('bob', 'carol')
  for (const peer of ['x', 'y']) {
    host.handle({ kind: 'peer-up', peer, capable: false, dialled: false })
  }
  const id = host.relayFrom('x', envelope)
  host.relayFrom('y', envelope)
  host.advance(HELD)
  assert.deepEqual(host.take().sort(), ['relay bob', 'relay carol'])
  host.receiptsFrom('carol', id, receiptOf(1, id))
  assert.deepEqual(host.take(), ['receipts 1 x', 'receipts 1 y'])
})

test('whoever hands over an envelope that is done here sees what any node would do', () => {
  const host = new Host().up('bob')
  for (const peer of ['x', 'probe']) {
    host.handle({ kind: 'peer-up', peer, capable: false, dialled: false })
  }
  const id = host.relayFrom('x', envelope)
  host.advance(HELD)
  host.receiptsFrom('bob', id, receiptOf(1, id))
  host.take()
  host.relayFrom('probe', envelope)
  assert.deepEqual(host.take(), [])
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob'])
  host.receiptsFrom('bob', id, receiptOf(1, id))
  assert.deepEqual(host.take(), ['receipts 1 probe'])
})

test('submitting again is harmless while under way, and another try when it is done', () => {
  const host = new Host().up('bob')
  const id = host.submit(envelope)
  host.submit(envelope)
  host.advance(HELD)
  host.submit(envelope)
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob'])
  host.receiptsFrom('bob', id, receiptOf(1, id))
  assert.deepEqual(host.take(), ['own receipts 1'])
  host.submit(envelope)
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob'])
  host.receiptsFrom('bob', id, receiptOf(1, id), receiptOf(2, id))
  assert.deepEqual(host.take(), ['own receipts 2'])
})

test('an envelope that looped back before its author submitted it again is its author’s', () => {
  const host = new Host().up('bob', 'carol')
  const id = host.relayFrom('bob', envelope)
  host.submit(envelope)
  host.advance(HELD)
  host.take()
  host.handle({ kind: 'delivered', id, receipts: [receiptOf(1, id)] })
  assert.deepEqual(host.take().sort(), ['own receipts 1', 'receipts 1 bob'])
})

test('what is withdrawn is let go, unless a neighbour waits for it too', () => {
  const host = new Host().up('bob', 'carol')
  const id = host.submit(envelope)
  host.handle({ kind: 'withdraw', id })
  host.advance(EMBARGO)
  assert.deepEqual(host.take(), [])
  assert.equal(host.stem.status.ownBytes, 0)

  const second = host.submit(envelopeOf(2))
  host.relayFrom('bob', envelopeOf(2))
  host.handle({ kind: 'withdraw', id: second })
  host.handle({ kind: 'withdraw', id: second })
  host.handle({ kind: 'withdraw', id: sha256(envelopeOf(3)) })
  host.advance(HELD)
  assert.ok(host.take().includes('relay carol'))
  assert.equal(host.stem.status.activeCount, 1)
})

test('a node that never delivers waits for a peer and hands over when one comes', () => {
  const host = new Host({ neverDelivers: true, draws: [0.5, DELIVERER] })
  host.submit(envelope)
  host.advance(5 * EMBARGO)
  assert.deepEqual(host.take(), [])
  host.handle({ kind: 'peer-up', peer: 'tab', capable: false, dialled: true })
  host.advance(HELD)
  assert.deepEqual(host.take(), [])
  host.up('bob')
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob'])
})

test('a node that never delivers goes to its other stem peer when the first is silent or refuses', () => {
  for (const refuses of [false, true]) {
    const host = new Host({ neverDelivers: true }).up('bob', 'carol')
    const id = host.submit(envelope)
    host.advance(HELD)
    const [first] = host.take()
    if (refuses) host.refuseFrom(first!.split(' ')[1]!, id)
    host.advance(refuses ? HELD : EMBARGO)
    const second = host.take()[0]
    assert.match(second!, /^relay/)
    assert.notEqual(first, second)
  }
})

test('a node that never delivers hands over again to a peer that went and came back', () => {
  const host = new Host({ neverDelivers: true }).up('bob')
  host.submit(envelope)
  host.advance(HELD)
  host.down('bob')
  host.advance(10)
  host.up('bob')
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob', 'relay bob'])
})

test('a node that never delivers neither delivers on a loop nor when all refuse', () => {
  const host = new Host({ neverDelivers: true }).up('bob', 'carol')
  const id = host.submit(envelope)
  host.advance(HELD)
  for (const peer of ['bob', 'carol']) {
    host.relayFrom(peer, envelope)
    host.refuseFrom(peer, id)
  }
  host.advance(30 * STEM_EMBARGO_MS_MAX)
  assert.ok(host.take().every((word) => !word.startsWith('deliver')))
  assert.equal(host.stem.status.activeCount, 1)
})

test('a node that never delivers sends nobody what they sent, and nobody twice for a newcomer', () => {
  const host = new Host({ neverDelivers: true, draws: [...EPOCH_LONG, 0.1, 0.9] }).up('bob')
  host.handle({ kind: 'peer-up', peer: 'x', capable: false, dialled: false })
  host.relayFrom('x', envelope)
  host.relayFrom('bob', envelope)
  host.advance(HELD)
  assert.deepEqual(host.take(), [])
  host.submit(envelopeOf(2))
  host.advance(HELD)
  assert.deepEqual(host.take(), ['relay bob'])
  host.handle({ kind: 'withdraw', id: sha256(envelope) })
  host.up('carol')
  host.advance(HELD)
  const relays = relaysOf(host.log).map((relay) => relay.id)
  assert.ok(!relays.includes(Buffer.from(sha256(envelopeOf(2))).toString('hex')))
})

test('a node that never delivers does not play ball with whoever refuses', () => {
  const host = new Host({ neverDelivers: true }).up('bob')
  const id = host.submit(envelope)
  for (let i = 0; i < 100; i++) {
    host.advance(50)
    host.refuseFrom('bob', id)
  }
  const relays = host.take().filter((word) => word === 'relay bob')
  assert.equal(relays.length, 1 + STEM_RETRY_COUNT_MAX)
})

test('stopping gives back what was only held, and nothing happens afterwards', () => {
  const host = new Host().up('alice', 'bob')
  host.relayFrom('alice', envelope)
  host.advance(HELD)
  host.relayFrom('alice', envelopeOf(2))
  host.submit(envelopeOf(3))
  host.take()
  host.handle({ kind: 'stop' })
  assert.deepEqual(host.take(), ['refuse busy alice'])
  host.submit(envelopeOf(4))
  host.advance(EMBARGO)
  assert.deepEqual(host.take(), [])
})

test('receipts for a neighbour that has left are kept from nobody else', () => {
  const host = new Host().up('alice', 'bob')
  const id = host.relayFrom('alice', envelope)
  host.advance(HELD)
  host.down('alice')
  host.receiptsFrom('bob', id, receiptOf(1, id))
  assert.deepEqual(host.take(), ['relay bob'])
})

test('the bytes that were handed in may change afterwards', () => {
  const host = new Host().up('bob')
  const buffer = envelopeOf(7)
  const id = host.submit(buffer)
  buffer.fill(0)
  host.advance(HELD)
  assert.deepEqual(
    relaysOf(host.log).map((relay) => relay.id),
    [Buffer.from(id).toString('hex')],
  )
})

test('ticks early, late and twice do no harm, and time that jumps back stands still', () => {
  const host = new Host().up('bob')
  host.submit(envelope)
  for (let i = 0; i < 20; i++) host.handle({ kind: 'tick' })
  host.nowMs = 5000
  host.handle({ kind: 'tick' })
  host.nowMs = 0
  host.handle({ kind: 'tick' })
  const second = host.handle({ kind: 'submit', envelope: envelopeOf(2) })
  assert.ok(second.some((effect) => effect.kind === 'set-timer' && effect.atMs >= 5000))
  const words = host.log.filter(({ effect }) => effect.kind === 'set-timer')
  assert.ok(words.every(({ atMs, effect }) => effect.kind !== 'set-timer' || effect.atMs >= atMs))
  assert.deepEqual(host.take(), ['relay bob'])
})

test('a late tick does first what was due first', () => {
  const host = new Host({ draws: [...EPOCH_LONG, 0.9, 0.1] }).up('bob')
  const later = host.submit(envelopeOf(1))
  const sooner = host.submit(envelopeOf(2))
  host.nowMs = 1000
  host.handle({ kind: 'tick' })
  assert.deepEqual(
    relaysOf(host.log).map(({ id }) => id),
    [sooner, later].map((id) => Buffer.from(id).toString('hex')),
  )
})

test('receipts are kept as they came, whatever becomes of the buffer', () => {
  const host = new Host().up('alice', 'bob')
  const id = host.relayFrom('alice', envelope)
  const receipt = receiptOf(1, id)
  host.handle({ kind: 'delivered', id, receipts: [receipt] })
  const [first] = host.log.splice(0).filter(({ effect }) => effect.kind === 'send')
  receipt.fill(0)
  host.relayFrom('alice', envelope)
  const [again] = host.log.splice(0).filter(({ effect }) => effect.kind === 'send')
  assert.deepEqual(again!.effect, first!.effect)
})

test('the host’s own mistakes are assertions', () => {
  const random = (length: number) => new Uint8Array(length)
  const stem = new Stem({ random, readEnvelope, verifyReceipt: () => 'forged' })
  assert.throws(() => stem.handle({ kind: 'tick' }, 0), AssertionError)
  stem.handle({ kind: 'start' }, 0)
  assert.throws(() => stem.handle({ kind: 'start' }, 0), AssertionError)
  assert.throws(
    () => stem.handle({ kind: 'submit', envelope: new Uint8Array(5) }, 0),
    AssertionError,
  )
  assert.throws(
    () => stem.handle({ kind: 'submit', envelope: envelopeOf(1, 1024, INVALID) }, 0),
    ProtocolError,
  )
  assert.throws(() => stem.handle({ kind: 'withdraw', id: new Uint8Array(5) }, 0), AssertionError)
})
