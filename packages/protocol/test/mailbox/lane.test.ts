import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../../src/codec/bytes.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { AssertionError } from '../../src/errors.ts'
import {
  type Direction,
  deriveLane,
  type LaneTerms,
  laneDay,
  laneDays,
  laneWindow,
} from '../../src/mailbox/lane.ts'
import { crypto, filled, NETWORK_ID, secretOf } from './fixture.ts'
import { bytesOf } from './hostile.ts'

const termsOf: fc.Arbitrary<LaneTerms> = fc.record({
  networkId: bytesOf(32),
  direction: fc.constantFrom<Direction>(0, 1),
  day: fc.nat(0xffffffff),
})

test('a lane’s seed signs for its mailbox, and its keys have nothing in common', () => {
  fc.assert(
    fc.property(bytesOf(32), termsOf, (secret, terms) => {
      const lane = deriveLane(crypto, Secret.copy(secret), terms)
      const message = filled(1)
      const signature = crypto.ed25519Sign(lane.signSeed, message)
      assert.ok(crypto.ed25519Verify(lane.mailbox, message, signature))
      assert.notDeepEqual(lane.signSeed.reveal(), lane.sealKey.reveal())
      assert.notDeepEqual(lane.mailbox, lane.sealKey.reveal())
    }),
    { numRuns: 25 },
  )
})

test('lanes that differ in secret, network, direction or day are never equal', () => {
  fc.assert(
    fc.property(bytesOf(32), bytesOf(32), termsOf, termsOf, (secret, other, one, two) => {
      const variants: readonly (readonly [Uint8Array, LaneTerms])[] = [
        [secret, one],
        [secret, { ...one, direction: one.direction === 0 ? 1 : 0 }],
        [secret, { ...one, day: one.day === 0 ? 1 : one.day - 1 }],
        [secret, { ...one, networkId: two.networkId }],
        [other, one],
      ]
      const distinct = new Set(variants.map(([key, terms]) => JSON.stringify([toHex(key), terms])))
      const lanes = variants.map(([key, terms]) => deriveLane(crypto, Secret.copy(key), terms))
      const keys = lanes.flatMap(({ mailbox, sealKey }) => [mailbox, sealKey.reveal()].map(toHex))
      assert.equal(new Set(keys).size, distinct.size * 2)
    }),
    { numRuns: 15 },
  )
})

test('both sides of a secret compute the same lane', () => {
  const terms = { networkId: NETWORK_ID, direction: 0, day: 20_000 } as const
  const [bobs, alices] = [1, 2].map(() => deriveLane(crypto, secretOf(3), terms))
  assert.deepEqual(bobs!.mailbox, alices!.mailbox)
  assert.deepEqual(bobs!.sealKey.reveal(), alices!.sealKey.reveal())
})

test('a window is its days one by one, both ends included', () => {
  const window = { networkId: NETWORK_ID, direction: 1, firstDay: 100, lastDay: 104 } as const
  const lanes = laneWindow(crypto, secretOf(3), window)
  assert.deepEqual(
    lanes.map(({ day }) => day),
    [100, 101, 102, 103, 104],
  )
  const single = deriveLane(crypto, secretOf(3), { networkId: NETWORK_ID, direction: 1, day: 102 })
  assert.deepEqual(lanes[2]!.mailbox, single.mailbox)
  assert.deepEqual(laneWindow(crypto, secretOf(3), { ...window, lastDay: 99 }), [])
})

test('a window of more than a year and three days is a bug of ours', () => {
  const window = { networkId: NETWORK_ID, direction: 0, firstDay: 1 } as const
  for (const lastDay of [369, 0xffffffff, -1]) {
    assert.throws(() => laneWindow(crypto, secretOf(3), { ...window, lastDay }), AssertionError)
  }
})

test('a secret or network id of the wrong length is a bug of ours', () => {
  const terms = { networkId: NETWORK_ID, direction: 0, day: 1 } as const
  const short = Secret.adopt(new Uint8Array(16))
  assert.throws(() => deriveLane(crypto, short, terms), AssertionError)
  const cut = { ...terms, networkId: NETWORK_ID.subarray(1) }
  assert.throws(() => deriveLane(crypto, secretOf(1), cut), AssertionError)
})

test('days change at midnight, and a clock before 1970 is in day 0', () => {
  assert.equal(laneDay(86_399), 0)
  assert.equal(laneDay(86_400), 1)
  assert.equal(laneDay(-5), 0)
  assert.deepEqual(laneDays(3), [0, 1])
  assert.deepEqual(laneDays(10 * 86_400), [9, 10, 11])
  assert.throws(() => laneDay(Number.NaN), AssertionError)
})
