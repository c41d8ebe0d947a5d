// Takes the fields of a vector's input. Whatever is missing is a mistake of the vector's builder.
import { fromHex } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { JsonObject } from './vector.ts'

/** How an entry gets its bytes: a plain array, a view into something larger, a Buffer. */
export type Hand = (bytes: Uint8Array) => Uint8Array

interface Session {
  readonly hand: Hand
  readonly given: { readonly bytes: Uint8Array; readonly before: Uint8Array; field: string }[]
}

const plain: Hand = (bytes) => bytes
let session: Session = { hand: plain, given: [] }

function give(hex: string, field: string): Uint8Array {
  const bytes = session.hand(fromHex(hex))
  // The whole buffer behind a view counts: nobody may write beside the view either.
  session.given.push({ bytes, before: new Uint8Array(bytes.buffer).slice(), field })
  return bytes
}

/** Runs an entry with bytes handed in one way; returns the fields whose bytes it changed. */
export function handing<T>(hand: Hand, run: () => T): { result: T; changed: readonly string[] } {
  const outer = session
  const inner: Session = { hand, given: [] }
  session = inner
  try {
    const result = run()
    return { result, changed: inner.given.filter(isChanged).map(({ field }) => field) }
  } finally {
    session = outer
  }
}

function isChanged({ bytes, before }: Session['given'][number]): boolean {
  const after = new Uint8Array(bytes.buffer)
  return after.length !== before.length || after.some((byte, at) => byte !== before[at])
}

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
  return give(text(input, field), field)
}

/** A secret's buffer is the implementation's own, to wipe as it likes. */
export function secret(input: JsonObject, field: string): Secret {
  return Secret.adopt(fromHex(text(input, field)))
}

export function list(input: JsonObject, field: string): readonly Uint8Array[] {
  const value = input[field]
  assert(Array.isArray(value), `vector input ${field}: expected a list`)
  return value.map((item, at) => {
    assert(typeof item === 'string', `vector input ${field}: expected hex`)
    return give(item, `${field}[${at}]`)
  })
}
