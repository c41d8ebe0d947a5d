// One client of the control API, over any pipe that carries lines. Events are read from where they
// are kept as fast as the client takes them, so that a slow client costs no memory.
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { ControlEvent } from '@ezchat/protocol/control/methods.ts'
import {
  decodeRpc,
  encodeFailure,
  encodeNotification,
  encodeResult,
  type RpcRequest,
} from '@ezchat/protocol/control/rpc.ts'
import type { SyncingView } from '@ezchat/protocol/control/values.ts'
import { CONTROL_ANSWERS_MAX, CONTROL_EVENTS_COUNT_MAX, CONTROL_REQUESTS_MAX } from '../limits.ts'
import { checkParams, checkResult, dispatch, isMethod, type Verbs } from './dispatcher.ts'
import type { EventSource } from './event-source.ts'
import { failureFrom } from './failure-from.ts'
import { NO_PROGRESS, type ProgressSource } from './progress-source.ts'

export interface Pipe {
  /** Resolves when there is room for the next line. Rejects when the client is gone. */
  write(line: string): Promise<void>
  close(): void
}

export interface ConnectionInit {
  readonly verbs: Verbs
  readonly events: EventSource
  readonly progress?: ProgressSource
  readonly pipe: Pipe
  /** Told of what was our own fault. */
  readonly onBug: (error: unknown) => void
}

export class ControlConnection {
  readonly #init: ConnectionInit
  readonly #ended = new AbortController()
  #underWayCount = 0
  #answersCount = 0
  #watch: AbortController | null = null
  #startStream: (() => void) | null = null

  constructor(init: ConnectionInit) {
    this.#init = init
  }

  /** Answers when it can; several requests may be under way at once. */
  receive(line: string): void {
    if (this.#ended.signal.aborted || line.trim() === '') return
    void this.#answer(line)
  }

  end(): void {
    this.#ended.abort(new Failure('STOPPING'))
    this.#watch?.abort()
  }

  async #answer(line: string): Promise<void> {
    // Whoever asks and does not read would have us keep all that was answered.
    if (this.#answersCount >= CONTROL_ANSWERS_MAX) {
      this.end()
      this.#init.pipe.close()
      return
    }
    this.#answersCount++
    await this.#answerOne(line)
    this.#answersCount--
  }

  async #answerOne(line: string): Promise<void> {
    let request: RpcRequest | null = null
    try {
      const incoming = decodeRpc(line)
      // A client answers nothing that we ask: we ask nothing.
      if (incoming.kind !== 'request') return
      request = incoming.request
      const result = await this.#serve(request)
      if (request.id !== null) await this.#write(encodeResult(request.id, result))
      // After the answer: a client knows where the stream begins before it sees any of it.
      if (request.method === 'watch') this.#startStream?.()
    } catch (error: unknown) {
      const failure = failureFrom(error)
      if (failure.code === 'INTERNAL') this.#init.onBug(error)
      if (request === null || request.id !== null) {
        await this.#write(encodeFailure(request?.id ?? null, failure.body))
      }
    }
  }

  async #serve({ method, params }: RpcRequest): Promise<unknown> {
    if (!isMethod(method)) throw new Failure('UNKNOWN_METHOD', method.slice(0, 64))
    if (method === 'watch') return this.#startWatch(params)
    if (method === 'unwatch') return this.#stopWatch(params)
    if (this.#underWayCount >= CONTROL_REQUESTS_MAX) throw new Failure('BUSY')
    this.#underWayCount++
    try {
      const { signal } = this.#ended
      return await dispatch(this.#init.verbs, method, params, { signal })
    } finally {
      this.#underWayCount--
    }
  }

  async #startWatch(params: unknown): Promise<unknown> {
    const { events } = this.#init
    const { cursor = events.cursor } = checkParams('watch', params)
    // Reads once, so that a cursor which was never given out is refused in the answer.
    await events.after(cursor, 1)
    this.#watch?.abort()
    const watch = new AbortController()
    this.#watch = watch
    this.#startStream = () => {
      this.#startStream = null
      void this.#stream(cursor, watch.signal)
    }
    return checkResult('watch', { cursor })
  }

  #stopWatch(params: unknown): unknown {
    checkParams('unwatch', params)
    this.#watch?.abort()
    this.#watch = null
    return {}
  }

  async #stream(from: string, signal: AbortSignal): Promise<void> {
    const { events, progress = NO_PROGRESS } = this.#init
    let cursor = from
    let wake: (() => void) | null = null
    let isNew = true
    let told: SyncingView | null = null
    const look = () => {
      isNew = true
      wake?.()
    }
    const stops = [events.onNew(look), progress.onChange(look)]
    signal.addEventListener('abort', () => wake?.(), { once: true })
    try {
      while (!signal.aborted) {
        if (!isNew) await new Promise<void>((resolve) => (wake = resolve))
        wake = null
        isNew = false
        const page = await events.after(cursor, CONTROL_EVENTS_COUNT_MAX)
        if (page.events.length > 0) isNew = true
        if (signal.aborted) return
        await Promise.all(
          page.events.map((event) => this.#write(encodeNotification('event', event))),
        )
        cursor = page.cursor
        const { current } = progress
        if (current === told || signal.aborted) continue
        told = current
        await this.#write(encodeNotification('event', progressEvent(cursor, current)))
      }
    } catch (error: unknown) {
      this.#init.onBug(error)
      this.#init.pipe.close()
    } finally {
      for (const stop of stops) stop()
    }
  }

  async #write(line: string): Promise<void> {
    if (this.#ended.signal.aborted) return
    try {
      await this.#init.pipe.write(line)
    } catch {
      // The client is gone: nobody is left to be told.
      this.end()
    }
  }
}

/** A client that goes on from the last cursor it saw misses nothing by this one. */
function progressEvent(cursor: string, syncing: SyncingView | null): ControlEvent {
  return { cursor, at: new Date().toISOString(), kind: 'progress', syncing }
}
