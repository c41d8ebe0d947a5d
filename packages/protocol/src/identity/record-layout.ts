// What everybody sees of an identity record: record.md §2.
import { compareBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { RECORD_SIZES_BYTES, RECORD_VERSION, WARRANT_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import {
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  TAG_BYTES,
  XCHACHA_NONCE_BYTES,
} from '../crypto/lengths.ts'
import { ProtocolError } from '../errors.ts'

const SIGNER_MAILBOX = 0
const SIGNER_DELEGATE = 1
const SIZES: readonly number[] = RECORD_SIZES_BYTES

export interface RecordHeader {
  /** The door's mailbox of the period: the blinded identity key. */
  readonly mailbox: Uint8Array
  readonly period: number
  readonly sequence: bigint
  /** The last second at which it holds. */
  readonly expiresSeconds: number
  /** Null where the mailbox's own key signs. */
  readonly warrant: Uint8Array | null
}

export interface RecordParts extends RecordHeader {
  readonly nonce: Uint8Array
  /** Everything before the sealed content. */
  readonly clear: Uint8Array
  readonly sealed: Uint8Array
  /** What the signature covers, without its label and network. */
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

export function isRecordSize(length: number): boolean {
  return SIZES.includes(length)
}

/** Room for content in the record of a size. */
export function contentBytes(recordBytes: number, hasWarrant: boolean): number {
  return recordBytes - clearBytes(hasWarrant) - TAG_BYTES - SIGNATURE_BYTES
}

function clearBytes(hasWarrant: boolean): number {
  return 50 + (hasWarrant ? WARRANT_BYTES : 0) + XCHACHA_NONCE_BYTES
}

export function encodeClear(header: RecordHeader, nonce: Uint8Array): Uint8Array {
  const writer = new Writer()
    .u8(RECORD_VERSION)
    .bytes(header.mailbox, PUBLIC_KEY_BYTES)
    .u32(header.period)
    .u64(header.sequence)
    .u32(header.expiresSeconds)
  if (header.warrant === null) writer.u8(SIGNER_MAILBOX)
  else writer.u8(SIGNER_DELEGATE).bytes(header.warrant, WARRANT_BYTES)
  return writer.bytes(nonce, XCHACHA_NONCE_BYTES).finish()
}

/** The form only: nothing in it has been proved. The parts are views of `bytes`. */
export function decodeRecord(bytes: Uint8Array): RecordParts {
  if (!isRecordSize(bytes.length)) {
    throw new ProtocolError('RECORD_LENGTH', `${bytes.length} bytes`)
  }
  const reader = new Reader(bytes, 'RECORD')
  reader.version(RECORD_VERSION)
  const mailbox = reader.bytes(PUBLIC_KEY_BYTES)
  const period = reader.u32()
  const sequence = reader.u64()
  const expiresSeconds = reader.u32()
  const signer = reader.within(reader.u8(), SIGNER_MAILBOX, SIGNER_DELEGATE, 'signer')
  const warrant = signer === SIGNER_DELEGATE ? reader.bytes(WARRANT_BYTES) : null
  const nonce = reader.bytes(XCHACHA_NONCE_BYTES)
  const clear = bytes.subarray(0, reader.offset)
  const sealed = reader.bytes(reader.left - SIGNATURE_BYTES)
  const body = bytes.subarray(0, reader.offset)
  const signature = reader.bytes(SIGNATURE_BYTES)
  return {
    mailbox,
    period,
    sequence,
    expiresSeconds,
    warrant,
    nonce,
    clear,
    sealed,
    body,
    signature,
  }
}

/** Where a record is kept: tells nothing to who does not know the mailbox. record.md §1 */
export function recordName(crypto: Crypto, networkId: Uint8Array, mailbox: Uint8Array): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.recordName, networkId, mailbox))
}

/**
 * Above zero when `a` replaces `b`. record.md §3. The mailbox's own key outranks any delegate
 * of it, so that a stolen device cannot hold a name by taking the highest number.
 */
export function compareRecords(a: Uint8Array, b: Uint8Array): number {
  const [first, second] = [decodeRecord(a), decodeRecord(b)]
  const rank = Number(first.warrant === null) - Number(second.warrant === null)
  if (rank !== 0) return rank
  if (first.sequence !== second.sequence) return first.sequence > second.sequence ? 1 : -1
  return compareBytes(a, b)
}
