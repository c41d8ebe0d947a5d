// Bodies of requests byte by byte, as requests.md lays them out, and with one defect each.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, JsonObject, Vector } from '../../vector.ts'

const SHARDED = ['hello', 'shards', 'load', 'roots', 'fetch', 'watch', 'carriers']
const SHARD_BITS = 4

export const of = (...values: readonly number[]) => Uint8Array.from(values)
export const u16 = (value: number) => of(value >> 8, value & 0xff)
export const u32 = (value: number) =>
  of(value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff)
export const fill = (length: number, value: number) => new Uint8Array(length).fill(value)
export const row = (...parts: readonly Uint8Array[]) => concatBytes(...parts)
export const prefixed = (bytes: Uint8Array) => row(u16(bytes.length), bytes)
export const envelope = (value: number) => row(of(1), fill(1024, value))
export const hints = (...list: readonly string[]) =>
  row(of(list.length), ...list.map((text) => prefixed(utf8(text))))

export interface Body {
  readonly body: Uint8Array
  readonly zeroBytes?: number
}

function vector(entry: string, name: string, note: string, { body, zeroBytes }: Body) {
  const input: JsonObject = { body: toHex(body) }
  if (zeroBytes !== undefined) input.zeroBytes = zeroBytes
  if (SHARDED.includes(entry)) input.shardBits = SHARD_BITS
  return { format: 'request', name, note, entry, input }
}

export type Rest = Uint8Array | Body
const bodied = (rest: Rest): Body => (rest instanceof Uint8Array ? { body: rest } : rest)

export function good(entry: string, name: string, note: string, rest: Rest, output: Json): Vector {
  return { ...vector(entry, name, note, bodied(rest)), expect: 'ok', output }
}

export function bad(
  entry: string,
  name: string,
  note: string,
  code: ErrorCode,
  rest: Rest,
): Vector {
  const expect = ERROR_TABLE.get(code)!.failure
  return { ...vector(entry, name, note, bodied(rest)), expect, code }
}

export const HINT = '/ip4/192.0.2.1/tcp/7001'
