import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EzchatError } from '@ezchat/node/errors.ts'
import {
  DUTY_CARRIERS_ENOUGH,
  DUTY_CARRIERS_MIN,
  DUTY_PERIOD_MS,
  DUTY_SMALL_CARRIERS,
  DUTY_STAY_MS_MIN,
  PEERING_COUNT_MIN,
  PEERING_PERIOD_MS,
  PEERING_WARM_MS_MAX,
  RECONCILE_PERIOD_MS,
  STORE_ENTRY_BYTES,
  SWEEP_PERIOD_MS,
} from '@ezchat/node/limits.ts'
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { DAY_SECONDS } from '@ezchat/protocol/constants.ts'
import { fakePeer } from '../fake-wire.ts'
import { type CarrierNetwork, type CarrierNode, holdsAll, ownerOf, withNetwork } from './network.ts'

/** Carriers of each shard. */
function coverage(net: CarrierNetwork, nodes: readonly CarrierNode[] = net.nodes): number[] {
  return Array.from({ length: 2 ** net.network.shardBits }, (_, shard) => {
    return nodes.filter(({ carrier }) => carrier.carries(shard)).length
  })
}

/** Each with some that came before it. */
async function grow(net: CarrierNetwork, count: number, linkCount: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const node = await net.add({ mode: 'auto' })
    for (let step = 1; step <= linkCount; step++) {
      const other = net.nodes[(at * 7 + step * step * 11) % Math.max(1, at)]
      if (other !== undefined && other !== node) net.link(node, other)
    }
  }
}

describe('duty in a network', () => {
  test(
    'of three nodes is everything for everybody',
    withNetwork(async (net) => {
      await grow(net, 3, 2)
      await net.settle()
      for (const { carrier } of net.nodes) {
        assert.equal(carrier.shards.length, 256)
        assert.equal(carrier.status.isSmallNetwork, true)
      }
    }, 8),
  )

  test(
    'of one node is everything, and what its owner says else',
    withNetwork(async (net) => {
      const alone = await net.add({ mode: 'auto' })
      const modest = await net.add({ mode: 'own', own: [2] })
      const eager = await net.add({ mode: 'all' })
      await net.settle()
      assert.deepEqual(alone.carrier.shards, [0, 1, 2, 3])
      assert.deepEqual(modest.carrier.shards, [2])
      assert.deepEqual(eager.carrier.shards, [0, 1, 2, 3])
    }),
  )

  test(
    'of twenty nodes has carriers enough for every shard',
    withNetwork(async (net) => {
      await grow(net, 20, 19)
      await net.clock.advance(20 * DUTY_PERIOD_MS)
      for (const count of coverage(net)) assert.ok(count > DUTY_CARRIERS_MIN, `${coverage(net)}`)
    }, 4),
  )

  test(
    'of two hundred nodes is a part of it for each, and enough for every shard',
    withNetwork(async (net) => {
      await grow(net, 200, 16)
      await net.clock.advance(9 * DUTY_PERIOD_MS)
      const all = coverage(net)
      for (const count of all) assert.ok(count >= DUTY_CARRIERS_MIN, `${all}`)
      const mean = all.reduce((a, b) => a + b, 0) / net.nodes.length
      assert.ok(mean < 16, `${mean} of 64 shards each`)
      const before = coverage(net)
      await net.clock.advance(3 * DUTY_PERIOD_MS)
      const after = coverage(net)
      // What is empty is still being left by some, down to enough.
      for (const [shard, count] of after.entries()) {
        assert.ok(count <= before[shard]!, `nobody takes up ${shard} again`)
        assert.ok(count >= DUTY_CARRIERS_ENOUGH, `${count} carry ${shard}`)
      }
    }, 6),
  )

  test(
    'is what it was after a restart, before anybody is known',
    withNetwork(async (net) => {
      const node = await net.add({ mode: 'auto', own: [3] })
      await net.settle()
      const again = await net.add({ mode: 'auto' }, node)
      assert.deepEqual(again.carrier.shards, [0, 1, 2, 3])
    }),
  )

  test(
    'brings what a shard that is taken up holds already',
    withNetwork(async (net) => {
      const [a, b] = [await net.add({ mode: 'own', own: [1] }), await net.add({ mode: 'all' })]
      const envelopes = net.envelopes(30, { shard: 2 })
      await net.fill(b, envelopes)
      net.linkAll()
      await net.settle()
      a.ownership.claim({ isOwn: () => false, shards: [1, 2] })
      await net.settle()
      assert.ok(await holdsAll(a, envelopes))
    }),
  )
})

