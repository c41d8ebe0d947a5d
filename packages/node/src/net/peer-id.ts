// The names of peers: an Ed25519 key as libp2p writes it, so that a receipt and a connection name
// the same peer.
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import { base58btc } from 'multiformats/bases/base58'

/** An identity multihash over libp2p's protobuf of an Ed25519 public key. */
const PREFIX = Uint8Array.of(0, 36, 8, 1, 18, 32)

export function peerIdOf(publicKey: Uint8Array): PeerId {
  // base58btc writes its multibase letter, which peer ids do without.
  return base58btc.encode(concatBytes(PREFIX, publicKey)).slice(1)
}

/** Null for what is no peer with an Ed25519 key. */
export function peerKeyOf(peer: PeerId): Uint8Array | null {
  if (peer.length > 64) return null
  const bytes = decode(peer)
  if (bytes === null || bytes.length !== PREFIX.length + 32) return null
  const isOurs = PREFIX.every((byte, at) => bytes[at] === byte)
  return isOurs ? bytes.slice(PREFIX.length) : null
}

function decode(peer: PeerId): Uint8Array | null {
  try {
    return base58btc.decode(`z${peer}`)
  } catch (error: unknown) {
    if (error instanceof Error) return null
    throw error
  }
}
