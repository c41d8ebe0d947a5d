import { BUCKETS_BYTES, type BucketBytes } from '../constants.ts'

/** What an envelope has to know about its network; a network descriptor has all of it. */
export interface EnvelopeRules {
  readonly id: Uint8Array
  /** Shards are numbered from 0 to 2^shardBits - 1. */
  readonly shardBits: number
  readonly ttlDays: number
  /** Trials expected for each KiB and day; 0 asks for no work. */
  readonly price: number
  /** Bit n allows the bucket BUCKETS_BYTES[n]. */
  readonly bucketsMask: number
}

/** Whether an envelope of this network may have this size. */
export function isAllowedSize(network: EnvelopeRules, bytes: number): bytes is BucketBytes {
  const at = BUCKETS_BYTES.indexOf(bytes as BucketBytes)
  return at >= 0 && ((network.bucketsMask >> at) & 1) === 1
}
