// Envelopes for a carrier to keep, and what it says to each: requests.md §4.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  PUSH_ANSWER_BYTES_MAX,
  PUSH_OUTCOMES,
  RECEIPT_BYTES,
  REQUEST_ENVELOPES_MAX,
} from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'
import {
  ENVELOPES_BYTES_MAX,
  ENVELOPES_SOME,
  readDrop,
  readEnvelopes,
  writeDrop,
  writeEnvelopes,
} from './lists.ts'

export type PushOutcome =
  | { readonly kind: 'receipt'; readonly receipt: Uint8Array }
  /** Its owner does not want it kept; this proves it. */
  | { readonly kind: 'dropped'; readonly drop: Uint8Array }
  /** A status of channel.md §4, or of a protocol error. */
  | { readonly kind: 'refused'; readonly status: number }

export const PUSH_BYTES_MAX = ENVELOPES_BYTES_MAX

export function encodePush(envelopes: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer(PUSH_BYTES_MAX)
  writeEnvelopes(writer, envelopes, ENVELOPES_SOME)
  return writer.finish()
}

/** Views of the input. */
export function decodePush(bytes: Uint8Array): Uint8Array[] {
  const reader = new Reader(bytes, 'REQUEST')
  const envelopes = readEnvelopes(reader, ENVELOPES_SOME)
  reader.end()
  return envelopes
}

export function pushOutcomeBytes(outcome: PushOutcome): number {
  if (outcome.kind === 'receipt') return 1 + RECEIPT_BYTES
  return outcome.kind === 'dropped' ? 3 + outcome.drop.length : 3
}

function pushedBytes(outcomes: readonly PushOutcome[]): number {
  return outcomes.reduce((sum, outcome) => sum + pushOutcomeBytes(outcome), 1)
}

/** One for each envelope, in their order. */
export function encodePushed(outcomes: readonly PushOutcome[]): Uint8Array {
  assert(outcomes.length > 0, 'expected an outcome')
  assert(outcomes.length <= REQUEST_ENVELOPES_MAX, `${outcomes.length} outcomes are too many`)
  const writer = new Writer(pushedBytes(outcomes)).u8(outcomes.length)
  for (const outcome of outcomes) {
    writer.u8(PUSH_OUTCOMES[outcome.kind])
    if (outcome.kind === 'receipt') writer.bytes(outcome.receipt, RECEIPT_BYTES)
    else if (outcome.kind === 'dropped') writeDrop(writer, outcome.drop)
    else writeStatus(writer, outcome.status)
  }
  const bytes = writer.finish()
  assert(bytes.length <= PUSH_ANSWER_BYTES_MAX, `an answer of ${bytes.length} bytes is too large`)
  return bytes
}

function writeStatus(writer: Writer, status: number): void {
  assert(status !== 0, 'expected a status that refuses')
  writer.u16(status)
}

export function decodePushed(bytes: Uint8Array): PushOutcome[] {
  if (bytes.length > PUSH_ANSWER_BYTES_MAX) {
    throw new ProtocolError('REQUEST_LIMIT', `${bytes.length} bytes`)
  }
  const reader = new Reader(bytes, 'REQUEST')
  const count = reader.u8()
  if (count === 0) reader.fail('FIELD', 'no outcome')
  if (count > REQUEST_ENVELOPES_MAX) reader.fail('LIMIT', `${count} outcomes`)
  const outcomes = Array.from({ length: count }, () => readOutcome(reader))
  reader.end()
  return outcomes
}

function readOutcome(reader: Reader): PushOutcome {
  switch (reader.u8()) {
    case PUSH_OUTCOMES.receipt:
      return { kind: 'receipt', receipt: reader.bytes(RECEIPT_BYTES) }
    case PUSH_OUTCOMES.dropped:
      return { kind: 'dropped', drop: readDrop(reader) }
    case PUSH_OUTCOMES.refused: {
      const status = reader.u16()
      if (status === 0) reader.fail('FIELD', 'a refusal that is none')
      return { kind: 'refused', status }
    }
    default:
      return reader.fail('KIND', 'of outcome')
  }
}