describe('a search for carriers that nobody answers', () => {
  test(
    'says nothing of the network: nothing is taken up before somebody answers',
    withNetwork(async (net) => {
      const node = await net.add({ mode: 'auto', own: [3] })
      for (let at = 0; at < DUTY_SMALL_CARRIERS; at++) {
        node.carrier.book.learn(at % 3, fakePeer(net.crypto, 5000 + at).peer, [])
      }
      let isReachable = false
      let searchCount = 0
      node.wire.carriersOf = async () => {
        searchCount++
        if (!isReachable) throw new EzchatError('PEER_UNREACHABLE')
        return []
      }
      await net.clock.advance(5 * DUTY_PERIOD_MS)
      assert.deepEqual(node.carrier.shards, [3])
      assert.ok(searchCount >= 3, 'it asks again, and not only after ten minutes')
      isReachable = true
      await net.clock.advance(5 * DUTY_PERIOD_MS)
      assert.deepEqual(node.carrier.shards, [0, 1, 2, 3])
    }),
  )
})

describe('leaving a shard', () => {
  /** Enough others that carry everything, and one that need not any longer. */
  async function crowd(net: CarrierNetwork): Promise<CarrierNode> {
    const leaver = await net.add({ mode: 'own', own: [1] })
    await net.several(DUTY_CARRIERS_ENOUGH, { mode: 'all' })
    for (const other of net.nodes.slice(1)) net.link(leaver, other)
    await net.settle()
    return leaver
  }

  test(
    'takes place when others hold all of it, and not before its time',
    withNetwork(async (net) => {
      const leaver = await crowd(net)
      const envelopes = net.envelopes(10)
      await net.fill(leaver, envelopes)
      leaver.ownership.claim({ isOwn: () => false, shards: [] })
      await net.clock.advance(DUTY_STAY_MS_MIN - 60_000)
      assert.deepEqual(leaver.carrier.shards, [1])
      await net.clock.advance(60_000 + 6 * RECONCILE_PERIOD_MS)
      assert.deepEqual(leaver.carrier.shards, [])
      for (const other of net.nodes.slice(1)) {
        assert.ok(await holdsAll(other, envelopes))
        assert.deepEqual(other.carrier.neighbours.carriersOf(1).includes(leaver.peer), false)
      }
      assert.equal(leaver.store.usage.count, 0, 'its room is for what is still carried')
      const late = net.envelope()
      const [outcome] = await leaver.carrier.take([late.bytes])
      assert.equal(outcome?.kind, 'refused')
    }),
  )

  test(
    'does not take place while the others cannot take what it holds',
    withNetwork(async (net) => {
      const leaver = await net.add({ mode: 'own', own: [1] })
      await net.several(DUTY_CARRIERS_ENOUGH, { mode: 'all', quotaBytes: 1024 })
      for (const other of net.nodes.slice(1)) net.link(leaver, other)
      await net.fill(leaver, net.envelopes(10))
      await net.settle()
      leaver.ownership.claim({ isOwn: () => false, shards: [] })
      await net.clock.advance(2 * DUTY_STAY_MS_MIN)
      assert.deepEqual(leaver.carrier.shards, [1])
      assert.equal(leaver.store.usage.count, 10)
    }),
  )

  test(
    'does not take place on the word of strangers',
    withNetwork(async (net) => {
      const leaver = await net.add({ mode: 'own', own: [1] })
      for (const other of await net.several(DUTY_CARRIERS_ENOUGH, { mode: 'own' })) {
        leaver.carrier.book.learn(1, other.peer, [])
      }
      await net.settle()
      leaver.ownership.claim({ isOwn: () => false, shards: [] })
      await net.clock.advance(2 * DUTY_STAY_MS_MIN)
      assert.deepEqual(leaver.carrier.shards, [1])
    }),
  )
})

