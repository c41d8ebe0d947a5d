import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  STEM_EMBARGO_MS_MAX,
  STEM_EMBARGO_MS_MEAN,
  STEM_EMBARGO_MS_MIN,
  STEM_EPOCH_MS,
  STEM_EPOCH_SPREAD_MS,
  STEM_HOLD_MS_MAX,
  STEM_HOLD_MS_MEAN,
} from '../../src/limits.ts'
import { drawFrom, embargoMs, epochMs, holdMs, isDeliverer, pick } from '../../src/stem/chance.ts'
import { drawBytes } from './seeded.ts'

const LAST = 1 - 2 ** -32
const units = fc.double({ min: 0, max: LAST, noNaN: true })
const steps = Array.from({ length: 20_000 }, (_, i) => (i + 0.5) / 20_000)
const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

test('a draw is the fraction that four random bytes are', () => {
  const units = [0, 0.25, LAST]
  const draw = drawFrom((length) => {
    assert.equal(length, 4)
    return drawBytes(units.shift()!)
  })
  assert.deepEqual([draw(), draw(), draw()], [0, 0.25, LAST])
})

test('a draw reads its bytes where they are, not where their buffer begins', () => {
  const around = Uint8Array.of(9, 9, 9, 0x80, 0, 0, 0)
  assert.equal(drawFrom(() => around.subarray(3))(), 0.5)
})

test('holds and embargoes have the mean that the limits say, and stay within them', () => {
  const holds = steps.map(holdMs)
  const embargoes = steps.map((unit) => embargoMs(unit, 0))
  assert.ok(Math.abs(meanOf(holds) - STEM_HOLD_MS_MEAN) < 1)
  assert.ok(Math.abs(meanOf(embargoes) - STEM_EMBARGO_MS_MEAN) < 100)
  fc.assert(
    fc.property(units, fc.nat(40), (unit, endedCount) => {
      assert.ok(holdMs(unit) >= 0 && holdMs(unit) <= STEM_HOLD_MS_MAX)
      const embargo = embargoMs(unit, endedCount)
      assert.ok(embargo >= STEM_EMBARGO_MS_MIN && embargo <= STEM_EMBARGO_MS_MAX)
      assert.ok(Number.isInteger(embargo) && Number.isInteger(holdMs(unit)))
      assert.ok(embargoMs(unit, endedCount + 1) >= embargo)
    }),
  )
  assert.equal(embargoMs(0, 0), STEM_EMBARGO_MS_MIN)
  assert.equal(embargoMs(0, 1), 2 * STEM_EMBARGO_MS_MIN)
})

test('an epoch is ten minutes, half a minute more or less', () => {
  assert.equal(epochMs(0), STEM_EPOCH_MS - STEM_EPOCH_SPREAD_MS)
  assert.equal(epochMs(0.5), STEM_EPOCH_MS)
  assert.ok(epochMs(LAST) <= STEM_EPOCH_MS + STEM_EPOCH_SPREAD_MS)
})

test('one draw in five makes a deliverer', () => {
  assert.equal(steps.filter(isDeliverer).length, steps.length / 5)
})

test('every one of a list is picked by an equal part of the draws', () => {
  const counts = new Map<string, number>()
  for (const unit of steps) {
    const name = pick(unit, ['a', 'b', 'c', 'd'])
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  assert.deepEqual([...counts.values()], [5000, 5000, 5000, 5000])
  assert.equal(pick(LAST, ['a', 'b', 'c']), 'c')
})
