import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as limits from '@ezchat/node/limits.ts'
import { Budget } from '@ezchat/node/net/channel/budget.ts'
import { CHANNEL_MEMORY_BYTES_MAX } from '@ezchat/node/net/channel/memory-bound.ts'
import { costOf } from '@ezchat/node/net/channel/method.ts'
import { PauseCount } from '@ezchat/node/net/channel/pause-count.ts'
import { TokenBucket } from '@ezchat/node/net/channel/token-bucket.ts'
import { CHANNEL_WINDOW_BYTES, FRAME_BODY_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import { METHODS } from '@ezchat/protocol/request/method.ts'
import fc from 'fast-check'
import { HandClock } from './hand-clock.ts'

const LIMITS = { floorBytes: 10, shareBytesMax: 100, poolBytesMax: 150 }

test('each has its floor, whatever the others took of the pool', () => {
  const budget = new Budget(LIMITS)
  const [one, two, three] = [budget.share(), budget.share(), budget.share()]
  assert.equal(one.take(101), false)
  assert.equal(one.take(100), true)
  assert.equal(two.take(70), true)
  assert.equal(two.take(1), false)
  assert.equal(three.take(11), false)
  assert.equal(three.take(10), true)
  assert.equal(budget.usedBytes, 180)
  one.give(1)
  assert.equal(two.take(1), true)
})

test('whatever is taken and given, the sums hold and come back to nothing', () => {
  const step = fc.record({ who: fc.nat(3), bytes: fc.nat(60), isTaken: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const budget = new Budget(LIMITS)
      const shares = [0, 1, 2, 3].map(() => ({ share: budget.share(), taken: [] as number[] }))
      for (const { who, bytes, isTaken } of steps) {
        const { share, taken } = shares[who]!
        if (isTaken && share.take(bytes)) taken.push(bytes)
        else if (!isTaken && taken.length > 0) share.give(taken.pop()!)
        const pooled = shares.reduce((sum, one) => sum + Math.max(0, one.share.bytes - 10), 0)
        assert.ok(pooled <= LIMITS.poolBytesMax)
        assert.ok(share.bytes <= LIMITS.shareBytesMax)
        assert.equal(
          budget.usedBytes,
          shares.reduce((sum, one) => sum + one.share.bytes, 0),
        )
      }
      for (const { share, taken } of shares) for (const bytes of taken) share.give(bytes)
      assert.equal(budget.usedBytes, 0)
      assert.equal(budget.share().take(LIMITS.shareBytesMax), true)
    }),
    { numRuns: 200 },
  )
})

test('to give back more than was taken is a bug', () => {
  const share = new Budget(LIMITS).share()
  share.take(5)
  assert.throws(() => share.give(6), /gave back 6 of 5 bytes/)
})

test('the floor is enough for any request, and the window for several', () => {
  for (const [name, method] of Object.entries(METHODS)) {
    const cost = costOf(method, method.requestBytesMax)
    assert.ok(cost <= limits.CHANNEL_FLOOR_BYTES, `${name} costs ${cost}`)
    assert.ok(cost * 8 <= CHANNEL_WINDOW_BYTES, `${name} costs ${cost}`)
  }
  assert.ok(
    CHANNEL_WINDOW_BYTES + 2 * limits.CHANNEL_WRITE_BYTES_MAX <= limits.CHANNEL_PEER_BYTES_MAX,
  )
})

test('the bound is what the limits add up to', () => {
  const perPeer = limits.CHANNEL_FLOOR_BYTES + FRAME_BODY_BYTES_MAX + 65_536
  assert.equal(CHANNEL_MEMORY_BYTES_MAX, 320 * perPeer + 2 * 33_554_432 + 2 * 262_144 * 152)
  assert.equal(Math.ceil(CHANNEL_MEMORY_BYTES_MAX / 2 ** 20), 224)
})

test('a bucket gives its burst at once, then so many in a second', () => {
  const clock = new HandClock()
  const bucket = new TokenBucket(clock, { perSecond: 8, burst: 3 })
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take()),
    [true, true, true, false],
  )
  assert.equal(bucket.waitMs, 125)
  clock.advance(62.5)
  assert.deepEqual([bucket.take(), bucket.waitMs], [false, 63])
  clock.advance(62.5)
  assert.deepEqual(
    [bucket.waitMs, bucket.isFull, bucket.take(), bucket.take()],
    [0, false, true, false],
  )
  clock.advance(3_600_000)
  assert.equal(bucket.isFull, true)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take()),
    [true, true, true, false],
  )
})

test('so many may pause, and the next one when one has left', () => {
  const pauses = new PauseCount(2)
  assert.deepEqual(
    [pauses.enter(), pauses.enter(), pauses.enter(), pauses.count],
    [true, true, false, 2],
  )
  pauses.leave()
  assert.deepEqual([pauses.enter(), pauses.count], [true, 2])
})