describe('a carrier', () => {
  test(
    'keeps what is for its own user through a flood',
    withNetwork(async (net) => {
      const room = 20
      const node = await net.add({ quotaBytes: room * (1024 + STORE_ENTRY_BYTES) })
      const { mailbox } = ownerOf(net.crypto, 0x0b)
      const isOwn = (other: Uint8Array) => equalBytes(other, mailbox)
      node.ownership.claim({ isOwn, shards: [1] })
      const own = Array.from({ length: 5 }, () => net.envelope({ mailbox }))
      const flood = net.envelopes(500)
      await node.carrier.take(own.map(({ bytes }) => bytes))
      const puts = flood.map((envelope) => node.store.put(envelope))
      await Promise.allSettled(puts)
      assert.ok(await holdsAll(node, own))
      assert.ok(node.store.usage.count <= room)
      const late = net.envelope({ mailbox })
      const [outcome] = await node.carrier.take([late.bytes])
      assert.equal(outcome?.kind, 'receipt', 'there is always room for our own')
    }),
  )

  test(
    'connects to others of its shards that it only knows by name',
    withNetwork(async (net) => {
      const [a, b, c] = await net.several(3)
      for (const shard of a!.carrier.shards) net.fabric.providers.set(shard, new Set([b!.peer]))
      b!.carrier.book.learn(0, c!.peer, [])
      await net.clock.advance(180_000)
      assert.ok(net.fabric.isLinked(a!.peer, b!.peer))
      assert.ok(net.fabric.isLinked(b!.peer, c!.peer))
    }),
  )

  test(
    'connects to so many of each shard, and to no more',
    withNetwork(async (net) => {
      const node = await net.add({ mode: 'own', own: [1] })
      for (const { peer } of await net.several(2 * PEERING_COUNT_MIN, { mode: 'own', own: [1] })) {
        node.carrier.book.learn(1, peer, [])
      }
      await net.clock.advance(3 * PEERING_PERIOD_MS)
      assert.equal(node.wire.peers().length, PEERING_COUNT_MIN)
    }),
  )

  test(
    'stays connected to the carriers to which it has delivered, and to no others',
    withNetwork(async (net) => {
      const author = await net.add({ mode: 'own' })
      const [served, third, told] = await net.several(3)
      const { book } = author.carrier
      book.served(served!.peer, 3)
      book.served(third!.peer, 3)
      book.learn(2, told!.peer, [])
      await net.clock.advance(2 * PEERING_PERIOD_MS)
      assert.ok(net.fabric.isLinked(author.peer, served!.peer))
      assert.ok(net.fabric.isLinked(author.peer, third!.peer))
      net.unlinkAll(author)
      await net.clock.advance(2 * PEERING_PERIOD_MS)
      assert.ok(net.fabric.isLinked(author.peer, served!.peer))
      assert.ok(!net.fabric.isLinked(author.peer, told!.peer))
      net.unlinkAll(author)
      net.clock.jump(PEERING_WARM_MS_MAX)
      await net.clock.advance(2 * PEERING_PERIOD_MS)
      assert.ok(!net.fabric.isLinked(author.peer, served!.peer), 'a week later it is forgotten')
    }),
  )

  test(
    'says in the DHT what it carries, again and again, and a failure is made good',
    withNetwork(async (net) => {
      const node = await net.add()
      const announce = node.wire.announce.bind(node.wire)
      let count = 0
      node.wire.announce = (shard, options) => {
        count++
        return count === 1 ? Promise.reject(new Error('alone')) : announce(shard, options)
      }
      await net.clock.advance(60_000)
      assert.equal(node.carrier.status.announceFailedCount, 1)
      await net.clock.advance(600_000)
      assert.deepEqual([...net.fabric.providers.keys()].sort(), [0, 1, 2, 3])
      assert.equal(count, 5)
      await net.clock.advance(23 * 3_600_000)
      assert.equal(count, 9)
    }),
  )

  test(
    'removes what has expired',
    withNetwork(async (net) => {
      const node = await net.add()
      await net.fill(node, net.envelopes(5))
      net.clock.jump(31 * DAY_SECONDS * 1000)
      await net.fill(node, net.envelopes(2))
      await net.clock.advance(2.4 * SWEEP_PERIOD_MS)
      assert.equal(node.store.usage.count, 2)
    }),
  )

  test(
    'leaves no timer behind when it is closed',
    withNetwork(async (net) => {
      await net.several(3)
      net.linkAll()
      await net.settle()
      assert.ok(net.clock.timerCount > 0)
      for (const { carrier } of net.nodes) await carrier.close()
      await net.settle()
      assert.equal(net.clock.timerCount, 0)
    }),
  )

  test(
    'has few timers when nothing happens',
    withNetwork(async (net) => {
      await net.several(4)
      net.linkAll()
      await net.settle()
      await net.settle()
      assert.ok(net.clock.timerCount <= 4 * 6, `${net.clock.timerCount} timers of four nodes`)
    }),
  )
})
