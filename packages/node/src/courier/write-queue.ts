// All that the courier writes, one write at a time: what comes meanwhile shares the next one.
import type { KeyValue, KeyValueOperation } from '@ezchat/protocol/ports.ts'
import { EzchatError } from '../errors.ts'
import { failureOf } from '../store/store-failure.ts'

interface Waiting {
  readonly operations: readonly KeyValueOperation[]
  readonly isSync: boolean
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

export class WriteQueue {
  readonly #keyValue: KeyValue
  readonly #onFailure: (error: EzchatError) => void
  #waiting: Waiting[] = []
  #running: Promise<void> | null = null
  #failure: EzchatError | null = null
  #isClosed = false

  constructor(keyValue: KeyValue, onFailure: (error: EzchatError) => void) {
    this.#keyValue = keyValue
    this.#onFailure = onFailure
  }

  /** Resolves when it is written; with `isSync`, when it outlives a loss of power. */
  write(operations: readonly KeyValueOperation[], isSync = false): Promise<void> {
    if (this.#isClosed) return Promise.reject(new EzchatError('STORE_CLOSED'))
    if (this.#failure !== null) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operations, isSync, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** What was asked for is still written. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #run(): Promise<void> {
    await null // Whatever is asked for in the same turn is in the first write.
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      await this.#commit(group)
    }
    this.#running = null
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      if (this.#failure !== null) throw this.#failure
      const operations = group.flatMap((waiting) => waiting.operations)
      const sync = group.some(({ isSync }) => isSync)
      await this.#keyValue.write(operations, { sync })
    } catch (cause: unknown) {
      const error = this.#failure ?? failureOf(cause)
      const isFirst = this.#failure === null
      this.#failure = error
      for (const { reject } of group) reject(error)
      if (isFirst) this.#onFailure(error)
      return
    }
    for (const { resolve } of group) resolve()
  }
}
