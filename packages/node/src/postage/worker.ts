// The postage port on a thread of whatever kind: it is started by the first search, and again after
// it failed. Searches are told apart by number; what a thread says about others is late news.
import type { RandomSource } from '@ezchat/protocol/crypto/crypto.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { PostageProgress, PostageTask, PostageWorker } from '@ezchat/protocol/ports.ts'
import { thresholdOf } from '@ezchat/protocol/postage/price.ts'
import { startSearch } from '@ezchat/protocol/postage/search.ts'
import type { PostageReply, PostageRequest } from '@ezchat/protocol/postage/worker-messages.ts'
import { EzchatError } from '../errors.ts'

export interface Thread {
  post(request: PostageRequest): void
  /** Whether the process stays for it. */
  hold(held: boolean): void
  end(): Promise<void>
}

export interface ThreadEvents {
  replied(reply: PostageReply): void
  /** It is gone, or as good as gone. */
  failed(cause: unknown): void
}

export type StartThread = (events: ThreadEvents) => Thread

export interface ClosablePostageWorker extends PostageWorker {
  /** Rejects what still waits. Nothing can be searched for afterwards. */
  close(): Promise<void>
}

interface SearchOptions {
  readonly signal: AbortSignal
  readonly onProgress?: (progress: PostageProgress) => void
}

/** One search that somebody waits for. Ends once, by `found` or `failed`. */
interface Waiting {
  readonly trialsExpected: number
  readonly onProgress: SearchOptions['onProgress']
  found(nonce: bigint): void
  failed(reason: unknown): void
}

class ThreadedPostageWorker implements ClosablePostageWorker {
  readonly #startThread: StartThread
  readonly #randomBytes: RandomSource
  readonly #waiting = new Map<number, Waiting>()
  #thread: Thread | null = null
  #numberNext = 0
  #isClosed = false

  constructor(startThread: StartThread, randomBytes: RandomSource) {
    this.#startThread = startThread
    this.#randomBytes = randomBytes
  }

  async search(task: PostageTask, options: SearchOptions): Promise<bigint> {
    options.signal.throwIfAborted()
    if (this.#isClosed) throw new EzchatError('POSTAGE_CLOSED')
    const fromNonce = drawNonce(this.#randomBytes)
    startSearch(task.contentHash, task.trialsExpected, fromNonce) // Our mistakes show here.
    if (thresholdOf(task.trialsExpected) === null) return 0n
    const thread = this.#running()
    // A clone takes the whole buffer behind a view along.
    const sent = { ...task, contentHash: Uint8Array.from(task.contentHash) }
    const number = this.#numberNext++
    return new Promise((resolve, reject) => {
      this.#wait(number, task, options, { resolve, reject })
      thread.post({ kind: 'search', number, task: sent, fromNonce })
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const thread = this.#thread
    this.#thread = null
    this.#failAll(new EzchatError('POSTAGE_CLOSED'))
    await thread?.end()
  }

  #wait(
    number: number,
    { trialsExpected }: PostageTask,
    { signal, onProgress }: SearchOptions,
    { resolve, reject }: { resolve: (nonce: bigint) => void; reject: (reason: unknown) => void },
  ): void {
    const cancel = () => {
      this.#thread?.post({ kind: 'cancel', number })
      failed(signal.reason)
    }
    const ended = () => {
      signal.removeEventListener('abort', cancel)
      this.#waiting.delete(number)
      if (this.#waiting.size === 0) this.#thread?.hold(false)
    }
    const failed = (reason: unknown) => {
      ended()
      reject(reason)
    }
    const found = (nonce: bigint) => {
      ended()
      resolve(nonce)
    }
    signal.addEventListener('abort', cancel)
    this.#waiting.set(number, { trialsExpected, onProgress, found, failed })
    this.#thread?.hold(true)
  }

  #running(): Thread {
    if (this.#thread !== null) return this.#thread
    const started: Thread = this.#start({
      replied: (reply) => {
        if (this.#thread === started) this.#replied(reply)
      },
      failed: (cause) => {
        if (this.#thread !== started) return
        this.#thread = null
        this.#failAll(new EzchatError('POSTAGE_FAILED', { cause }))
      },
    })
    this.#thread = started
    return started
  }

  #start(events: ThreadEvents): Thread {
    try {
      return this.#startThread(events)
    } catch (cause: unknown) {
      throw new EzchatError('POSTAGE_FAILED', { cause })
    }
  }

  #replied(reply: PostageReply): void {
    const search = this.#waiting.get(reply.number)
    if (search === undefined) return
    if (reply.kind === 'found') {
      search.found(reply.nonce)
    } else if (reply.kind === 'progress') {
      this.#progressed(reply, search)
    } else {
      assert(reply.reason === 'full', 'expected numbers that are used once')
      search.failed(new EzchatError('POSTAGE_BUSY'))
    }
  }

  #progressed({ number, trials }: PostageReply & { kind: 'progress' }, search: Waiting): void {
    try {
      search.onProgress?.({ trials, trialsExpected: search.trialsExpected })
    } catch (error: unknown) {
      // The listener's own failure is for whoever brought it, not for the other searches.
      this.#thread?.post({ kind: 'cancel', number })
      search.failed(error)
    }
  }

  #failAll(reason: EzchatError): void {
    for (const search of [...this.#waiting.values()]) search.failed(reason)
  }
}

/** Where a search starts says nothing about how long it took. */
function drawNonce(randomBytes: RandomSource): bigint {
  const bytes = randomBytes(8)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(0)
}

export function threadedPostageWorker(components: {
  readonly startThread: StartThread
  readonly randomBytes: RandomSource
}): ClosablePostageWorker {
  return new ThreadedPostageWorker(components.startThread, components.randomBytes)
}
