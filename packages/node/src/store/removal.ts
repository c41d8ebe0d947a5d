// Which envelopes go, found in steps: those that have expired, and those that a drop covers.
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { DAY_SECONDS } from '@ezchat/protocol/constants.ts'
import { STORE_STEP_COUNT_MAX } from '../limits.ts'
import type { EnvelopeReader } from './envelope-reader.ts'
import { type KeyValue, keyAfter, keyBeyond, type Row } from './key-value.ts'
import { dayStart, decodeEntry, entryKey, idInDayKey, prefixOf, TABLE, turnId } from './layout.ts'

export interface Found {
  readonly id: Uint8Array
  /** Through which it was found: of no use when the envelope has gone already. */
  readonly keys: readonly Uint8Array[]
}

function foundIn([key, turned]: Row): Found {
  return { id: turnId(turned), keys: [key] }
}

export interface Expiry {
  readonly shards: readonly number[]
  readonly ttlDays: number
  readonly nowSeconds: number
}

/** An envelope is not kept in the second in which it expires. */
export async function* expiredIds(
  keyValue: KeyValue,
  { shards, ttlDays, nowSeconds }: Expiry,
): AsyncGenerator<Found[]> {
  const timestampLast = nowSeconds - ttlDays * DAY_SECONDS
  if (timestampLast < 0) return
  for (const shard of shards) {
    yield* idsBefore(keyValue, shard, dayStart(shard, timestampLast + 1))
  }
}

/** All of a shard. */
export function shardIds(keyValue: KeyValue, shard: number): AsyncGenerator<Found[]> {
  return idsBefore(keyValue, shard, dayStart(shard + 1, 0))
}

async function* idsBefore(
  keyValue: KeyValue,
  shard: number,
  before: Uint8Array,
): AsyncGenerator<Found[]> {
  let from = dayStart(shard, 0)
  for (;;) {
    const keys = await keyValue.pageKeys({ from, before, countMax: STORE_STEP_COUNT_MAX })
    if (keys.length === 0) return
    yield keys.map((key) => ({ id: turnId(idInDayKey(key)), keys: [key] }))
    from = keyAfter(keys.at(-1)!)
  }
}

export interface Covered {
  readonly ttlDays: number
  readonly mailbox: Uint8Array
  /** Seconds; what was stamped earlier goes. */
  readonly before: number
}

export async function* mailboxIds(
  keyValue: KeyValue,
  { ttlDays, mailbox, before }: Covered,
): AsyncGenerator<Found[]> {
  const prefix = prefixOf(TABLE.mailbox, mailbox)
  const end = keyBeyond(prefix)
  let from = prefix
  for (;;) {
    const rows = await keyValue.page({ from, before: end, countMax: STORE_STEP_COUNT_MAX })
    if (rows.length === 0) return
    const records = await keyValue.getMany(rows.map(([, turned]) => entryKey(turned)))
    yield rows.map(foundIn).filter((_, at) => {
      const record = records[at]
      const entry = record ? decodeEntry(record, ttlDays) : null
      return entry !== null && entry.timestampSeconds < before && equalBytes(entry.mailbox, mailbox)
    })
    from = keyAfter(rows.at(-1)![0])
  }
}

/** A drop names ids of any mailbox, but has power over one. */
export async function* dropIdsOf(
  reader: EnvelopeReader,
  mailbox: Uint8Array,
  ids: readonly Uint8Array[],
): AsyncGenerator<Found[]> {
  const entries = await reader.entries(ids)
  yield ids.flatMap((id, at) => {
    const entry = entries[at]
    return entry && equalBytes(entry.mailbox, mailbox) ? [{ id, keys: [] }] : []
  })
}
