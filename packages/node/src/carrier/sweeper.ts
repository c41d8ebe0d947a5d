// Removes what has expired, once in a while: carrier.md §6.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import { SWEEP_PERIOD_MS } from '../limits.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { SureTime } from '../sure-time.ts'
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
  readonly #sureTime: SureTime

  constructor(init: SweeperInit) {
    this.#init = init
    this.#sureTime = new SureTime(init.clock)
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
    const { store, report } = this.#init
    const sureMs = this.#sureTime.nowMs()
    try {
      if (sureMs >= 0) await store.sweep(Math.floor(sureMs / 1000))
    } catch (error: unknown) {
      report(error)
    }
    if (!this.#isClosed) this.#cancelTimer = this.#after()
  }
}
