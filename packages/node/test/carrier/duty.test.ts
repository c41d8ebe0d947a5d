import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DutyView, decideDuty, type OtherCarriers } from '@ezchat/node/carrier/duty.ts'
import { shardsByDistance } from '@ezchat/node/carrier/shard-order.ts'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import {
  DUTY_ADOPT_COUNT_MAX,
  DUTY_CARRIERS_ENOUGH,
  DUTY_CARRIERS_MIN,
  DUTY_LEAVE_CONNECTED_MIN,
  DUTY_LEAVE_EMPTY_COUNT_MAX,
  DUTY_SMALL_CARRIERS,
  DUTY_SMALL_CARRIERS_ENOUGH,
  DUTY_STAY_MS_MIN,
} from '@ezchat/node/limits.ts'
import fc from 'fast-check'

const crypto = nativeCrypto()
const SHARDS = 256
const ORDER = Array.from({ length: SHARDS }, (_, at) => at)
const PLENTY: OtherCarriers = { connectedCount: 20, knownCount: 20 }

function viewOf(changes: Partial<DutyView> = {}): DutyView {
  return {
    mode: 'auto',
    order: ORDER,
    own: new Set(),
    carried: new Map(),
    carrierCount: 100,
    othersOf: () => PLENTY,
    isHandedOver: () => true,
    isEmpty: () => false,
    shardCountMax: SHARDS,
    nowMs: DUTY_STAY_MS_MIN,
    ...changes,
  }
}

const since = (shards: readonly number[], atMs = 0) =>
  new Map(shards.map((shard) => [shard, atMs] as const))

