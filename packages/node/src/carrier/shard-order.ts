// Which shards are nearest to a peer, so that without asking anybody each shard has its own nodes.
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'

/** carrier.md §2: all shards, the nearest to the peer first. */
export function shardsByDistance(
  crypto: Crypto,
  network: { readonly id: Uint8Array; readonly shardBits: number },
  peerKey: Uint8Array,
): number[] {
  // Whoever chooses a peer key chooses it for one network only.
  const place = crypto.sha256(concatBytes(network.id, peerKey))[0]! >> (8 - network.shardBits)
  const shards = Array.from({ length: 2 ** network.shardBits }, (_, shard) => shard)
  return shards.sort((a, b) => (a ^ place) - (b ^ place))
}
