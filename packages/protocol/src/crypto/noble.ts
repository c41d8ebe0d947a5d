// The implementation that runs anywhere: @noble/*, with randomness from the host.
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { argon2id } from '@noble/hashes/argon2.js'
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
import { checkedRandom } from './random.ts'
import { Secret } from './secret.ts'

const { Point } = ed25519
const { Fn } = Point

/** crypto.md §3: RFC 8032 §5.1.7 without the cofactor, comparing encodings as OpenSSL does. */
export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!isAcceptableEd25519Key(publicKey) || !isAcceptableEd25519Signature(signature)) return false
  const point = pointOrNull(publicKey)
  if (point === null) return false
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  const h = Fn.create(littleEndian(sha512(concatBytes(r, publicKey, message))))
  const expected = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(h))
  return equalBytes(expected.toBytes(), r)
}

function pointOrNull(publicKey: Uint8Array): InstanceType<typeof Point> | null {
  try {
    return Point.fromBytes(publicKey)
  } catch {
    return null // noble throws for one reason that is left: the point is not on the curve.
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
  return value
}

/** FIPS 203 with chosen coins; for vectors, never for messages. */
export function encapsulateWithCoins(publicKey: Uint8Array, coins: Secret): Encapsulation {
  lengths.assertLength('ML-KEM coins', coins.length, 32)
  if (publicKey.length !== lengths.MLKEM_PUBLIC_BYTES) throw new ProtocolError('KEY_LENGTH')
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, coins.reveal())
    return { ciphertext: cipherText, shared: adoptView(sharedSecret) }
  } catch (cause) {
    throw new ProtocolError('KEY_INVALID', 'ML-KEM modulus check', { cause })
  }
}

/** noble answers with a view of a longer buffer. */
function adoptView(bytes: Uint8Array): Secret {
  const secret = Secret.copy(bytes)
  bytes.fill(0)
  return secret
}

function openOrNull(open: () => Uint8Array): Uint8Array | null {
  try {
    return open()
  } catch {
    return null // noble throws for one reason that depends on the bytes: the tag.
  }
}

function x25519SharedSecret(secret: Secret, publicKey: Uint8Array): Secret {
  lengths.assertLength('X25519 secret', secret.length, lengths.KEY_BYTES)
  if (publicKey.length !== lengths.PUBLIC_KEY_BYTES) throw new ProtocolError('KEY_LENGTH')
  try {
    return Secret.adopt(x25519.getSharedSecret(secret.reveal(), publicKey))
  } catch (cause) {
    throw new ProtocolError('KEY_INVALID', 'X25519 point of small order', { cause })
  }
}

interface MlkemKeys {
  readonly publicKey: Uint8Array
  readonly secretKey: Uint8Array
}

/** Expanding a seed costs as much as decapsulating: once per secret. */
function mlkemExpander(): (seed: Secret) => MlkemKeys {
  const expanded = new WeakMap<Secret, MlkemKeys>()
  return (seed) => {
    // Before the look-up, since it refuses a wiped secret.
    lengths.assertLength('ML-KEM seed', seed.length, lengths.MLKEM_SEED_BYTES)
    const known = expanded.get(seed)
    if (known !== undefined) return known
    const keys = ml_kem768.keygen(seed.reveal())
    expanded.set(seed, keys)
    seed.onWipe(() => keys.secretKey.fill(0))
    return keys
  }
}

function ed25519Seed(seed: Secret): Uint8Array {
  lengths.assertLength('Ed25519 seed', seed.length, lengths.KEY_BYTES)
  return seed.reveal()
}

export function nobleCrypto(random: RandomSource): Crypto {
  const randomBytes = checkedRandom(random)
  const expandMlkem = mlkemExpander()
  return {
    name: 'noble',
    randomBytes,

    sha256: (data) => sha256(data),
    sha512: (data) => sha512(data),
    sha3of256: (data) => sha3_256(data),
    hmacSha256: (key, data) => hmac(sha256, key.reveal(), data),
    hkdfSha256({ key, salt, info, length }) {
      lengths.assertHkdfLength(length)
      return Secret.adopt(hkdf(sha256, key.reveal(), salt, info, length))
    },

    argon2id({ password, salt, memoryKib, passes }) {
      lengths.assertStretching(salt.length, memoryKib, passes)
      const cost = { m: memoryKib, t: passes, p: 1, dkLen: lengths.KEY_BYTES }
      return Secret.adopt(argon2id(password.reveal(), salt, cost))
    },

    chachaSeal(key, nonce, associated, plain) {
      lengths.assertAead(key.length, nonce.length, lengths.CHACHA_NONCE_BYTES)
      return chacha20poly1305(key.reveal(), nonce, associated).encrypt(plain)
    },
    chachaOpen(key, nonce, associated, sealed) {
      lengths.assertAead(key.length, nonce.length, lengths.CHACHA_NONCE_BYTES)
      return openOrNull(() => chacha20poly1305(key.reveal(), nonce, associated).decrypt(sealed))
    },
    xchachaSeal(key, nonce, associated, plain) {
      lengths.assertAead(key.length, nonce.length, lengths.XCHACHA_NONCE_BYTES)
      return xchacha20poly1305(key.reveal(), nonce, associated).encrypt(plain)
    },
    xchachaOpen(key, nonce, associated, sealed) {
      lengths.assertAead(key.length, nonce.length, lengths.XCHACHA_NONCE_BYTES)
      return openOrNull(() => xchacha20poly1305(key.reveal(), nonce, associated).decrypt(sealed))
    },

    x25519Public(secret) {
      lengths.assertLength('X25519 secret', secret.length, lengths.KEY_BYTES)
      return x25519.getPublicKey(secret.reveal())
    },
    x25519Generate() {
      const secret = Secret.adopt(randomBytes(lengths.KEY_BYTES))
      return { secret, publicKey: x25519.getPublicKey(secret.reveal()) }
    },
    x25519Shared: x25519SharedSecret,

    ed25519Public: (seed) => ed25519.getPublicKey(ed25519Seed(seed)),
    ed25519Sign: (seed, message) => ed25519.sign(message, ed25519Seed(seed)),
    ed25519Verify: verifyEd25519,

    mlkemPublic: (seed) => expandMlkem(seed).publicKey.slice(),
    mlkemEncapsulate(publicKey) {
      const coins = Secret.adopt(randomBytes(32))
      const encapsulation = encapsulateWithCoins(publicKey, coins)
      coins.wipe()
      return encapsulation
    },
    mlkemDecapsulate(seed, ciphertext) {
      const { secretKey } = expandMlkem(seed)
      if (ciphertext.length !== lengths.MLKEM_CIPHERTEXT_BYTES) {
        throw new ProtocolError('KEY_LENGTH', 'ML-KEM ciphertext')
      }
      return adoptView(ml_kem768.decapsulate(ciphertext, secretKey))
    },
  }
}