describe('duty', () => {
  test('own shards are carried in every mode, whatever the quota and the others', () => {
    for (const mode of ['auto', 'all', 'own'] as const) {
      const own = new Set([200, 3])
      const { adopt } = decideDuty(viewOf({ mode, own, shardCountMax: 0 }))
      assert.ok(adopt.includes(200) && adopt.includes(3), mode)
    }
  })

  test('in a small network everybody carries everything, as far as the quota goes', () => {
    const small = { carrierCount: DUTY_SMALL_CARRIERS - 1 }
    assert.deepEqual(decideDuty(viewOf(small)).adopt, ORDER)
    const poor = decideDuty(viewOf({ ...small, shardCountMax: 10 }))
    assert.deepEqual(poor.adopt, ORDER.slice(0, 10))
    assert.equal(decideDuty(viewOf({ carrierCount: DUTY_SMALL_CARRIERS })).isSmall, false)
  })

  test('whoever carries everything goes on until the network is clearly a large one', () => {
    const carried = since(ORDER)
    const between = decideDuty(viewOf({ carried, carrierCount: DUTY_SMALL_CARRIERS_ENOUGH - 1 }))
    assert.equal(between.isSmall, true)
    assert.deepEqual(between.leave, [])
    const beyond = decideDuty(viewOf({ carried, carrierCount: DUTY_SMALL_CARRIERS_ENOUGH }))
    assert.deepEqual(beyond.leave, [255])
  })

  test('where every shard has carriers enough, only the nearest is carried', () => {
    assert.deepEqual(decideDuty(viewOf()).adopt, [0])
  })

  test('a near shard with too few carriers is adopted, a few at a time', () => {
    const othersOf = (shard: number) => ({
      connectedCount: 0,
      knownCount: shard < 20 ? DUTY_CARRIERS_MIN - 1 : DUTY_CARRIERS_MIN,
    })
    const { adopt } = decideDuty(viewOf({ othersOf }))
    assert.deepEqual(adopt, ORDER.slice(0, DUTY_ADOPT_COUNT_MAX))
    const carried = since(ORDER.slice(0, 18))
    assert.deepEqual(decideDuty(viewOf({ othersOf, carried })).adopt, [18, 19])
  })

  test('a far shard in need is left to those who live near it', () => {
    const othersOf = (shard: number) => (shard === 100 ? { ...PLENTY, knownCount: 0 } : PLENTY)
    assert.deepEqual(decideDuty(viewOf({ othersOf })).adopt, [0])
  })

  test('the quota bounds how many shards are adopted', () => {
    const othersOf = () => ({ connectedCount: 0, knownCount: 0 })
    const carried = since([0, 1, 2])
    assert.deepEqual(decideDuty(viewOf({ othersOf, carried, shardCountMax: 3 })).adopt, [])
    assert.deepEqual(decideDuty(viewOf({ othersOf, carried, shardCountMax: 4 })).adopt, [3])
  })

  test('between too few and enough carriers nothing changes', () => {
    for (let known = DUTY_CARRIERS_MIN; known < DUTY_CARRIERS_ENOUGH; known++) {
      const othersOf = () => ({ connectedCount: known, knownCount: known })
      const carried = since([0, 1])
      const duty = decideDuty(viewOf({ othersOf, carried }))
      assert.deepEqual([duty.adopt, duty.leave], [[], []], `${known} carriers`)
    }
  })

  test('a shard is left only when it was carried a while, others are here, and hold all of it', () => {
    const carried = since([0, 9])
    const leaves = (changes: Partial<DutyView>) => decideDuty(viewOf({ carried, ...changes })).leave
    assert.deepEqual(leaves({}), [9])
    assert.deepEqual(leaves({ nowMs: DUTY_STAY_MS_MIN - 1 }), [])
    assert.deepEqual(leaves({ isHandedOver: () => false }), [])
    const few = { ...PLENTY, knownCount: DUTY_CARRIERS_ENOUGH - 1 }
    assert.deepEqual(leaves({ othersOf: () => few }), [])
    const hearsay = { ...PLENTY, connectedCount: DUTY_LEAVE_CONNECTED_MIN - 1 }
    assert.deepEqual(leaves({ othersOf: () => hearsay }), [])
    assert.deepEqual(leaves({ own: new Set([9]) }), [])
  })

  test('one shard is left at a time, the farthest first', () => {
    assert.deepEqual(decideDuty(viewOf({ carried: since([0, 30, 7]) })).leave, [30])
  })

  test('shards that hold nothing are left at once, several at a time, if others carry them', () => {
    const carried = since(ORDER)
    const isEmpty = (shard: number) => shard !== 250
    const early = { carried, isEmpty, nowMs: 0, isHandedOver: () => false }
    const { leave } = decideDuty(viewOf(early))
    const farthest = ORDER.filter(isEmpty).reverse()
    assert.deepEqual(leave, farthest.slice(0, DUTY_LEAVE_EMPTY_COUNT_MAX))
    const few = { ...PLENTY, knownCount: DUTY_CARRIERS_ENOUGH - 1 }
    const othersOf = (shard: number) => (shard >= 10 ? few : PLENTY)
    assert.deepEqual(decideDuty(viewOf({ ...early, othersOf })).leave, [9, 8, 7, 6, 5, 4, 3, 2, 1])
  })

  test('what is adopted is not left at once, whatever the view', () => {
    const counts = fc.array(fc.nat(20), { minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(counts, fc.nat(40), fc.nat(32), (known, carrierCount, shardCountMax) => {
        const order = ORDER.slice(0, 32)
        const othersOf = (shard: number) => ({ connectedCount: 20, knownCount: known[shard]! })
        const view = viewOf({ order, othersOf, carrierCount, shardCountMax })
        const { adopt } = decideDuty(view)
        const later = { carried: since(adopt), nowMs: DUTY_STAY_MS_MIN }
        assert.deepEqual(decideDuty({ ...view, ...later }).leave, [])
      }),
    )
  })
})

describe('the order of shards', () => {
  const network = { id: new Uint8Array(32).fill(1), shardBits: 8 }
  const keyOf = (number: number) => crypto.sha256(Uint8Array.of(number >> 8, number))

  test('names each shard once, and differs from peer to peer and from network to network', () => {
    const order = shardsByDistance(crypto, network, keyOf(1))
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      ORDER,
    )
    assert.notDeepEqual(shardsByDistance(crypto, network, keyOf(2)), order)
    const other = { ...network, id: new Uint8Array(32).fill(2) }
    assert.notDeepEqual(shardsByDistance(crypto, other, keyOf(1)), order)
  })

  test('a network of one shard has an order too', () => {
    const one = { ...network, shardBits: 0 }
    assert.deepEqual(shardsByDistance(crypto, one, keyOf(1)), [0])
  })

  test('each shard is the nearest of about as many peers', () => {
    const bits = { ...network, shardBits: 3 }
    const counts = new Array<number>(8).fill(0)
    for (let peer = 0; peer < 4000; peer++) {
      counts[shardsByDistance(crypto, bits, keyOf(peer))[0]!]! += 1
    }
    for (const count of counts) assert.ok(count > 400 && count < 600, `${counts}`)
  })
})
