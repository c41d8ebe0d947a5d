import { ROOT_ENTROPY_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { KEY_LABELS } from '../crypto/labels.ts'
import { assertLength, KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'

/** What the words stand for. Only the device that was set up from them holds it. */
export interface RootKeys {
  /** The identity's public key, which is what an address spells. */
  readonly identityKey: Uint8Array
  /** RFC 8032 seed of the identity key. */
  readonly signSeed: Secret
  readonly backupKey: Secret
  /** The door that invites name unless their writer opens another one. */
  readonly doorSecret: Secret
}

export function drawRoot(crypto: Crypto): Secret {
  return Secret.adopt(crypto.randomBytes(ROOT_ENTROPY_BYTES))
}

/** identity.md §2. */
export function deriveRootKeys(crypto: Crypto, root: Secret): RootKeys {
  assertLength('root entropy', root.length, ROOT_ENTROPY_BYTES)
  const signSeed = derive(crypto, KEY_LABELS.identitySign, root, [], KEY_BYTES)
  return {
    identityKey: crypto.ed25519Public(signSeed),
    signSeed,
    backupKey: derive(crypto, KEY_LABELS.identityBackup, root, [], KEY_BYTES),
    doorSecret: derive(crypto, KEY_LABELS.identityDoor, root, [], KEY_BYTES),
  }
}
