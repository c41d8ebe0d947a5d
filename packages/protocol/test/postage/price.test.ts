import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BUCKETS_BYTES, EFFORT_MAX, TTL_DAYS_MAX } from '../../src/constants.ts'
import { AssertionError } from '../../src/errors.ts'
import { effortOf, isPaid, thresholdOf, trialsExpectedOf } from '../../src/postage/price.ts'

const PRICE_MAX = 2 ** 32 - 1

/** An id that begins with these 8 bytes. */
function idFrom(first: bigint): Uint8Array {
  const id = new Uint8Array(32).fill(0xff)
  new DataView(id.buffer).setBigUint64(0, first)
  return id
}

test('the price is per KiB and day', () => {
  const trials = (price: number, ttlDays: number) =>
    BUCKETS_BYTES.map((bytes) => trialsExpectedOf({ price, ttlDays }, bytes))
  assert.deepEqual(trials(0, 30), [0, 0, 0, 0])
  assert.deepEqual(trials(1, 1), [1, 4, 16, 64])
  assert.deepEqual(trials(137, 30), [4110, 16440, 65760, 263_040])
  assert.equal(trials(PRICE_MAX, TTL_DAYS_MAX)[3], 100_330_436_011_200)
})

test('the dearest envelope of any network costs a whole number of trials', () => {
  for (const bytes of BUCKETS_BYTES) {
    const exact = BigInt(PRICE_MAX) * BigInt(TTL_DAYS_MAX) * BigInt(bytes / 1024)
    assert.equal(
      BigInt(trialsExpectedOf({ price: PRICE_MAX, ttlDays: TTL_DAYS_MAX }, bytes)),
      exact,
    )
  }
  const notOfANetwork = { price: PRICE_MAX, ttlDays: 2 ** 20 }
  assert.throws(() => trialsExpectedOf(notOfANetwork, 65536), AssertionError)
  assert.throws(() => trialsExpectedOf({ price: 1, ttlDays: 1 }, 1023), AssertionError)
})

test('0 and 1 expected trials ask for nothing', () => {
  for (const trials of [0, 1]) {
    assert.equal(thresholdOf(trials), null)
    assert.equal(isPaid(idFrom(0xffffffffffffffffn), thresholdOf(trials)), true)
  }
})

test('the threshold is 2^64 divided by the trials, rounded down', () => {
  assert.deepEqual(thresholdOf(2), { high: 0x80000000, low: 0 })
  assert.deepEqual(thresholdOf(3), { high: 0x55555555, low: 0x55555555 })
  assert.deepEqual(thresholdOf(2 ** 32), { high: 1, low: 0 })
  assert.deepEqual(thresholdOf(2 ** 32 + 1), { high: 0, low: 0xffffffff })
  assert.deepEqual(thresholdOf(EFFORT_MAX), { high: 0, low: 2048 })
  assert.throws(() => thresholdOf(2.5), AssertionError)
  assert.throws(() => thresholdOf(2 ** 53), AssertionError)
})

test('an id below the threshold pays, one at the threshold does not', () => {
  for (const trials of [2, 3, 7, 4110, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, EFFORT_MAX]) {
    const bound = (1n << 64n) / BigInt(trials)
    const threshold = thresholdOf(trials)
    assert.equal(isPaid(idFrom(0n), threshold), true)
    assert.equal(isPaid(idFrom(bound - 1n), threshold), true)
    assert.equal(isPaid(idFrom(bound), threshold), false)
    assert.equal(isPaid(idFrom(bound + 1n), threshold), false)
    assert.equal(isPaid(idFrom(bound | (1n << 63n)), threshold), false)
  }
})

test('effort is the number of trials that an id is worth', () => {
  assert.equal(effortOf(idFrom(0xffffffffffffffffn)), 1)
  assert.equal(effortOf(idFrom(0x7fffffffffffffffn)), 2)
  assert.equal(effortOf(idFrom(0x8000000000000000n)), 1)
  assert.equal(effortOf(idFrom(0xffffffffn)), 2 ** 32)
  assert.equal(effortOf(idFrom(2048n)), 9_002_803_354_665_471)
  assert.equal(effortOf(idFrom(2047n)), EFFORT_MAX)
  assert.equal(effortOf(idFrom(0n)), EFFORT_MAX)
})

test('an id pays exactly when its effort is at least the trials expected', () => {
  // Numbers of every size, and those around the edge.
  const anyFirst = fc.tuple(fc.bigInt(0n, (1n << 64n) - 1n), fc.nat(63)).map(([n, by]) => {
    return n >> BigInt(by)
  })
  const anyTrials = fc.tuple(fc.nat(EFFORT_MAX), fc.nat(52)).map(([n, by]) => {
    return Math.floor(n / 2 ** by)
  })
  fc.assert(
    fc.property(anyFirst, anyTrials, fc.integer({ min: -2, max: 2 }), (first, trials, beside) => {
      const edge = (1n << 64n) / BigInt(Math.max(trials, 2)) + BigInt(beside)
      for (const id of [idFrom(first), idFrom(edge < 0n ? 0n : edge)]) {
        assert.equal(isPaid(id, thresholdOf(trials)), effortOf(id) >= trials)
      }
    }),
    { numRuns: 2000 },
  )
})

test('ids are read where they are in a larger buffer', () => {
  const around = new Uint8Array(60).fill(0xff)
  around.set(idFrom(5n), 11)
  const id = around.subarray(11, 43)
  assert.equal(isPaid(id, { high: 0, low: 6 }), true)
  assert.equal(effortOf(id), effortOf(idFrom(5n)))
})
