// mailbox.md §2 a second time: a door's key of a day, and signatures by it.
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { sha3_256 } from '@noble/hashes/sha3.js'
import { secretOf, u64 } from './pieces.ts'

const { Point } = ed25519
const { Fn } = Point
const BASE_POINT =
  '(15112221349535400772501151409588531511454012693041857206046113283949847762202, ' +
  '46316835694926478169428394003475163141307993866256225615783033603165251855960)'

export interface DoorKey {
  readonly mailbox: Uint8Array
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** A door's secret in the network of the vectors. */
export function secretIn(doorSecret: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8('ezchat/v1/hash/door\0'), secretOf('network'), doorSecret))
}

/** Of the identity with this seed, for this secret (or none) and period. */
export function doorKey(seed: Uint8Array, doorSecret: Uint8Array, period: number): DoorKey {
  const identityKey = ed25519.getPublicKey(seed)
  const h = sha3_256(
    concatBytes(
      utf8('Derive temporary signing key\0'),
      identityKey,
      secretIn(doorSecret),
      utf8(BASE_POINT),
      utf8('key-blind'),
      u64(BigInt(period)),
      u64(1440n),
    ),
  )
  h[0]! &= 248
  h[31]! &= 63
  h[31]! |= 64
  const { scalar } = ed25519.utils.getExtendedPublicKey(seed)
  const secret = Fn.mul(Fn.create(scalar), Fn.create(bytesToNumberLE(h)))
  const mailbox = Point.BASE.multiply(secret).toBytes()
  const sign = (message: Uint8Array): Uint8Array => {
    const hash = (...parts: Uint8Array[]) =>
      Fn.create(bytesToNumberLE(sha512(concatBytes(...parts))))
    const r = hash(utf8('vector nonce'), seed, mailbox, message)
    const commitment = Point.BASE.multiply(r).toBytes()
    const s = Fn.add(r, Fn.mul(hash(commitment, mailbox, message), secret))
    return concatBytes(commitment, numberToBytesLE(s, 32))
  }
  return { mailbox, sign }
}
