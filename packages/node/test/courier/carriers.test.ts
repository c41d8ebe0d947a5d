// Couriers beside real carriers with real stores, on a wire in memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { besideCarrier } from '@ezchat/node/courier/beside-carrier.ts'
import { type Courier, type CourierInit, startCourier } from '@ezchat/node/courier/courier.ts'
import type { CourierEvent } from '@ezchat/node/courier/event.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import {
  type CarrierNetwork,
  type CarrierNode,
  holdsAll,
  seededCrypto,
  withNetwork,
} from '../carrier/network.ts'
import { settled } from '../manual-clock.ts'
import { Postage } from './rig.ts'

const HOUR_MS = 3_600_000

interface Correspondent {
  readonly node: CarrierNode
  readonly courier: Courier
  readonly events: CourierEvent[]
  send(envelopes: readonly Envelope[]): Promise<Uint8Array[]>
  count(kind: CourierEvent['kind']): number
}

let made = 0

async function join(
  net: CarrierNetwork,
  node: CarrierNode,
  change: Partial<CourierInit> = {},
): Promise<Correspondent> {
  const keyValue = new MemoryKeyValue()
  const { wire, carrier, number } = node
  const { clock, network } = net
  const courier = await startCourier({
    ...{ wire, clock, network, keyValue, crypto: seededCrypto(1000 + number) },
    postage: new Postage(),
    ...besideCarrier(carrier, { wire, clock }),
    ...change,
  })
  const events: CourierEvent[] = []
  courier.watch((event) => events.push(event))
  return {
    ...{ node, courier, events },
    async send(envelopes) {
      const items = envelopes.map(({ bytes }) => {
        const reference = new Uint8Array(16)
        new DataView(reference.buffer).setUint32(0, ++made)
        return { reference, envelope: bytes.slice() }
      })
      await keyValue.write(courier.draft(items))
      const references = items.map(({ reference }) => reference)
      courier.accepted(references)
      return references
    },
    count: (kind) => events.filter((event) => event.kind === kind).length,
  }
}

async function joinAll(
  net: CarrierNetwork,
  count: number,
  change: Partial<CourierInit> = {},
): Promise<Correspondent[]> {
  const nodes = await net.several(count)
  const all: Correspondent[] = []
  for (const node of nodes) all.push(await join(net, node, change))
  net.linkAll()
  await net.settle()
  return all
}

async function closeAll(all: readonly Correspondent[]): Promise<void> {
  for (const { courier } of all) await courier.close()
}

test(
  'messages of everybody go down the stem, are stored, and end at every carrier',
  withNetwork(async (net) => {
    const all = await joinAll(net, 6)
    const sent = new Map<Correspondent, Envelope[]>()
    for (const one of all) {
      const envelopes = net.envelopes(10)
      sent.set(one, envelopes)
      await one.send(envelopes)
    }
    await net.clock.advance(5 * 60_000)
    for (const [one, envelopes] of sent) {
      assert.equal(one.count('stored'), 10)
      for (const { node } of all) assert.ok(await holdsAll(node, envelopes))
    }
    for (const { node, courier } of all) {
      assert.deepEqual(node.wire.penalties, [])
      assert.deepEqual(node.errors, [])
      assert.equal(courier.status.stemActiveCount, 0)
    }
    await closeAll(all)
  }),
)

test(
  'two daemons with nobody else are enough for each other, directly and by the stem',
  withNetwork(async (net) => {
    const all = await joinAll(net, 2, { mode: 'direct' })
    const [alice, bob] = all as [Correspondent, Correspondent]
    const envelopes = net.envelopes(200)
    await alice.send(envelopes)
    for (let turn = 0; turn < 50; turn++) await settled()
    assert.equal(alice.count('stored'), 200)
    assert.ok(await holdsAll(bob.node, envelopes))
    bob.courier.setMode('stem')
    await bob.send(net.envelopes(5))
    await net.clock.advance(120_000)
    assert.equal(bob.count('stored'), 5)
    await closeAll(all)
  }),
)

test(
  'what was written in hours without a network is stored when there is one',
  withNetwork(async (net) => {
    const all = await joinAll(net, 4)
    const [alice] = all as [Correspondent]
    net.unlinkAll(alice.node)
    for (const { peer } of net.nodes)
      net.fabric.wireOf(peer)!.isReachable = peer !== alice.node.peer
    alice.node.wire.isReachable = false
    await net.clock.advance(60_000)
    const envelopes = net.envelopes(25)
    await alice.send(envelopes)
    await net.clock.advance(5 * HOUR_MS)
    assert.equal(alice.count('expired'), 0)
    alice.node.wire.isReachable = true
    net.linkAll()
    await net.clock.advance(2 * HOUR_MS)
    assert.equal(alice.count('stored'), 25)
    for (const { node } of all.slice(1)) assert.ok(await holdsAll(node, envelopes))
    await closeAll(all)
  }),
)

for (const [scope, isNamed] of [
  ['by its id', true],
  ['with all before a time', false],
] as const) {
  test(
    `a message that its mailbox's owner has dropped ${scope} is not sent for ever`,
    withNetwork(async (net) => {
      const all = await joinAll(net, 2, { mode: 'direct' })
      const [alice, bob] = all as [Correspondent, Correspondent]
      const envelope = net.envelope()
      const [reference] = await alice.send([envelope])
      await net.clock.advance(60_000)
      assert.equal(alice.count('stored'), 1)
      await net.clock.advance(600_000)
      const madeAt = net.nowSeconds
      await bob.node.carrier.drop(
        net.drop(
          0xb0,
          isNamed
            ? { kind: 'ids', madeAt, ids: [envelope.id] }
            : { kind: 'before', before: envelope.timestampSeconds + 600 },
        ),
      )
      // Two carriers are not trusted for long.
      await net.clock.advance(1.25 * HOUR_MS)
      assert.equal(alice.count('resent'), 1)
      const dropped = alice.events.filter(({ kind }) => kind === 'dropped')
      assert.deepEqual(dropped, [{ kind: 'dropped', reference, isNamed }])
      assert.equal((await alice.courier.story(reference!))?.state, 'dropped')
      await net.clock.advance(3 * HOUR_MS)
      assert.equal(alice.count('resent'), 1)
      await closeAll(all)
    }),
  )
}
