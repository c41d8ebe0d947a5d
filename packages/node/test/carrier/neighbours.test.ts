import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HELLO_ATTEMPT_COUNT_MAX, NEIGHBOUR_COUNT_MAX } from '@ezchat/node/limits.ts'
import { encodeDuty } from '@ezchat/protocol/request/hello.ts'
import { addEnemy, intrude, offencesOf } from './enemy.ts'
import { countTraffic, withNetwork } from './network.ts'

describe('neighbours', () => {
  test(
    'know of each other after one question, by whoever dialled',
    withNetwork(async (net) => {
      const a = await net.add({ mode: 'own', own: [1, 2] })
      const b = await net.add({ mode: 'own' })
      const traffic = countTraffic(net.fabric)
      net.linkAll()
      await net.settle()
      assert.equal(traffic.byMethod.get('hello'), 1)
      assert.deepEqual(b.carrier.neighbours.carriersOf(2), [a.peer])
      assert.deepEqual(b.carrier.neighbours.carriersOf(3), [])
      assert.deepEqual(a.carrier.neighbours.carriers(), [])
      assert.deepEqual(a.carrier.neighbours.stems(), [b.peer])
      assert.deepEqual(b.wire.addressesOf(a.peer), a.wire.addresses())
    }),
  )

  test(
    'hear of a change of duty without asking',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2, { mode: 'own', own: [1] })
      net.linkAll()
      await net.settle()
      a!.ownership.claim({ isOwn: () => false, shards: [1, 3] })
      await net.clock.advance(1000)
      assert.deepEqual(b!.carrier.neighbours.carriersOf(3), [a!.peer])
      assert.deepEqual(a!.carrier.shards, [1, 3])
    }),
  )

  test(
    'are forgotten when they go, and asked again when they come back',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2)
      net.linkAll()
      await net.settle()
      net.fabric.unlink(a!.peer, b!.peer)
      assert.deepEqual(a!.carrier.neighbours.known(), [])
      net.link(b!, a!)
      await net.settle()
      assert.deepEqual(a!.carrier.neighbours.known(), [b!.peer])
    }),
  )

  test(
    'that never answer are asked a few times and then left alone',
    withNetwork(async (net) => {
      const node = await net.add({ mode: 'own' })
      const silent = addEnemy(net, 0)
      let askedCount = 0
      net.fabric.intercept = (_from, _to, method) => {
        if (method !== 'hello') return null
        askedCount++
        return new Promise(() => undefined)
      }
      net.fabric.link(node.peer, silent.peer)
      await net.clock.advance(3_600_000)
      assert.equal(askedCount, HELLO_ATTEMPT_COUNT_MAX)
      assert.deepEqual(node.carrier.neighbours.known(), [])
    }),
  )

  test(
    'who were dialled ask when nothing comes',
    withNetwork(async (net) => {
      const node = await net.add()
      const shy = addEnemy(net, 0)
      net.fabric.link(shy.peer, node.peer)
      await net.settle()
      assert.deepEqual(node.carrier.neighbours.carriers(), [shy.peer])
    }),
  )

  test(
    'that send broken notices, or carry what they may not, are counted',
    withNetwork(async (net) => {
      const node = await net.add()
      const enemy = addEnemy(net, 0)
      await intrude(net, enemy, node)
      enemy.wire.notify(node.peer, 'shards', Uint8Array.of(1))
      const beyond = encodeDuty({ shardBits: 8 }, { isCarrier: true, shards: [200] })
      enemy.wire.notify(node.peer, 'shards', beyond)
      await net.clock.advance(10)
      assert.deepEqual(offencesOf(node, enemy), ['malformed', 'malformed'])
      assert.deepEqual(node.carrier.neighbours.carriersOf(1), [enemy.peer])
    }),
  )

  test(
    'beyond their number are answered and not kept',
    withNetwork(async (net) => {
      const node = await net.add({ mode: 'own' })
      for (let number = 0; number < NEIGHBOUR_COUNT_MAX + 3; number++) {
        node.wire.changed({ kind: 'up', peer: `peer ${number}`, isDialled: false })
      }
      const late = addEnemy(net, 0)
      await intrude(net, late, node)
      assert.equal(node.carrier.neighbours.get(late.peer), null)
    }),
  )
})
