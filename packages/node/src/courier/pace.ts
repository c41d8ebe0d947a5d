// How fast our own messages may go into the stem. A neighbour refuses what is beyond its limits, and
// whatever it refuses this node delivers by itself: an author in a hurry would show itself.
import type { Clock } from '@ezchat/protocol/ports.ts'
import {
  COURIER_STEM_BURST_MS,
  COURIER_STEM_BYTES_PER_SECOND,
  COURIER_STEM_PER_SECOND,
} from '../limits.ts'

export class Pace {
  readonly #clock: Clock
  #freeAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How long this one has to wait for its turn, which is its own from now on. */
  reserve(bytes: number): number {
    const nowMs = this.#clock.monotonicMs()
    const startMs = Math.max(this.#freeAtMs, nowMs - COURIER_STEM_BURST_MS)
    const perMessage = 1000 / COURIER_STEM_PER_SECOND
    const perBytes = (bytes * 1000) / COURIER_STEM_BYTES_PER_SECOND
    this.#freeAtMs = startMs + Math.max(perMessage, perBytes)
    return Math.max(0, Math.ceil(startMs - nowMs))
  }
}
