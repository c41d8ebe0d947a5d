// The three messages between neighbours on a stem: stem.md §2.
import { equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  BUCKETS_BYTES,
  ID_BYTES,
  STEM_KINDS,
  STEM_RECEIPT_BYTES_MAX,
  STEM_RECEIPT_COUNT_MAX,
  STEM_REFUSALS,
  STEM_VERSION,
} from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'

export type RefusalReason = keyof typeof STEM_REFUSALS

/** No author, no age, no count of hops: a relay says the same whoever sends it. */
export interface RelayMessage {
  readonly kind: 'relay'
  readonly envelope: Uint8Array
}

export interface ReceiptsMessage {
  readonly kind: 'receipts'
  readonly id: Uint8Array
  readonly receipts: readonly Uint8Array[]
}

export interface RefuseMessage {
  readonly kind: 'refuse'
  readonly id: Uint8Array
  readonly reason: RefusalReason
}

export type StemMessage = RelayMessage | ReceiptsMessage | RefuseMessage

export const STEM_MESSAGE_BYTES_MAX = 2 + Math.max(...BUCKETS_BYTES)

export function isBucketSize(length: number): boolean {
  return (BUCKETS_BYTES as readonly number[]).includes(length)
}

export function encodeStemMessage(message: StemMessage): Uint8Array {
  const writer = new Writer(2 + (message.kind === 'relay' ? message.envelope.length : ID_BYTES + 8))
  writer.u8(STEM_VERSION).u8(STEM_KINDS[message.kind])
  switch (message.kind) {
    case 'relay':
      assert(isBucketSize(message.envelope.length), 'expected an envelope of a bucket size')
      return writer.bytes(message.envelope).finish()
    case 'receipts': {
      const { receipts } = message
      assert(receipts.length >= 1 && !hasRepetition(receipts), 'expected receipts, each once')
      assert(receipts.length <= STEM_RECEIPT_COUNT_MAX, `${receipts.length} receipts are too many`)
      writer.bytes(message.id, ID_BYTES).u8(receipts.length)
      for (const receipt of receipts) {
        assert(receipt.length > 0, 'expected a receipt, got no bytes')
        writer.prefixed(receipt, STEM_RECEIPT_BYTES_MAX)
      }
      return writer.finish()
    }
    case 'refuse':
      return writer.bytes(message.id, ID_BYTES).u8(STEM_REFUSALS[message.reason]).finish()
  }
}

/** What it returns are views of the input. */
export function decodeStemMessage(bytes: Uint8Array): StemMessage {
  if (bytes.length > STEM_MESSAGE_BYTES_MAX) {
    throw new ProtocolError('STEM_LIMIT', `${bytes.length} bytes`)
  }
  const reader = new Reader(bytes, 'STEM')
  reader.version(STEM_VERSION)
  switch (reader.u8()) {
    case STEM_KINDS.relay: {
      if (!isBucketSize(reader.left)) reader.fail('LENGTH', `an envelope of ${reader.left} bytes`)
      return { kind: 'relay', envelope: reader.bytes(reader.left) }
    }
    case STEM_KINDS.receipts:
      return readReceipts(reader)
    case STEM_KINDS.refuse: {
      const id = reader.bytes(ID_BYTES)
      const reason = reasonOf(reader.within(reader.u8(), 1, 2, 'reason'))
      reader.end()
      return { kind: 'refuse', id, reason }
    }
    default:
      return reader.fail('KIND')
  }
}

function readReceipts(reader: Reader): ReceiptsMessage {
  const id = reader.bytes(ID_BYTES)
  const count = reader.within(reader.u8(), 1, STEM_RECEIPT_COUNT_MAX, 'count of receipts')
  const receipts: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    const receipt = reader.prefixed(STEM_RECEIPT_BYTES_MAX)
    if (receipt.length === 0) reader.fail('LENGTH', 'a receipt without bytes')
    receipts.push(receipt)
  }
  reader.end()
  if (hasRepetition(receipts)) reader.fail('ORDER')
  return { kind: 'receipts', id, receipts }
}

function reasonOf(code: number): RefusalReason {
  return code === STEM_REFUSALS.busy ? 'busy' : 'untimely'
}

function hasRepetition(receipts: readonly Uint8Array[]): boolean {
  return receipts.some((receipt, i) =>
    receipts.slice(0, i).some((earlier) => equalBytes(earlier, receipt)),
  )
}
