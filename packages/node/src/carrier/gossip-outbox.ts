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

export interface WaitingEnvelope {
  readonly id: Uint8Array
  readonly bytes: Uint8Array
  readonly delayMs: number
}

export interface GossipOutboxInit {
  readonly clock: Clock
  readonly publish: (shard: number, batch: Uint8Array) => void
}

export class GossipOutbox {
  readonly #init: GossipOutboxInit
  readonly #shards = new Map<number, Waiting>()
  #bytes = 0
  #dueMs = 0
  #cancelTimer: (() => void) | null = null

  constructor(init: GossipOutboxInit) {
    this.#init = init
  }

  addEnvelope(shard: number, envelope: WaitingEnvelope): void {
    const { id, bytes, delayMs } = envelope
    const waiting = this.#roomFor(shard, gossipEnvelopeBytes(bytes), 'envelopes')
    const name = toHex(id)
    if (waiting.envelopes.has(name)) return
    waiting.envelopes.set(name, bytes)
    this.#added(waiting, gossipEnvelopeBytes(bytes), delayMs)
  }

  addDrop(shard: number, drop: Uint8Array): void {
    const waiting = this.#roomFor(shard, gossipDropBytes(drop), 'drops')
    const name = toHex(drop)
    if (waiting.drops.has(name)) return
    waiting.drops.set(name, drop)
    this.#added(waiting, gossipDropBytes(drop), GOSSIP_BATCH_MS)
  }

  /** Somebody else has told it. False when it does not wait. */
  takeBack(shard: number, id: Uint8Array): boolean {
    const waiting = this.#shards.get(shard)
    const name = toHex(id)
    const envelope = waiting?.envelopes.get(name)
    if (waiting === undefined || envelope === undefined) return false
    waiting.envelopes.delete(name)
    waiting.bytes -= gossipEnvelopeBytes(envelope)
    this.#bytes -= gossipEnvelopeBytes(envelope)
    if (waiting.isEmpty) this.#shards.delete(shard)
    return true
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

  #added(waiting: Waiting, bytes: number, delayMs: number): void {
    waiting.bytes += bytes
    this.#bytes += bytes
    const { clock } = this.#init
    const dueMs = clock.monotonicMs() + delayMs
    // All that waits goes with what is due first.
    if (this.#cancelTimer !== null && this.#dueMs <= dueMs) return
    this.#cancelTimer?.()
    this.#dueMs = dueMs
    this.#cancelTimer = clock.after(delayMs, () => this.flush())
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
