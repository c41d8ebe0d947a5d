// What a carrier keeps per shard and day, so that equal sets are seen to be equal: how many ids,
// and their sum modulo 2^256. Kept incrementally; one addition per envelope. sync.md §2
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { ID_BYTES, SYNC_FINGERPRINT_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { assert } from '../errors.ts'

export const DIGEST_BYTES = 36
const COUNT_MAX = 0xffffffff
const LIMBS = ID_BYTES / 4
const LIMB = 0x100000000

export interface Digest {
  count: number
  /** Eight limbs, the most significant first. */
  readonly sum: Uint32Array
}

export interface DayDigest {
  /** Days since 1970-01-01, UTC. */
  readonly day: number
  readonly digest: Digest
}

export function emptyDigest(): Digest {
  return { count: 0, sum: new Uint32Array(LIMBS) }
}

export function addToDigest(digest: Digest, id: Uint8Array): void {
  assert(id.length === ID_BYTES, `expected an id of ${ID_BYTES} bytes, got ${id.length}`)
  assert(digest.count < COUNT_MAX, 'a day is full')
  digest.count++
  let carry = 0
  for (let limb = LIMBS - 1; limb >= 0; limb--) {
    const total = digest.sum[limb]! + limbOf(id, limb) + carry
    carry = total >= LIMB ? 1 : 0
    digest.sum[limb] = total - carry * LIMB
  }
}

/** Only an id that was added before. */
export function removeFromDigest(digest: Digest, id: Uint8Array): void {
  assert(id.length === ID_BYTES, `expected an id of ${ID_BYTES} bytes, got ${id.length}`)
  assert(digest.count > 0, 'nothing to remove from an empty day')
  digest.count--
  let borrow = 0
  for (let limb = LIMBS - 1; limb >= 0; limb--) {
    const total = digest.sum[limb]! - limbOf(id, limb) - borrow
    borrow = total < 0 ? 1 : 0
    digest.sum[limb] = total + borrow * LIMB
  }
}

function limbOf(id: Uint8Array, limb: number): number {
  const at = limb * 4
  return ((id[at]! << 24) | (id[at + 1]! << 16) | (id[at + 2]! << 8) | id[at + 3]!) >>> 0
}

/** count (4) ‖ sum (32). */
export function encodeDigest({ count, sum }: Digest): Uint8Array {
  const writer = new Writer(DIGEST_BYTES).u32(count)
  for (const limb of sum) writer.u32(limb)
  return writer.finish()
}

export function decodeDigest(bytes: Uint8Array): Digest {
  const reader = new Reader(bytes, 'SYNC')
  const count = reader.u32()
  const sum = Uint32Array.from({ length: LIMBS }, () => reader.u32())
  reader.end()
  if (count === 0 && sum.some((limb) => limb !== 0)) reader.fail('FIELD', 'a sum of no ids')
  return { count, sum }
}

const DAY_BYTES = 4 + DIGEST_BYTES

/** Written in place: a carrier of all shards hashes thousands of days for each comparison. */
function encodeDays(days: readonly DayDigest[]): Uint8Array {
  const bytes = new Uint8Array(DAY_BYTES * days.length)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { day, digest } of days) {
    view.setUint32(at, day)
    view.setUint32(at + 4, digest.count)
    for (let limb = 0; limb < LIMBS; limb++) view.setUint32(at + 8 + 4 * limb, digest.sum[limb]!)
    at += DAY_BYTES
  }
  return bytes
}

/** One hash over all days of a shard: equal for equal sets, fresh in every exchange. */
export function rootOf(
  crypto: Crypto,
  shard: number,
  initiatorSalt: Uint8Array,
  days: readonly DayDigest[],
): Uint8Array {
  return crypto.sha256(
    labelled(HASH_LABELS.syncRoot, initiatorSalt, Uint8Array.of(shard), encodeDays(days)),
  )
}

/** One day in 16 bytes. Both salts are in it, so that no collision can be found beforehand. */
export function fingerprintOf(
  crypto: Crypto,
  salts: readonly [initiator: Uint8Array, responder: Uint8Array],
  day: DayDigest,
): Uint8Array {
  const hash = crypto.sha256(labelled(HASH_LABELS.syncDay, ...salts, encodeDays([day])))
  return hash.slice(0, SYNC_FINGERPRINT_BYTES)
}
