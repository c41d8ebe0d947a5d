import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EzchatError } from '@ezchat/node/errors.ts'
import { DaemonLog } from '@ezchat/node/host/daemon-log.ts'
import { ManualClock } from '../manual-clock.ts'

function newLog() {
  const lines: string[] = []
  const clock = new ManualClock(1_800_000_000_000)
  return { lines, clock, log: new DaemonLog((line) => lines.push(line), clock) }
}

test('no line of an error’s words is written, however many it has', () => {
  const { lines, log } = newLog()
  const words = 'canary one\ncanary two\n    at canary three\n    at bob (canary:1:1)'
  log.failure(new Error(words))
  log.failure(new EzchatError('STORE_FAILED', { detail: words }))
  log.report(new TypeError(words))
  log.failure(words)
  assert.doesNotMatch(lines.join('\n'), /canary/)
  assert.match(lines[0]!, /error Error +at .*daemon-log\.test\.ts:\d+/)
  assert.match(lines[1]!, /error STORE_FAILED/)
})

test('what repeats is said once a minute, with how often', async () => {
  const { lines, clock, log } = newLog()
  const error = new Error('canary')
  for (let count = 0; count < 1000; count++) {
    log.failure(error)
    log.report(error)
  }
  assert.equal(lines.length, 2)
  await clock.advance(61_000)
  log.failure(error)
  assert.match(lines[2]!, /999 more meanwhile/)
})
