// Lookups in the DHT cost a tenth of a second of CPU each: who asks for the same at one time shares
// one, and what was found is kept for a while.
import type { Clock } from '@ezchat/protocol/ports.ts'
import { deadline } from '../deadline.ts'
import { EzchatError } from '../errors.ts'
import { LOOKUP_MS_MAX, LOOKUPS_AT_ONCE_MAX, LOOKUPS_KEPT_MAX } from '../limits.ts'

export interface LookupsInit<T> {
  readonly clock: Clock
  readonly keepMs: number
  /** Answers with what it has when the signal aborts. */
  readonly run: (key: string, signal: AbortSignal) => Promise<T>
  /** What is not kept is asked for again. */
  readonly isWorthKeeping: (found: T) => boolean
}

interface Running<T> {
  readonly result: Promise<T>
  readonly stop: AbortController
  waiters: number
}

export class Lookups<T> {
  readonly #init: LookupsInit<T>
  readonly #kept = new Map<string, { readonly found: T; readonly untilMs: number }>()
  readonly #running = new Map<string, Running<T>>()

  constructor(init: LookupsInit<T>) {
    this.#init = init
  }

  async get(key: string, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    const kept = this.#kept.get(key)
    if (kept !== undefined && this.#init.clock.monotonicMs() < kept.untilMs) return kept.found
    const running = this.#running.get(key) ?? this.#start(key)
    running.waiters++
    try {
      return await unlessAborted(running.result, signal)
    } finally {
      running.waiters--
      if (running.waiters === 0) this.#leave(key, running)
    }
  }

  /** What is known to have changed. */
  forget(key: string): void {
    this.#kept.delete(key)
  }

  #start(key: string): Running<T> {
    if (this.#running.size >= LOOKUPS_AT_ONCE_MAX) {
      throw new EzchatError('PEER_BUSY', { detail: 'too many lookups' })
    }
    const stop = new AbortController()
    const limit = deadline(this.#init.clock, LOOKUP_MS_MAX, stop.signal)
    const result = this.#init.run(key, limit.signal).finally(() => {
      limit.end()
      if (this.#running.get(key) === running) this.#running.delete(key)
    })
    const running: Running<T> = { result, stop, waiters: 0 }
    this.#running.set(key, running)
    // Nobody may be waiting any more when it fails.
    result.then(
      (found) => this.#keep(key, found),
      () => undefined,
    )
    return running
  }

  /** Whoever comes next begins anew: what is being stopped has less to say. */
  #leave(key: string, running: Running<T>): void {
    running.stop.abort()
    if (this.#running.get(key) === running) this.#running.delete(key)
  }

  #keep(key: string, found: T): void {
    if (!this.#init.isWorthKeeping(found)) return
    this.#kept.delete(key)
    this.#kept.set(key, { found, untilMs: this.#init.clock.monotonicMs() + this.#init.keepMs })
    if (this.#kept.size <= LOOKUPS_KEPT_MAX) return
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined) this.#kept.delete(oldest)
  }
}

/** Rejects with the signal's reason as soon as it aborts, whatever the work does. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
