// What every implementation refuses before it computes, so that all of them agree (libsodium's rule):
// a key or R that is not canonical or is of small order, and an S that is not below the group order.
import { fromHex } from '../codec/bytes.ts'

const FIELD_PRIME = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
const GROUP_ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
// The y coordinates of the eight points of small order; the sign bit is ignored.
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex)

/** Little-endian and public: no need for constant time. */
function isBelow(value: Uint8Array, bound: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    if (value[i]! !== bound[i]!) return value[i]! < bound[i]!
  }
  return false
}

function isAcceptablePoint(encoded: Uint8Array): boolean {
  if (encoded.length !== 32) return false
  const y = Uint8Array.from(encoded)
  y[31]! &= 0x7f
  if (!isBelow(y, FIELD_PRIME)) return false
  return !SMALL_ORDER.some((small) => small.every((byte, i) => byte === y[i]))
}

/** Necessary, not sufficient: whether the point is on the curve shows when it is used. */
export function isAcceptableEd25519Key(publicKey: Uint8Array): boolean {
  return isAcceptablePoint(publicKey)
}

export function isAcceptableEd25519Signature(signature: Uint8Array): boolean {
  if (signature.length !== 64) return false
  return (
    isAcceptablePoint(signature.subarray(0, 32)) && isBelow(signature.subarray(32), GROUP_ORDER)
  )
}
