// What every decoder owes to a stranger's bytes, and generators of such bytes.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ProtocolError } from '../../src/errors.ts'

/** For assert.throws. */
export function code(expected: string): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof ProtocolError && error.code === expected) return true
    throw new Error(`expected ${expected}, got ${String(error)}`)
  }
}

export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length })
}

/** A good one with a few bytes changed, cut off, or added. */
export function mutationsOf(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) })
  return fc
    .record({
      changes: fc.array(change, { maxLength: 4 }),
      cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(good.length)),
      added: fc.uint8Array({ maxLength: 3 }),
    })
    .map(({ changes, cut, added }) => {
      const changed = Uint8Array.from(good)
      for (const { at, byte } of changes) changed[at] = byte
      return Uint8Array.from([...changed.subarray(0, good.length - cut), ...added])
    })
}

/** Anything, and near misses of the good ones. */
export function hostileBytes(...good: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc.oneof(fc.uint8Array({ maxLength: 400 }), ...good.map(mutationsOf))
}

/** What it returns, or null where it refused with a typed error; anything else fails the test. */
export function valueOrRefused<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error: unknown) {
    assert.ok(error instanceof ProtocolError, `expected a ProtocolError, got ${String(error)}`)
    return null
  }
}
