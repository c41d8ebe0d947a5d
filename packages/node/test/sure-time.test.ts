import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CLOCK_STEPS_MAX, CLOCK_SURE_MS } from '@ezchat/node/limits.ts'
import { SureTime } from '@ezchat/node/sure-time.ts'
import { ManualClock } from './manual-clock.ts'

const START_MS = 1_800_000_000_000
const DAY_MS = 86_400_000
const YEARS_MS = 3 * 365 * DAY_MS

function newTime(): { clock: ManualClock; time: SureTime } {
  const clock = new ManualClock(START_MS)
  return { clock, time: new SureTime(clock) }
}

async function settledTime() {
  const made = newTime()
  await made.clock.advance(CLOCK_SURE_MS)
  assert.equal(made.time.nowMs(), made.clock.nowMs())
  return made
}

describe('the time that is sure', () => {
  test('is none after a start, and then the clock’s', async () => {
    const { clock, time } = newTime()
    await clock.advance(CLOCK_SURE_MS - 1)
    assert.equal(time.nowMs(), Number.NEGATIVE_INFINITY)
    await clock.advance(1)
    assert.equal(time.nowMs(), clock.nowMs())
    await clock.advance(10 * DAY_MS)
    assert.equal(time.nowMs(), clock.nowMs())
  })

  test('was never ahead where the clock was so for a moment, whether looked at or not', async () => {
    const { clock, time } = await settledTime()
    for (const isSeen of [true, false, true]) {
      clock.jump(YEARS_MS)
      if (isSeen) assert.equal(time.nowMs(), clock.nowMs() - YEARS_MS)
      await clock.advance(1000)
      clock.jump(-YEARS_MS)
      await clock.advance(CLOCK_SURE_MS)
      assert.equal(time.nowMs(), clock.nowMs())
    }
  })

  test('is not ahead where the clock was so at the start', async () => {
    const { clock, time } = newTime()
    clock.jump(-YEARS_MS)
    await clock.advance(CLOCK_SURE_MS)
    assert.equal(time.nowMs(), Number.NEGATIVE_INFINITY)
    await clock.advance(CLOCK_SURE_MS)
    assert.equal(time.nowMs(), clock.nowMs())
  })

  test('comes after the clock that stays ahead, and goes back with it at once', async () => {
    const { clock, time } = await settledTime()
    clock.jump(YEARS_MS)
    time.nowMs()
    await clock.advance(CLOCK_SURE_MS - 1)
    assert.equal(time.nowMs(), clock.nowMs() - YEARS_MS)
    await clock.advance(1)
    assert.equal(time.nowMs(), clock.nowMs())
    clock.jump(-YEARS_MS)
    assert.equal(time.nowMs(), clock.nowMs())
  })

  test('follows a machine that sleeps for hours and wakes for a minute', async () => {
    const { clock, time } = await settledTime()
    let latestMs = 0
    for (let night = 0; night < 10 * CLOCK_STEPS_MAX; night++) {
      // The monotonic clock stands still meanwhile.
      clock.jump(DAY_MS / 2)
      const before = time.nowMs()
      assert.ok(before >= latestMs && before < clock.nowMs())
      latestMs = before
      await clock.advance(60_000)
    }
    const behindMs = clock.nowMs() - time.nowMs()
    assert.ok(behindMs <= (CLOCK_STEPS_MAX + 1) * (DAY_MS / 2), `${behindMs / DAY_MS} days`)
    await clock.advance(CLOCK_SURE_MS)
    time.nowMs()
    await clock.advance(CLOCK_SURE_MS)
    assert.equal(time.nowMs(), clock.nowMs())
  })
})
