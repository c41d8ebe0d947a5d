import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  RECONCILE_ANSWER_COUNT_MAX,
  RECONCILE_ANSWER_PEER_COUNT_MAX,
  RECONCILE_BROKEN_COUNT_MAX,
  RECONCILE_DROP_PAGE_ALL_COUNT_MAX,
  RECONCILE_PERIOD_MS,
  RECONCILE_WORK_BURST,
} from '@ezchat/node/limits.ts'
import { SYNC_SALT_BYTES } from '@ezchat/protocol/constants.ts'
import { ProtocolError, statusOf } from '@ezchat/protocol/errors.ts'
import { decodeDropsRequest, encodeDropsPage } from '@ezchat/protocol/request/drops.ts'
import { decodeLoad, encodeLoaded } from '@ezchat/protocol/request/load.ts'
import { decodeRoots, encodeRoots } from '@ezchat/protocol/request/roots.ts'
import { decodeSyncStep, encodeSyncStep } from '@ezchat/protocol/request/sync.ts'
import { decodeSyncMessage, encodeSyncMessage } from '@ezchat/protocol/sync/message.ts'
import { addEnemy, intrude, offencesOf } from './enemy.ts'
import { type CarrierNetwork, countTraffic, holdsAll, withNetwork } from './network.ts'

const HOUR_MS = 3_600_000
const { signal } = new AbortController()

function openAt(exchange: number, shard: number): Uint8Array {
  const salt = new Uint8Array(SYNC_SALT_BYTES).fill(exchange)
  const root = new Uint8Array(32).fill(7)
  const message = encodeSyncMessage(shard, { kind: 'open', wantsDigests: true, salt, root })
  return encodeSyncStep({ exchange, message })
}

/** Says that all differs, then whatever it likes. */
const differing = (net: CarrierNetwork) => (body: Uint8Array) => {
  const { shards } = decodeRoots(net.network, body)
  return new Uint8Array(16 * shards.length).fill(0xee)
}

