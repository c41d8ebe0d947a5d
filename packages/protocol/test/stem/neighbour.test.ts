import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  STEM_MESSAGES_BURST,
  STEM_MESSAGES_PER_SECOND,
  STEM_PEER_COUNT_MAX,
  STEM_STRIKE_COUNT_MAX,
} from '../../src/limits.ts'
import { Neighbours } from '../../src/stem/neighbour.ts'
import { Host } from './host.ts'
import { envelopeOf } from './seeded.ts'

function churn(host: Host, count: number): void {
  for (let i = 0; i < count; i++) {
    const peer = `sybil-${i}`
    host.handle({ kind: 'peer-up', peer, capable: true, dialled: false })
    host.down(peer)
  }
}

function visit(neighbours: Neighbours, peer: string, messageCount: number, nowMs = 0): void {
  neighbours.up(peer, true, false, nowMs)
  spendAll(neighbours, peer, messageCount, nowMs)
  neighbours.down(peer)
}

/** How many of these messages were paid for. */
function spendAll(neighbours: Neighbours, peer: string, messageCount: number, nowMs = 0): number {
  let paid = 0
  for (let i = 0; i < messageCount; i++) if (neighbours.get(peer)!.spend(nowMs)) paid++
  return paid
}

function roomOf(neighbours: Neighbours, peer: string, nowMs = 0): number {
  neighbours.up(peer, true, false, nowMs)
  return spendAll(neighbours, peer, STEM_MESSAGES_BURST + 1, nowMs)
}

test('peers that come and go by the thousand do not refill a bucket that was run low', () => {
  const host = new Host()
  const mallory = { kind: 'peer-up', peer: 'mallory', capable: false, dialled: false } as const
  host.handle(mallory)
  for (let i = 0; i < STEM_MESSAGES_BURST; i++) host.relayFrom('mallory', envelopeOf(i))
  assert.ok(!host.take().includes('refuse busy mallory'))
  host.down('mallory')
  churn(host, STEM_PEER_COUNT_MAX * 3)
  host.handle(mallory)
  host.relayFrom('mallory', envelopeOf(STEM_MESSAGES_BURST))
  assert.ok(host.take().includes('refuse busy mallory'))
})

test('they do not wipe out strikes either', () => {
  const neighbours = new Neighbours()
  neighbours.up('mallory', true, false, 0)
  for (let i = 0; i < STEM_STRIKE_COUNT_MAX; i++) neighbours.get('mallory')!.strike()
  neighbours.down('mallory')
  for (let i = 0; i < STEM_PEER_COUNT_MAX * 2; i++) visit(neighbours, `${i}`, 0)
  neighbours.up('mallory', true, false, 0)
  assert.equal(neighbours.get('mallory')!.strike().deaf, true)
})

test('of those who left, the one with the fullest bucket is forgotten first', () => {
  const neighbours = new Neighbours()
  for (let i = 0; i < STEM_PEER_COUNT_MAX; i++) visit(neighbours, `${i}`, i === 700 ? 10 : 20)
  neighbours.up('new', true, false, 0)
  assert.equal(roomOf(neighbours, '699'), STEM_MESSAGES_BURST - 20)
  assert.equal(roomOf(neighbours, '701'), STEM_MESSAGES_BURST - 20)
  assert.equal(roomOf(neighbours, '700'), STEM_MESSAGES_BURST)
})

test('a bucket fills while its owner is away, and counts as it is now', () => {
  const neighbours = new Neighbours()
  visit(neighbours, 'early', 300, 0)
  for (let i = 1; i < STEM_PEER_COUNT_MAX; i++) visit(neighbours, `${i}`, 250, 1_000)
  neighbours.up('new', true, false, 2_000)
  const left = STEM_MESSAGES_BURST - 250 + STEM_MESSAGES_PER_SECOND
  assert.equal(roomOf(neighbours, '1023', 2_000), left)
  assert.equal(roomOf(neighbours, 'early', 2_000), STEM_MESSAGES_BURST)
})

test('nobody who is there is forgotten for somebody who comes', () => {
  const neighbours = new Neighbours()
  for (let i = 0; i < STEM_PEER_COUNT_MAX; i++) neighbours.up(`${i}`, true, false, 0)
  neighbours.up('late', true, false, 0)
  assert.equal(neighbours.get('late'), undefined)
  neighbours.down('7')
  neighbours.up('late', true, false, 0)
  assert.ok(neighbours.get('late'))
  neighbours.up('7', true, false, 0)
  assert.equal(neighbours.get('7'), undefined)
  assert.equal(neighbours.candidates().length, STEM_PEER_COUNT_MAX)
})

test('a new epoch forgets who left', () => {
  const neighbours = new Neighbours()
  visit(neighbours, 'mallory', STEM_MESSAGES_BURST)
  assert.equal(roomOf(neighbours, 'mallory'), 0)
  neighbours.down('mallory')
  neighbours.beginEpoch()
  assert.equal(roomOf(neighbours, 'mallory'), STEM_MESSAGES_BURST)
})
