// The implementation that runs anywhere: @noble/*, with randomness from the host.
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { sha3_256 } from '@noble/hashes/sha3.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { ProtocolError } from '../errors.ts'
import type { Crypto, Encapsulation, RandomSource } from './crypto.ts'
import { isAcceptableEd25519Key, isAcceptableEd25519Signature } from './ed25519-rules.ts'
import * as lengths from './lengths.ts'
import { Secret } from './secret.ts'

const { Point } = ed25519
const { Fn } = Point

export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!isAcceptableEd25519Key(publicKey) || !isAcceptableEd25519Signature(signature)) return false
  const r = signature.subarray(0, 32)
  try {
    const point = Point.fromBytes(publicKey)
    const s = Fn.create(bytesToNumberLittleEndian(signature.subarray(32)))
    const h = Fn.create(bytesToNumberLittleEndian(sha512(concatBytes(r, publicKey, message))))
    // RFC 8032 §5.1.7 without the cofactor, as OpenSSL and BoringSSL do: compare the encodings.
    const expected = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(h))
    return equalBytes(expected.toBytes(), r)
  } catch {
    return false // The key is not on the curve.
  }
}

function bytesToNumberLittleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
  return value
}

function openOrNull(open: () => Uint8Array): Uint8Array | null {
  try {
    return open()
  } catch {
    return null // noble throws for one reason that depends on the bytes: the tag.
  }
}

/** FIPS 203 with chosen coins; for vectors, never for messages. */
export function encapsulateWithCoins(publicKey: Uint8Array, coins: Secret): Encapsulation {
  lengths.assertLength('ML-KEM coins', coins.length, 32)
  if (publicKey.length !== lengths.MLKEM_PUBLIC_BYTES) throw new ProtocolError('KEY_LENGTH')
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, coins.reveal())
    return { ciphertext: cipherText, shared: Secret.adopt(sharedSecret) }
  } catch (cause) {
    throw new ProtocolError('KEY_INVALID', 'ML-KEM modulus check', { cause })
  }
}

function checkAead(key: Secret, nonce: Uint8Array, nonceBytes: number): void {
  lengths.assertLength('AEAD key', key.length, lengths.KEY_BYTES)
  lengths.assertLength('AEAD nonce', nonce.length, nonceBytes)
}

export function nobleCrypto(random: RandomSource): Crypto {
  // Expanding a seed costs as much as decapsulating: once per secret.
  const mlkemKeys = new WeakMap<Secret, { publicKey: Uint8Array; secretKey: Uint8Array }>()
  const expandMlkem = (seed: Secret) => {
    lengths.assertLength('ML-KEM seed', seed.length, lengths.MLKEM_SEED_BYTES)
    const known = mlkemKeys.get(seed)
    if (known !== undefined) return known
    const made = ml_kem768.keygen(seed.reveal())
    mlkemKeys.set(seed, made)
    return made
  }

  return {
    name: 'noble',
    randomBytes: random,
    sha256: (data) => sha256(data),
    sha512: (data) => sha512(data),
    sha3of256: (data) => sha3_256(data),
    hmacSha256: (key, data) => hmac(sha256, key.reveal(), data),
    hkdfSha256: ({ key, salt, info, length }) =>
      Secret.adopt(hkdf(sha256, key.reveal(), salt, info, length)),

    chachaSeal(key, nonce, associated, plain) {
      checkAead(key, nonce, lengths.CHACHA_NONCE_BYTES)
      return chacha20poly1305(key.reveal(), nonce, associated).encrypt(plain)
    },
    chachaOpen(key, nonce, associated, sealed) {
      checkAead(key, nonce, lengths.CHACHA_NONCE_BYTES)
      return openOrNull(() => chacha20poly1305(key.reveal(), nonce, associated).decrypt(sealed))
    },
    xchachaSeal(key, nonce, associated, plain) {
      checkAead(key, nonce, lengths.XCHACHA_NONCE_BYTES)
      return xchacha20poly1305(key.reveal(), nonce, associated).encrypt(plain)
    },
    xchachaOpen(key, nonce, associated, sealed) {
      checkAead(key, nonce, lengths.XCHACHA_NONCE_BYTES)
      return openOrNull(() => xchacha20poly1305(key.reveal(), nonce, associated).decrypt(sealed))
    },

    x25519Public: (secret) => x25519.getPublicKey(secret.reveal()),
    x25519Shared(secret, publicKey) {
      if (publicKey.length !== lengths.PUBLIC_KEY_BYTES) throw new ProtocolError('KEY_LENGTH')
      lengths.assertLength('X25519 secret', secret.length, lengths.KEY_BYTES)
      try {
        return Secret.adopt(x25519.getSharedSecret(secret.reveal(), publicKey))
      } catch (cause) {
        throw new ProtocolError('KEY_INVALID', 'X25519 point of small order', { cause })
      }
    },

    ed25519Public: (seed) => ed25519.getPublicKey(seed.reveal()),
    ed25519Sign: (seed, message) => ed25519.sign(message, seed.reveal()),
    ed25519Verify: verifyEd25519,

    mlkemPublic: (seed) => expandMlkem(seed).publicKey.slice(),
    mlkemEncapsulate: (publicKey) => encapsulateWithCoins(publicKey, Secret.adopt(random(32))),
    mlkemDecapsulate(seed, ciphertext) {
      if (ciphertext.length !== lengths.MLKEM_CIPHERTEXT_BYTES) {
        throw new ProtocolError('KEY_LENGTH', 'ML-KEM ciphertext')
      }
      return Secret.adopt(ml_kem768.decapsulate(ciphertext, expandMlkem(seed).secretKey))
    },
  }
}
