// envelope.md §5: length ‖ content ‖ zeros, so that a bucket hides how much there is.
import { isZero } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { BUCKETS_BYTES, type BucketBytes, PADDING_LENGTH_BYTES } from '../constants.ts'
import { TAG_BYTES, XCHACHA_NONCE_BYTES } from '../crypto/lengths.ts'
import { assert } from '../errors.ts'
import { bodyBytesOf } from './layout.ts'

/** What is sealed in an envelope of this size. */
export function paddedBytesOf(bucketBytes: BucketBytes): number {
  return bodyBytesOf(bucketBytes) - XCHACHA_NONCE_BYTES - TAG_BYTES
}

/** The most content that an envelope of this size holds. */
export function capacityOf(bucketBytes: BucketBytes): number {
  return paddedBytesOf(bucketBytes) - PADDING_LENGTH_BYTES
}

/** The smallest allowed bucket that holds so much content; null when none does. */
export function smallestBucket(contentBytes: number, bucketsMask: number): BucketBytes | null {
  const fits = (bucketBytes: BucketBytes, at: number) =>
    ((bucketsMask >> at) & 1) === 1 && contentBytes <= capacityOf(bucketBytes)
  return BUCKETS_BYTES.find(fits) ?? null
}

export function pad(content: Uint8Array, paddedBytes: number): Uint8Array {
  assert(PADDING_LENGTH_BYTES + content.length <= paddedBytes, 'expected content that fits')
  const padded = new Uint8Array(paddedBytes)
  new DataView(padded.buffer).setUint32(0, content.length)
  padded.set(content, PADDING_LENGTH_BYTES)
  return padded
}

/** The content, as a view of `padded`. */
export function unpad(padded: Uint8Array): Uint8Array {
  const reader = new Reader(padded, 'PADDING')
  const length = reader.u32()
  if (length > reader.left) reader.fail('LENGTH', `${length} bytes in ${reader.left}`)
  const content = reader.bytes(length)
  if (!isZero(reader.bytes(reader.left))) reader.fail('FIELD', 'filler is not zero')
  return content
}
