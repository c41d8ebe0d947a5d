import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { TurnMeter } from './turn-meter.ts'

const LONG_MS = 60

function work(ms: number): void {
  const begin = process.threadCpuUsage()
  for (;;) {
    const { user, system } = process.threadCpuUsage(begin)
    if (user + system >= ms * 1000) return
  }
}

test('a turn is as long as it works, and is told once', async (t) => {
  const meter = new TurnMeter()
  t.after(() => meter.close())
  await turn()
  work(LONG_MS)
  const { longestMs, count } = meter.take()
  assert.ok(longestMs >= LONG_MS && count > 0, `${longestMs} ms`)
  await turn()
  const { longestMs: afterwards } = meter.take()
  assert.ok(afterwards < LONG_MS, `${afterwards} ms`)
})
