// Runs vectors through every way in. Pure, so that a browser runs the same code as Node.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { type Hand, handing } from './input.ts'
import type { Entries, Json, Vector } from './vector.ts'

export type WaysIn = { readonly [name: string]: Hand }

/** A view at an odd offset catches whoever reads `bytes.buffer` from its start. */
function viewAtOddOffset(bytes: Uint8Array): Uint8Array {
  const around = new Uint8Array(bytes.length + 16).fill(0xa5)
  around.set(bytes, 7)
  return around.subarray(7, 7 + bytes.length)
}

export const WAYS_IN: WaysIn = { plain: (bytes) => bytes, view: viewAtOddOffset }

export interface Failure {
  /** format/name, way in, implementation. */
  readonly where: string
  readonly expected: string
  readonly got: string
}

/** What came out, in the words in which a vector says what should. */
interface Outcome {
  readonly expect: string
  readonly code?: string
  readonly output?: Json
}

function describeThrown(error: unknown): Outcome {
  if (error instanceof ProtocolError) return { expect: error.failure, code: error.code }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { expect: `an error that is not a ProtocolError (${what})` }
}

function outcomeOf(vector: Vector, entries: Entries, crypto: Crypto): Outcome {
  const entry = entries[vector.entry]
  if (entry === undefined) return { expect: `no entry called ${vector.entry}` }
  try {
    const output = entry(vector.input, crypto)
    return output === null ? { expect: 'not-mine' } : { expect: 'ok', output }
  } catch (error: unknown) {
    return describeThrown(error)
  }
}

/** Same text for the same value, whatever the order in which its fields were set. */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'nothing'
  const fields = Object.keys(value).sort()
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`
}

function compare(vector: Vector, got: Outcome): Omit<Failure, 'where'> | null {
  if (got.expect !== vector.expect) {
    return {
      expected: `${vector.expect} ${vector.code ?? ''}`.trim(),
      got: `${got.expect} ${got.code ?? ''}`.trim(),
    }
  }
  if (vector.code !== undefined && got.code !== vector.code) {
    return { expected: vector.code, got: got.code ?? 'no code' }
  }
  if (vector.expect !== 'ok') return null
  const expected = canonicalJson(vector.output)
  const output = canonicalJson(got.output)
  return output === expected ? null : { expected, got: output }
}

/** Empty when the implementation makes of the vector what the vector says, every way in. */
export function runVector(
  vector: Vector,
  entries: Entries,
  crypto: Crypto,
  waysIn: WaysIn = WAYS_IN,
): Failure[] {
  const failures: Failure[] = []
  for (const [way, hand] of Object.entries(waysIn)) {
    const where = `${vector.format}/${vector.name} (${way}, ${crypto.name})`
    const { result, changed } = handing(hand, () => outcomeOf(vector, entries, crypto))
    const difference = compare(vector, result)
    if (difference !== null) failures.push({ where, ...difference })
    for (const field of changed) {
      failures.push({ where, expected: `input ${field} left alone`, got: 'changed bytes' })
    }
  }
  return failures
}

export function printFailure({ where, expected, got }: Failure): string {
  return `${where}\n  expected ${clip(expected)}\n  got      ${clip(got)}`
}

function clip(text: string): string {
  return text.length <= 400 ? text : `${text.slice(0, 400)}… (${text.length} characters)`
}
