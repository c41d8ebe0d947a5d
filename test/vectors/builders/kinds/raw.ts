// Contents put together by hand.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, Vector } from '../../vector.ts'
import { seed, u } from '../conversation/raw.ts'

export const TARGET = seed('target')
export const NO_HASH = new Uint8Array(32)

export const prefixed = (bytes: Uint8Array, length = bytes.length): Uint8Array =>
  concatBytes(u(2, length), bytes)
export const text = (value: string): Uint8Array => prefixed(utf8(value))
export const bytes = (...parts: readonly (Uint8Array | number)[]): Uint8Array =>
  concatBytes(...parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : part)))

export function good(
  name: string,
  note: string,
  kind: number,
  content: Uint8Array,
  output: Json,
): Vector {
  return {
    format: 'kinds',
    name,
    note,
    entry: 'decode',
    input: { kind, content: toHex(content) },
    expect: 'ok',
    output,
  }
}

export function bad(
  name: string,
  note: string,
  kind: number,
  content: Uint8Array,
  code: ErrorCode,
): Vector {
  return {
    format: 'kinds',
    name,
    note,
    entry: 'decode',
    input: { kind, content: toHex(content) },
    expect: ERROR_TABLE.get(code)!.failure,
    code,
  }
}
