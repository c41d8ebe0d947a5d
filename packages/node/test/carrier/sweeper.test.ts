import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sweeper } from '@ezchat/node/carrier/sweeper.ts'
import { SWEEP_PERIOD_MS } from '@ezchat/node/limits.ts'
import { ManualClock } from '../manual-clock.ts'
import { crypto, NOW_SECONDS } from './handlers.ts'

const DAY_MS = 86_400_000

function newSweeper() {
  const clock = new ManualClock(NOW_SECONDS * 1000)
  const sweeps: number[] = []
  const sweep = async (nowSeconds: number) => {
    sweeps.push(nowSeconds - NOW_SECONDS)
    return 0
  }
  const report = () => assert.fail()
  return { clock, sweeps, sweeper: new Sweeper({ clock, crypto, store: { sweep }, report }) }
}

test('a clock that is set forward and back between two sweeps removes nothing', async () => {
  const { clock, sweeps, sweeper } = newSweeper()
  await clock.advance(10 * SWEEP_PERIOD_MS)
  clock.jump(60 * DAY_MS)
  await clock.advance(0.85 * SWEEP_PERIOD_MS)
  clock.jump(-60 * DAY_MS)
  await clock.advance(20 * SWEEP_PERIOD_MS)
  assert.ok(sweeps.length > 20)
  assert.ok(
    sweeps.every((seconds) => seconds < 3 * 86_400),
    `${Math.max(...sweeps)}`,
  )
  await sweeper.close()
})

test('a machine that slept for a week is believed after an hour', async () => {
  const { clock, sweeps, sweeper } = newSweeper()
  await clock.advance(3 * SWEEP_PERIOD_MS)
  clock.jump(7 * DAY_MS)
  await clock.advance(4 * SWEEP_PERIOD_MS)
  assert.ok(sweeps.some((seconds) => seconds > 7 * 86_400))
  await sweeper.close()
})

test('a start before the clock is set removes nothing', async () => {
  const clock = new ManualClock((NOW_SECONDS + 3 * 365 * 86_400) * 1000)
  const sweeps: number[] = []
  const sweep = async (nowSeconds: number) => {
    sweeps.push(nowSeconds - NOW_SECONDS)
    return 0
  }
  const sweeper = new Sweeper({ clock, crypto, store: { sweep }, report: () => assert.fail() })
  await clock.advance(1000)
  clock.jump(-3 * 365 * DAY_MS)
  await clock.advance(10 * SWEEP_PERIOD_MS)
  assert.ok(sweeps.length > 5)
  assert.ok(sweeps.every((seconds) => seconds < 86_400))
  await sweeper.close()
})
