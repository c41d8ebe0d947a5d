// What a carrier and the DHT check, knowing nobody: record.md §3.
import { equalBytes } from '../codec/bytes.ts'
import { assertSeconds } from '../codec/seconds.ts'
import { RECORD_PERIODS_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { assert, ProtocolError } from '../errors.ts'
import { doorPeriod, doorPeriodStartSeconds } from '../mailbox/door.ts'
import { decodeWarrant, verifyWarrant } from '../mailbox/warrant.ts'
import {
  compareRecords,
  decodeRecord,
  isRecordSize,
  type RecordHeader,
  type RecordParts,
  recordName,
} from './record-layout.ts'

export interface RecordCheck {
  readonly networkId: Uint8Array
  readonly nowSeconds: number
}

export interface StoredRecordCheck extends RecordCheck {
  /** What is kept under the name now, and passed this check when it came. */
  readonly stored?: Uint8Array | null
}

declare const isProved: unique symbol

/** What may be kept and chosen. `decodeRecord` proves nothing, so what it answers is none. */
export interface ValidatedRecord extends RecordHeader {
  readonly name: Uint8Array
  /** Exactly as it came, to be kept and handed on. */
  readonly bytes: Uint8Array
  readonly [isProved]: true
}

export interface RecordVerdict {
  /** 'same' is what is stored already: nothing to write, and nothing to pass on. */
  readonly verdict: 'new' | 'same'
  readonly record: ValidatedRecord
}

/** Throws unless these bytes may be kept under this name, in place of what is stored. */
export function validateRecord(
  crypto: Crypto,
  name: Uint8Array,
  bytes: Uint8Array,
  check: StoredRecordCheck,
): RecordVerdict {
  assertSeconds(check.nowSeconds)
  // A copy: what has been proved must not change in the hands of whoever brought it.
  const own = isRecordSize(bytes.length) ? Uint8Array.from(bytes) : bytes
  const record = decodeRecord(own)
  if (!equalBytes(name, recordName(crypto, check.networkId, record.mailbox))) {
    throw new ProtocolError('RECORD_NAME')
  }
  checkTimes(record, check.nowSeconds)
  const verdict = checkNewer(own, check)
  checkSigner(crypto, record, check)
  const { mailbox, period, sequence, expiresSeconds, warrant } = record
  const header: RecordHeader = { mailbox, period, sequence, expiresSeconds, warrant }
  const validated = { ...header, name: Uint8Array.from(name), bytes: own }
  return { verdict, record: validated as ValidatedRecord }
}

export function checkTimes(record: RecordHeader, nowSeconds: number): void {
  assertSeconds(nowSeconds)
  const { period, expiresSeconds } = record
  if (period > doorPeriod(nowSeconds) + 1) throw new ProtocolError('RECORD_FUTURE')
  if (nowSeconds > expiresSeconds) throw new ProtocolError('RECORD_EXPIRED')
  if (expiresSeconds > doorPeriodStartSeconds(period + RECORD_PERIODS_MAX)) {
    throw new ProtocolError('RECORD_FIELD', 'it would stay longer than records may')
  }
}

/** Before any signature: whoever sends old records should not make us compute. */
function checkNewer(
  bytes: Uint8Array,
  { stored, nowSeconds }: StoredRecordCheck,
): RecordVerdict['verdict'] {
  if (stored === undefined || stored === null) return 'new'
  if (decodeRecord(stored).expiresSeconds < nowSeconds) return 'new'
  const order = compareRecords(bytes, stored)
  if (order < 0) throw new ProtocolError('RECORD_STALE')
  return order === 0 ? 'same' : 'new'
}

/** The key that signed: the mailbox's own, or the delegate's of its warrant. */
export function checkSigner(
  crypto: Crypto,
  record: RecordParts,
  { networkId, nowSeconds }: RecordCheck,
): Uint8Array {
  const key = record.warrant === null ? record.mailbox : delegateOf(record.warrant)
  const message = labelled(SIGN_LABELS.record, networkId, record.body)
  if (!crypto.ed25519Verify(key, message, record.signature)) {
    throw new ProtocolError('RECORD_SIGNATURE')
  }
  return key

  function delegateOf(warrant: Uint8Array): Uint8Array {
    const use = { networkId, mailbox: record.mailbox, right: 'record', nowSeconds } as const
    const delegate = verifyWarrant(crypto, warrant, use)
    // Otherwise a record that is still good could lose its right to be here while it is kept.
    if (decodeWarrant(warrant).notAfter < record.expiresSeconds) {
      throw new ProtocolError('RECORD_PERMISSION', 'it outlives its warrant')
    }
    return delegate
  }
}

/** The best of several records of one name; null when there is none. */
export function selectRecord(records: readonly ValidatedRecord[]): ValidatedRecord | null {
  let best: ValidatedRecord | null = null
  for (const record of records) {
    assert(best === null || equalBytes(best.name, record.name), 'expected records of one name')
    if (best === null || compareRecords(record.bytes, best.bytes) > 0) best = record
  }
  return best
}
