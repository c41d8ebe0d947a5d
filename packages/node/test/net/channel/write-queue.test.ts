import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drained } from '@ezchat/node/net/channel/drained.ts'
import { WriteQueue } from '@ezchat/node/net/channel/write-queue.ts'
import type { FrameHeader } from '@ezchat/protocol/channel/frame.ts'
import type { Stream } from '@libp2p/interface'
import { HandClock } from './hand-clock.ts'
import { until } from './party.ts'

/** A stream that takes what the test lets it take. */
class Sluice extends EventTarget {
  status = 'open'
  writableNeedsDrain = false
  isShut = false
  fails: Error | null = null
  readonly writes: number[] = []

  get stream(): Stream {
    return this as unknown as Stream
  }

  send(bytes: Uint8Array): boolean {
    if (this.fails !== null) throw this.fails
    this.writes.push(bytes.length)
    this.writableNeedsDrain = this.isShut
    return !this.isShut
  }

  drain(): void {
    this.writableNeedsDrain = false
    this.dispatchEvent(new Event('drain'))
  }
}

const header = (bodyBytes: number): FrameHeader => ({ kind: 'request', id: 1, code: 1, bodyBytes })

function queue() {
  const sluice = new Sluice()
  const clock = new HandClock()
  const failures: Error[] = []
  const writes = new WriteQueue(clock, sluice.stream, (error) => failures.push(error))
  const done: number[] = []
  let count = 0
  const push = (bodyBytes: number) => {
    const n = ++count
    writes.push(header(bodyBytes), new Uint8Array(bodyBytes), () => done.push(n))
  }
  return { sluice, clock, failures, writes, done, push }
}

test('small frames of one turn are one write, and no write is larger than its limit', async () => {
  const { sluice, done, push } = queue()
  for (let n = 0; n < 100; n++) push(89)
  await until(() => done.length === 100, 'all')
  assert.deepEqual(sluice.writes, [10_000])
  for (const bytes of [40_000, 20_000, 30_000, 69_632, 1]) push(bytes)
  await until(() => done.length === 105, 'all')
  assert.deepEqual(sluice.writes, [10_000, 60_022, 30_011, 69_643, 12])
})

test('the next write waits for the one before, and each is done when it is taken', async () => {
  const { sluice, clock, writes, done, push } = queue()
  sluice.isShut = true
  push(40_000)
  push(40_000)
  await until(() => sluice.writes.length === 1, 'the first')
  assert.deepEqual([done, writes.count], [[], 1])
  clock.advance(30_000)
  assert.equal(writes.isLate(clock.monotonicMs(), 30_000), false)
  clock.advance(1)
  assert.equal(writes.isLate(clock.monotonicMs(), 30_000), true)
  sluice.drain()
  await until(() => sluice.writes.length === 2, 'the second')
  assert.deepEqual(done, [1])
  sluice.drain()
  await until(() => done.length === 2, 'the end')
  assert.equal(writes.isLate(clock.monotonicMs() + 1e9, 30_000), false)
})

test('every frame is done once, when the queue ends and when it has ended', async () => {
  const { sluice, writes, done, push } = queue()
  sluice.isShut = true
  for (let n = 0; n < 3; n++) push(40_000)
  await until(() => sluice.writes.length === 1, 'the first')
  writes.end()
  push(1)
  sluice.status = 'aborted'
  sluice.dispatchEvent(new Event('close'))
  await until(() => done.length === 4, 'all')
  assert.deepEqual(done, [2, 3, 4, 1])
  assert.equal(sluice.writes.length, 1)
})

test('a stream that refuses a write is reported, and its frames are done', async () => {
  const { sluice, failures, done, push } = queue()
  sluice.fails = new Error('closing')
  push(1)
  await until(() => done.length === 1, 'the frame')
  assert.equal(failures[0]?.message, 'closing')
})

test('a stream that is drained in vain is waited for again, each time anew', async () => {
  const sluice = new Sluice()
  for (let round = 0; round < 3; round++) {
    sluice.writableNeedsDrain = true
    let isDrained = false
    const waiting = drained(sluice.stream).then(() => {
      isDrained = true
    })
    // libp2p says so, then writes what it kept, and is full again.
    sluice.dispatchEvent(new Event('drain'))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isDrained, false)
    sluice.drain()
    await waiting
  }
})
