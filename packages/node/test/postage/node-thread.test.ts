// The real thread. What it does in detail is in worker.test.ts and the protocol's own tests.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { POSTAGE_TASKS_MAX } from '@ezchat/protocol/limits.ts'
import { EzchatError } from '../../src/errors.ts'
import { nodeThread } from '../../src/postage/node-thread.ts'
import { threadedPostageWorker } from '../../src/postage/worker.ts'

const draw = (length: number) => new Uint8Array(randomBytes(length))
const taskOf = (trialsExpected: number) => ({ contentHash: draw(32), trialsExpected })
const ENDLESS = 2 ** 52

function realWorker(url?: URL) {
  return threadedPostageWorker({ startThread: nodeThread(url), randomBytes: draw })
}

function firstBytes(contentHash: Uint8Array, nonce: bigint): bigint {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(nonce)
  return createHash('sha256').update(contentHash).update(bytes).digest().readBigUInt64BE(0)
}

test('finds nonces that pay, several at a time', async (t) => {
  const worker = realWorker()
  t.after(() => worker.close())
  const { signal } = new AbortController()
  const tasks = [taskOf(2), taskOf(1000), taskOf(20_000), taskOf(50_000)]
  const nonces = await Promise.all(tasks.map((task) => worker.search(task, { signal })))
  for (const [at, { contentHash, trialsExpected }] of tasks.entries()) {
    assert.ok(firstBytes(contentHash, nonces[at]!) < (1n << 64n) / BigInt(trialsExpected))
  }
})

test('an endless search is cancelled after its first progress, and the next one is found', async (t) => {
  const worker = realWorker()
  t.after(() => worker.close())
  const abort = new AbortController()
  const reason = new Error('enough')
  const trials: number[] = []
  const onProgress = (progress: { trials: number }) => {
    trials.push(progress.trials)
    if (trials.length === 2) abort.abort(reason)
  }
  const endless = worker.search(taskOf(ENDLESS), { signal: abort.signal, onProgress })
  await assert.rejects(endless, reason)
  assert.ok(trials[1]! > trials[0]!)
  const task = taskOf(100)
  const nonce = await worker.search(task, { signal: new AbortController().signal })
  assert.ok(firstBytes(task.contentHash, nonce) < (1n << 64n) / 100n)
  assert.equal(trials.length, 2)
})

test('refuses the search that is one too many, and keeps the others', async (t) => {
  const worker = realWorker()
  t.after(() => worker.close())
  const abort = new AbortController()
  const { signal } = abort
  const waiting = Array.from({ length: POSTAGE_TASKS_MAX }, () =>
    worker.search(taskOf(ENDLESS), { signal }),
  )
  const allEnd = Promise.allSettled(waiting)
  await assert.rejects(worker.search(taskOf(ENDLESS), { signal }), { code: 'POSTAGE_BUSY' })
  abort.abort(new Error('enough'))
  for (const { status } of await allEnd) assert.equal(status, 'rejected')
  await worker.search(taskOf(10), { signal: new AbortController().signal })
})

test('a thread that dies fails the search with its own error as the cause', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ezchat-postage-'))
  t.after(() => rm(folder, { recursive: true }))
  const bad = { throws: "throw new Error('broken thread')", exits: 'process.exit(3)' }
  for (const [name, source] of Object.entries(bad)) {
    const file = join(folder, `${name}.mjs`)
    await writeFile(file, source)
    const worker = realWorker(pathToFileURL(file))
    const { signal } = new AbortController()
    await assert.rejects(worker.search(taskOf(1000), { signal }), (error: unknown) => {
      assert.ok(error instanceof EzchatError && error.code === 'POSTAGE_FAILED')
      assert.match(String(error.cause), /broken thread|code 3/)
      return true
    })
    await worker.close()
  }
})

const HOST = `
import { randomBytes } from 'node:crypto'
import { nodeThread } from './node-thread.ts'
import { threadedPostageWorker } from './worker.ts'
// Started, and never told to keep the process.
nodeThread()({ replied() {}, failed() {} })
const worker = threadedPostageWorker({ startThread: nodeThread(), randomBytes })
const task = { contentHash: randomBytes(32), trialsExpected: 1000 }
const { signal } = new AbortController()
await worker.search(task, { signal })
process.stdout.write('found')
`

test('the process waits for a search and not for an idle thread', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const options = { cwd: new URL('../../src/postage/', import.meta.url), timeout: 120_000 }
  execFile(
    process.execPath,
    ['--input-type=module-typescript', '-e', HOST],
    options,
    (error, out) => (error === null ? resolve(out) : reject(error)),
  )
  assert.equal(await promise, 'found')
})
