// Gets and finds blobs: requests.md §11.
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { BLOB_PIECE_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { PeerId, WireOptions } from '@ezchat/protocol/ports.ts'
import {
  decodeBlobPiece,
  decodeFoundBlob,
  encodeFindBlob,
  encodeGetBlob,
} from '@ezchat/protocol/request/blob.ts'
import { type Asking, ask, FalseAnswer } from './asking.ts'

export interface BlobAsking extends Asking {
  readonly crypto: Crypto
}

export interface NamedBlob {
  readonly id: Uint8Array
  readonly bytesLength: number
}

/** All of it, and its hash is its id. What is false rejects with PEER_INVALID, at the peer's cost. */
export async function getBlobFrom(
  asking: BlobAsking,
  peer: PeerId,
  { id, bytesLength }: NamedBlob,
  options: WireOptions,
): Promise<Uint8Array> {
  const blob = new Uint8Array(bytesLength)
  for (let offset = 0; offset < bytesLength; offset += BLOB_PIECE_BYTES_MAX) {
    const question = { peer, method: 'getBlob', body: encodeGetBlob({ id, offset }) } as const
    const length = Math.min(BLOB_PIECE_BYTES_MAX, bytesLength - offset)
    await ask(asking, question, options, (answer) => {
      const found = decodeBlobPiece(answer)
      // It was there when it was offered or found.
      if (found === null) throw new FalseAnswer('lies', 'no piece of what was offered')
      if (found.length !== length) throw new FalseAnswer('malformed', 'a piece of another length')
      blob.set(found, offset)
      const isLast = offset + length === bytesLength
      if (isLast && !equalBytes(asking.crypto.sha256(blob), id)) {
        throw new FalseAnswer('forged', 'a blob of another hash')
      }
    })
  }
  return blob
}

/** Its length; null where it is not kept. */
export function findBlobAt(
  asking: Asking,
  peer: PeerId,
  id: Uint8Array,
  options: WireOptions,
): Promise<number | null> {
  const question = { peer, method: 'findBlob', body: encodeFindBlob(id) } as const
  return ask(asking, question, options, decodeFoundBlob)
}
