import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Gossip, verdictOf } from '@ezchat/node/carrier/gossip.ts'
import { GOSSIP_NOVELTY_BURST, GOSSIP_NOVELTY_PER_SECOND } from '@ezchat/node/limits.ts'
import { DAY_SECONDS, GOSSIP_ENVELOPES_MAX } from '@ezchat/protocol/constants.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import type { BatchHandler } from '@ezchat/protocol/ports.ts'
import { encodeGossipBatch } from '@ezchat/protocol/request/gossip-batch.ts'
import { fakePeer } from '../fake-wire.ts'
import { addEnemy, intrude, offencesOf } from './enemy.ts'
import { CarrierNetwork, type CarrierNode, holdsAll, withNetwork } from './network.ts'

const bytesOf = (envelopes: readonly Envelope[]) => envelopes.map(({ bytes }) => bytes)

/** Batches that a node gives to its wire. */
function publishedBy({ wire }: CarrierNode): Uint8Array[] {
  const published: Uint8Array[] = []
  const publish = wire.publish.bind(wire)
  wire.publish = (shard, batch) => {
    published.push(batch)
    return publish(shard, batch)
  }
  return published
}

async function line(net: CarrierNetwork, count: number): Promise<CarrierNode[]> {
  const nodes = await net.several(count)
  for (let at = 1; at < count; at++) net.link(nodes[at - 1]!, nodes[at]!)
  await net.settle()
  return nodes
}

describe('gossip', () => {
  test(
    'brings what one carrier accepted to all of them within a second, and is told once',
    withNetwork(async (net) => {
      const nodes = await line(net, 5)
      const told = nodes.map(publishedBy)
      const envelopes = net.envelopes(3)
      await nodes[0]!.carrier.take(bytesOf(envelopes))
      await net.clock.advance(1000)
      for (const node of nodes) assert.ok(await holdsAll(node, envelopes))
      assert.deepEqual(
        told.map(({ length }) => length),
        [1, 0, 0, 0, 0],
      )
    }),
  )

  test(
    'is told by one of those to whom the same was pushed, and passed on by the others',
    withNetwork(async (net) => {
      const [a, b, c, d] = await line(net, 4)
      const told = [a!, b!, c!, d!].map(publishedBy)
      for (let round = 1; round <= 5; round++) {
        const pushed = bytesOf(net.envelopes(1))
        const pushing = [b!, c!].map(({ carrier }) =>
          carrier.intake.takeSigned(pushed, a!.wire.self),
        )
        await Promise.all(pushing)
        await net.clock.advance(1000)
        assert.equal(told.flat().length, round)
      }
      for (const { store } of [a!, d!]) assert.equal(store.usage.count, 5)
    }),
  )

  test(
    'tells what was accepted within milliseconds in as few batches as hold it',
    withNetwork(async (net) => {
      const [a, b] = await line(net, 2)
      const told = publishedBy(a!)
      const count = 2 * GOSSIP_ENVELOPES_MAX + 10
      const envelopes = net.envelopes(count)
      const large = net.envelopes(3, { bytes: 65_536 })
      await a!.carrier.take(bytesOf(envelopes))
      await net.clock.advance(1000)
      assert.equal(told.length, 3)
      await a!.carrier.take(bytesOf(large))
      await net.clock.advance(1000)
      assert.equal(told.length, 6, 'two of the largest do not fit one batch')
      assert.ok(await holdsAll(b!, [...envelopes, ...large]))
    }),
  )

  test(
    'says nothing of what came by reconciliation, or is known already',
    withNetwork(async (net) => {
      const [a, b, c] = await net.several(3)
      const told = [a!, b!, c!].map(publishedBy)
      const envelopes = net.envelopes(20)
      await net.fill(a!, envelopes)
      net.linkAll()
      await net.settle()
      assert.ok(await holdsAll(c!, envelopes))
      await b!.carrier.take(bytesOf(envelopes))
      await net.clock.advance(1000)
      assert.deepEqual(told.flat(), [])
    }),
  )

  test(
    'of one shard reaches only those who carry it',
    withNetwork(async (net) => {
      const a = await net.add({ mode: 'own', own: [1, 2] })
      const b = await net.add({ mode: 'own', own: [2] })
      net.linkAll()
      await net.settle()
      const [one, two] = [net.envelope({ shard: 1 }), net.envelope({ shard: 2 })]
      await a.carrier.take(bytesOf([one, two]))
      await net.clock.advance(1000)
      assert.ok(await holdsAll(b, [two]))
      assert.ok(!(await b.store.has(one.id)))
    }),
  )

  test(
    'brings a drop to those who hold what it covers, and replayed it goes no further',
    withNetwork(async (net) => {
      const nodes = await line(net, 4)
      const envelopes = net.envelopes(4)
      await nodes[0]!.carrier.take(bytesOf(envelopes))
      await net.clock.advance(1000)
      const ids = envelopes.slice(0, 3).map(({ id }) => id)
      const drop = net.drop(0xb0, { kind: 'ids', madeAt: net.nowSeconds, ids })
      assert.equal(await nodes[0]!.carrier.drop(drop), 'new')
      await net.clock.advance(1000)
      for (const { store } of nodes) {
        assert.deepEqual([store.usage.count, store.usage.dropCount], [1, 1])
      }
      const told = publishedBy(nodes[0]!)
      assert.equal(await nodes[0]!.carrier.drop(drop), 'known')
      await net.clock.advance(1000)
      assert.deepEqual(told, [])
    }),
  )
})

