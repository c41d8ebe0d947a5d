// One job after the other, and one durable write for those that wait together. What a job changed
// in memory is released when it is on disk, and not before.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { KeyValueOperation } from '@ezchat/protocol/ports.ts'
import { EzchatError } from '../errors.ts'
import { MESSENGER_GROUP_BYTES_MAX, MESSENGER_GROUP_JOBS_MAX } from '../limits.ts'
import { closedError, type Vault } from './vault.ts'

/** Something in memory that knows what to write of itself, once for all changes of a draft. */
export interface Savable {
  save(draft: Draft): void
}

/** What the jobs of one write want of the disk, and what may happen after it. */
export class Draft {
  readonly #vault: Vault
  readonly #rows = new Map<
    string,
    { readonly key: Uint8Array; readonly plain: Uint8Array | null }
  >()
  readonly #raw: KeyValueOperation[] = []
  readonly #changed = new Set<Savable>()
  readonly #closings: (() => void)[] = []
  readonly #effects: (() => void)[] = []
  bytes = 0

  constructor(vault: Vault) {
    this.#vault = vault
  }

  /** The last word on a key counts. */
  put(key: Uint8Array, plain: Uint8Array): void {
    this.#rows.set(toHex(key), { key, plain })
    this.bytes += plain.length
  }

  remove(key: Uint8Array): void {
    this.#rows.set(toHex(key), { key, plain: null })
    this.bytes += key.length
  }

  /** Operations of another part, as they are. */
  raw(operations: readonly KeyValueOperation[]): void {
    for (const operation of operations) {
      this.#raw.push(operation)
      this.bytes += operation.value?.length ?? 0
    }
  }

  changed(savable: Savable): void {
    this.#changed.add(savable)
  }

  /** Once no more jobs join: what they want done together. It must not fail. */
  atLast(closing: () => void): void {
    this.#closings.push(closing)
  }

  /** When the write is durable. */
  after(effect: () => void): void {
    this.#effects.push(effect)
  }

  /** As it will be after this write. */
  async get(key: Uint8Array): Promise<Uint8Array | null> {
    const row = this.#rows.get(toHex(key))
    return row === undefined ? this.#vault.get(key) : row.plain
  }

  finish(): KeyValueOperation[] {
    for (const closing of this.#closings.splice(0)) closing()
    for (const savable of this.#changed) savable.save(this)
    this.#changed.clear()
    const rows = [...this.#rows.values()].map(({ key, plain }) =>
      plain === null ? { key, value: null } : this.#vault.seal(key, plain),
    )
    return [...rows, ...this.#raw]
  }

  carryOut(): void {
    for (const effect of this.#effects) effect()
  }
}

export type Job<T> = (draft: Draft) => T | Promise<T>

export interface JobTerms {
  /**
   * What it writes can be found out again after a loss of power. It is on disk before anything that
   * is written after it.
   */
  readonly isLazy?: boolean
}

interface Waiting {
  readonly isLazy: boolean
  readonly run: (draft: Draft) => Promise<() => void>
  readonly fail: (error: unknown) => void
}

export class Desk {
  readonly #vault: Vault
  readonly #onFailure: (error: unknown) => void
  #waiting: Waiting[] = []
  #isWorking = false
  #failure: unknown = null
  #idle: (() => void)[] = []

  constructor(vault: Vault, onFailure: (error: unknown) => void) {
    this.#vault = vault
    this.#onFailure = onFailure
  }

  get failure(): unknown {
    return this.#failure
  }

  /**
   * Resolves when all that the job changed is written, and durable unless it is lazy. A job that throws
   * must have changed nothing.
   */
  run<T>(job: Job<T>, { isLazy = false }: JobTerms = {}): Promise<T> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    return new Promise<T>((resolve, reject) => {
      const run = async (draft: Draft): Promise<() => void> => {
        try {
          const value = await job(draft)
          return () => resolve(value)
        } catch (error: unknown) {
          // Half of the job may be in memory: with a disk that cannot be read nothing goes on.
          if (isOfTheDisk(error)) throw error
          return () => reject(error)
        }
      }
      this.#waiting.push({ isLazy, run, fail: reject })
      if (!this.#isWorking) void this.#work()
    })
  }

  /** Nothing more is taken; what was taken is done. */
  async close(): Promise<void> {
    if (this.#isWorking) await new Promise<void>((resolve) => this.#idle.push(resolve))
    this.#failure ??= closedError()
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    while (this.#waiting.length > 0 && this.#failure === null) {
      try {
        await this.#workOnce()
      } catch (error: unknown) {
        // What is in memory may be ahead of the disk: only a new start brings them together.
        this.#failure = error
        this.#onFailure(error)
      }
    }
    for (const { fail } of this.#waiting.splice(0)) fail(this.#failure)
    this.#isWorking = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  async #workOnce(): Promise<void> {
    const draft = new Draft(this.#vault)
    const settlings: (() => void)[] = []
    const jobs: Waiting[] = []
    try {
      while (this.#waiting.length > 0) {
        if (jobs.length >= MESSENGER_GROUP_JOBS_MAX) break
        if (draft.bytes >= MESSENGER_GROUP_BYTES_MAX) break
        const next = this.#waiting.shift()!
        jobs.push(next)
        settlings.push(await next.run(draft))
      }
      const operations = draft.finish()
      const isSync = jobs.some(({ isLazy }) => !isLazy)
      if (operations.length > 0) await this.#vault.write(operations, isSync)
    } catch (error: unknown) {
      for (const { fail } of jobs) fail(error)
      throw error
    }
    draft.carryOut()
    for (const settle of settlings) settle()
  }
}

function isOfTheDisk(error: unknown): boolean {
  if (error instanceof Failure) return error.code === 'HOME_DAMAGED'
  return error instanceof EzchatError && error.code.startsWith('STORE_')
}
