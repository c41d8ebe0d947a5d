import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { countTraffic, holdsAll, withNetwork } from './network.ts'

describe('carriers that compare', () => {
  test(
    'become equal after they connect, whatever each of them lacks',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2)
      const ofA = net.envelopes(300)
      const ofB = [...net.envelopes(40), ...net.envelopes(5, { shard: 2, bytes: 65_536 })]
      await net.fill(a!, ofA)
      await net.fill(b!, ofB)
      net.linkAll()
      await net.settle()
      for (const node of [a!, b!]) {
        assert.ok(await holdsAll(node, [...ofA, ...ofB]))
        assert.deepEqual(node.errors, [])
        assert.deepEqual(node.wire.penalties, [])
      }
    }),
  )

  test(
    'spend under 1 KiB and one round trip where all 256 shards are the same',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2)
      for (let shard = 0; shard < 256; shard++) {
        const envelopes = net.envelopes(2, { shard })
        await net.fill(a!, envelopes)
        await net.fill(b!, envelopes)
      }
      net.linkAll()
      await net.settle()
      net.unlinkAll(b!)
      const traffic = countTraffic(net.fabric)
      net.linkAll()
      await net.settle()
      assert.equal(traffic.byMethod.get('roots'), 1)
    }, 8),
  )
})
