import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { SyncingView } from '@ezchat/protocol/control/values.ts'
import { CatchUpLine, catchingUp, caughtUp } from '../src/catch-up.ts'
import { type Io, Output } from '../src/io.ts'
import { withProgress } from '../src/progress.ts'
import { startFakeDaemon } from './fake-daemon.ts'
import { runVerb } from './run.ts'

const SYNCING: SyncingView = {
  ...{ elapsedMs: 3400, shardsAll: 12, shardsDone: 3, envelopesMissing: 10_000 },
  ...{ envelopesFetched: 1234, bytesFetched: 1_263_616, messagesOpened: 812 },
}

interface Terms {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly quiet?: boolean
  readonly json?: boolean
}

function terminal({ isTTY = true, columns = 80, quiet = false, json = false }: Terms = {}) {
  const out: string[] = []
  const err: string[] = []
  const stream = (to: string[]) => ({ isTTY, columns, write: (text: string) => to.push(text) > 0 })
  const io = { stdout: stream(out), stderr: stream(err), stdin: { isTTY }, env: {} }
  const output = new Output(io as unknown as Io, { json, quiet, color: true })
  return { output, line: new CatchUpLine(output), out, err }
}

describe('catching up on a terminal', () => {
  test('says first what matters most, and no more than there is room for', () => {
    assert.equal(
      catchingUp(SYNCING, 119),
      'catching up: 1,234 of 10,000 fetched, 812 messages, 3 s, 1.3 MB, 3 of 12 shards',
    )
    assert.equal(catchingUp(SYNCING, 37), 'catching up: 1,234 of 10,000 fetched')
    for (let columns = 37; columns <= 120; columns++) {
      assert.ok(catchingUp(SYNCING, columns).length <= columns, `${columns}`)
    }
    const none = { envelopesMissing: 0, envelopesFetched: 0, bytesFetched: 0, shardsAll: 0 }
    const own = { ...SYNCING, ...none }
    assert.equal(catchingUp(own, 119), 'catching up: 812 messages, 3 s')
  })

  test('is one line that is drawn over itself, and then one that stays', () => {
    for (const columns of [40, 120]) {
      const { line, out, err } = terminal({ columns })
      line.show(SYNCING, false)
      line.show({ ...SYNCING, envelopesFetched: 5000 }, false)
      line.show({ ...SYNCING, envelopesFetched: 10_000, bytesFetched: 3_100_000 }, true)
      assert.deepEqual(out, [])
      assert.ok(err.slice(0, 3).every((text) => text.startsWith('\r\u001b[K')))
      assert.ok(err.every((text) => text.replace('\r\u001b[K', '').trimEnd().length < columns))
      assert.deepEqual(err.slice(2), ['\r\u001b[K', 'caught up: 812 messages, 3.1 MB in 3 s\n'])
    }
  })

  test('makes way for what is said meanwhile, on either stream', () => {
    const { output, line, out, err } = terminal()
    line.show(SYNCING, false)
    output.say('2026-01-02T03:04:05.678Z warning PEER_BUSY')
    output.print('{}')
    line.show(SYNCING, false)
    output.print('{}')
    assert.deepEqual(out, ['{}\n', '{}\n'])
    assert.equal(err[1], '\r\u001b[K')
    assert.match(err[2]!, /PEER_BUSY\n$/)
    assert.match(err[3]!, /catching up/)
    assert.deepEqual(err.slice(4), ['\r\u001b[K'])
  })

  test('is a line at each end in a log, and nothing when all is to be quiet', () => {
    const log = terminal({ isTTY: false, json: true })
    for (let count = 0; count < 9; count++) log.line.show(SYNCING, false)
    log.line.show(SYNCING, true)
    assert.deepEqual(log.out, [])
    assert.deepEqual(log.err, [
      'catching up with what came meanwhile\n',
      'caught up: 812 messages, 1.3 MB in 3 s\n',
    ])
    for (const isTTY of [true, false]) {
      const { line, out, err } = terminal({ isTTY, quiet: true })
      line.show(SYNCING, false)
      line.show(SYNCING, true)
      assert.deepEqual([out, err], [[], []])
    }
  })

  test('leaves nothing behind where nothing came', () => {
    const none = { ...SYNCING, envelopesFetched: 0, bytesFetched: 0, messagesOpened: 0 }
    const { line, err } = terminal()
    line.show(none, false)
    line.show(none, true)
    assert.equal(err.at(-1), '\r\u001b[K')
    const carried = { ...SYNCING, messagesOpened: 0 }
    assert.equal(caughtUp(carried), 'caught up: 1,234 sealed envelopes, 1.3 MB in 3 s')
    assert.equal(
      caughtUp({ ...none, messagesOpened: 1, elapsedMs: 1100 }),
      'caught up: 1 message in 1 s',
    )
  })

  test('what is waited for may say how far it is', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    let nowMs = 0
    t.mock.method(performance, 'now', () => nowMs)
    const { output, err } = terminal({ columns: 40 })
    const work = Promise.withResolvers<number>()
    const waiting = withProgress(output, (columns) => catchingUp(SYNCING, columns), work.promise)
    nowMs = 900
    t.mock.timers.tick(900)
    assert.deepEqual(err, [])
    nowMs = 1100
    t.mock.timers.tick(200)
    assert.match(err[0]!, /catching up: 1,234 of 10,000 fetched$/)
    work.resolve(7)
    assert.equal(await waiting, 7)
    assert.equal(err.at(-1), '\r\u001b[K')
  })
})

test('status says what is caught up with, and --wait waits for its end', async () => {
  const home = await mkdtemp(join(tmpdir(), 'ezchat-syncing-'))
  let looksLeft = 2
  const daemon = await startFakeDaemon(home, () => (looksLeft-- > 0 ? SYNCING : null))
  try {
    const { out } = await runVerb(['status'], { home, terminal: { columns: 120 } })
    assert.match(out, /now +catching up: 1,234 of 10,000 fetched, 812 messages/)
    const waited = await runVerb(['status', '--wait', '--json'], { home })
    assert.equal((JSON.parse(waited.out) as { syncing?: unknown }).syncing, null)
    assert.equal(waited.err, '')
    looksLeft = Number.POSITIVE_INFINITY
    const { out: late } = await runVerb(['status', '--wait', '--timeout', '1ms', '--json'], {
      home,
    })
    assert.deepEqual((JSON.parse(late) as { syncing?: unknown }).syncing, SYNCING)
  } finally {
    // It is degraded, which `status` says by this as well.
    process.exitCode = 0
    await daemon.close()
    await rm(home, { recursive: true })
  }
})
