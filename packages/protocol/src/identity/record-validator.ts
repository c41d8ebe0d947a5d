// What a carrier and the DHT check, knowing nobody: record.md §3.
import { equalBytes } from '../codec/bytes.ts'
import { assertSeconds } from '../codec/seconds.ts'
import { RECORD_PERIODS_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { ProtocolError } from '../errors.ts'
import { doorPeriod, doorPeriodStartSeconds } from '../mailbox/door.ts'
import { decodeWarrant, verifyWarrant } from '../mailbox/warrant.ts'
import {
  compareRecords,
  decodeRecord,
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

/** Throws unless these bytes may be kept under this name, in place of what is stored. */
export function validateRecord(
  crypto: Crypto,
  name: Uint8Array,
  bytes: Uint8Array,
  check: StoredRecordCheck,
): RecordHeader {
  assertSeconds(check.nowSeconds)
  const record = decodeRecord(bytes)
  if (!equalBytes(name, recordName(crypto, check.networkId, record.mailbox))) {
    throw new ProtocolError('RECORD_NAME')
  }
  checkTimes(record, check.nowSeconds)
  checkNewer(bytes, check)
  checkSigner(crypto, record, check)
  return record
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
function checkNewer(bytes: Uint8Array, { stored, nowSeconds }: StoredRecordCheck): void {
  if (stored === undefined || stored === null) return
  if (decodeRecord(stored).expiresSeconds < nowSeconds) return
  if (compareRecords(bytes, stored) < 0) throw new ProtocolError('RECORD_STALE')
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

/** The index of the best of several validated records of one name; null when none is readable. */
export function selectRecord(records: readonly Uint8Array[]): number | null {
  let best: number | null = null
  for (const [i, bytes] of records.entries()) {
    if (!isReadable(bytes)) continue
    if (best === null || compareRecords(bytes, records[best]!) > 0) best = i
  }
  return best
}

function isReadable(bytes: Uint8Array): boolean {
  try {
    decodeRecord(bytes)
    return true
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
