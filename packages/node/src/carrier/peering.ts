// Keeps a few other carriers of each of our shards connected, for gossip and reconciliation, and of
// those shards to which we have delivered lately: the next envelope need not wait for a dial.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock, Wire } from '@ezchat/protocol/ports.ts'
import { within } from '../deadline.ts'
import {
  PEERING_COUNT_MIN,
  PEERING_DIAL_COUNT_MAX,
  PEERING_DIAL_MS_MAX,
  PEERING_MISSED_MS,
  PEERING_PERIOD_MS,
  PEERING_SEARCH_MS_MAX,
  PEERING_WARM_COUNT,
  PEERING_WARM_MS_MAX,
  PEERING_WARM_SHARD_COUNT_MAX,
} from '../limits.ts'
import type { CarrierBook } from './carrier-book.ts'
import type { Neighbours } from './neighbours.ts'
import { jittered, shuffled } from './random.ts'

export interface PeeringInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  readonly book: CarrierBook
  readonly neighbours: Neighbours
  readonly carried: () => readonly number[]
}

interface Turn {
  readonly connected: ReadonlySet<string>
  /** In this turn. */
  readonly dialled: Set<string>
}

export class Peering {
  readonly #init: PeeringInit
  readonly #closing = new AbortController()
  #cancelTimer: () => void
  /** Of those that are kept connected for what is to be delivered. */
  readonly #missedAtMs = new Map<string, number>()
  #searchAtMs = 0
  #searchWaitMs = PEERING_PERIOD_MS

  constructor(init: PeeringInit) {
    this.#init = init
    this.#cancelTimer = this.#after()
  }

  close(): void {
    this.#closing.abort()
    this.#cancelTimer()
  }

  #after(): () => void {
    const { clock, crypto } = this.#init
    return clock.after(jittered(crypto, PEERING_PERIOD_MS, 0.3), () => {
      const turn: Turn = {
        connected: new Set(this.#init.wire.peers().map(({ peer }) => peer)),
        dialled: new Set(),
      }
      this.#connect(turn)
      this.#warm(turn)
      this.#cancelTimer = this.#after()
    })
  }

  #connect(turn: Turn): void {
    const { crypto, book, neighbours, carried } = this.#init
    for (const shard of shuffled(crypto, carried())) {
      if (turn.dialled.size >= PEERING_DIAL_COUNT_MAX) return
      const missing = PEERING_COUNT_MIN - neighbours.carriersOf(shard).length
      if (missing <= 0) continue
      const away = book.known(shard).filter((peer) => !turn.connected.has(peer))
      if (away.length < missing) this.#search(shard)
      for (const peer of away.slice(0, missing)) {
        this.#dialOnce(turn, peer, () => book.failed(peer, shard))
      }
    }
  }

  /** Only carriers that would be asked first in any case. That one is away now says little of it. */
  #warm(turn: Turn): void {
    const { clock, book, carried } = this.#init
    const nowMs = clock.monotonicMs()
    for (const [peer, atMs] of this.#missedAtMs) {
      if (nowMs - atMs >= PEERING_MISSED_MS) this.#missedAtMs.delete(peer)
    }
    const isCarried = new Set(carried())
    const sinceSeconds = Math.floor((clock.nowMs() - PEERING_WARM_MS_MAX) / 1000)
    const others = book.shardsServedSince(sinceSeconds).filter((shard) => !isCarried.has(shard))
    for (const shard of others.slice(0, PEERING_WARM_SHARD_COUNT_MAX)) {
      const known = book.known(shard).filter((peer) => !this.#missedAtMs.has(peer))
      for (const peer of known.slice(0, PEERING_WARM_COUNT)) {
        if (!turn.connected.has(peer)) {
          this.#dialOnce(turn, peer, () => this.#missedAtMs.set(peer, clock.monotonicMs()))
        }
      }
    }
  }

  #dialOnce({ dialled }: Turn, peer: string, failed: () => void): void {
    if (dialled.size >= PEERING_DIAL_COUNT_MAX || dialled.has(peer)) return
    dialled.add(peer)
    const { wire, clock } = this.#init
    const dial = (signal: AbortSignal) => wire.connect(peer, { signal })
    within(clock, PEERING_DIAL_MS_MAX, dial, this.#closing.signal).catch(() => {
      if (!this.#closing.signal.aborted) failed()
    })
  }

  /** What is found is tried at the next turn. In a network that has no more, less and less often. */
  #search(shard: number): void {
    const { clock, book } = this.#init
    const nowMs = clock.monotonicMs()
    if (nowMs < this.#searchAtMs) return
    this.#searchAtMs = nowMs + this.#searchWaitMs
    const before = book.carrierCount
    const settle = () => {
      const isFruitful = book.carrierCount > before
      const waitMs = isFruitful ? PEERING_PERIOD_MS : this.#searchWaitMs * 2
      this.#searchWaitMs = Math.min(waitMs, PEERING_SEARCH_MS_MAX)
    }
    book.search(shard).then(settle, settle)
  }
}
