// Room for one more. The cheapest goes first, and of two as cheap the older; own mailboxes never,
// and never what a receipt was signed for.
import { EzchatError } from '../errors.ts'
import { STORE_ENTRY_BYTES, STORE_EVICTION_COUNT_MAX, STORE_OWN_RESERVE } from '../limits.ts'
import type { Draft } from './draft.ts'
import type { KeyValue, Row } from './key-value.ts'
import { rowsUnder } from './key-value.ts'
import {
  decodeEntry,
  type Entry,
  entryKey,
  isWorthLess,
  prefixOf,
  TABLE,
  turnId,
  type Worth,
  worthInPriceKey,
} from './layout.ts'

export interface EvictionTerms {
  readonly keyValue: KeyValue
  readonly ttlDays: number
  readonly quotaBytes: number
  readonly isOwn: (mailbox: Uint8Array) => boolean
}

export interface Newcomer extends Worth {
  readonly bytesLength: number
  readonly isOwn: boolean
}

interface Victim {
  readonly entry: Entry
  readonly id: Uint8Array
}

interface Search {
  readonly victims: Victim[]
  /** Price keys of mailboxes that became our own after the envelope came. */
  readonly unlisted: Uint8Array[]
  bytesFreed: number
  /** The last row that is dealt with. */
  position: Uint8Array | null
}

/** Throws STORE_FULL, having changed nothing, when all that is left is worth as much. */
export async function makeRoom(
  draft: Draft,
  newcomer: Newcomer,
  terms: EvictionTerms,
): Promise<void> {
  const missing = draft.bytesCharged + newcomer.bytesLength + STORE_ENTRY_BYTES - terms.quotaBytes
  if (missing <= 0) return
  const search: Search = { victims: [], unlisted: [], bytesFreed: 0, position: draft.evictedUpTo }
  const prefix = prefixOf(TABLE.price)
  const steps = rowsUnder(terms.keyValue, prefix, STORE_EVICTION_COUNT_MAX, search.position)
  for await (const rows of steps) {
    const isOver = await weigh(rows, { draft, newcomer, terms, search, missing })
    if (isOver) break
  }
  // Our own mail may stand beyond the quota, where all of it is promised to others.
  const reserveBytes = newcomer.isOwn ? terms.quotaBytes / STORE_OWN_RESERVE : 0
  if (search.bytesFreed + reserveBytes < missing) throw new EzchatError('STORE_FULL')
  for (const key of search.unlisted) draft.write(key, null)
  for (const { entry, id } of search.victims) draft.remove(entry, id)
  draft.evictedUpTo = search.position
}

interface Weighing {
  readonly draft: Draft
  readonly newcomer: Newcomer
  readonly terms: EvictionTerms
  readonly search: Search
  readonly missing: number
}

/** True when nothing further up the list can be a victim, or none is needed. */
async function weigh(rows: readonly Row[], weighing: Weighing): Promise<boolean> {
  const { draft, newcomer, terms, search, missing } = weighing
  const records = await terms.keyValue.getMany(rows.map(([, turned]) => entryKey(turned)))
  for (const [at, [key, turned]] of rows.entries()) {
    if (search.bytesFreed >= missing) return true
    if (!newcomer.isOwn && !isWorthLess(worthInPriceKey(key), newcomer)) return true
    search.position = key
    const id = turnId(turned)
    if (draft.hasRemoved(id)) continue
    const record = records[at]
    const entry = record ? decodeEntry(record, terms.ttlDays) : null
    // A damaged entry is repaired when the store is opened; until then it only takes its room.
    if (entry === null) continue
    if (draft.hasPromised(id)) continue
    if (terms.isOwn(entry.mailbox) || entry.isPromised) {
      search.unlisted.push(key)
    } else {
      search.victims.push({ entry, id })
      search.bytesFreed += entry.bytesLength + STORE_ENTRY_BYTES
    }
  }
  return search.bytesFreed >= missing
}
