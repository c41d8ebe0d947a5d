// With whom we were seen to hold the same, lately: carrier.md §2 asks before a shard is left.
import type { PeerId } from '@ezchat/protocol/ports.ts'
import { RECONCILE_AGREED_MS } from '../limits.ts'
import { bitsOf, hasShard } from './shard-bits.ts'

interface Agreement {
  atMs: number
  bits: Uint8Array
}

export class Agreements {
  readonly #peers = new Map<PeerId, Agreement>()

  /** All of these were compared just now; the others that they share were not the same. */
  set(peer: PeerId, shards: readonly number[], nowMs: number): void {
    this.#peers.set(peer, { atMs: nowMs, bits: bitsOf(shards) })
  }

  /** An exchange has shown that the peer holds all that we hold of it. */
  add(peer: PeerId, shard: number, nowMs: number): void {
    const bits = bitsOf([shard])
    const known = this.#peers.get(peer)
    const isRecent = known !== undefined && nowMs - known.atMs < RECONCILE_AGREED_MS
    if (isRecent) known.bits = known.bits.map((byte, at) => byte | bits[at]!)
    else this.#peers.set(peer, { atMs: nowMs, bits })
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer)
  }

  countOf(shard: number, nowMs: number): number {
    let count = 0
    for (const { atMs, bits } of this.#peers.values()) {
      if (nowMs - atMs < RECONCILE_AGREED_MS && hasShard(bits, shard)) count++
    }
    return count
  }
}
