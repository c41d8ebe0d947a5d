// A node's key in libp2p's hands. It is the key that signs receipts, and no identity's.
import { assertLength, KEY_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'

export async function peerPrivateKey(seed: Secret): Promise<PrivateKey> {
  assertLength('peer seed', seed.length, KEY_BYTES)
  return generateKeyPairFromSeed('Ed25519', seed.reveal())
}