describe('hostile gossip', () => {
  async function besieged(net: CarrierNetwork) {
    const [victim, behind] = await line(net, 2)
    const enemy = addEnemy(net, 0)
    await intrude(net, enemy, victim!)
    const passedOn: Uint8Array[] = []
    const hear = behind!.wire.gossip.bind(behind!.wire)
    behind!.wire.gossip = (from, shard, batch) => {
      passedOn.push(batch)
      return hear(from, shard, batch)
    }
    const tell = async (batch: Uint8Array, shard = 1) => {
      await victim!.wire.gossip(enemy.peer, shard, batch)
      await net.clock.advance(100)
    }
    return { victim: victim!, behind: behind!, enemy, passedOn, tell }
  }

  test(
    'that is garbage, or of another shard, is passed on to nobody and counted',
    withNetwork(async (net) => {
      const { victim, enemy, passedOn, tell } = await besieged(net)
      await tell(Uint8Array.of(9, 9, 9))
      await tell(new Uint8Array(0))
      await tell(new Uint8Array(131_073))
      const foreign = [net.envelope({ shard: 2 }).bytes, net.envelope().bytes]
      await tell(encodeGossipBatch({ envelopes: foreign, drops: [] }))
      assert.equal(offencesOf(victim, enemy).length, 4)
      assert.deepEqual([passedOn.length, victim.store.usage.count], [0, 0])
    }),
  )

  test(
    'with one bad envelope among good ones is not passed on, and the good ones are kept',
    withNetwork(async (net) => {
      const { victim, enemy, passedOn, tell } = await besieged(net)
      const good = net.envelope()
      const torn = net.envelope().bytes.slice()
      torn[1] = 0
      torn[36]! ^= 1
      await tell(encodeGossipBatch({ envelopes: [good.bytes, torn], drops: [] }))
      assert.ok(offencesOf(victim, enemy).length > 0)
      assert.equal(passedOn.length, 0)
      assert.ok(await victim.store.has(good.id))
    }),
  )

  test(
    'out of its time is left alone without a penalty',
    withNetwork(async (net) => {
      const { victim, enemy, passedOn, tell } = await besieged(net)
      const old = net.envelope()
      net.clock.jump(31 * DAY_SECONDS * 1000)
      await tell(encodeGossipBatch({ envelopes: [old.bytes, net.envelope().bytes], drops: [] }))
      assert.deepEqual(offencesOf(victim, enemy), [])
      assert.deepEqual([passedOn.length, victim.store.usage.count], [0, 1])
    }),
  )

  test(
    'that repeats what is known ends at once',
    withNetwork(async (net) => {
      const { victim, behind, passedOn, tell } = await besieged(net)
      const known = net.envelopes(2)
      await net.fill(victim, known)
      await net.fill(behind, known)
      await tell(encodeGossipBatch({ envelopes: bytesOf(known), drops: [] }))
      assert.equal(passedOn.length, 0)
    }),
  )

  test(
    'with a forged drop removes nothing, and is passed on to nobody',
    withNetwork(async (net) => {
      const { victim, enemy, passedOn, tell } = await besieged(net)
      const mine = net.envelope()
      await net.fill(victim, [mine])
      const drop = net.drop(0xee, { kind: 'ids', madeAt: net.nowSeconds, ids: [mine.id] })
      const forged = drop.slice()
      forged.set(mine.mailbox, 33)
      await tell(encodeGossipBatch({ envelopes: [], drops: [forged] }))
      assert.deepEqual(offencesOf(victim, enemy), ['forged'])
      assert.deepEqual([passedOn.length, victim.store.usage.count], [0, 1])
      await tell(encodeGossipBatch({ envelopes: [], drops: [drop] }))
      assert.equal(victim.store.usage.count, 1, 'a drop of another mailbox')
    }),
  )

  test('that floods is not looked at, and others are heard all the same', async () => {
    const net = new CarrierNetwork()
    const [victim, enemy, friend] = [1, 2, 3].map((at) => fakePeer(net.crypto, at).peer)
    const wire = net.fabric.add(victim!)
    const handlers: BatchHandler[] = []
    wire.subscribe = (_shard, handler) => {
      handlers.push(handler)
      return () => undefined
    }
    let seenCount = 0
    const takeEnvelopes = async (envelopes: readonly Uint8Array[]) => {
      seenCount += envelopes.length
      return envelopes.map(() => ({ kind: 'new' }) as const)
    }
    const door = { takeEnvelopes, takeDrops: async () => [] }
    const { clock, network, crypto } = net
    const report = () => assert.fail()
    const gossip = new Gossip({ wire, clock, crypto, network, door, report })
    gossip.subscribe(1)
    const envelopes = bytesOf(net.envelopes(GOSSIP_ENVELOPES_MAX))
    const batch = encodeGossipBatch({ envelopes, drops: [] })
    const hear = (from: string) => handlers[0]!(from, batch)
    const allowedCount = Math.floor(GOSSIP_NOVELTY_BURST / GOSSIP_ENVELOPES_MAX)
    for (let count = 0; count < allowedCount; count++) assert.equal(await hear(enemy!), 'accept')
    assert.equal(await hear(enemy!), 'ignore')
    assert.equal(seenCount, allowedCount * GOSSIP_ENVELOPES_MAX)
    assert.deepEqual(wire.penalties, [], 'others may have told it as much')
    for (let count = 0; count < 3 * allowedCount + 3; count++) await hear(enemy!)
    assert.deepEqual(wire.penalties[0], { peer: enemy, offence: 'flood' })
    assert.equal(await hear(friend!), 'accept')
    await clock.advance((GOSSIP_ENVELOPES_MAX / GOSSIP_NOVELTY_PER_SECOND) * 1000)
    assert.equal(await hear(enemy!), 'accept', 'the allowance comes back with time')
    assert.equal(await hear(enemy!), 'ignore')
    gossip.close()
  })

  test(
    'with more drops than are verified is not looked at',
    withNetwork(async (net) => {
      const { victim, enemy } = await besieged(net)
      for (let number = 0; number < (3 * GOSSIP_NOVELTY_BURST) / 255 + 9; number++) {
        const drops = Array.from({ length: 255 }, (_, at) =>
          Uint8Array.of(1, number >> 8, number, at),
        )
        await victim.wire.gossip(enemy.peer, 1, encodeGossipBatch({ envelopes: [], drops }))
      }
      assert.ok(offencesOf(victim, enemy).includes('flood'))
    }),
  )

  test('is judged by the worst of what is in it', () => {
    const kinds = ['new', 'known', 'untimely', 'busy', 'full', 'wrong'] as const
    const judge = (...all: (typeof kinds)[number][]) => verdictOf(all.map((kind) => ({ kind })))
    assert.equal(judge('new', 'known'), 'accept')
    assert.equal(judge('known'), 'ignore')
    for (const kind of ['untimely', 'busy', 'full'] as const) {
      assert.equal(judge('new', kind), 'ignore')
    }
    assert.equal(judge('new', 'untimely', 'wrong'), 'reject')
  })
})
