// The carriers of one shard that we know of, in the order in which they are to be tried.
import type { PeerId } from '@ezchat/protocol/ports.ts'
import {
  BOOK_FAILED_COUNT_MAX,
  BOOK_FAILED_MS_MAX,
  BOOK_FAILED_MS_MIN,
  BOOK_FOUND_COUNT_MAX,
  BOOK_SERVED_COUNT_MAX,
  BOOK_TOLD_BY_ONE_COUNT_MAX,
  BOOK_TOLD_COUNT_MAX,
} from '../limits.ts'

export interface KnownCarrier {
  readonly peer: PeerId
  servedCount: number
  servedAtSeconds: number
  /** In a row. */
  failedCount: number
  failedAtMs: number
  /** Who told us; null for the DHT, an invite and ourselves. */
  readonly toldBy: PeerId | null
}

/** Whoever has served goes only for others that have served: a liar has no way in. */
export class ShardCarriers {
  readonly #served = new Map<PeerId, KnownCarrier>()
  readonly #told = new Map<PeerId, KnownCarrier>()

  get peers(): PeerId[] {
    return [...this.#served.keys(), ...this.#told.keys()]
  }

  get served(): Iterable<KnownCarrier> {
    return this.#served.values()
  }

  /** When one of them served last; 0 for never. */
  get servedAtSeconds(): number {
    let latest = 0
    for (const carrier of this.#served.values()) latest = Math.max(latest, carrier.servedAtSeconds)
    return latest
  }

  get(peer: PeerId): KnownCarrier | null {
    return this.#served.get(peer) ?? this.#told.get(peer) ?? null
  }

  /** Returns who had to go for it. */
  markServed(peer: PeerId, atSeconds: number): PeerId | null {
    const known = this.get(peer) ?? newCarrier(peer, null)
    const servedCount = Math.min(known.servedCount + 1, 0xffffffff)
    return this.restore({ ...known, servedCount, servedAtSeconds: atSeconds, failedCount: 0 })
  }

  restore(carrier: KnownCarrier): PeerId | null {
    this.#told.delete(carrier.peer)
    this.#served.delete(carrier.peer)
    this.#served.set(carrier.peer, carrier)
    if (this.#served.size <= BOOK_SERVED_COUNT_MAX) return null
    const worst = [...this.#served.values()].reduce((a, b) => (isWorse(b, a) ? b : a))
    this.#served.delete(worst.peer)
    return worst.peer
  }

  /** Somebody whom we only see connected is noted too: else it would be tried again at once. */
  markFailed(peer: PeerId, nowMs: number): void {
    if (this.get(peer) === null) this.#put(newCarrier(peer, null))
    const known = this.get(peer)!
    known.failedCount++
    known.failedAtMs = nowMs
  }

  /** False when it is known, or its teller has told of enough. */
  addTold(peer: PeerId, toldBy: PeerId | null): boolean {
    if (this.get(peer) !== null) return false
    const byOne = [...this.#told.values()].filter((other) => other.toldBy === toldBy)
    const most = toldBy === null ? BOOK_FOUND_COUNT_MAX : BOOK_TOLD_BY_ONE_COUNT_MAX
    if (byOne.length >= most) return false
    this.#put(newCarrier(peer, toldBy))
    return true
  }

  #put(carrier: KnownCarrier): void {
    if (this.#told.size >= BOOK_TOLD_COUNT_MAX) {
      const worst = [...this.#told.values()].reduce((a, b) =>
        b.failedCount > a.failedCount ? b : a,
      )
      this.#told.delete(worst.peer)
    }
    this.#told.set(carrier.peer, carrier)
  }
}

function newCarrier(peer: PeerId, toldBy: PeerId | null): KnownCarrier {
  return { peer, servedCount: 0, servedAtSeconds: 0, failedCount: 0, failedAtMs: 0, toldBy }
}

function isWorse(a: KnownCarrier, b: KnownCarrier): boolean {
  if (a.failedCount !== b.failedCount) return a.failedCount > b.failedCount
  return a.servedAtSeconds < b.servedAtSeconds
}

/** After failures a carrier is tried last for a while, which doubles. */
export function isResting({ failedCount, failedAtMs }: KnownCarrier, nowMs: number): boolean {
  if (failedCount === 0) return false
  const restMs = Math.min(BOOK_FAILED_MS_MIN * 2 ** (failedCount - 1), BOOK_FAILED_MS_MAX)
  return nowMs - failedAtMs < restMs
}

/** Somebody who may be expected to serve. */
export function isUsable({ failedCount }: KnownCarrier): boolean {
  return failedCount < BOOK_FAILED_COUNT_MAX
}
