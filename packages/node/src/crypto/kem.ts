// ML-KEM-768 by OpenSSL 3.5, which Node has from 24.7 on.
import nodeCrypto, { type KeyObject } from 'node:crypto'
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import {
  MLKEM_CIPHERTEXT_BYTES,
  MLKEM_PUBLIC_BYTES,
  MLKEM_SEED_BYTES,
} from '@ezchat/protocol/crypto/lengths.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { plainBytes } from './bytes.ts'
import { MLKEM768, publicKeys, secretKeys } from './key-objects.ts'

export type Kem = Pick<Crypto, 'mlkemPublic' | 'mlkemEncapsulate' | 'mlkemDecapsulate'>

/** Of node:crypto, where they are missing before 24.7. */
export interface KemPlatform {
  readonly encapsulate?: (key: KeyObject) => { sharedKey: Buffer; ciphertext: Buffer }
  readonly decapsulate?: (key: KeyObject, ciphertext: Uint8Array) => Buffer
}

function build({ encapsulate, decapsulate }: Required<KemPlatform>): Kem {
  const secrets = secretKeys(MLKEM768)
  const keys = publicKeys(MLKEM768)
  return {
    mlkemPublic: secrets.publicBytes,
    mlkemEncapsulate(publicKey) {
      if (publicKey.length !== MLKEM_PUBLIC_BYTES) throw new ProtocolError('KEY_LENGTH')
      try {
        const { sharedKey, ciphertext } = encapsulate(keys(publicKey))
        return {
          ciphertext: plainBytes(ciphertext),
          shared: Secret.adopt(plainBytes(sharedKey)),
        }
      } catch (cause) {
        throw new ProtocolError('KEY_INVALID', 'ML-KEM modulus check', { cause })
      }
    },
    mlkemDecapsulate(seed, ciphertext) {
      const privateKey = secrets.privateKey(seed)
      if (ciphertext.length !== MLKEM_CIPHERTEXT_BYTES) {
        throw new ProtocolError('KEY_LENGTH', 'ML-KEM ciphertext')
      }
      return Secret.adopt(plainBytes(decapsulate(privateKey, ciphertext)))
    },
  }
}

// SHA-256 of the public key that FIPS 203 gives for the seed 00 01 … 3f.
const PROBE_SHA256 = '0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9'

function holds(kem: Kem): boolean {
  const seed = Secret.adopt(Uint8Array.from({ length: MLKEM_SEED_BYTES }, (_, i) => i))
  const publicKey = kem.mlkemPublic(seed)
  if (nodeCrypto.hash('sha256', publicKey) !== PROBE_SHA256) return false
  const { ciphertext, shared } = kem.mlkemEncapsulate(publicKey)
  return equalBytes(kem.mlkemDecapsulate(seed, ciphertext).reveal(), shared.reveal())
}

/** Null where this Node has no ML-KEM-768, or one whose keys are not those of FIPS 203. */
export function nativeKem(platform: KemPlatform = nodeCrypto): Kem | null {
  const { encapsulate, decapsulate } = platform
  if (encapsulate === undefined || decapsulate === undefined) return null
  const kem = build({ encapsulate, decapsulate })
  try {
    return holds(kem) ? kem : null
  } catch {
    return null // Built against a library without it.
  }
}
