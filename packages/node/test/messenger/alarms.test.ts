import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Alarms } from '@ezchat/node/messenger/alarms.ts'
import { ManualClock } from '../manual-clock.ts'

const HOUR_MS = 3_600_000
const YEARS_MS = 3 * 365 * 24 * HOUR_MS

test('an alarm rings at its time, and not before', async () => {
  const clock = new ManualClock(1_800_000_000_000)
  const alarms = new Alarms(clock)
  let rungCount = 0
  alarms.set('once', clock.nowMs() + 3 * HOUR_MS, () => rungCount++)
  await clock.advance(3 * HOUR_MS - 1)
  assert.equal(rungCount, 0)
  await clock.advance(1)
  assert.equal(rungCount, 1)
  await clock.advance(9 * HOUR_MS)
  assert.equal(rungCount, 1)
  assert.equal(clock.timerCount, 0)
})

test('what was put off by a clock that was years ahead comes within the hour', async () => {
  const clock = new ManualClock(1_800_000_000_000)
  const alarms = new Alarms(clock)
  clock.jump(YEARS_MS)
  let rungCount = 0
  alarms.set('daily', clock.nowMs() + 24 * HOUR_MS, () => rungCount++)
  await clock.advance(1000)
  clock.jump(-YEARS_MS)
  await clock.advance(HOUR_MS)
  assert.equal(rungCount, 1)
  alarms.close()
  assert.equal(clock.timerCount, 0)
})
