// Everything that changes the store goes through here, one write at a time. What comes while a
// write is under way shares the next one, so that a busy store pays for one fsync where an idle
// one makes nobody wait for a timer.
import { EzchatError } from '../errors.ts'
import { STORE_GROUP_BYTES_MAX, STORE_GROUP_COUNT_MAX, STORE_QUEUE_BYTES_MAX } from '../limits.ts'
import type { Draft } from './draft.ts'
import type { KeyValue } from './key-value.ts'
import { failureOf } from './store-failure.ts'

/** A change: what it adds to the draft, or an error before it has added anything. */
export interface Change<T> {
  readonly bytes: number
  readonly sync: boolean
  /** Keys that `plan` wants, read for all changes of a group at once. */
  readonly reads: readonly Uint8Array[]
  plan(draft: Draft, read: readonly (Uint8Array | null)[]): Promise<T> | T
}

interface Waiting {
  readonly change: Change<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (reason: unknown) => void
}

interface Planned {
  readonly waiting: Waiting
  readonly result: unknown
}

export interface CommitQueueInit {
  readonly keyValue: KeyValue
  readonly newDraft: () => Draft
  readonly onCommit: (draft: Draft) => void
}

export class CommitQueue {
  readonly #init: CommitQueueInit
  #waiting: Waiting[] = []
  #bytesWaiting = 0
  #running: Promise<void> | null = null
  #failure: EzchatError | null = null
  #isClosed = false

  constructor(init: CommitQueueInit) {
    this.#init = init
  }

  /** Why nothing more is written until the store is opened again. */
  get failure(): EzchatError | null {
    return this.#failure
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Resolves when the change is on disk. */
  async submit<T>(change: Change<T>): Promise<T> {
    if (this.#isClosed) throw new EzchatError('STORE_CLOSED')
    if (this.#failure !== null) throw this.#failure
    if (this.#bytesWaiting + change.bytes > STORE_QUEUE_BYTES_MAX) {
      throw new EzchatError('STORE_BUSY')
    }
    const done = new Promise<T>((resolve, reject) => {
      const settle = resolve as (result: unknown) => void
      this.#waiting.push({ change, resolve: settle, reject })
    })
    this.#bytesWaiting += change.bytes
    this.#running ??= this.#run()
    return done
  }

  /** What was submitted is still written. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #run(): Promise<void> {
    await null // Whoever submits in the same turn is in the first group.
    while (this.#waiting.length > 0) await this.#commit(this.#takeGroup())
    this.#running = null
  }

  #takeGroup(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { change } of this.#waiting) {
      bytes += change.bytes
      if (count > 0 && bytes > STORE_GROUP_BYTES_MAX) break
      if (++count === STORE_GROUP_COUNT_MAX) break
    }
    const group = this.#waiting.slice(0, count)
    this.#waiting = this.#waiting.slice(count)
    for (const { change } of group) this.#bytesWaiting -= change.bytes
    return group
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const { keyValue, newDraft, onCommit } = this.#init
    const draft = newDraft()
    let planned: readonly Planned[]
    try {
      if (this.#failure !== null) throw this.#failure
      planned = await this.#plan(draft, group)
      const operations = draft.operations()
      const sync = planned.some(({ waiting }) => waiting.change.sync)
      if (operations.length > 0) await keyValue.write(operations, { sync })
    } catch (error: unknown) {
      // After a failed write the disk may hold all, a part or nothing of it, and a second fsync
      // that succeeds proves nothing: nobody is told "stored" until the store was opened again.
      this.#failure ??= failureOf(error)
      for (const { reject } of group) reject(this.#failure)
      return
    }
    draft.publish()
    onCommit(draft)
    for (const { waiting, result } of planned) waiting.resolve(result)
  }

  async #plan(draft: Draft, group: readonly Waiting[]): Promise<Planned[]> {
    const reads = group.flatMap(({ change }) => change.reads)
    const read = reads.length > 0 ? await this.#init.keyValue.getMany(reads) : []
    const planned: Planned[] = []
    let at = 0
    for (const waiting of group) {
      const end = at + waiting.change.reads.length
      try {
        const result = await waiting.change.plan(draft, read.slice(at, end))
        planned.push({ waiting, result })
      } catch (error: unknown) {
        if (!(error instanceof EzchatError && error.code === 'STORE_FULL')) throw error
        waiting.reject(error)
      }
      at = end
    }
    return planned
  }
}
