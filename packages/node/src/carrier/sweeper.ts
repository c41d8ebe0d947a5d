// Removes what has expired, once in a while: carrier.md §6.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import { SWEEP_CLOCK_JUMP_MS, SWEEP_PERIOD_MS } from '../limits.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { jittered } from './random.ts'

export interface SweeperInit {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: Pick<EnvelopeStore, 'sweep'>
  readonly report: (error: unknown) => void
}

export class Sweeper {
  readonly #init: SweeperInit
  #cancelTimer: () => void
  #sweeping: Promise<void> = Promise.resolve()
  #isClosed = false
  #clockSkewMs: number

  constructor(init: SweeperInit) {
    this.#init = init
    this.#clockSkewMs = skewOf(init.clock)
    this.#cancelTimer = this.#after()
  }

  /** What is being removed may take a moment. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer()
    await this.#sweeping
  }

  #after(): () => void {
    const { clock, crypto } = this.#init
    return clock.after(jittered(crypto, SWEEP_PERIOD_MS), () => {
      this.#sweeping = this.#sweep()
    })
  }

  async #sweep(): Promise<void> {
    const { clock, store, report } = this.#init
    try {
      if (!this.#hasJumped()) await store.sweep(Math.floor(clock.nowMs() / 1000))
    } catch (error: unknown) {
      report(error)
    }
    if (!this.#isClosed) this.#cancelTimer = this.#after()
  }

  /** A clock that is set wrong for a moment must not empty the store: the next sweep believes it. */
  #hasJumped(): boolean {
    const before = this.#clockSkewMs
    this.#clockSkewMs = skewOf(this.#init.clock)
    return this.#clockSkewMs - before > SWEEP_CLOCK_JUMP_MS
  }
}

function skewOf(clock: Clock): number {
  return clock.nowMs() - clock.monotonicMs()
}