describe('carriers that compare with a hostile one', () => {
  test(
    'note after some times that it does not deliver what it says it holds, and go on with others',
    withNetwork(async (net) => {
      const [victim, liar, honest] = await net.several(3)
      const envelopes = net.envelopes(50)
      await net.fill(liar!, envelopes)
      await net.fill(honest!, net.envelopes(10, { shard: 2 }))
      const lies = () => victim!.wire.penalties.filter(({ offence }) => offence === 'lies')
      let loadCount = 0
      net.fabric.intercept = (_from, to, method, body) => {
        if (to !== liar!.peer || method !== 'load') return null
        loadCount++
        const takenCount = decodeLoad(net.network, body).shortIds.length
        return Promise.resolve(encodeLoaded({ takenCount, envelopes: [] }))
      }
      net.link(victim!, liar!)
      net.link(victim!, honest!)
      for (let minute = 0; minute < 20 && lies().length === 0; minute++) {
        await net.clock.advance(RECONCILE_PERIOD_MS)
      }
      assert.deepEqual(lies(), [{ peer: liar!.peer, offence: 'lies' }])
      assert.equal(victim!.store.usage.count, 10, 'what the honest one holds')
      assert.ok(loadCount >= RECONCILE_BROKEN_COUNT_MAX && loadCount < 20, `${loadCount} loads`)
    }),
  )

  test(
    'take nothing that they did not ask for',
    withNetwork(async (net) => {
      const [victim, liar] = await net.several(2)
      await net.fill(liar!, net.envelopes(5))
      const [other] = net.envelopes(1, { shard: 3 })
      net.fabric.intercept = (_from, to, method) => {
        if (to !== liar!.peer || method !== 'load') return null
        return Promise.resolve(encodeLoaded({ takenCount: 1, envelopes: [other!.bytes] }))
      }
      net.linkAll()
      await net.clock.advance(2 * RECONCILE_PERIOD_MS)
      assert.equal(victim!.store.usage.count, 0)
      assert.ok(victim!.wire.penalties.some(({ offence }) => offence === 'lies'))
    }),
  )

  test(
    'spend little on roots that always differ',
    withNetwork(async (net) => {
      const [victim, liar] = await net.several(2)
      const same = net.envelopes(20)
      await net.fill(victim!, same)
      await net.fill(liar!, same)
      const traffic = countTraffic(net.fabric)
      const pass = net.fabric.intercept
      const lie = differing(net)
      net.fabric.intercept = (from, to, method, body) => {
        if (to !== liar!.peer || method !== 'roots') return pass(from, to, method, body)
        return Promise.resolve(lie(body))
      }
      net.link(victim!, liar!)
      await net.clock.advance(6 * HOUR_MS)
      const syncs = traffic.byMethod.get('sync') ?? 0
      // 1,440 would be one a minute; the audits of both are among these.
      assert.ok(syncs < 4 * 25, `${syncs} exchanges about 4 shards in 6 hours`)
    }),
  )

  test(
    'end an exchange that is answered with garbage, and count it',
    withNetwork(async (net) => {
      const victim = await net.add()
      await net.fill(victim, net.envelopes(20))
      const salt = new Uint8Array(SYNC_SALT_BYTES)
      const answers = [
        () => Uint8Array.of(1, 2, 3),
        () => new Uint8Array(0),
        // The same digests as ours cannot be: they are ours under another salt.
        () => encodeSyncMessage(1, { kind: 'digests', salt, days: [] }),
        () => encodeSyncMessage(1, { kind: 'more' }),
        () => encodeSyncMessage(1, { kind: 'refuse', status: statusOf('SYNC_LIMIT') }),
      ]
      for (const [number, sync] of answers.entries()) {
        const enemy = addEnemy(net, number, { roots: differing(net), sync })
        net.fabric.link(victim.peer, enemy.peer)
      }
      await net.clock.advance(5 * RECONCILE_PERIOD_MS)
      const [garbage] = victim.wire.penalties
      assert.equal(garbage?.offence, 'malformed')
      assert.deepEqual(victim.errors, [])
      assert.equal(victim.carrier.status.answeringCount, 0)
      assert.equal(victim.store.usage.count, 20)
    }),
  )

  test(
    'count garbage in questions, and keep no exchange for it',
    withNetwork(async (net) => {
      const victim = await net.add()
      const enemy = addEnemy(net, 0)
      await intrude(net, enemy, victim)
      for (const method of [
        'sync',
        'roots',
        'carriers',
        'hello',
        'load',
        'drops',
        'drop',
        'push',
      ]) {
        victim.wire.penalties.length = 0
        const asking = enemy.wire.request(victim.peer, method, Uint8Array.of(1), { signal })
        await assert.rejects(asking, { code: 'PEER_REFUSED' }, method)
        assert.deepEqual(offencesOf(victim, enemy), ['malformed'], method)
      }
      assert.equal(victim.carrier.status.answeringCount, 0)
    }),
  )

  test(
    'answer some exchanges of one peer at a time, others’ all the same, and none when it has gone',
    withNetwork(async (net) => {
      const victim = await net.add()
      for (let shard = 0; shard < 256; shard += 8) {
        await net.fill(victim, net.envelopes(1, { shard }))
      }
      const ask = async (enemy: ReturnType<typeof addEnemy>, exchange: number, shard: number) => {
        const body = openAt(exchange, shard)
        const answer = await enemy.wire.request(victim.peer, 'sync', body, { signal })
        return decodeSyncMessage(answer).message.kind
      }
      const greedy = Array.from({ length: 8 }, (_, number) => addEnemy(net, number))
      for (const enemy of greedy) {
        await intrude(net, enemy, victim)
        for (let at = 0; at < RECONCILE_ANSWER_PEER_COUNT_MAX; at++) {
          assert.equal(await ask(enemy, at, at * 8), 'digests')
        }
        assert.equal(await ask(enemy, 99, 88), 'refuse')
      }
      assert.equal(victim.carrier.status.answeringCount, RECONCILE_ANSWER_COUNT_MAX)
      const late = addEnemy(net, 50)
      await intrude(net, late, victim)
      assert.equal(await ask(late, 0, 0), 'digests', 'there is room for who has none')
      assert.equal(await ask(late, 1, 8), 'refuse')
      net.fabric.unlink(late.peer, victim.peer)
      assert.equal(victim.carrier.status.answeringCount, RECONCILE_ANSWER_COUNT_MAX - 1)
      await net.clock.advance(31_000)
      assert.equal(victim.carrier.status.answeringCount, 0, 'nobody is waited for longer')
    }, 8),
  )

  test(
    'compute for one peer only so much, and for who carries nothing not at all',
    withNetwork(async (net) => {
      const victim = await net.add()
      const enemy = addEnemy(net, 0)
      const salt = new Uint8Array(SYNC_SALT_BYTES)
      const body = encodeRoots(net.network, { salt, shards: [1], root: new Uint8Array(32) })
      const ask = () => enemy.wire.request(victim.peer, 'roots', body, { signal })
      await assert.rejects(ask(), { code: 'PEER_BUSY' })
      await intrude(net, enemy, victim)
      for (let count = 0; count < RECONCILE_WORK_BURST; count++) await ask()
      await assert.rejects(ask(), { code: 'PEER_BUSY' })
      const answer = await enemy.wire.request(victim.peer, 'sync', openAt(1, 1), { signal })
      assert.equal(decodeSyncMessage(answer).message.kind, 'refuse')
      await net.clock.advance(1000)
      await ask()
    }),
  )

  test(
    'read drops that never end only so far, and false ones not at all',
    withNetwork(async (net) => {
      const [envelope] = net.envelopes(1)
      const drop = net.drop(0xb0, { kind: 'ids', madeAt: net.nowSeconds, ids: [envelope!.id] })
      const victim = await net.add()
      let pageCount = 0
      const endless = addEnemy(net, 0, {
        roots: differing(net),
        drops: (body) => {
          decodeDropsRequest(body)
          pageCount++
          return encodeDropsPage({ drops: [drop], position: Uint8Array.of(pageCount >> 8, 1) })
        },
      })
      const forged = drop.slice()
      forged[forged.length - 1]! ^= 1
      const forger = addEnemy(net, 1, {
        roots: differing(net),
        drops: () => encodeDropsPage({ drops: [forged, drop], position: null }),
      })
      net.fabric.link(victim.peer, forger.peer)
      await net.clock.advance(RECONCILE_PERIOD_MS)
      assert.ok(offencesOf(victim, forger).includes('forged'))
      assert.equal(victim.store.usage.dropCount, 0)
      net.fabric.link(victim.peer, endless.peer)
      await net.clock.advance(2 * HOUR_MS)
      assert.equal(pageCount, RECONCILE_DROP_PAGE_ALL_COUNT_MAX)
    }),
  )

  test(
    'refuse a step of an exchange that is under way, or long over',
    withNetwork(async (net) => {
      const victim = await net.add()
      await net.fill(victim, net.envelopes(3))
      const enemy = addEnemy(net, 0)
      await intrude(net, enemy, victim)
      const next = encodeSyncStep({
        exchange: 5,
        message: encodeSyncMessage(1, { kind: 'next' }),
      })
      const answer = await enemy.wire.request(victim.peer, 'sync', next, { signal })
      assert.deepEqual(decodeSyncMessage(answer).message, {
        kind: 'refuse',
        status: statusOf('SYNC_STATE'),
      })
      const both = await Promise.allSettled(
        [0, 1].map(() => enemy.wire.request(victim.peer, 'sync', openAt(9, 1), { signal })),
      )
      assert.ok(both.some(({ status }) => status === 'fulfilled'))
      assert.ok(decodeSyncStep(openAt(9, 1)).message.length > 0)
    }),
  )

  test(
    'lose nothing when the connection is lost in the middle',
    withNetwork(async (net) => {
      const [a, b] = await net.several(2)
      const envelopes = net.envelopes(500)
      await net.fill(a!, envelopes)
      let count = 0
      net.fabric.intercept = (from, to, method) => {
        if (method !== 'load' || ++count % 2 === 1) return null
        net.fabric.unlink(from, to)
        return Promise.reject(new ProtocolError('SYNC_EXPIRED'))
      }
      for (let attempt = 0; attempt < 12; attempt++) {
        net.linkAll()
        await net.settle()
      }
      net.fabric.intercept = () => null
      net.linkAll()
      await net.settle()
      assert.ok(await holdsAll(b!, envelopes))
    }),
  )
})
