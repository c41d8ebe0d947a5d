// Stem messages from their bytes, and traces whose effects are written down by hand: stem.md §9.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, JsonObject, Vector } from '../vector.ts'
import { stemTraces } from './reference/stem-traces.ts'

const ID = Uint8Array.from({ length: 32 }, (_, i) => 0x40 + i)

function vector(name: string, note: string, message: Uint8Array, zeroBytes: number) {
  const input: JsonObject = { message: toHex(message) }
  if (zeroBytes > 0) input.zeroBytes = zeroBytes
  return { format: 'stem', name, note, entry: 'message', input }
}

function good(
  name: string,
  note: string,
  message: Uint8Array,
  output: Json,
  zeroBytes = 0,
): Vector {
  return { ...vector(name, note, message, zeroBytes), expect: 'ok', output }
}

function bad(
  name: string,
  note: string,
  code: ErrorCode,
  message: Uint8Array,
  zeroBytes = 0,
): Vector {
  const expect = ERROR_TABLE.get(code)!.failure
  return { ...vector(name, note, message, zeroBytes), expect, code }
}

const of = (...values: readonly number[]) => Uint8Array.from(values)

/** Length and bytes; the length may lie. */
function receipt(fill: number, bytes = 246, saidBytes = bytes): Uint8Array {
  return concatBytes(of(saidBytes >> 8, saidBytes & 0xff), new Uint8Array(bytes).fill(fill))
}

function receipts(count: number, ...list: readonly Uint8Array[]): Uint8Array {
  return concatBytes(of(1, 2), ID, of(count), ...list)
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => receipt(i + 1))
const receiptHex = (fill: number) => toHex(new Uint8Array(246).fill(fill))

function heads(): Vector[] {
  return [
    bad('empty', 'No bytes at all.', 'STEM_TRUNCATED', of()),
    bad('no-kind', 'A version and nothing else.', 'STEM_TRUNCATED', of(1)),
    bad('version-0', 'There is no version 0.', 'STEM_VERSION', of(0, 3)),
    bad('version-2', 'A later version is not guessed at.', 'STEM_VERSION', of(2, 3)),
    bad('kind-0', 'There is no kind 0.', 'STEM_KIND', of(1, 0)),
    bad('kind-4', 'A later kind is told apart from broken bytes.', 'STEM_KIND', of(1, 4)),
    bad(
      'over-limit',
      'One byte more than the largest message is refused by its length alone, whatever it says.',
      'STEM_LIMIT',
      of(9, 9),
      65_537,
    ),
  ]
}

function relays(): Vector[] {
  const relay = of(1, 1)
  const notBucket = (name: string, note: string, zeroBytes: number) =>
    bad(name, note, 'STEM_LENGTH', relay, zeroBytes)
  return [
    ...[1024, 4096, 16_384, 65_536].map((bytes) =>
      good(
        `relay-${bytes}`,
        'An envelope and nothing beside it: no author, no age, no count of hops.',
        relay,
        { kind: 'relay', envelopeBytes: bytes },
        bytes,
      ),
    ),
    notBucket('relay-without-envelope', 'Nothing is relayed.', 0),
    notBucket('relay-short', 'An envelope lacks its last byte.', 1023),
    notBucket('relay-long', 'A byte beside the envelope could mark it for the next spy.', 1025),
    notBucket('relay-between-buckets', 'Any other size tells messages apart.', 2048),
  ]
}

function receiptLists(): Vector[] {
  const list = (count: number) => receipts(count, ...numbered(count))
  const output = (count: number) => ({
    kind: 'receipts',
    id: toHex(ID),
    receipts: Array.from({ length: count }, (_, i) => receiptHex(i + 1)),
  })
  return [
    good('receipts-1', 'One receipt.', list(1), output(1)),
    good('receipts-8', 'As many receipts as there may be.', list(8), output(8)),
    bad('receipts-none', 'A list of nothing says nothing.', 'STEM_FIELD', receipts(0)),
    bad('receipts-9', 'One more than there may be.', 'STEM_FIELD', list(9)),
    bad('receipts-count-255', 'A count that nothing follows.', 'STEM_FIELD', receipts(255)),
    bad('receipts-cut-id', 'The id ends early.', 'STEM_TRUNCATED', receipts(1).subarray(0, 20)),
    bad(
      'receipts-fewer',
      'Two are announced, one is there.',
      'STEM_TRUNCATED',
      receipts(2, receipt(1)),
    ),
    bad(
      'receipts-trailing',
      'A byte after the last.',
      'STEM_TRAILING',
      concatBytes(list(1), of(0)),
    ),
    bad(
      'receipts-repeated',
      'The same receipt twice would count a carrier twice.',
      'STEM_ORDER',
      receipts(2, receipt(1), receipt(1)),
    ),
    bad(
      'receipt-without-bytes',
      'A receipt of no bytes.',
      'STEM_LENGTH',
      receipts(1, receipt(1, 0)),
    ),
    bad('receipt-too-long', 'A receipt of 257 bytes.', 'STEM_LIMIT', receipts(1, receipt(1, 257))),
    bad(
      'receipt-absurd-length',
      'The length is checked before anything is taken.',
      'STEM_LIMIT',
      receipts(1, receipt(1, 3, 0xffff)),
    ),
  ]
}

function refusals(): Vector[] {
  const refuse = (reason: number) => concatBytes(of(1, 3), ID, of(reason))
  const output = (reason: string) => ({ kind: 'refuse', id: toHex(ID), reason })
  return [
    good('refuse-busy', 'No room now.', refuse(1), output('busy')),
    good('refuse-untimely', 'Out of time by this node’s clock.', refuse(2), output('untimely')),
    bad('refuse-reason-0', 'There is no reason 0.', 'STEM_FIELD', refuse(0)),
    bad('refuse-reason-3', 'A later reason is not guessed at.', 'STEM_FIELD', refuse(3)),
    bad('refuse-cut', 'The reason is missing.', 'STEM_TRUNCATED', refuse(1).subarray(0, -1)),
    bad(
      'refuse-trailing',
      'A byte after the reason.',
      'STEM_TRAILING',
      concatBytes(refuse(1), of(0)),
    ),
  ]
}

export function build(): Vector[] {
  return [...heads(), ...relays(), ...receiptLists(), ...refusals(), ...stemTraces()]
}
