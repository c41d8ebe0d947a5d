// What waits to be pushed to one carrier: several envelopes in one request, and a second request
// on its way while the first is being written to a disk.
import type { PeerId } from '@ezchat/protocol/ports.ts'
import { COURIER_PUSH_BYTES_MAX, COURIER_PUSH_COUNT_MAX, COURIER_PUSHES_MAX } from '../limits.ts'

export interface Parcel {
  readonly envelope: Uint8Array
  /** Nobody waits for it any more. */
  readonly isOver: boolean
}

export interface LaneInit<T extends Parcel> {
  readonly peer: PeerId
  /** Never rejects. */
  readonly send: (lane: Lane<T>, batch: readonly T[]) => Promise<void>
  /** Whatever was asked of it is done. */
  readonly onIdle: (lane: Lane<T>) => void
}

export class Lane<T extends Parcel> {
  readonly peer: PeerId
  /** A request has been under way for long: others come first until it answers. */
  isSlow = false
  readonly #init: LaneInit<T>
  #waiting: T[] = []
  #sendingCount = 0
  #isScheduled = false

  constructor(init: LaneInit<T>) {
    this.#init = init
    this.peer = init.peer
  }

  add(parcel: T): void {
    this.#waiting.push(parcel)
    this.#schedule()
  }

  /** Those that are not under way yet leave. */
  takeWaiting(): T[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting
  }

  /** Whatever is added in the same turn travels together. */
  #schedule(): void {
    if (this.#isScheduled || this.#sendingCount >= COURIER_PUSHES_MAX) return
    this.#isScheduled = true
    Promise.resolve().then(() => {
      this.#isScheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    while (this.#sendingCount < COURIER_PUSHES_MAX) {
      const batch = this.#takeBatch()
      if (batch.length === 0) break
      this.#sendingCount += 1
      this.#init.send(this, batch).then(() => {
        this.#sendingCount -= 1
        this.#flush()
      })
    }
    if (this.#sendingCount === 0 && this.#waiting.length === 0) this.#init.onIdle(this)
  }

  #takeBatch(): T[] {
    const batch: T[] = []
    let bytes = 0
    let taken = 0
    for (const parcel of this.#waiting) {
      if (!parcel.isOver) {
        if (batch.length === COURIER_PUSH_COUNT_MAX) break
        if (batch.length > 0 && bytes + parcel.envelope.length > COURIER_PUSH_BYTES_MAX) break
        bytes += parcel.envelope.length
        batch.push(parcel)
      }
      taken += 1
    }
    this.#waiting = this.#waiting.slice(taken)
    return batch
  }
}
