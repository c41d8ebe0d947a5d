// X25519 takes any 32 bytes. What is kept or signed is held to one spelling of one useful point.
import { equalBytes, fromHex } from '../codec/bytes.ts'
import { PUBLIC_KEY_BYTES } from './lengths.ts'

// The u coordinates of small order, on the curve and on its twist (RFC 7748 §6.1: all-zero result).
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex)

/** Below 2^255 - 19, whose bytes are ed, 30 times ff, 7f. */
function isCanonical(key: Uint8Array): boolean {
  if (key[31]! > 0x7f) return false
  const isTop = key[31] === 0x7f && key.subarray(1, 31).every((byte) => byte === 0xff)
  return !isTop || key[0]! < 0xed
}

export function isAcceptableX25519Key(key: Uint8Array): boolean {
  return (
    key.length === PUBLIC_KEY_BYTES &&
    isCanonical(key) &&
    !SMALL_ORDER.some((small) => equalBytes(small, key))
  )
}
