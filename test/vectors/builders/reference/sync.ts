// The parts of sync.md's messages, put together from numbers.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { JsonObject } from '../../vector.ts'
import { packSymbols, symbolsOf } from './riblt.ts'

export const SHARD = 7
export const SALT_I = new Uint8Array(16).fill(0x11)
export const SALT_R = new Uint8Array(16).fill(0x22)
export const DAY = 20_000

export type Part = Uint8Array | readonly number[]

export const join = (...parts: readonly Part[]): Uint8Array =>
  concatBytes(...parts.map((part) => Uint8Array.from(part)))
export const u16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff]
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)]
export const zeros = (length: number): Uint8Array => new Uint8Array(length)
export const message = (kind: number, ...parts: readonly Part[]): Uint8Array =>
  join([1, kind, SHARD], ...parts)

export function id(number: number): Uint8Array {
  return sha256(utf8(`vector sync: ${number}`))
}

export const ids = (from: number, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => id(from + at))
export const shorts = (all: readonly Uint8Array[]): Uint8Array[] =>
  all.map((one) => one.subarray(16))
/** Packed, ascending. */
export const packed = (shortIds: readonly Uint8Array[]): Uint8Array =>
  concatBytes(...shortIds.toSorted((a, b) => (toHex(a) < toHex(b) ? -1 : 1)))
export const listOf = (shortIds: readonly Uint8Array[]): Uint8Array =>
  join(u16(shortIds.length), packed(shortIds))
/** So many ids that ascend. */
export const counted = (count: number): Uint8Array =>
  join(...Array.from({ length: count }, (_, at) => [...u32(at), ...zeros(12)]))

export type IdsByDay = { readonly [day: string]: readonly Uint8Array[] }

export const setInput = (set: IdsByDay): JsonObject =>
  Object.fromEntries(Object.entries(set).map(([day, all]) => [day, all.map(toHex)]))

export function digest(all: readonly Uint8Array[]): Uint8Array {
  const sum = all.reduce((total, one) => total + BigInt(`0x${toHex(one)}`), 0n) % (1n << 256n)
  const limbs = Array.from({ length: 32 }, (_, at) => Number((sum >> BigInt(8 * (31 - at))) & 255n))
  return join(u32(all.length), limbs)
}

export const daysOf = (set: IdsByDay): [day: number, all: readonly Uint8Array[]][] =>
  Object.entries(set).map(([day, all]) => [Number(day), all])

export function root(set: IdsByDay): Uint8Array {
  const days = daysOf(set).map(([day, all]) => join(u32(day), digest(all)))
  return sha256(join(utf8('ezchat/v1/hash/sync-root\0'), SALT_I, [SHARD], ...days))
}

export function fingerprint(day: number, all: readonly Uint8Array[]): Uint8Array {
  const hashed = join(utf8('ezchat/v1/hash/sync-day\0'), SALT_I, SALT_R, u32(day), digest(all))
  return sha256(hashed).subarray(0, 16)
}

export const open = (set: IdsByDay, flag = 0): Uint8Array => message(1, [flag], SALT_I, root(set))

export function digests(set: IdsByDay): Uint8Array {
  const days = daysOf(set).map(([day, all]) =>
    join(u32(day), u32(all.length), fingerprint(day, all)),
  )
  return message(3, SALT_R, u16(days.length), ...days)
}

export const key = hkdf(
  sha256,
  join(SALT_I, SALT_R),
  zeros(0),
  join(utf8('ezchat/v1/sync/session\0'), [SHARD]),
  16,
)

/** Symbols `from` to `end` of a set, with their number in front. */
export function symbols(all: readonly Uint8Array[], from: number, end: number): Uint8Array {
  return join(u16(end - from), packSymbols(symbolsOf(key, shorts(all), end).slice(from)))
}
