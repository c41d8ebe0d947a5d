// How much of the disk each peer may have us look through for nothing: a question of fifty bytes can
// cost fifty milliseconds. What is found is paid for by its way to the peer.
import type { Clock, PeerId } from '@ezchat/protocol/ports.ts'
import { NEIGHBOUR_COUNT_MAX } from '../limits.ts'
import { Rate } from './rate.ts'

export interface Allowance {
  readonly perSecond: number
  readonly burst: number
}

export class ReadAllowance {
  readonly #clock: Clock
  readonly #allowance: Allowance
  readonly #rates = new Map<PeerId, Rate>()

  constructor(clock: Clock, allowance: Allowance) {
    this.#clock = clock
    this.#allowance = allowance
  }

  /** Whether it has anything left: what a question costs is known when it was answered. */
  isOpen(peer: PeerId): boolean {
    return this.#of(peer).isOpen
  }

  spend(peer: PeerId, steps: number): void {
    this.#of(peer).spend(steps)
  }

  #of(peer: PeerId): Rate {
    const known = this.#rates.get(peer)
    if (known !== undefined) return known
    const [oldest] = this.#rates.keys()
    if (this.#rates.size >= NEIGHBOUR_COUNT_MAX && oldest !== undefined) this.#rates.delete(oldest)
    const rate = new Rate(this.#clock, this.#allowance.perSecond, this.#allowance.burst)
    this.#rates.set(peer, rate)
    return rate
  }
}
