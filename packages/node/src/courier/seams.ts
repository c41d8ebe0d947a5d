// What the courier wants of the carrier beside it: small, so that a fake is a few lines.
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import type { PushOutcome } from '@ezchat/protocol/request/push.ts'

/** Who carries which shard, as far as anybody knows. */
export interface CarrierSource {
  /** The best first. May ask others, so it must not be called for what goes down the stem. */
  carriersOf(shard: number, options: { readonly signal: AbortSignal }): Promise<readonly PeerId[]>
  /** What is known already: asks nobody, and so tells nobody what we are about. */
  known(shard: number): readonly PeerId[]
  served(peer: PeerId, shard: number): void
  failed(peer: PeerId, shard: number): void
}

/** One answer for each envelope, in their order. */
export type Push = (
  peer: PeerId,
  envelopes: readonly Uint8Array[],
  options: { readonly signal: AbortSignal },
) => Promise<readonly PushOutcome[]>

/** This node as a carrier: its own door into its own store. */
export interface OwnCarrier {
  carries(shard: number): boolean
  take(envelopes: readonly Uint8Array[]): Promise<readonly PushOutcome[]>
}

/** Which neighbours take part in the stem; the wire says who is there. */
export interface StemPeers {
  isStem(peer: PeerId): boolean
  /** Something has changed about this one. */
  watch(listener: (peer: PeerId) => void): () => void
}

/** A mailbox of our own user, to which dummies are sent. */
export interface DummyAddress {
  readonly shard: number
  readonly mailbox: Uint8Array
  readonly key: Secret
}
