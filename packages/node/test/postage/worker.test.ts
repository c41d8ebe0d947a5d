// The host's half, with a thread that says what the test wants.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError } from '@ezchat/protocol/errors.ts'
import type { PostageReply, PostageRequest } from '@ezchat/protocol/postage/worker-messages.ts'
import { EzchatError } from '../../src/errors.ts'
import { type ThreadEvents, threadedPostageWorker } from '../../src/postage/worker.ts'

const TASK = { contentHash: new Uint8Array(32).fill(1), trialsExpected: 1000 }

class FakeThread {
  readonly posted: PostageRequest[] = []
  readonly events: ThreadEvents
  isHeld = false
  isEnded = false

  constructor(events: ThreadEvents) {
    this.events = events
  }

  post(request: PostageRequest): void {
    this.posted.push(request)
  }

  hold(held: boolean): void {
    this.isHeld = held
  }

  async end(): Promise<void> {
    this.isEnded = true
  }

  reply(reply: PostageReply): void {
    this.events.replied(reply)
  }
}

function setUp() {
  const threads: FakeThread[] = []
  const worker = threadedPostageWorker({
    startThread(events) {
      const thread = new FakeThread(events)
      threads.push(thread)
      return thread
    },
    randomBytes: (length) => new Uint8Array(length).fill(7),
  })
  const { signal } = new AbortController()
  return { worker, threads, signal }
}

/** The promise's reason. Rejections are awaited somewhere, always. */
async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error: unknown) {
    return error
  }
  throw new Error('expected a rejection')
}

function isEzchatError(reason: unknown, code: string, retriable: boolean): boolean {
  assert.ok(reason instanceof EzchatError)
  assert.deepEqual([reason.code, reason.retriable], [code, retriable])
  return true
}

