// How what others bring enters: verified, stored, and what became of each. One door for gossip and
// reconciliation, beside the one for pushes.
import type { PeerId } from '@ezchat/protocol/ports.ts'

export type Reception =
  | { readonly kind: 'new' | 'known' }
  /** Its owner has dropped it: the drop, for whoever still offers it. */
  | { readonly kind: 'dropped'; readonly drop: Uint8Array }
  /** Out of its time, by our clock. */
  | { readonly kind: 'untimely' }
  | { readonly kind: 'busy' }
  /** Our store is full of what is worth as much. */
  | { readonly kind: 'full' }
  /** What nobody should have taken, let alone passed on. */
  | { readonly kind: 'wrong' }

export interface Door {
  /** One for each, in their order. All of them have to be of this shard. */
  takeEnvelopes(
    envelopes: readonly Uint8Array[],
    from: PeerId,
    shard: number,
  ): Promise<readonly Reception[]>
  takeDrops(drops: readonly Uint8Array[], from: PeerId): Promise<readonly Reception[]>
}
