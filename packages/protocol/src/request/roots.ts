// Which shards differ, asked for all of them at once: requests.md §5. Equal sets take 81 bytes.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  SHARD_MAP_BYTES,
  SYNC_DAYS_MAX,
  SYNC_FINGERPRINT_BYTES,
  SYNC_SALT_BYTES,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { HASH_BYTES } from '../crypto/lengths.ts'
import { assert } from '../errors.ts'
import { type DayDigest, rootOf } from '../sync/digest.ts'
import { readShardMap, type Sharded, writeShardMap } from './shard-map.ts'

export interface Roots {
  /** 16 fresh random bytes. */
  readonly salt: Uint8Array
  /** Ascending, at least one. */
  readonly shards: readonly number[]
  /** Of all of these together. */
  readonly root: Uint8Array
}

export const ROOTS_BYTES = SYNC_SALT_BYTES + SHARD_MAP_BYTES + HASH_BYTES
export const ROOTS_ANSWER_BYTES_MAX = SHARD_MAP_BYTES * 8 * SYNC_FINGERPRINT_BYTES

export function encodeRoots(network: Sharded, { salt, shards, root }: Roots): Uint8Array {
  assert(shards.length > 0, 'expected a shard')
  const writer = new Writer(ROOTS_BYTES).bytes(salt, SYNC_SALT_BYTES)
  writeShardMap(writer, network, shards)
  return writer.bytes(root, HASH_BYTES).finish()
}

export function decodeRoots(network: Sharded, bytes: Uint8Array): Roots {
  const reader = new Reader(bytes, 'REQUEST')
  const salt = reader.bytes(SYNC_SALT_BYTES)
  const shards = readShardMap(reader, network)
  if (shards.length === 0) reader.fail('FIELD', 'no shards')
  const root = reader.bytes(HASH_BYTES)
  reader.end()
  return { salt, shards, root }
}

/** Nothing where the root is the same, else a fingerprint of each shard that was asked about. */
export function encodeRootsAnswer(fingerprints: readonly Uint8Array[] | null): Uint8Array {
  const writer = new Writer(1024)
  for (const fingerprint of fingerprints ?? []) writer.bytes(fingerprint, SYNC_FINGERPRINT_BYTES)
  return writer.finish()
}

/** Null for equal. */
export function decodeRootsAnswer(bytes: Uint8Array, shardCount: number): Uint8Array[] | null {
  if (bytes.length === 0) return null
  const reader = new Reader(bytes, 'REQUEST')
  const fingerprints = Array.from({ length: shardCount }, () =>
    reader.bytes(SYNC_FINGERPRINT_BYTES),
  )
  reader.end()
  return fingerprints
}

/** Of one shard, under the salt of whoever asks. */
export function shardFingerprint(
  crypto: Crypto,
  salt: Uint8Array,
  shard: number,
  days: readonly DayDigest[],
): Uint8Array {
  const newest = days.slice(-SYNC_DAYS_MAX)
  return rootOf(crypto, shard, salt, newest).slice(0, SYNC_FINGERPRINT_BYTES)
}

/** Of several, in the order of their numbers. */
export function rootOfShards(
  crypto: Crypto,
  salt: Uint8Array,
  shards: readonly number[],
  fingerprints: readonly Uint8Array[],
): Uint8Array {
  assert(shards.length === fingerprints.length, 'expected a fingerprint for each shard')
  const numbered = shards.flatMap((shard, at) => [Uint8Array.of(shard), fingerprints[at]!])
  return crypto.sha256(labelled(HASH_LABELS.syncRoots, salt, ...numbered))
}
