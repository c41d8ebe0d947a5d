// The key of a closed network: network.md §3.
import { equalBytes } from '../codec/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { KEY_LABELS } from '../crypto/labels.ts'
import { assertLength, HASH_BYTES, KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import type { Network } from './descriptor.ts'

/** At random and never from a password: the check lets anybody who sees it try guesses. */
export function createNetworkKey(crypto: Crypto): Secret {
  return Secret.adopt(crypto.randomBytes(KEY_BYTES))
}

/** Public, and of no use for finding the key. */
export function networkKeyCheck(crypto: Crypto, key: Secret): Uint8Array {
  assertLength('network key', key.length, KEY_BYTES)
  return Uint8Array.from(derive(crypto, KEY_LABELS.networkKeyCheck, key, [], HASH_BYTES).reveal())
}

/** An open network has no key; a closed one has exactly one. */
export function isKeyOf(crypto: Crypto, network: Network, key: Secret | null): boolean {
  if (network.keyCheck === null) return key === null
  return key !== null && equalBytes(networkKeyCheck(crypto, key), network.keyCheck)
}
