import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addressGroupOf, spreadByGroup } from '@ezchat/node/carrier/address-group.ts'
import {
  BOOK_FAILED_MS_MIN,
  BOOK_SAVE_MS,
  BOOK_SEARCH_MS_MIN,
  BOOK_SERVED_COUNT_MAX,
  BOOK_TOLD_BY_ONE_COUNT_MAX,
} from '@ezchat/node/limits.ts'
import { peerKeyOf } from '@ezchat/node/net/peer-id.ts'
import { encodeCarriers } from '@ezchat/protocol/request/carriers.ts'
import { fakePeer } from '../fake-wire.ts'
import { addEnemy, intrude } from './enemy.ts'
import { type CarrierNetwork, countTraffic, withNetwork } from './network.ts'

const { signal } = new AbortController()
const named = ({ crypto }: CarrierNetwork, number: number) => fakePeer(crypto, 5000 + number).peer

function told(net: CarrierNetwork, from: number, count: number): Uint8Array {
  const carriers = Array.from({ length: count }, (_, at) => ({
    peerKey: peerKeyOf(named(net, from + at))!,
    addresses: [],
  }))
  return encodeCarriers(carriers)
}

describe('the book of carriers', () => {
  test(
    'names who served before who is only connected, and strangers’ words last',
    withNetwork(async (net) => {
      const reader = await net.add({ mode: 'own' })
      const [served, connected] = await net.several(2)
      net.linkAll()
      await net.settle()
      const { book } = reader.carrier
      book.learn(1, named(net, 1), [])
      book.served(served!.peer, 1)
      assert.deepEqual(book.known(1), [served!.peer, connected!.peer, named(net, 1)])
    }),
  )

  test(
    'asks neighbours first and the DHT only when that was not enough, and neither again at once',
    withNetwork(async (net) => {
      const reader = await net.add({ mode: 'own' })
      let dhtCount = 0
      reader.wire.carriersOf = async () => {
        dhtCount++
        return [named(net, 90)]
      }
      const enemy = addEnemy(net, 0, { carriers: () => told(net, 0, 5) })
      await intrude(net, enemy, reader)
      const { book } = reader.carrier
      const traffic = countTraffic(net.fabric)
      await book.search(1)
      assert.deepEqual([traffic.byMethod.get('carriers'), dhtCount], [1, 0])
      assert.equal(book.known(1).length, 6)
      await book.carriersOf(1, { signal })
      await book.search(1)
      assert.equal(traffic.byMethod.get('carriers'), 1)
      net.fabric.unlink(enemy.peer, reader.peer)
      await book.carriersOf(2, { signal })
      assert.deepEqual([book.known(2), dhtCount], [[named(net, 90)], 1])
      await net.clock.advance(BOOK_SEARCH_MS_MIN)
      await book.carriersOf(2, { signal })
      assert.equal(dhtCount, 2)
    }),
  )

  test(
    'waits for a search only where nobody is known, and no longer than the caller',
    withNetwork(async (net) => {
      const reader = await net.add({ mode: 'own' })
      reader.wire.carriersOf = () => new Promise(() => undefined)
      const { book } = reader.carrier
      const impatient = new AbortController()
      const waiting = book.carriersOf(1, { signal: impatient.signal })
      impatient.abort(new Error('enough'))
      await assert.rejects(waiting, /enough/)
      book.learn(2, named(net, 1), [])
      assert.deepEqual(await book.carriersOf(2, { signal }), [named(net, 1)])
    }),
  )

  test(
    'takes few from one teller, and none of them displaces who served',
    withNetwork(async (net) => {
      const reader = await net.add({ mode: 'own' })
      let from = 0
      const liar = addEnemy(net, 0, {
        carriers: () => {
          from += 16
          return told(net, from, 16)
        },
      })
      await intrude(net, liar, reader)
      const { book } = reader.carrier
      const served = Array.from({ length: BOOK_SERVED_COUNT_MAX }, (_, at) => named(net, 8000 + at))
      for (const peer of served) book.served(peer, 1)
      for (let count = 0; count < 10; count++) {
        await book.search(1)
        await net.clock.advance(BOOK_SEARCH_MS_MIN)
      }
      const known = book.known(1)
      assert.deepEqual(new Set(known.slice(0, served.length)), new Set(served))
      assert.equal(known.length, served.length + 1 + BOOK_TOLD_BY_ONE_COUNT_MAX)
    }),
  )

  test(
    'lets only who serves take the place of who served longest ago',
    withNetwork(async (net) => {
      const { carrier } = await net.add({ mode: 'own' })
      for (let number = 0; number <= BOOK_SERVED_COUNT_MAX; number++) {
        carrier.book.served(named(net, number), 1)
        await net.clock.advance(1000)
      }
      const known = carrier.book.known(1)
      assert.equal(known.length, BOOK_SERVED_COUNT_MAX)
      assert.ok(!known.includes(named(net, 0)))
    }),
  )

  test(
    'tries who failed last for a while, and first again when it has served',
    withNetwork(async (net) => {
      const { carrier } = await net.add({ mode: 'own' })
      const { book } = carrier
      const [one, two] = [named(net, 1), named(net, 2)]
      book.served(one, 1)
      await net.clock.advance(1000)
      book.served(two, 1)
      assert.deepEqual(book.known(1), [two, one])
      book.failed(two, 1)
      assert.deepEqual(book.known(1), [one, two])
      await net.clock.advance(BOOK_FAILED_MS_MIN)
      assert.deepEqual(book.known(1), [two, one])
      for (let count = 0; count < 3; count++) book.failed(two, 1)
      assert.equal(book.countOf(1), 1, 'after three failures it does not count')
      book.served(two, 1)
      assert.equal(book.countOf(1), 2)
    }),
  )

  test(
    'remembers across restarts who served, and where',
    withNetwork(async (net) => {
      const first = await net.add({ mode: 'own' })
      const [other] = await net.several(1)
      net.linkAll()
      await net.settle()
      first.carrier.book.served(other!.peer, 2)
      await net.clock.advance(BOOK_SAVE_MS)
      const again = await net.add({ mode: 'own' }, first)
      assert.deepEqual(again.carrier.book.known(2), [other!.peer])
      assert.deepEqual(again.wire.addressesOf(other!.peer), other!.wire.addresses())
      assert.deepEqual(again.carrier.book.known(1), [])
    }),
  )

  test(
    'leaves out who says that it does not carry the shard, and ourselves',
    withNetwork(async (net) => {
      const [a, b] = [await net.add({ mode: 'own' }), await net.add({ mode: 'own', own: [1] })]
      net.linkAll()
      await net.settle()
      a.carrier.book.served(b.peer, 1)
      a.carrier.book.served(b.peer, 2)
      a.carrier.book.served(a.peer, 1)
      a.carrier.book.learn(1, a.peer, [])
      assert.deepEqual(a.carrier.book.known(1), [b.peer])
      assert.deepEqual(a.carrier.book.known(2), [])
    }),
  )

  test(
    'answers others with itself and whom it knows, at most 16, and not with the asker',
    withNetwork(async (net) => {
      const teller = await net.add()
      const asker = await net.add({ mode: 'own', own: [1] })
      net.linkAll()
      await net.settle()
      for (let number = 0; number < 30; number++)
        teller.carrier.book.learn(1, named(net, number), [])
      await asker.carrier.book.search(1)
      const known = asker.carrier.book.known(1)
      assert.equal(known[0], teller.peer)
      assert.ok(!known.includes(asker.peer))
      assert.equal(known.length, BOOK_TOLD_BY_ONE_COUNT_MAX, 'itself among them')
    }),
  )
})

describe('groups of addresses', () => {
  test('are a /16 or a /48, and unknown without an address', () => {
    assert.equal(addressGroupOf(['/ip4/10.20.30.40/tcp/1']), '10.20')
    assert.equal(addressGroupOf(['/dns4/x/tcp/1', '/ip6/2001:DB8:7::1/tcp/1']), '2001:db8:7')
    assert.equal(addressGroupOf(['/dns4/x/tcp/1']), null)
  })

  test('take turns, and each keeps its order', () => {
    const spread = spreadByGroup(['a1', 'a2', 'a3', 'b1', '-x', 'b2'], (name) =>
      name.startsWith('-') ? null : name[0]!,
    )
    assert.deepEqual(spread, ['a1', 'b1', '-x', 'a2', 'b2', 'a3'])
  })
})
