// From keys and values to a store: its version, its digests, its drops, and what was cut short.
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { STORE_STEP_COUNT_MAX } from '../limits.ts'
import { DayBook } from './day-book.ts'
import { Draft } from './draft.ts'
import { DropBook } from './drop-book.ts'
import { EnvelopeStore, type StoreInit } from './envelope-store.ts'
import { type KeyValue, keyBeyond, rowsUnder } from './key-value.ts'
import {
  ARRIVALS_KEY,
  type Arrival,
  arrivalInKey,
  dayInDigestKey,
  decodeArrival,
  decodeDayTotal,
  prefixOf,
  TABLE,
} from './layout.ts'
import { REPAIR_KEY, setAside } from './quarantine.ts'
import { repair } from './repair.ts'
import { openSchema, type SchemaTerms } from './schema.ts'

/** Past whatever was given out and is lost: there are 65,000 such leaps. */
const ARRIVAL_LEAP = 2 ** 32

export interface OpenOptions {
  /** When it is known that something was lost. */
  readonly isDamaged?: boolean
  readonly schema?: Pick<SchemaTerms, 'version' | 'migrations'>
}

/** Closes the keys and values again when it fails. */
export async function openEnvelopeStore(
  keyValue: KeyValue,
  init: StoreInit,
  options: OpenOptions = {},
): Promise<EnvelopeStore> {
  try {
    return await open(keyValue, init, options)
  } catch (error: unknown) {
    await keyValue.close()
    throw error
  }
}

async function open(
  keyValue: KeyValue,
  init: StoreInit,
  options: OpenOptions,
): Promise<EnvelopeStore> {
  const { crypto, network } = init
  const randomBytes = (length: number) => crypto.randomBytes(length)
  const epoch = await openSchema(keyValue, { randomBytes, ...options.schema })
  let damagedCount = 0
  const onDamage = (key: Uint8Array) => {
    damagedCount++
    init.onDamage?.(key)
  }
  const read = await readDays(keyValue)
  const arrivals = await readArrivals(keyValue)
  const isDue = (await keyValue.get(REPAIR_KEY)) !== null
  let state = { days: read ?? new DayBook(), arrivalNext: arrivals.next }
  if (options.isDamaged || isDue || read === null || !arrivals.isSound) {
    const from = Math.max(arrivals.next, arrivals.last + 1) + ARRIVAL_LEAP
    if (!isDue) onDamage(prefixOf(TABLE.meta))
    state = await repair({ keyValue, crypto, network, isOwn: init.isOwn, onDamage }, from)
  }
  const drops = new DropBook(keyValue, network.ttlDays)
  const { pending, damaged } = await drops.load()
  for (const row of damaged) {
    onDamage(row[0])
    const draft = new Draft(state.days, state.arrivalNext)
    await setAside(draft, keyValue, row)
    draft.write(row[0], null)
    await keyValue.write(draft.operations(), { sync: true })
    state = { ...state, arrivalNext: draft.arrivalNext }
  }
  const store = new EnvelopeStore(init, { keyValue, ...state, drops, epoch, damagedCount })
  for (const stored of pending) await store.applyDrop(stored)
  return store
}

/** Null when a record is damaged. */
async function readDays(keyValue: KeyValue): Promise<DayBook | null> {
  const days = new DayBook()
  for await (const rows of rowsUnder(keyValue, prefixOf(TABLE.digest), STORE_STEP_COUNT_MAX)) {
    for (const [key, record] of rows) {
      const total = readTotal(record)
      if (total === null || key.length !== 7) return null
      const { shard, day } = dayInDigestKey(key)
      days.set(shard, day, total)
    }
  }
  return days
}

function readTotal(record: Uint8Array) {
  try {
    return decodeDayTotal(record)
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

interface Arrivals {
  readonly next: Arrival
  readonly last: Arrival
  readonly isSound: boolean
}

async function readArrivals(keyValue: KeyValue): Promise<Arrivals> {
  const prefix = prefixOf(TABLE.body)
  const range = { from: prefix, before: keyBeyond(prefix), countMax: 1, isReverse: true }
  const [key] = await keyValue.pageKeys(range)
  const last = key === undefined ? 0 : arrivalInKey(key)
  const record = await keyValue.get(ARRIVALS_KEY)
  if (record === null) return { next: 1, last, isSound: last === 0 }
  const next = decodeArrival(record)
  if (next === null) return { next: 1, last, isSound: false }
  return { next, last, isSound: next > last }
}