/** Searches are posted in the microtasks of the call. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

test('posts the task from a drawn nonce and resolves with what is found', async () => {
  const { worker, threads, signal } = setUp()
  const pool = new Uint8Array(64).fill(1)
  const view = pool.subarray(8, 40)
  const found = worker.search({ ...TASK, contentHash: view }, { signal })
  const [thread] = threads as [FakeThread]
  const [request] = thread.posted
  assert.ok(request?.kind === 'search')
  assert.deepEqual(request.task, TASK)
  assert.equal(request.task.contentHash.buffer.byteLength, 32)
  assert.equal(request.fromNonce, 0x0707070707070707n)
  assert.equal(thread.isHeld, true)
  thread.reply({ kind: 'found', number: request.number, nonce: 42n })
  assert.equal(await found, 42n)
  assert.equal(thread.isHeld, false)
})

test('starts no thread before the first search and one for all of them', async () => {
  const { worker, threads, signal } = setUp()
  assert.equal(threads.length, 0)
  const searches = [worker.search(TASK, { signal }), worker.search(TASK, { signal })]
  assert.equal(threads.length, 1)
  const [thread] = threads as [FakeThread]
  const [one, two] = thread.posted as [PostageRequest, PostageRequest]
  assert.notEqual(one.number, two.number)
  thread.reply({ kind: 'found', number: two.number, nonce: 2n })
  assert.equal(thread.isHeld, true)
  thread.reply({ kind: 'found', number: one.number, nonce: 1n })
  assert.deepEqual(await Promise.all(searches), [1n, 2n])
  assert.equal(thread.isHeld, false)
})

test('where no work is asked for, answers zero without a thread', async () => {
  const { worker, threads, signal } = setUp()
  assert.equal(await worker.search({ ...TASK, trialsExpected: 0 }, { signal }), 0n)
  assert.equal(await worker.search({ ...TASK, trialsExpected: 1 }, { signal }), 0n)
  assert.equal(threads.length, 0)
})

test('rejects with the reason of the signal, tells the thread, and works on', async () => {
  const { worker, threads, signal } = setUp()
  const abort = new AbortController()
  const cancelled = worker.search(TASK, { signal: abort.signal })
  const other = worker.search(TASK, { signal })
  const reason = new Error('the author thought better of it')
  abort.abort(reason)
  assert.equal(await reasonOf(cancelled), reason)
  const [thread] = threads as [FakeThread]
  assert.deepEqual(thread.posted[2], { kind: 'cancel', number: thread.posted[0]!.number })
  thread.reply({ kind: 'found', number: thread.posted[0]!.number, nonce: 1n })
  thread.reply({ kind: 'found', number: thread.posted[1]!.number, nonce: 2n })
  assert.equal(await other, 2n)
  abort.abort()
  assert.equal(thread.posted.length, 3)
})

test('a signal that is aborted already costs nothing', async () => {
  const { worker, threads } = setUp()
  const reason = new Error('too late')
  const signal = AbortSignal.abort(reason)
  assert.equal(await reasonOf(worker.search(TASK, { signal })), reason)
  assert.equal(threads.length, 0)
})

test('a signal is let go of when its search has ended', async () => {
  const { worker, threads } = setUp()
  const abort = new AbortController()
  const found = worker.search(TASK, { signal: abort.signal })
  const [thread] = threads as [FakeThread]
  thread.reply({ kind: 'found', number: thread.posted[0]!.number, nonce: 1n })
  await found
  abort.abort()
  assert.equal(thread.posted.length, 1)
})

test('passes progress on, each to its own search', async () => {
  const { worker, threads, signal } = setUp()
  const seen: unknown[] = []
  const found = worker.search(TASK, { signal, onProgress: (progress) => seen.push(progress) })
  const quiet = worker.search(TASK, { signal })
  const [thread] = threads as [FakeThread]
  const [one, two] = thread.posted as [PostageRequest, PostageRequest]
  thread.reply({ kind: 'progress', number: one.number, trials: 10 })
  thread.reply({ kind: 'progress', number: two.number, trials: 11 })
  thread.reply({ kind: 'progress', number: 999, trials: 12 })
  assert.deepEqual(seen, [{ trials: 10, trialsExpected: 1000 }])
  for (const { number } of [one, two]) thread.reply({ kind: 'found', number, nonce: 3n })
  await Promise.all([found, quiet])
})

test('a listener that throws fails its own search and no other', async () => {
  const { worker, threads, signal } = setUp()
  const reason = new Error('the progress bar is broken')
  const onProgress = () => {
    throw reason
  }
  const broken = worker.search(TASK, { signal, onProgress })
  const other = worker.search(TASK, { signal })
  const [thread] = threads as [FakeThread]
  const [one, two] = thread.posted as [PostageRequest, PostageRequest]
  thread.reply({ kind: 'progress', number: one.number, trials: 10 })
  assert.equal(await reasonOf(broken), reason)
  assert.deepEqual(thread.posted[2], { kind: 'cancel', number: one.number })
  thread.reply({ kind: 'found', number: two.number, nonce: 3n })
  assert.equal(await other, 3n)
})

test('a full queue is an error that may be retried', async () => {
  const { worker, threads, signal } = setUp()
  const refused = worker.search(TASK, { signal })
  const [thread] = threads as [FakeThread]
  thread.reply({ kind: 'refused', number: thread.posted[0]!.number, reason: 'full' })
  isEzchatError(await reasonOf(refused), 'POSTAGE_BUSY', true)
})

test('a failed thread fails what waits, and the next search starts another', async () => {
  const { worker, threads, signal } = setUp()
  const searches = [worker.search(TASK, { signal }), worker.search(TASK, { signal })]
  const cause = new Error('out of memory')
  threads[0]!.events.failed(cause)
  for (const search of searches) {
    const reason = await reasonOf(search)
    isEzchatError(reason, 'POSTAGE_FAILED', true)
    assert.equal((reason as Error).cause, cause)
  }
  const again = worker.search(TASK, { signal })
  assert.equal(threads.length, 2)
  const { number } = threads[1]!.posted[0]!
  // The dead say nothing that counts.
  threads[0]!.reply({ kind: 'found', number, nonce: 1n })
  threads[0]!.events.failed(cause)
  threads[1]!.reply({ kind: 'found', number, nonce: 2n })
  assert.equal(await again, 2n)
})

test('a thread that cannot be started fails the search', async () => {
  const cause = new Error('no more threads')
  const worker = threadedPostageWorker({
    startThread() {
      throw cause
    },
    randomBytes: (length) => new Uint8Array(length),
  })
  const { signal } = new AbortController()
  const reason = await reasonOf(worker.search(TASK, { signal }))
  isEzchatError(reason, 'POSTAGE_FAILED', true)
  assert.equal((reason as Error).cause, cause)
})

test('close rejects what waits, ends the thread, and nothing is searched for afterwards', async () => {
  const { worker, threads, signal } = setUp()
  const waiting = worker.search(TASK, { signal })
  const closed = worker.close()
  isEzchatError(await reasonOf(waiting), 'POSTAGE_CLOSED', false)
  await closed
  assert.equal(threads[0]!.isEnded, true)
  threads[0]!.events.failed(new Error('thread ended with code 1'))
  isEzchatError(await reasonOf(worker.search(TASK, { signal })), 'POSTAGE_CLOSED', false)
  assert.equal(threads.length, 1)
  await worker.close()
})

test('a task that no network sets is our bug and does not reach the thread', async () => {
  const { worker, threads, signal } = setUp()
  const short = { ...TASK, contentHash: new Uint8Array(31) }
  assert.ok((await reasonOf(worker.search(short, { signal }))) instanceof AssertionError)
  const half = { ...TASK, trialsExpected: 0.5 }
  assert.ok((await reasonOf(worker.search(half, { signal }))) instanceof AssertionError)
  await settle()
  assert.equal(threads.length, 0)
})
