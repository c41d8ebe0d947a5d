// Asking a holder for entries, and what it answers. kinds.md §8
import { compareBytes, isZero } from '../../codec/bytes.ts'
import type { Reader } from '../../codec/reader.ts'
import type { Writer } from '../../codec/writer.ts'
import {
  ANSWER_ENTRIES_MAX,
  ENTRY_PROOF_BYTES_MAX,
  REQUEST_HASHES_MAX,
  REQUEST_RANGES_MAX,
} from '../../constants.ts'
import { HASH_BYTES } from '../../crypto/lengths.ts'
import { assert } from '../../errors.ts'
import { KEPT_ENTRY_BYTES_MAX, NO_HASH } from '../entry.ts'
import type { HeldEntry } from '../log-event.ts'
import { type ChainRange, readRanges, writeRanges } from './chain-ranges.ts'

export interface RequestContent {
  readonly kind: 'request'
  readonly ranges: readonly ChainRange[]
  /** Of entries whose device and sequence the asker does not know. Ascending. */
  readonly hashes: readonly Uint8Array[]
}

export interface AnswerContent {
  readonly kind: 'answer'
  /** Those of one device with the highest sequence first, so that each one shows the next. */
  readonly entries: readonly HeldEntry[]
}

export function writeRequest(writer: Writer, { ranges, hashes }: RequestContent): void {
  assert(ranges.length + hashes.length > 0, 'a request for nothing')
  assert(hashes.length <= REQUEST_HASHES_MAX, `${hashes.length} hashes`)
  writeRanges(writer, ranges, REQUEST_RANGES_MAX)
  writer.u8(hashes.length)
  for (const [at, hash] of hashes.entries()) {
    assert(compareBytes(hash, hashes[at - 1] ?? NO_HASH) > 0, 'hashes out of order')
    writer.bytes(hash, HASH_BYTES)
  }
}

export function readRequest(reader: Reader): RequestContent {
  const ranges = readRanges(reader, REQUEST_RANGES_MAX)
  const count = reader.u8()
  if (count > REQUEST_HASHES_MAX) reader.fail('LIMIT', `${count} hashes`)
  const hashes: Uint8Array[] = []
  for (let at = 0; at < count; at++) {
    const hash = reader.bytes(HASH_BYTES)
    if (isZero(hash)) reader.fail('FIELD', 'no hash of an entry')
    if (compareBytes(hash, hashes[at - 1] ?? NO_HASH) <= 0) reader.fail('ORDER', 'hashes')
    hashes.push(hash)
  }
  if (ranges.length + hashes.length === 0) reader.fail('LENGTH', 'a request for nothing')
  return { kind: 'request', ranges, hashes }
}

/** What one entry takes in an answer. */
export function answerBytesOf({ bytes, proof }: HeldEntry): number {
  return 4 + bytes.length + proof.length
}

export function writeAnswer(writer: Writer, { entries }: AnswerContent): void {
  assert(entries.length <= ANSWER_ENTRIES_MAX, `${entries.length} entries`)
  writer.u8(entries.length)
  for (const { bytes, proof } of entries) {
    writer.prefixed(proof, ENTRY_PROOF_BYTES_MAX).prefixed(bytes, KEPT_ENTRY_BYTES_MAX)
  }
}

/** No entries: the holder has none of those. They are decoded by who receives them. */
export function readAnswer(reader: Reader): AnswerContent {
  const count = reader.u8()
  if (count > ANSWER_ENTRIES_MAX) reader.fail('LIMIT', `${count} entries`)
  const entries: HeldEntry[] = []
  for (let at = 0; at < count; at++) {
    const proof = reader.prefixed(ENTRY_PROOF_BYTES_MAX)
    entries.push({ proof, bytes: reader.prefixed(KEPT_ENTRY_BYTES_MAX) })
  }
  return { kind: 'answer', entries }
}
