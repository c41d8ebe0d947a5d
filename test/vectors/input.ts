// Takes the fields of a vector's input. Whatever is missing is a mistake of the vector's builder.
import { fromHex } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { JsonObject } from './vector.ts'

export function text(input: JsonObject, field: string): string {
  const value = input[field]
  assert(typeof value === 'string', `vector input ${field}: expected text`)
  return value
}

export function number(input: JsonObject, field: string): number {
  const value = input[field]
  assert(typeof value === 'number', `vector input ${field}: expected a number`)
  return value
}

export function bytes(input: JsonObject, field: string): Uint8Array {
  return fromHex(text(input, field))
}

export function secret(input: JsonObject, field: string): Secret {
  return Secret.adopt(bytes(input, field))
}

export function list(input: JsonObject, field: string): readonly Uint8Array[] {
  const value = input[field]
  assert(Array.isArray(value), `vector input ${field}: expected a list`)
  return value.map((item) => {
    assert(typeof item === 'string', `vector input ${field}: expected hex`)
    return fromHex(item)
  })
}
