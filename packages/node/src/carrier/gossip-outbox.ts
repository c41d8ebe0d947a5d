// What this carrier accepted within a few milliseconds, as few batches per shard as hold it.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { GOSSIP_BATCH_BYTES_MAX, GOSSIP_ENVELOPES_MAX } from '@ezchat/protocol/constants.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import {
  encodeGossipBatch,
  GOSSIP_BATCH_EMPTY_BYTES,
  gossipDropBytes,
  gossipEnvelopeBytes,
} from '@ezchat/protocol/request/gossip-batch.ts'
import { GOSSIP_BATCH_MS, GOSSIP_WAITING_BYTES_MAX } from '../limits.ts'

const DROPS_MAX = 255

class Waiting {
  readonly envelopes = new Map<string, Uint8Array>()
  readonly drops = new Map<string, Uint8Array>()
  bytes = GOSSIP_BATCH_EMPTY_BYTES

  get isEmpty(): boolean {
    return this.envelopes.size + this.drops.size === 0
  }
}

export interface GossipOutboxInit {
  readonly clock: Clock
  readonly publish: (shard: number, batch: Uint8Array) => void
}

export class GossipOutbox {
  readonly #init: GossipOutboxInit
  readonly #shards = new Map<number, Waiting>()
  #bytes = 0
  #cancelTimer: (() => void) | null = null

  constructor(init: GossipOutboxInit) {
    this.#init = init
  }

  addEnvelope(shard: number, id: Uint8Array, envelope: Uint8Array): void {
    const waiting = this.#roomFor(shard, gossipEnvelopeBytes(envelope), 'envelopes')
    this.#put(waiting, waiting.envelopes, toHex(id), envelope, gossipEnvelopeBytes(envelope))
  }

  addDrop(shard: number, drop: Uint8Array): void {
    const waiting = this.#roomFor(shard, gossipDropBytes(drop), 'drops')
    this.#put(waiting, waiting.drops, toHex(drop), drop, gossipDropBytes(drop))
  }

  close(): void {
    this.flush()
    this.#cancelTimer?.()
  }

  flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    for (const shard of [...this.#shards.keys()]) this.#send(shard)
  }

  /** A batch that is full goes at once. */
  #roomFor(shard: number, bytes: number, kind: 'envelopes' | 'drops'): Waiting {
    const waiting = this.#shards.get(shard)
    if (waiting !== undefined) {
      const countMax = kind === 'envelopes' ? GOSSIP_ENVELOPES_MAX : DROPS_MAX
      const isFull = waiting[kind].size >= countMax
      if (isFull || waiting.bytes + bytes > GOSSIP_BATCH_BYTES_MAX) this.#send(shard)
    }
    if (this.#bytes + bytes > GOSSIP_WAITING_BYTES_MAX) this.flush()
    const fresh = this.#shards.get(shard) ?? new Waiting()
    this.#shards.set(shard, fresh)
    return fresh
  }

  #put(
    waiting: Waiting,
    list: Map<string, Uint8Array>,
    name: string,
    bytes: Uint8Array,
    size: number,
  ): void {
    if (list.has(name)) return
    list.set(name, bytes)
    waiting.bytes += size
    this.#bytes += size
    this.#cancelTimer ??= this.#init.clock.after(GOSSIP_BATCH_MS, () => this.flush())
  }

  #send(shard: number): void {
    const waiting = this.#shards.get(shard)
    this.#shards.delete(shard)
    if (waiting === undefined || waiting.isEmpty) return
    this.#bytes -= waiting.bytes - GOSSIP_BATCH_EMPTY_BYTES
    const envelopes = [...waiting.envelopes.values()]
    this.#init.publish(shard, encodeGossipBatch({ envelopes, drops: [...waiting.drops.values()] }))
  }
}
