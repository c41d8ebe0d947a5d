import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUCKETS_BYTES, ENVELOPE_HEADER_BYTES } from '@ezchat/protocol/constants.ts'
import { openEnvelope } from '@ezchat/protocol/envelope/open.ts'
import { decodeStemMessage } from '@ezchat/protocol/stem/message.ts'
import { ADDRESS, crypto, FREE, type Node, Rig } from './rig.ts'

const HOUR_MS = 3_600_000

async function covered(): Promise<{ rig: Rig; alice: Node; handed: Uint8Array[] }> {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node({ mode: 'cover', dummyAddress: () => ADDRESS })
  const relays = [await rig.relay(2), await rig.relay(3)]
  await alice.start()
  for (const relay of relays) rig.link(alice, relay)
  rig.link(relays[0]!, relays[1]!)
  const handed: Uint8Array[] = []
  rig.network.hasRoom = () => true
  const notify = alice.wire.notify.bind(alice.wire)
  alice.wire.notify = (peer, method, body) => {
    const message = method === 'stem' ? decodeStemMessage(body) : null
    if (message?.kind === 'relay') handed.push(message.envelope.slice())
    return notify(peer, method, body)
  }
  return { rig, alice, handed }
}

test('in cover mode dummies leave at random times, through the stem, and nobody is told', async () => {
  const { rig, alice, handed } = await covered()
  await rig.clock.advance(4 * HOUR_MS)
  assert.ok(handed.length > 150 && handed.length < 350, `${handed.length} in 240 minutes`)
  assert.deepEqual(alice.events, [])
  const opened = handed.map((bytes) => openEnvelope(crypto, FREE, bytes, () => ADDRESS.key))
  assert.ok(opened.every((envelope) => envelope?.isDummy))
  await alice.courier.close()
  assert.deepEqual(alice.bugs, [])
})

test('a dummy and a message differ in nothing that a relay sees', async () => {
  const { rig, alice, handed } = await covered()
  await rig.clock.advance(HOUR_MS)
  const dummies = handed.splice(0)
  alice.courier.setMode('stem')
  await alice.send(rig.items(20))
  await rig.clock.advance(HOUR_MS)
  const sizes = new Set(dummies.map((bytes) => bytes.length))
  assert.ok([...sizes].every((bytes) => (BUCKETS_BYTES as readonly number[]).includes(bytes)))
  for (const message of handed) {
    assert.ok(sizes.has(message.length))
    // Version, shard and mailbox are those of the address, here the same; the nonce is free.
    assert.deepEqual(message.subarray(0, 35), dummies[0]!.subarray(0, 35))
    assert.deepEqual(message.subarray(39, ENVELOPE_HEADER_BYTES), dummies[0]!.subarray(39, 47))
  }
})

test('cover traffic goes on across restarts and ends with its mode', async () => {
  const { rig, alice, handed } = await covered()
  await rig.clock.advance(HOUR_MS)
  const before = handed.length
  assert.ok(before > 20)
  alice.courier.setMode('stem')
  await rig.clock.advance(HOUR_MS)
  assert.ok(handed.length <= before + 1)
  alice.courier.setMode('cover')
  await rig.clock.advance(HOUR_MS)
  assert.ok(handed.length > before + 20)
  await alice.courier.close()
  const again = alice.reborn()
  await again.start()
  const held = rig.carriers[0]!.held.size
  await rig.clock.advance(HOUR_MS)
  assert.ok(rig.carriers[0]!.held.size > held + 20)
  await again.courier.close()
})

test('nothing stays on disk of a dummy that is stored', async () => {
  const { rig, alice } = await covered()
  await rig.clock.advance(HOUR_MS)
  alice.courier.setMode('stem')
  await rig.clock.advance(HOUR_MS)
  const from = Uint8Array.of(0x43)
  const rows = await alice.disk.pageKeys({ from, before: Uint8Array.of(0x44), countMax: 100 })
  assert.deepEqual(rows, [])
})

test('without a mailbox of our own, or without a stem peer, there are no dummies', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alone = rig.node({ mode: 'cover', dummyAddress: () => ADDRESS })
  await alone.start()
  await rig.clock.advance(HOUR_MS)
  assert.equal(rig.carriers[0]!.held.size, 0)
  assert.equal(alone.courier.status.activeCount, 0)
})
