// Memory that strangers may have of us. Each has a floor of its own, and then there is a pool: who
// takes all of the pool takes nobody's floor.
import { assert } from '@ezchat/protocol/errors.ts'

export interface BudgetLimits {
  readonly floorBytes: number
  readonly shareBytesMax: number
  readonly poolBytesMax: number
}

export class Budget {
  readonly limits: BudgetLimits
  #pooledBytes = 0
  #usedBytes = 0

  constructor(limits: BudgetLimits) {
    this.limits = limits
  }

  /** Of all shares together. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  share(): BudgetShare {
    return new BudgetShare(this)
  }

  /** A share grows or shrinks; false when the pool has no room for what is above its floor. */
  change(fromBytes: number, toBytes: number): boolean {
    const floor = this.limits.floorBytes
    const pooled = Math.max(0, toBytes - floor) - Math.max(0, fromBytes - floor)
    if (pooled > 0 && this.#pooledBytes + pooled > this.limits.poolBytesMax) return false
    this.#pooledBytes += pooled
    this.#usedBytes += toBytes - fromBytes
    return true
  }
}

export class BudgetShare {
  readonly #budget: Budget
  #bytes = 0

  constructor(budget: Budget) {
    this.#budget = budget
  }

  get bytes(): number {
    return this.#bytes
  }

  take(bytes: number): boolean {
    const after = this.#bytes + bytes
    if (after > this.#budget.limits.shareBytesMax) return false
    if (!this.#budget.change(this.#bytes, after)) return false
    this.#bytes = after
    return true
  }

  give(bytes: number): void {
    assert(bytes <= this.#bytes, `gave back ${bytes} of ${this.#bytes} bytes`)
    this.#budget.change(this.#bytes, this.#bytes - bytes)
    this.#bytes -= bytes
  }
}
