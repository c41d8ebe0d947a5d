import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DayPair, makePlan } from '../../src/sync/plan.ts'

function pair(day: number, countHere: number, countThere: number, isEqual = false): DayPair {
  return { day, countHere, countThere, isEqual }
}

test('large days that differ a little are coded, at 256 symbols', () => {
  const plan = makePlan([pair(3, 9_000, 9_001), pair(1, 9_000, 9_000), pair(2, 5, 5, true)], null)
  assert.deepEqual(plan, {
    code: { days: [1, 3], symbolsFirst: 256, symbolsWorth: Math.floor((18_001 * 16) / 25) },
    list: [],
    isComplete: true,
  })
})

test('the first batch grows with the difference of the counts, up to a message', () => {
  const first = (surplus: number): number | undefined =>
    makePlan([pair(1, 100_000, 100_000 + surplus)], null).code?.symbolsFirst
  assert.equal(first(128), 256)
  assert.equal(first(200), 364)
  assert.equal(first(1_557), 2_400)
  assert.equal(first(20_000), 2_400)
})

test('days whose counts differ by a third are listed', () => {
  const plan = makePlan([pair(1, 9_000, 9_001), pair(2, 6_000, 9_000), pair(3, 0, 40_000)], null)
  assert.deepEqual([plan.code?.days, plan.list], [[1], [2, 3]])
  assert.deepEqual(makePlan([pair(2, 6_001, 9_000)], null).code?.days, [2])
})

test('where symbols would be more bytes than the ids, everything is listed', () => {
  assert.deepEqual(makePlan([pair(1, 399, 399)], null).list, [1])
  assert.deepEqual(makePlan([pair(1, 400, 400)], null).code?.days, [1])
})

test('an audit adds one of the days that look equal', () => {
  const equal = [pair(1, 5_000, 5_000, true), pair(2, 5_000, 5_000, true)]
  assert.deepEqual(makePlan(equal, 6).code, { days: [1], symbolsFirst: 32, symbolsWorth: 3_200 })
  assert.deepEqual(makePlan(equal, 7).code?.days, [2])
  assert.deepEqual(makePlan([...equal, pair(9, 900, 901)], 7).code?.days, [2, 9])
  assert.deepEqual(makePlan([pair(9, 900, 901)], 7).code?.days, [9])
  assert.deepEqual(makePlan([pair(9, 10, 10, true)], 7).list, [9])
})

test('a peer whose days are all the same, though its root was not, is lying', () => {
  assert.throws(() => makePlan([pair(1, 5, 5, true)], null), { code: 'SYNC_FIELD' })
  assert.throws(() => makePlan([], 3), { code: 'SYNC_FIELD' })
})

test('days beyond what one exchange may hold are left out, the oldest first', () => {
  const max = 2_097_152
  assert.deepEqual(makePlan([pair(1, max, 0)], null).list, [1])
  assert.throws(() => makePlan([pair(1, 0, max + 1)], null), { code: 'SYNC_LIMIT' })
  assert.throws(() => makePlan([pair(1, 0, 0xffffffff)], null), { code: 'SYNC_LIMIT' })
  const plan = makePlan([pair(1, 8, 9), pair(2, max, max - 1), pair(3, 1, 0)], null)
  assert.deepEqual([plan.code, plan.list, plan.isComplete], [null, [1, 3], false])
})

test('of two sides that have 400 different days each, the newest 400 are planned', () => {
  const pairs = Array.from({ length: 800 }, (_, day) => pair(day, day % 2, (day + 1) % 2))
  const newest = pairs.slice(400).map(({ day }) => day)
  const plan = makePlan(pairs, null)
  assert.deepEqual([plan.code, plan.list, plan.isComplete], [null, newest, false])
  assert.equal(makePlan(pairs.slice(400), null).isComplete, true)
})
