// Lists of envelopes and of drops, as several messages carry them: requests.md §2.
import type { Reader } from '../codec/reader.ts'
import type { Writer } from '../codec/writer.ts'
import {
  BUCKETS_BYTES,
  DROP_BYTES_MAX,
  REQUEST_ENVELOPES_BYTES_MAX,
  REQUEST_ENVELOPES_MAX,
} from '../constants.ts'
import { assert } from '../errors.ts'

export interface ListBounds {
  readonly countMin: number
  readonly countMax: number
  /** Of all envelopes together, without what is between them. */
  readonly bytesMax: number
}

/** What one request or one answer may carry. */
export const ENVELOPES: ListBounds = {
  countMin: 0,
  countMax: REQUEST_ENVELOPES_MAX,
  bytesMax: REQUEST_ENVELOPES_BYTES_MAX,
}
export const ENVELOPES_SOME: ListBounds = { ...ENVELOPES, countMin: 1 }
/** Of a list within these bounds, at the most. */
export const ENVELOPES_BYTES_MAX = 1 + REQUEST_ENVELOPES_MAX + REQUEST_ENVELOPES_BYTES_MAX

function bucketOf(bytesLength: number): number {
  return (BUCKETS_BYTES as readonly number[]).indexOf(bytesLength) + 1
}

/** A byte for the size: which bucket. Whether the network has it is asked where it is opened. */
export function writeEnvelopes(
  writer: Writer,
  envelopes: readonly Uint8Array[],
  bounds: ListBounds,
): void {
  const bytesLength = envelopes.reduce((sum, { length }) => sum + length, 0)
  assert(envelopes.length >= bounds.countMin, 'expected an envelope')
  assert(envelopes.length <= bounds.countMax, `${envelopes.length} envelopes are too many`)
  assert(bytesLength <= bounds.bytesMax, `${bytesLength} bytes of envelopes are too many`)
  writer.u8(envelopes.length)
  for (const envelope of envelopes) {
    const bucket = bucketOf(envelope.length)
    assert(bucket > 0, 'expected an envelope of a bucket size')
    writer.u8(bucket).bytes(envelope)
  }
}

export function readEnvelopes(reader: Reader, bounds: ListBounds): Uint8Array[] {
  const count = reader.u8()
  if (count < bounds.countMin) reader.fail('FIELD', 'no envelope')
  if (count > bounds.countMax) reader.fail('LIMIT', `${count} envelopes`)
  const envelopes: Uint8Array[] = []
  let bytesLength = 0
  for (let at = 0; at < count; at++) {
    const bucketBytes = BUCKETS_BYTES[reader.u8() - 1]
    if (bucketBytes === undefined) reader.fail('FIELD', 'no such size')
    bytesLength += bucketBytes
    if (bytesLength > bounds.bytesMax) reader.fail('LIMIT', `${bytesLength} bytes of envelopes`)
    envelopes.push(reader.bytes(bucketBytes))
  }
  return envelopes
}

export function writeDrop(writer: Writer, drop: Uint8Array): void {
  assert(drop.length > 0, 'expected a drop, got no bytes')
  writer.prefixed(drop, DROP_BYTES_MAX)
}

/** What is in it is looked at where it is verified. */
export function readDrop(reader: Reader): Uint8Array {
  const drop = reader.prefixed(DROP_BYTES_MAX)
  if (drop.length === 0) reader.fail('LENGTH', 'a drop without bytes')
  return drop
}

export function writeDrops(writer: Writer, drops: readonly Uint8Array[]): void {
  writer.u8(drops.length)
  for (const drop of drops) writeDrop(writer, drop)
}

export function readDrops(reader: Reader): Uint8Array[] {
  return Array.from({ length: reader.u8() }, () => readDrop(reader))
}
