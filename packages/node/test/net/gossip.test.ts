import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DROP_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import { encodeGossipBatch } from '@ezchat/protocol/request/gossip-batch.ts'
import { PROFILES } from '../../src/net/profiles.ts'
import type { Libp2pWire } from '../../src/net/wire.ts'
import { connected, isGone, isListening, openNode, soon, Told } from './nodes.ts'

const SHARD = 1
const ROUNDS = 6
/** Long for those who only just met. */
const HEARTBEAT_MS = 3000

/** A batch that is one of its kind; what is in it is for the handlers to judge. */
function batch(fill: number): Uint8Array {
  return encodeGossipBatch({
    envelopes: [],
    drops: [new Uint8Array(Math.min(64, DROP_BYTES_MAX)).fill(fill)],
  })
}

interface Heard {
  readonly from: string
  readonly batch: Uint8Array
}

function listen(wire: Libp2pWire, verdict: 'accept' | 'ignore' | 'reject'): Told<Heard> {
  const told = new Told<Heard>()
  wire.subscribe(SHARD, async (from, bytes) => {
    told.tell({ from, batch: bytes })
    return verdict
  })
  return told
}

test('a batch goes on from neighbour to neighbour, once', async (t) => {
  const nodes = [await openNode(t), await openNode(t), await openNode(t)] as const
  const [alice, bob, carol] = nodes
  const heard = [listen(alice, 'accept'), listen(bob, 'accept'), listen(carol, 'accept')] as const
  await connected(alice, bob)
  await connected(bob, carol)
  await isListening(alice, SHARD, bob.self)
  await isListening(bob, SHARD, carol.self)
  await alice.publish(SHARD, batch(2))
  const [, , atCarol] = heard
  await atCarol.until((all) => all.some((one) => one.batch.includes(2)))
  assert.equal(heard[1].all.filter((one) => one.batch.includes(2)).length, 1)
  assert.ok(atCarol.all.every(({ from }) => from === bob.self))
  assert.deepEqual(heard[0].all, [])
})

test('who has just met passes on at once what comes, and waits for no heartbeat', async (t) => {
  const profile = { ...PROFILES.test, gossipHeartbeatMs: HEARTBEAT_MS }
  for (let round = 1; round <= ROUNDS; round++) {
    const nodes = [await openNode(t, { profile }), await openNode(t, { profile })] as const
    const [bob, carol] = nodes
    const alice = await openNode(t, { profile })
    listen(bob, 'accept')
    const atCarol = listen(carol, 'accept')
    await connected(alice, bob)
    await isListening(alice, SHARD, bob.self)
    // Whoever dials hears of the other's shards before or after it has a stream to it.
    await (round % 2 === 0 ? connected(bob, carol) : connected(carol, bob))
    await isListening(bob, SHARD, carol.self)
    await alice.publish(SHARD, batch(round))
    await atCarol.until((all) => all.some((one) => one.batch.includes(round)))
  }
})

test('a batch that the next one refuses reaches nobody behind it', async (t) => {
  const [alice, bob, carol] = [await openNode(t), await openNode(t), await openNode(t)]
  const atBob = new Told<Heard>()
  bob.subscribe(SHARD, async (from, bytes) => {
    atBob.tell({ from, batch: bytes })
    if (bytes.includes(7)) return 'reject'
    return bytes.includes(8) ? 'ignore' : 'accept'
  })
  const atCarol = listen(carol, 'accept')
  await connected(alice, bob)
  await connected(bob, carol)
  await isListening(alice, SHARD, bob.self)
  await isListening(bob, SHARD, carol.self)
  await alice.publish(SHARD, batch(7))
  await alice.publish(SHARD, batch(8))
  // It comes last on the same way, so what was to come before it has come.
  await alice.publish(SHARD, batch(9))
  await atCarol.until((all) => all.some((one) => one.batch.includes(9)))
  assert.ok(atBob.all.some((one) => one.batch.includes(7)))
  assert.ok(!atCarol.all.some((one) => one.batch.includes(7) || one.batch.includes(8)))
})

test('who goes on publishing what is refused is shown the door', async (t) => {
  const [mallory, bob] = [await openNode(t), await openNode(t)]
  const atBob = listen(bob, 'reject')
  await connected(mallory, bob)
  const gone = isGone(bob, mallory.self)
  await isListening(mallory, SHARD, bob.self)
  for (let at = 1; at <= 12; at++) await mallory.publish(SHARD, batch(at))
  await gone
  await isGone(mallory, bob.self)
  assert.equal(bob.usage().offenderCount, 1)
  assert.ok(atBob.all.length < 12)
  await assert.rejects(mallory.connect(bob.addresses()[0]!, soon()), /reached/)
})

test('nobody is told of a shard that nobody subscribed to', async (t) => {
  const [alice, bob] = [await openNode(t), await openNode(t)]
  const atBob = listen(bob, 'accept')
  await connected(alice, bob)
  await isListening(alice, SHARD, bob.self)
  await alice.publish(SHARD + 1, batch(1))
  await alice.publish(SHARD, batch(2))
  await atBob.until((all) => all.length > 0)
  assert.ok(atBob.all.every((one) => one.batch.includes(2)))
})
