// What one carrier accepts all carriers of the shard come to hold, at once. carrier.md §4

import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import { decodeGossipBatch, type GossipBatch } from '@ezchat/protocol/request/gossip-batch.ts'
import {
  GOSSIP_BATCH_MS,
  GOSSIP_DROPS_BURST,
  GOSSIP_DROPS_PER_SECOND,
  GOSSIP_NOVELTY_BURST,
  GOSSIP_NOVELTY_PER_SECOND,
  GOSSIP_SPREAD_MS,
  GOSSIP_WAITING_BYTES_MAX,
  NEIGHBOUR_COUNT_MAX,
} from '../limits.ts'
import type { Door, Reception } from './door.ts'
import { GossipOutbox } from './gossip-outbox.ts'
import { chance } from './random.ts'
import { Rate } from './rate.ts'

export type Verdict = 'accept' | 'ignore' | 'reject'

type ToldEnvelope = Pick<Envelope, 'shard' | 'id' | 'bytes'>

export interface GossipInit {
  readonly crypto: Pick<Crypto, 'randomBytes'>
  readonly wire: Wire
  readonly clock: Clock
  readonly network: Network
  readonly door: Door
  readonly report: (error: unknown) => void
}

interface Allowance {
  readonly envelopes: Rate
  readonly drops: Rate
  /** Of what was not looked at: beyond it nobody honest is so loud. */
  readonly overflow: Rate
}

/**
 * What a neighbour tells is what all of its neighbours told it, and what anybody pushed there: more
 * than we look at is no fault. A multiple of it is.
 */
const OVERFLOW_FACTOR = 3
const NEW: Reception = { kind: 'new' }

export class Gossip {
  /** Batches that were not published, or not looked at, for want of room. */
  droppedCount = 0
  readonly #init: GossipInit
  readonly #outbox: GossipOutbox
  readonly #subscriptions = new Map<number, () => void>()
  readonly #allowances = new Map<PeerId, Allowance>()
  #publishingBytes = 0

  constructor(init: GossipInit) {
    this.#init = init
    const publish = (shard: number, batch: Uint8Array) => this.#publish(shard, batch)
    this.#outbox = new GossipOutbox({ clock: init.clock, publish })
  }

  /**
   * Only what was pushed, or is our own: what came by gossip has been told already. It was pushed to
   * several of us: whoever tells it first spares the others, and what is our own others tell before.
   */
  tellEnvelope({ shard, id, bytes }: ToldEnvelope, isOwn: boolean): void {
    if (!this.#subscriptions.has(shard)) return
    const { crypto } = this.#init
    const delayMs = GOSSIP_BATCH_MS + GOSSIP_SPREAD_MS * (chance(crypto) + (isOwn ? 1 : 0))
    this.#outbox.addEnvelope(shard, { id, bytes, delayMs })
  }

  tellDrop(shard: number, drop: Uint8Array): void {
    if (this.#subscriptions.has(shard)) this.#outbox.addDrop(shard, drop)
  }

  subscribe(shard: number): void {
    if (this.#subscriptions.has(shard)) return
    const end = this.#init.wire.subscribe(shard, (peer, batch) => this.#hear(shard, peer, batch))
    this.#subscriptions.set(shard, end)
  }

  unsubscribe(shard: number): void {
    this.#subscriptions.get(shard)?.()
    this.#subscriptions.delete(shard)
  }

  forget(peer: PeerId): void {
    this.#allowances.delete(peer)
  }

  close(): void {
    this.#outbox.close()
    for (const shard of [...this.#subscriptions.keys()]) this.unsubscribe(shard)
    this.#allowances.clear()
  }

  #publish(shard: number, batch: Uint8Array): void {
    // Reconciliation brings what is not told.
    if (this.#publishingBytes + batch.length > GOSSIP_WAITING_BYTES_MAX) {
      this.droppedCount++
      return
    }
    this.#publishingBytes += batch.length
    this.#init.wire
      .publish(shard, batch)
      .catch(this.#init.report)
      .finally(() => {
        this.#publishingBytes -= batch.length
      })
  }

  async #hear(shard: number, peer: PeerId, bytes: Uint8Array): Promise<Verdict> {
    const batch = this.#decode(peer, bytes)
    if (batch === null) return 'reject'
    const { envelopes, drops, overflow } = this.#allowanceOf(peer)
    const isAllowed = envelopes.take(batch.envelopes.length) && drops.take(batch.drops.length)
    if (!isAllowed) {
      this.droppedCount++
      const count = batch.envelopes.length + batch.drops.length
      if (!overflow.take(count)) this.#init.wire.penalise(peer, 'flood')
      return 'ignore'
    }
    const receptions = [
      ...(await this.#init.door.takeEnvelopes(batch.envelopes, peer, shard)),
      ...(await this.#init.door.takeDrops(batch.drops, peer)),
    ]
    // What we have and have not told yet is told by passing this on, and not once more by ourselves.
    return verdictOf(receptions.map((one) => (this.#isUntold(shard, one) ? NEW : one)))
  }

  #isUntold(shard: number, reception: Reception): boolean {
    if (reception.kind !== 'known' || reception.id === undefined) return false
    return this.#outbox.takeBack(shard, reception.id)
  }

  #decode(peer: PeerId, bytes: Uint8Array): GossipBatch | null {
    try {
      return decodeGossipBatch(bytes)
    } catch (error: unknown) {
      if (!(error instanceof ProtocolError)) throw error
      this.#init.wire.penalise(peer, 'malformed')
      return null
    }
  }

  #allowanceOf(peer: PeerId): Allowance {
    const known = this.#allowances.get(peer)
    if (known !== undefined) return known
    if (this.#allowances.size >= NEIGHBOUR_COUNT_MAX) {
      const oldest = this.#allowances.keys().next().value
      if (oldest !== undefined) this.#allowances.delete(oldest)
    }
    const { clock } = this.#init
    const allowance = {
      envelopes: new Rate(clock, GOSSIP_NOVELTY_PER_SECOND, GOSSIP_NOVELTY_BURST),
      drops: new Rate(clock, GOSSIP_DROPS_PER_SECOND, GOSSIP_DROPS_BURST),
      overflow: new Rate(
        clock,
        GOSSIP_NOVELTY_PER_SECOND * OVERFLOW_FACTOR,
        GOSSIP_NOVELTY_BURST * OVERFLOW_FACTOR,
      ),
    }
    this.#allowances.set(peer, allowance)
    return allowance
  }
}

/** Whatever nobody should have passed on is refused; what brings nothing new ends here. */
export function verdictOf(receptions: readonly Reception[]): Verdict {
  const kinds = new Set(receptions.map(({ kind }) => kind))
  if (kinds.has('wrong')) return 'reject'
  // By another clock, or in another store, it may have a place: others judge for themselves.
  if (kinds.has('untimely') || kinds.has('busy') || kinds.has('full')) return 'ignore'
  return kinds.has('new') ? 'accept' : 'ignore'
}
