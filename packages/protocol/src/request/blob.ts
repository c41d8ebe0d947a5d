// Blobs, named by their hash and moved in pieces by whoever wants them: requests.md §11.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { BLOB_BYTES_MAX, BLOB_PIECE_BYTES_MAX, BLOB_VERDICTS, ID_BYTES } from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'

export interface BlobOffer {
  /** SHA-256 of its bytes. */
  readonly id: Uint8Array
  readonly bytesLength: number
  readonly keepSeconds: number
}

/** 'wanted': it will be asked for in pieces. 'held': it is kept for that long already. */
export type BlobVerdict = keyof typeof BLOB_VERDICTS

export interface BlobPieceRequest {
  readonly id: Uint8Array
  readonly offset: number
}

export const OFFER_BLOB_BYTES = ID_BYTES + 8
export const BLOB_PIECE_REQUEST_BYTES = ID_BYTES + 4

export function encodeOfferBlob({ id, bytesLength, keepSeconds }: BlobOffer): Uint8Array {
  assert(bytesLength >= 1 && bytesLength <= BLOB_BYTES_MAX, `a blob of ${bytesLength} bytes`)
  assert(keepSeconds >= 1, 'expected a time to keep it')
  return new Writer(OFFER_BLOB_BYTES).bytes(id, ID_BYTES).u32(bytesLength).u32(keepSeconds).finish()
}

export function decodeOfferBlob(bytes: Uint8Array): BlobOffer {
  const reader = new Reader(bytes, 'REQUEST')
  const id = reader.bytes(ID_BYTES)
  const bytesLength = reader.u32()
  const keepSeconds = reader.within(reader.u32(), 1, 0xffff_ffff, 'seconds')
  reader.end()
  if (bytesLength > BLOB_BYTES_MAX) reader.fail('LIMIT', `a blob of ${bytesLength} bytes`)
  if (bytesLength === 0) reader.fail('FIELD', 'a blob without bytes')
  return { id, bytesLength, keepSeconds }
}

export function encodeBlobVerdict(verdict: BlobVerdict): Uint8Array {
  return new Writer(1).u8(BLOB_VERDICTS[verdict]).finish()
}

export function decodeBlobVerdict(bytes: Uint8Array): BlobVerdict {
  const reader = new Reader(bytes, 'REQUEST')
  const { wanted, held } = BLOB_VERDICTS
  const number = reader.within(reader.u8(), wanted, held, 'verdict')
  reader.end()
  return number === wanted ? 'wanted' : 'held'
}

export function encodeGetBlob({ id, offset }: BlobPieceRequest): Uint8Array {
  assert(offset < BLOB_BYTES_MAX, `an offset of ${offset}`)
  return new Writer(BLOB_PIECE_REQUEST_BYTES).bytes(id, ID_BYTES).u32(offset).finish()
}

export function decodeGetBlob(bytes: Uint8Array): BlobPieceRequest {
  const reader = new Reader(bytes, 'REQUEST')
  const id = reader.bytes(ID_BYTES)
  const offset = reader.within(reader.u32(), 0, BLOB_BYTES_MAX - 1, 'offset')
  reader.end()
  return { id, offset }
}

/** The answer to `getBlob`: no bytes where it is not held, or ends before the offset. */
export function encodeBlobPiece(piece: Uint8Array | null): Uint8Array {
  assert((piece?.length ?? 1) > 0, 'expected a piece, got no bytes')
  assert((piece?.length ?? 0) <= BLOB_PIECE_BYTES_MAX, 'expected no more than a piece')
  return piece ?? new Uint8Array(0)
}

export function decodeBlobPiece(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length > BLOB_PIECE_BYTES_MAX) {
    throw new ProtocolError('REQUEST_LIMIT', `a piece of ${bytes.length} bytes`)
  }
  return bytes.length === 0 ? null : bytes
}

export function encodeFindBlob(id: Uint8Array): Uint8Array {
  return new Writer(ID_BYTES).bytes(id, ID_BYTES).finish()
}

export function decodeFindBlob(bytes: Uint8Array): Uint8Array {
  const reader = new Reader(bytes, 'REQUEST')
  const id = reader.bytes(ID_BYTES)
  reader.end()
  return id
}

/** The answer to `findBlob`: its length, or zero. */
export function encodeFoundBlob(bytesLength: number | null): Uint8Array {
  assert(bytesLength !== 0, 'expected a blob with bytes')
  assert((bytesLength ?? 0) <= BLOB_BYTES_MAX, `a blob of ${bytesLength} bytes`)
  return new Writer(4).u32(bytesLength ?? 0).finish()
}

export function decodeFoundBlob(bytes: Uint8Array): number | null {
  const reader = new Reader(bytes, 'REQUEST')
  const bytesLength = reader.u32()
  reader.end()
  if (bytesLength > BLOB_BYTES_MAX) reader.fail('LIMIT', `a blob of ${bytesLength} bytes`)
  return bytesLength === 0 ? null : bytesLength
}
