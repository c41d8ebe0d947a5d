// A named check that throws when it fails, and the few assertions that checks need. They run in
// Node and in a browser, hence no node:assert.
import { fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { type ErrorCode, ProtocolError } from '@ezchat/protocol/errors.ts'

export interface Check {
  readonly name: string
  readonly run: () => Promise<void>
}

export class CheckFailure extends Error {
  override readonly name = 'CheckFailure'
}

export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new CheckFailure(what)
}

/** The same bytes, in a plain Uint8Array: a Buffer's slice is a view and its JSON an object. */
export function isBytes(actual: Uint8Array, expected: Uint8Array | string, what: string): void {
  const hex = typeof expected === 'string' ? expected : toHex(expected)
  holds(actual.constructor === Uint8Array, `${what}: expected a plain Uint8Array`)
  holds(toHex(actual) === hex, `${what}: expected ${hex}, got ${toHex(actual)}`)
}

export async function failureOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run()
  } catch (error: unknown) {
    return error
  }
  return null
}

/** Their bytes are wrong. */
export async function refuses(
  run: () => Promise<unknown>,
  code: ErrorCode,
  what: string,
): Promise<void> {
  const error = await failureOf(run)
  holds(error instanceof ProtocolError, `${what}: expected ${code}, got ${error}`)
  holds(error.code === code, `${what}: expected ${code}, got ${error.code}`)
}

/** A mistake of ours. By name, since a bundle may hold two copies of a class. */
export async function asserts(run: () => Promise<unknown>, what: string): Promise<void> {
  const error = await failureOf(run)
  holds(
    error instanceof Error && error.name === 'AssertionError',
    `${what}: expected an AssertionError, got ${error}`,
  )
}

/** The input with one bit turned. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

/** Bytes that look random and are the same in every run. */
export function pattern(length: number, start = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i * 73 + (i >> 8) * 31) & 0xff)
}

export const hex = fromHex
