// Keeps a few other carriers of each of our shards connected, for gossip and reconciliation.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock, Wire } from '@ezchat/protocol/ports.ts'
import { within } from '../deadline.ts'
import {
  PEERING_COUNT_MIN,
  PEERING_DIAL_COUNT_MAX,
  PEERING_DIAL_MS_MAX,
  PEERING_PERIOD_MS,
  PEERING_SEARCH_MS_MAX,
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

export class Peering {
  readonly #init: PeeringInit
  readonly #closing = new AbortController()
  #cancelTimer: () => void
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
      this.#connect()
      this.#cancelTimer = this.#after()
    })
  }

  #connect(): void {
    const { crypto, book, neighbours, carried } = this.#init
    const dialled = new Set<string>()
    for (const shard of shuffled(crypto, carried())) {
      if (dialled.size >= PEERING_DIAL_COUNT_MAX) return
      const missing = PEERING_COUNT_MIN - neighbours.carriersOf(shard).length
      if (missing <= 0) continue
      const away = book.known(shard).filter((peer) => !this.#isConnected(peer))
      if (away.length < missing) this.#search(shard)
      for (const peer of away.slice(0, missing)) {
        if (dialled.size >= PEERING_DIAL_COUNT_MAX || dialled.has(peer)) continue
        dialled.add(peer)
        this.#dial(peer, shard)
      }
    }
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

  #isConnected(peer: string): boolean {
    return this.#init.wire.peers().some((other) => other.peer === peer)
  }

  #dial(peer: string, shard: number): void {
    const { wire, clock, book } = this.#init
    const dial = (signal: AbortSignal) => wire.connect(peer, { signal })
    within(clock, PEERING_DIAL_MS_MAX, dial, this.#closing.signal).catch(() => {
      if (!this.#closing.signal.aborted) book.failed(peer, shard)
    })
  }
}
