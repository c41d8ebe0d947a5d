// What every implementation refuses before it computes, so that all of them agree: crypto.md §3.
// A key or R that is not canonical or is of small order, and an S that is not below the group order.
import { fromHex } from '../codec/bytes.ts'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './lengths.ts'

const FIELD_PRIME = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
const GROUP_ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
// The y coordinates of the eight points of small order; the sign bit is ignored.
const SMALL_ORDER: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex)

/** Little-endian at an offset, below a bound. Public values: no need for constant time. */
function isBelow(bytes: Uint8Array, offset: number, mask: number, bound: Uint8Array): boolean {
  const top = bytes[offset + 31]! & mask
  if (top !== bound[31]!) return top < bound[31]!
  for (let i = 30; i >= 0; i--) {
    const difference = bytes[offset + i]! - bound[i]!
    if (difference !== 0) return difference < 0
  }
  return false
}

function isSmallOrder(bytes: Uint8Array): boolean {
  for (const small of SMALL_ORDER) {
    if ((bytes[31]! & 0x7f) !== small[31]!) continue
    let i = 0
    while (i < 31 && bytes[i] === small[i]) i++
    if (i === 31) return true
  }
  return false
}

/** Of the first 32 bytes: the key's, or R's. */
function isAcceptablePoint(bytes: Uint8Array): boolean {
  return isBelow(bytes, 0, 0x7f, FIELD_PRIME) && !isSmallOrder(bytes)
}

/** Necessary, not sufficient: whether the point is on the curve shows when it is used. */
export function isAcceptableEd25519Key(publicKey: Uint8Array): boolean {
  return publicKey.length === PUBLIC_KEY_BYTES && isAcceptablePoint(publicKey)
}

export function isAcceptableEd25519Signature(signature: Uint8Array): boolean {
  return (
    signature.length === SIGNATURE_BYTES &&
    isAcceptablePoint(signature) &&
    isBelow(signature, 32, 0xff, GROUP_ORDER)
  )
}
