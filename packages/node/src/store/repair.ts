// Rebuilds every index from the envelopes themselves, after a record was found damaged or LevelDB
// said that it had dropped some. Each step may be repeated, so a repair that was killed is begun
// again from its first step.
import { compareBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { expiresAtSecondsOf } from '@ezchat/protocol/envelope/decode.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { decodeLayout } from '@ezchat/protocol/envelope/layout.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { effortOf } from '@ezchat/protocol/postage/price.ts'
import { addToDigest, emptyDigest } from '@ezchat/protocol/sync/digest.ts'
import { STORE_STEP_COUNT_MAX } from '../limits.ts'
import { DayBook } from './day-book.ts'
import { Draft } from './draft.ts'
import { type KeyValue, type Operation, type Row, rowsUnder } from './key-value.ts'
import {
  type Arrival,
  arrivalInKey,
  bodyKey,
  dayKey,
  dayOf,
  decodeEntry,
  digestKey,
  type Entry,
  encodeDayTotal,
  encodeEntry,
  entryKey,
  idInDayKey,
  mailboxKey,
  prefixOf,
  priceClassOf,
  priceKey,
  TABLE,
  turnId,
} from './layout.ts'
import { REPAIR_DUE, REPAIR_KEY, setAside } from './quarantine.ts'

export interface RepairInit {
  readonly keyValue: KeyValue
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly isOwn: (mailbox: Uint8Array) => boolean
  readonly onDamage: (key: Uint8Array) => void
}

export interface Repaired {
  readonly days: DayBook
  readonly arrivalNext: Arrival
}

const NOTHING = new Uint8Array(0)

export async function repair(init: RepairInit, arrivalNext: Arrival): Promise<Repaired> {
  const { keyValue } = init
  await keyValue.write([{ key: REPAIR_KEY, value: REPAIR_DUE }], { sync: true })
  const next = await rewriteIndexes(init, arrivalNext)
  await removeWhatLeadsNowhere(init)
  const days = await countDays(init)
  await keyValue.write([{ key: REPAIR_KEY, value: null }], { sync: true })
  return { days, arrivalNext: next }
}

interface Judged {
  readonly id: Uint8Array
  readonly entry: Entry
}

/** Null when it is no envelope of this network any longer. */
function judge({ crypto, network }: RepairInit, [key, bytes]: Row): Judged | null {
  try {
    const { shard, mailbox, timestampSeconds } = decodeLayout(network, bytes)
    const id = envelopeIdOf(crypto, network, bytes)
    const priceClass = priceClassOf({ bytes, effort: effortOf(id) })
    const arrival = arrivalInKey(key)
    const expiresAtSeconds = expiresAtSecondsOf(network, timestampSeconds)
    const bytesLength = bytes.length
    return {
      id,
      entry: {
        arrival,
        shard,
        mailbox,
        timestampSeconds,
        expiresAtSeconds,
        priceClass,
        // Where nobody knows any more, it may have been promised.
        isPromised: true,
        bytesLength,
      },
    }
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

async function rewriteIndexes(init: RepairInit, arrivalNext: Arrival): Promise<Arrival> {
  const { keyValue, network, isOwn, onDamage } = init
  let next = arrivalNext
  for await (const rows of rowsUnder(keyValue, prefixOf(TABLE.body), STORE_STEP_COUNT_MAX)) {
    const judged = rows.map((row) => judge(init, row))
    const reads = judged.flatMap((one) =>
      one === null
        ? [NOTHING, NOTHING]
        : [entryKey(turnId(one.id)), dayKey(one.entry, turnId(one.id))],
    )
    const read = await keyValue.getMany(reads)
    const draft = new Draft(new DayBook(), next)
    for (const [at, [key, bytes]] of rows.entries()) {
      const one = judged[at] ?? null
      const [record, day] = [read[at * 2] ?? null, read[at * 2 + 1] ?? null]
      const known = record === null ? null : decodeEntry(record, network.ttlDays)
      // With a bit flipped it hashes to an id that nothing else has heard of.
      if (one === null || (record === null && day === null)) {
        await setAside(draft, keyValue, [key, bytes])
        draft.write(key, null)
        onDamage(key)
      } else if (known !== null && known.arrival !== one.entry.arrival) {
        draft.write(key, null) // A second copy.
      } else {
        const isPromised = known?.isPromised ?? true
        const judgedAgain = { ...one, entry: { ...one.entry, isPromised } }
        for (const { key, value } of indexesOf(judgedAgain, isOwn)) draft.write(key, value)
      }
    }
    await keyValue.write(draft.operations(), { sync: false })
    next = draft.arrivalNext
  }
  return next
}

function indexesOf({ id, entry }: Judged, isOwn: (mailbox: Uint8Array) => boolean): Operation[] {
  const turned = turnId(id)
  const isListed = !entry.isPromised && !isOwn(entry.mailbox)
  const listed = isListed ? [{ key: priceKey(entry), value: turned }] : []
  return [
    { key: entryKey(turned), value: encodeEntry(entry) },
    { key: dayKey(entry, turned), value: NOTHING },
    { key: mailboxKey(entry.mailbox, entry.arrival), value: turned },
    ...listed,
  ]
}

/** Entries without a body, then everything without an entry that it belongs to. */
async function removeWhatLeadsNowhere(init: RepairInit): Promise<void> {
  const { keyValue, network, onDamage } = init
  await filterTable(keyValue, TABLE.entry, async (rows) => {
    const entries = rows.map(([, record]) => decodeEntry(record, network.ttlDays))
    const bodies = await keyValue.getMany(
      entries.map((entry) => (entry === null ? NOTHING : bodyKey(entry.arrival))),
    )
    for (const [at, body] of bodies.entries()) if (body === null) onDamage(rows[at]![0])
    return bodies.map((body, at) => body !== null && entries[at] !== null)
  })
  for (const table of [TABLE.day, TABLE.mailbox, TABLE.price]) {
    await filterTable(keyValue, table, async (rows) => {
      const turned = rows.map(([key, id]) => (table === TABLE.day ? idInDayKey(key) : id))
      const records = await keyValue.getMany(turned.map(entryKey32))
      return rows.map(([key], at) => {
        const record = records[at]
        const entry = record ? decodeEntry(record, network.ttlDays) : null
        return entry !== null && isKeyOf(table, key, { id: turnId(turned[at]!), entry })
      })
    })
  }
}

function entryKey32(turned: Uint8Array): Uint8Array {
  return turned.length === 32 ? entryKey(turned) : NOTHING
}

function isKeyOf(table: number, key: Uint8Array, judged: Judged): boolean {
  const own = indexesOf(judged, () => false).find((operation) => operation.key[0] === table)
  return own !== undefined && compareBytes(own.key, key) === 0
}

async function filterTable(
  keyValue: KeyValue,
  table: number,
  keep: (rows: readonly Row[]) => Promise<readonly boolean[]>,
): Promise<void> {
  for await (const rows of rowsUnder(keyValue, prefixOf(table), STORE_STEP_COUNT_MAX)) {
    const kept = await keep(rows)
    const removals = rows.flatMap(([key], at) => (kept[at] ? [] : [{ key, value: null }]))
    if (removals.length > 0) await keyValue.write(removals, { sync: false })
  }
}

async function countDays({ keyValue, network }: RepairInit): Promise<DayBook> {
  await filterTable(keyValue, TABLE.digest, async (rows) => rows.map(() => false))
  const days = new DayBook()
  for await (const rows of rowsUnder(keyValue, prefixOf(TABLE.entry), STORE_STEP_COUNT_MAX)) {
    for (const [key, record] of rows) {
      const entry = decodeEntry(record, network.ttlDays)
      if (entry === null) continue
      const day = dayOf(entry.timestampSeconds)
      const before = days.get(entry.shard, day) ?? { digest: emptyDigest(), bytes: 0 }
      const digest = { count: before.digest.count, sum: before.digest.sum.slice() }
      addToDigest(digest, turnId(key.subarray(1)))
      days.set(entry.shard, day, { digest, bytes: before.bytes + entry.bytesLength })
    }
  }
  const operations = days.shards().flatMap((shard) =>
    days.digests(shard).map(({ day }) => ({
      key: digestKey(shard, day),
      value: encodeDayTotal(days.get(shard, day)!),
    })),
  )
  await keyValue.write(operations, { sync: true })
  return days
}
