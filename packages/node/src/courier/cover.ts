// Dummies at random times, to mailboxes of our own: they go through the outbox, the postage and the
// stem like everything else, and end when they are stored.
import { BUCKETS_BYTES } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { type EnvelopeRules, isAllowedSize } from '@ezchat/protocol/envelope/rules.ts'
import { sealDummy } from '@ezchat/protocol/envelope/seal.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { CourierItem } from './event.ts'
import { REFERENCE_BYTES } from './layout.ts'
import type { Schedule } from './schedule.ts'
import type { DummyAddress } from './seams.ts'

export interface CoverInit {
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly clock: Clock
  readonly schedule: Schedule
  /** Null while there is nowhere to send them. */
  readonly address: () => DummyAddress | null
  readonly submit: (item: CourierItem) => void
}

export class Cover {
  readonly #init: CoverInit
  #cancel: (() => void) | null = null

  constructor(init: CoverInit) {
    this.#init = init
  }

  start(): void {
    if (this.#cancel !== null) return
    const { clock, schedule } = this.#init
    this.#cancel = clock.after(schedule.coverMs(), () => {
      this.#cancel = null
      this.#send()
      this.start()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #send(): void {
    const { crypto, network, clock, schedule, address, submit } = this.#init
    const to = address()
    if (to === null) return
    const sizes = BUCKETS_BYTES.filter((bytes) => isAllowedSize(network, bytes))
    const bucketBytes = sizes[schedule.coverSize(sizes.length)]!
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    const envelope = sealDummy(crypto, network, { ...to, nowSeconds, bucketBytes })
    submit({ reference: crypto.randomBytes(REFERENCE_BYTES), envelope })
  }
}
