// A record that is not what was written is moved aside, so that somebody can look at it, and so
// that nobody is handed it; other carriers still have the envelope.
import { STORE_QUARANTINE_COUNT_MAX } from '../limits.ts'
import type { Change } from './commit-queue.ts'
import type { Draft } from './draft.ts'
import type { Damage, EnvelopeReader } from './envelope-reader.ts'
import { type KeyValue, keyBeyond } from './key-value.ts'
import { decodeEntry, encodeArrival, entryKey, prefixOf, TABLE, turnId } from './layout.ts'

/** Set: the indexes are rebuilt when the store is opened. */
export const REPAIR_KEY = Uint8Array.of(TABLE.meta, 0x03)
export const REPAIR_DUE = Uint8Array.of(1)

/** Its key behind its length, then what was there. */
function recordOf(key: Uint8Array, value: Uint8Array): Uint8Array {
  const record = new Uint8Array(1 + key.length + value.length)
  record[0] = key.length
  record.set(key, 1)
  record.set(value, 1 + key.length)
  return record
}

export async function setAside(
  draft: Draft,
  keyValue: KeyValue,
  [key, value]: readonly [key: Uint8Array, value: Uint8Array],
): Promise<void> {
  const prefix = prefixOf(TABLE.quarantine)
  const range = { from: prefix, before: keyBeyond(prefix), countMax: STORE_QUARANTINE_COUNT_MAX }
  const held = await keyValue.pageKeys(range)
  if (held.length >= STORE_QUARANTINE_COUNT_MAX) return
  const aside = prefixOf(TABLE.quarantine, encodeArrival(draft.takeArrival()))
  draft.write(aside, recordOf(key, value))
}

/** What to do about a record that was read and is damaged; looked at again, as things may change. */
export function quarantineChange(
  components: { readonly keyValue: KeyValue; readonly reader: EnvelopeReader; ttlDays: number },
  { key, id, entry, bytes }: Damage,
): Change<void> {
  const { keyValue, reader, ttlDays } = components
  const reads = id === null ? [key] : [key, entryKey(turnId(id))]
  return {
    ...{ bytes: 0, sync: false, reads },
    plan: async (draft, [body, record]) => {
      if (id === null || entry === null) {
        draft.write(REPAIR_KEY, REPAIR_DUE)
        return
      }
      const now = record ? decodeEntry(record, ttlDays) : null
      if (now?.arrival !== entry.arrival || draft.hasRemoved(id)) return
      if (body && reader.isIntact(id, body)) return
      if (bytes !== null) await setAside(draft, keyValue, [key, bytes])
      draft.remove(now, id)
    },
  }
}
