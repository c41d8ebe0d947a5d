import type { Clock } from '@ezchat/protocol/ports.ts'
import type { BudgetShare } from './budget.ts'

/** A peer's request that is under way, and what it has been charged. */
export class Incoming {
  readonly id: number
  readonly method: string
  readonly sinceMs: number
  isWithdrawn = false
  readonly #controller = new AbortController()
  readonly #share: BudgetShare
  #bytes: number

  /** The share has been asked for the bytes already. */
  constructor(clock: Clock, share: BudgetShare, { id, method, bytes }: IncomingFields) {
    this.id = id
    this.method = method
    this.sinceMs = clock.monotonicMs()
    this.#share = share
    this.#bytes = bytes
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  withdraw(reason: Error): void {
    this.isWithdrawn = true
    this.#controller.abort(reason)
  }

  /** From now on only so much is kept. */
  keep(bytes: number): void {
    this.#share.give(this.#bytes - bytes)
    this.#bytes = bytes
  }
}

export interface IncomingFields {
  readonly id: number
  readonly method: string
  readonly bytes: number
}
