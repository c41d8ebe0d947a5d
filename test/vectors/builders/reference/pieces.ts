// Raw fields, keys of chosen kinds and links, written a second time and able to lie.
import { concatBytes, fromHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'

export const secretOf = (name: string): Uint8Array => sha256(utf8(`vector identity: ${name}`))
export const publicOf = (name: string): Uint8Array => ed25519.getPublicKey(secretOf(name))
export const exchangeOf = (name: string): Uint8Array => x25519.getPublicKey(secretOf(name))

const ORDER_EIGHT = fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')

/** Keys that no identity may have, each for one reason. */
export const WRONG_KEYS = {
  smallOrder: ORDER_EIGHT,
  torsion: ed25519.Point.fromBytes(publicOf('torsion'))
    .add(ed25519.Point.fromBytes(ORDER_EIGHT))
    .toBytes(),
  notCanonical: fromHex(`f0${'ff'.repeat(30)}7f`),
  offCurve: fromHex(`02${'00'.repeat(31)}`),
}

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value)
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255)
}

export function u32(value: number): Uint8Array {
  return concatBytes(u16(value >>> 16), u16(value & 0xffff))
}

export function u64(value: bigint): Uint8Array {
  return concatBytes(u32(Number(value >> 32n)), u32(Number(value & 0xffffffffn)))
}

export function prefixed(bytes: Uint8Array | string): Uint8Array {
  const content = typeof bytes === 'string' ? utf8(bytes) : bytes
  return concatBytes(u16(content.length), content)
}

/** RFC 4648 §5 without filler characters. */
export function base64url(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,6}/g) ?? [])
    .map((group) => alphabet[Number.parseInt(group.padEnd(6, '0'), 2)])
    .join('')
}

export function linkPayload(kind: number, body: Uint8Array): string {
  const sum = sha256(concatBytes(utf8('ezchat/v1/hash/link\0'), u8(kind), body)).subarray(0, 4)
  return base64url(concatBytes(u8(kind), body, sum))
}

export function flipped(bytes: Uint8Array, at: number, by = 1): Uint8Array {
  const index = at < 0 ? bytes.length + at : at
  return bytes.with(index, bytes[index]! ^ by)
}
