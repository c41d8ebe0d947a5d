// Tor v3 key blinding (rend-spec-v3, appendix A.2) of an identity key: mailbox.md §2.
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { concatBytes, utf8 } from '../codec/bytes.ts'
import { Writer } from '../codec/writer.ts'
import { DOOR_PERIOD_MINUTES, DOOR_SECRET_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assertLength, KEY_BYTES, PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'

const { Point } = ed25519
const { Fn } = Point

// Tor's strings, kept to the byte so that Tor's own test vectors hold.
const BLIND_STRING = utf8('Derive temporary signing key\0')
const NONCE_STRING = utf8('Derive temporary signing key hash input')
const PERIOD_STRING = utf8('key-blind')
const BASE_POINT_STRING = utf8(
  '(15112221349535400772501151409588531511454012693041857206046113283949847762202, ' +
    '46316835694926478169428394003475163141307993866256225615783033603165251855960)',
)

/** An identity key that has passed every check; the same one is not checked again. */
export class IdentityKey {
  readonly bytes: Uint8Array
  readonly point: InstanceType<typeof Point>

  private constructor(bytes: Uint8Array, point: InstanceType<typeof Point>) {
    this.bytes = bytes
    this.point = point
  }

  /** Throws KEY_LENGTH or KEY_INVALID. */
  static check(bytes: Uint8Array): IdentityKey {
    if (bytes.length !== PUBLIC_KEY_BYTES) throw new ProtocolError('KEY_LENGTH')
    const point = pointFrom(bytes)
    // h is reduced below, so it is no multiple of 8 any more: a key with a part of small order
    // would have one mailbox here and another one in an implementation that does not reduce.
    if (point.isSmallOrder() || !point.isTorsionFree()) {
      throw new ProtocolError('KEY_INVALID', 'outside the group of prime order')
    }
    return new IdentityKey(Uint8Array.from(bytes), point)
  }
}

function pointFrom(bytes: Uint8Array): InstanceType<typeof Point> {
  try {
    return Point.fromBytes(bytes, false)
  } catch (cause) {
    throw new ProtocolError('KEY_INVALID', 'not a point of the curve', { cause })
  }
}

export function checkIdentityKey(key: Uint8Array): IdentityKey {
  return IdentityKey.check(key)
}

/** The key of one mailbox. Not a seed: Ed25519 as libraries offer it cannot take it. */
export interface BlindedSecret {
  readonly publicKey: Uint8Array
  /** 32 bytes, little-endian, below the group order. */
  readonly scalar: Secret
  /** What makes a signature's nonce secret. Never the identity's own, never empty. */
  readonly prefix: Secret
}

/** h of mailbox.md §2, before clamping. Known to everybody who knows the key and the secret. */
export function blindingParameter(
  crypto: Crypto,
  identityKey: Uint8Array,
  doorSecret: Uint8Array,
  period: number,
): Uint8Array {
  assertLength('identity key', identityKey.length, PUBLIC_KEY_BYTES)
  assert(
    doorSecret.length === 0 || doorSecret.length === DOOR_SECRET_BYTES,
    `door secret: expected 0 or ${DOOR_SECRET_BYTES} bytes, got ${doorSecret.length}`,
  )
  assert(Number.isSafeInteger(period) && period >= 0, `expected a period, got ${period}`)
  const nonce = new Writer()
    .bytes(PERIOD_STRING)
    .u64(BigInt(period))
    .u64(BigInt(DOOR_PERIOD_MINUTES))
    .finish()
  return crypto.sha3of256(
    concatBytes(BLIND_STRING, identityKey, doorSecret, BASE_POINT_STRING, nonce),
  )
}

/** Never zero: a clamped value is below 8 l and a multiple of 8, and l is odd and prime. */
function factorOf(parameter: Uint8Array): bigint {
  assertLength('blinding parameter', parameter.length, KEY_BYTES)
  const clamped = Uint8Array.from(parameter)
  clamped[0]! &= 248
  clamped[31]! &= 63
  clamped[31]! |= 64
  return Fn.create(bytesToNumberLE(clamped))
}

/** With h given, as Tor's vectors give it. */
export function blindPoint(identityKey: IdentityKey, parameter: Uint8Array): Uint8Array {
  return identityKey.point.multiplyUnsafe(factorOf(parameter)).toBytes()
}

/** With h given. `expanded` is RFC 8032's: the clamped scalar, then the prefix. */
export function blindExpanded(
  crypto: Crypto,
  expanded: Secret,
  parameter: Uint8Array,
): BlindedSecret {
  assertLength('expanded secret', expanded.length, 2 * KEY_BYTES)
  const scalar = expanded.reveal().subarray(0, KEY_BYTES)
  const prefix = expanded.reveal().subarray(KEY_BYTES)
  const blinded = Fn.mul(Fn.create(bytesToNumberLE(scalar)), factorOf(parameter))
  return {
    publicKey: Point.BASE.multiply(blinded).toBytes(),
    scalar: Secret.adopt(numberToBytesLE(blinded, KEY_BYTES)),
    prefix: Secret.adopt(crypto.sha512(concatBytes(NONCE_STRING, prefix)).slice(0, KEY_BYTES)),
  }
}

function expand(crypto: Crypto, seed: Secret): Secret {
  assertLength('identity seed', seed.length, KEY_BYTES)
  const expanded = crypto.sha512(seed.reveal())
  expanded[0]! &= 248
  expanded[31]! &= 127
  expanded[31]! |= 64
  return Secret.adopt(expanded)
}

/** The mailbox that strangers compute. Throws KEY_LENGTH or KEY_INVALID. */
export function blindPublicKey(
  crypto: Crypto,
  identityKey: Uint8Array | IdentityKey,
  doorSecret: Uint8Array,
  period: number,
): Uint8Array {
  const key = identityKey instanceof IdentityKey ? identityKey : IdentityKey.check(identityKey)
  return blindPoint(key, blindingParameter(crypto, key.bytes, doorSecret, period))
}

/** The same mailbox, for its owner. */
export function blindSecret(
  crypto: Crypto,
  identitySeed: Secret,
  doorSecret: Uint8Array,
  period: number,
): BlindedSecret {
  const expanded = expand(crypto, identitySeed)
  const identityKey = crypto.ed25519Public(identitySeed)
  const parameter = blindingParameter(crypto, identityKey, doorSecret, period)
  const blinded = blindExpanded(crypto, expanded, parameter)
  expanded.wipe()
  return blinded
}

/** An Ed25519 signature by hand; anybody verifies it under `publicKey` as any other. */
export function signBlinded(
  crypto: Crypto,
  blinded: BlindedSecret,
  message: Uint8Array,
): Uint8Array {
  const scalarOf = (hash: Uint8Array): bigint => Fn.create(bytesToNumberLE(hash))
  const nonce = scalarOf(crypto.sha512(concatBytes(blinded.prefix.reveal(), message)))
  const commitment = Point.BASE.multiply(nonce).toBytes()
  const challenge = scalarOf(crypto.sha512(concatBytes(commitment, blinded.publicKey, message)))
  const secret = bytesToNumberLE(blinded.scalar.reveal())
  const answer = Fn.add(nonce, Fn.mul(challenge, secret))
  return concatBytes(commitment, numberToBytesLE(answer, KEY_BYTES))
}
