// Identity records with the carriers of their home shard: requests.md §10.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { ID_BYTES, RECORD_SIZES_BYTES } from '../constants.ts'
import { assert } from '../errors.ts'
import { isRecordSize } from '../identity/record-layout.ts'

export interface NamedRecord {
  readonly name: Uint8Array
  readonly record: Uint8Array
}

export const FIND_RECORD_BYTES = ID_BYTES
export const RECORD_BYTES_MAX = Math.max(...RECORD_SIZES_BYTES)
export const KEEP_RECORD_BYTES_MAX = ID_BYTES + RECORD_BYTES_MAX

export function encodeFindRecord(name: Uint8Array): Uint8Array {
  return new Writer(FIND_RECORD_BYTES).bytes(name, ID_BYTES).finish()
}

export function decodeFindRecord(bytes: Uint8Array): Uint8Array {
  const reader = new Reader(bytes, 'REQUEST')
  const name = reader.bytes(ID_BYTES)
  reader.end()
  return name
}

/** The answer to `findRecord`: the record, or no bytes. */
export function encodeFoundRecord(record: Uint8Array | null): Uint8Array {
  assert(record === null || isRecordSize(record.length), 'expected the size of a record')
  return record ?? new Uint8Array(0)
}

/** What is in it is looked at where it is validated. */
export function decodeFoundRecord(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length === 0) return null
  return readRecord(new Reader(bytes, 'REQUEST'))
}

export function encodeKeepRecord({ name, record }: NamedRecord): Uint8Array {
  assert(isRecordSize(record.length), 'expected the size of a record')
  return new Writer(ID_BYTES + record.length).bytes(name, ID_BYTES).bytes(record).finish()
}

export function decodeKeepRecord(bytes: Uint8Array): NamedRecord {
  const reader = new Reader(bytes, 'REQUEST')
  const name = reader.bytes(ID_BYTES)
  return { name, record: readRecord(reader) }
}

function readRecord(reader: Reader): Uint8Array {
  if (!isRecordSize(reader.left)) reader.fail('LENGTH', `a record of ${reader.left} bytes`)
  return reader.bytes(reader.left)
}
