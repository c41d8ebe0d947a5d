import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NeededIds } from '@ezchat/node/carrier/needed-ids.ts'
import { pull } from '@ezchat/node/carrier/puller.ts'
import {
  RECONCILE_LANE_COUNT,
  RECONCILE_PERIOD_MS,
  RECONCILE_REST_MS_MIN,
  STORE_ENTRY_BYTES,
} from '@ezchat/node/limits.ts'
import { DAY_SECONDS } from '@ezchat/protocol/constants.ts'
import { shortIdOf } from '@ezchat/protocol/envelope/id.ts'
import { settled } from '../manual-clock.ts'
import { countTraffic, holdsAll, ownerOf, withNetwork } from './network.ts'

const HOUR_MS = 3_600_000
const DAY_MS = DAY_SECONDS * 1000

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
      assert.deepEqual(Object.fromEntries(traffic.byMethod), { hello: 1, roots: 1 })
      assert.ok(traffic.bytes < 1024, `${traffic.bytes} bytes`)
    }, 8),
  )

  test(
    'find one envelope among 256 shards in four round trips',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2)
      net.linkAll()
      await net.settle()
      const traffic = countTraffic(net.fabric)
      const [missing] = net.envelopes(1, { shard: 77 })
      await net.fill(a!, [missing!])
      await net.clock.advance(2 * RECONCILE_PERIOD_MS)
      assert.ok(await holdsAll(b!, [missing!]))
      assert.ok((traffic.byMethod.get('sync') ?? 0) <= 2, 'each side asks at most once')
      assert.equal(traffic.byMethod.get('load'), 1)
    }, 8),
  )

  test(
    'and are idle for a day spend less than 50 MB with eight neighbours',
    withNetwork(async (net) => {
      const nodes = await net.several(9)
      await net.fill(nodes[0]!, net.envelopes(50))
      net.linkAll()
      await net.settle()
      await net.settle()
      const traffic = countTraffic(net.fabric)
      await net.clock.advance(HOUR_MS / 6)
      // What is sent by one is received by another. 200 B are more than all layers below add.
      const bytes = traffic.bytes + traffic.requestCount * 200
      const perDay = (bytes * 2 * 24 * 6) / nodes.length
      assert.ok(perDay < 10_000_000, `${perDay} bytes of bodies in a day, both ways`)
    }, 8),
  )

  test(
    'learn after seven days away all of what two others hold between them',
    withNetwork(async (net) => {
      const [a, b, away] = await net.several(3)
      net.linkAll()
      await net.settle()
      net.unlinkAll(away!)
      net.fabric.unlink(a!.peer, b!.peer)
      const ofA = []
      const ofB = []
      for (let day = 0; day < 7; day++) {
        ofA.push(...net.envelopes(60), ...net.envelopes(30, { shard: 2 }))
        ofB.push(...net.envelopes(60), ...net.envelopes(30, { shard: 3, bytes: 4096 }))
        const both = net.envelopes(100)
        ofA.push(...both)
        ofB.push(...both)
        net.clock.jump(DAY_MS)
      }
      await net.fill(a!, ofA)
      await net.fill(b!, ofB)
      net.link(away!, a!)
      net.link(away!, b!)
      await net.clock.advance(90_000)
      assert.ok(await holdsAll(away!, [...ofA, ...ofB]))
      assert.deepEqual(away!.wire.penalties, [])
      const { bytesLoaded, envelopesStored } = away!.carrier.status.reconciliation
      const bytes = [...new Set([...ofA, ...ofB])].reduce((sum, one) => sum + one.bytes.length, 0)
      assert.equal(bytesLoaded, bytes, 'nothing twice')
      assert.equal(envelopesStored, new Set([...ofA, ...ofB]).size)
    }),
  )

  test(
    'ask several at once, and load nothing twice',
    withNetwork(async (net) => {
      const [a, b, c] = await net.several(3)
      const envelopes = [1, 2, 3].flatMap((shard) => net.envelopes(40, { shard, bytes: 16_384 }))
      await net.fill(a!, envelopes)
      await net.fill(b!, envelopes)
      net.fabric.intercept = async (from, to, method, body) => {
        await new Promise<void>((resolve) => net.clock.after(200, resolve))
        return net.fabric.wireOf(to)!.answer(from, method, body)
      }
      net.link(c!, a!)
      net.link(c!, b!)
      await net.clock.advance(60_000)
      assert.ok(await holdsAll(c!, envelopes))
      const bytes = envelopes.reduce((sum, one) => sum + one.bytes.length, 0)
      assert.equal(c!.carrier.status.reconciliation.bytesLoaded, bytes)
      assert.deepEqual(c!.carrier.book.known(1).sort(), [a!.peer, b!.peer].sort())
    }),
  )

  test(
    'stop where the bytes of a turn are used up, and say that there is more',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2)
      const envelopes = net.envelopes(40, { bytes: 65_536 })
      await net.fill(a!, envelopes)
      net.linkAll()
      const needed = new NeededIds(1000)
      for (const { id } of envelopes) needed.add(shortIdOf(id))
      const door = {
        takeEnvelopes: (list: readonly Uint8Array[]) => {
          return Promise.all(list.map(async () => ({ kind: 'new' }) as const))
        },
        takeDrops: async () => [],
      }
      const { clock, crypto, network } = net
      const { wire, store } = b!
      const { signal } = new AbortController()
      const terms = { peer: a!.peer, shard: 1, bytesMax: 10 * 65_536, signal }
      let fetchedBytes = 0
      const comparing = {
        fetched: (_count: number, bytes: number) => {
          fetchedBytes += bytes
        },
      }
      const init = { wire, clock, crypto, network, store, door, comparing }
      const pulled = await pull(init, terms, needed)
      assert.equal(fetchedBytes, pulled.bytes)
      assert.equal(pulled.hasMore, true)
      assert.ok(pulled.deliveredCount >= 10 && pulled.deliveredCount < 10 + RECONCILE_LANE_COUNT)
    }),
  )

  test(
    'heal after a partition in which both halves went on',
    withNetwork(async (net) => {
      const nodes = await net.several(4)
      net.linkAll()
      await net.settle()
      for (const left of nodes.slice(0, 2)) {
        for (const right of nodes.slice(2)) net.fabric.unlink(left.peer, right.peer)
      }
      const left = net.envelopes(50)
      const right = net.envelopes(50)
      await nodes[0]!.carrier.take(left.map(({ bytes }) => bytes))
      await nodes[3]!.carrier.take(right.map(({ bytes }) => bytes))
      await net.clock.advance(1000)
      assert.ok(await holdsAll(nodes[1]!, left))
      assert.ok(!(await holdsAll(nodes[2]!, left)))
      net.linkAll()
      await net.settle()
      for (const node of nodes) assert.ok(await holdsAll(node, [...left, ...right]))
    }),
  )

  test(
    'tell who still holds what its owner has dropped, and it forgets it',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2)
      const dropped = net.envelopes(3)
      await net.fill(b!, dropped)
      const ids = dropped.map(({ id }) => id)
      const drop = net.drop(0xb0, { kind: 'ids', madeAt: net.nowSeconds, ids })
      assert.equal(await a!.carrier.drop(drop), 'new')
      net.linkAll()
      await net.clock.advance(2 * RECONCILE_PERIOD_MS)
      for (const node of [a!, b!]) {
        assert.equal(node.store.usage.count, 0)
        assert.equal(node.store.usage.dropCount, 1)
      }
    }),
  )

  test(
    'learn drops before they load what these cover',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2)
      const dropped = net.envelopes(20)
      const kept = net.envelopes(5, { shard: 2 })
      await net.fill(a!, kept)
      await net.fill(b!, dropped)
      const { mailbox } = ownerOf(net.crypto, 0xb0)
      assert.deepEqual(dropped[0]!.mailbox, mailbox)
      const before = net.nowSeconds + 1
      await a!.carrier.drop(net.drop(0xb0, { kind: 'before', before }))
      await net.fill(a!, net.envelopes(1, { shard: 3, bytes: 4096 }))
      net.link(b!, a!)
      await net.settle()
      assert.equal(b!.store.usage.dropCount, 1)
      assert.equal(a!.carrier.status.reconciliation.bytesLoaded, 0, 'nothing that is dropped')
    }),
  )

  test(
    'leave a full one alone for longer and longer',
    withNetwork(async (net) => {
      const quotaBytes = 10 * (1024 + STORE_ENTRY_BYTES)
      const [full, rich] = [await net.add({ quotaBytes }), await net.add()]
      await net.fill(full, net.envelopes(10))
      await net.fill(rich, net.envelopes(200))
      const traffic = countTraffic(net.fabric)
      net.linkAll()
      await net.settle()
      await net.clock.advance(6 * HOUR_MS)
      const loads = traffic.byMethod.get('load') ?? 0
      assert.ok(loads <= 16 * RECONCILE_LANE_COUNT, `${loads} loads in six hours`)
      assert.equal(full.store.usage.count, 10)
      assert.ok(rich.store.usage.count >= 200)
      assert.deepEqual([...full.wire.penalties, ...rich.wire.penalties], [])
    }),
  )

  test(
    'that both ask at once end with one exchange, not none',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2)
      net.linkAll()
      await net.settle()
      const missing = net.envelopes(5)
      await net.fill(a!, missing)
      await net.clock.advance(3 * RECONCILE_PERIOD_MS + RECONCILE_REST_MS_MIN)
      assert.ok(await holdsAll(b!, missing))
      await settled()
      assert.equal(a!.carrier.status.answeringCount + b!.carrier.status.answeringCount, 0)
    }),
  )
})
