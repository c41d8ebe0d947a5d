// What lies where. An envelope has five keys, written and removed together:
//
//   body     arrival                          → the envelope
//   entry    turned id                        → what its other keys are made of
//   day      shard, timestamp, turned id      → nothing; for an exchange of a day, and for expiry
//   mailbox  mailbox, arrival                 → turned id
//   price    price class, timestamp, arrival  → turned id; not for own mailboxes
//
// Bodies lie by arrival, so that LevelDB appends them and hardly ever moves them.
import { DAY_SECONDS, ID_BYTES, SHORT_ID_BYTES } from '@ezchat/protocol/constants.ts'
import { effortPerKibOf } from '@ezchat/protocol/envelope/decode.ts'
import { type Digest, decodeDigest, encodeDigest } from '@ezchat/protocol/sync/digest.ts'
import { withCheck, withoutCheck } from './checked-record.ts'

export const TABLE = {
  meta: 0x01,
  body: 0x10,
  entry: 0x11,
  day: 0x12,
  mailbox: 0x13,
  price: 0x14,
  digest: 0x15,
  drop: 0x16,
  quarantine: 0x17,
} as const

const ARRIVAL_BYTES = 6
const MAILBOX_BYTES = 32
const ENTRY_BYTES = ARRIVAL_BYTES + 2 + 4 + 1 + 4 + MAILBOX_BYTES
const DIGEST_RECORD_BYTES = 36 + 6

/** The number of an envelope in the order in which this store got them; never given twice. */
export type Arrival = number

export interface Entry {
  readonly arrival: Arrival
  readonly shard: number
  readonly timestampSeconds: number
  readonly expiresAtSeconds: number
  readonly priceClass: number
  /** A receipt was signed for it: it stays until it expires or is dropped. */
  readonly isPromised: boolean
  readonly bytesLength: number
  readonly mailbox: Uint8Array
}

export interface DayTotal {
  readonly digest: Digest
  bytes: number
}

/** Halves swapped, so that a short id is the beginning of a key. The same turns it back. */
export function turnId(id: Uint8Array): Uint8Array {
  const turned = new Uint8Array(ID_BYTES)
  // Byte by byte: two views would take longer than these.
  for (let at = 0; at < ID_BYTES; at++) turned[(at + SHORT_ID_BYTES) % ID_BYTES] = id[at]!
  return turned
}

/** Powers of two: within one the older goes first, or age would never count. */
export function priceClassOf(envelope: { bytes: Uint8Array; effort: number }): number {
  return Math.floor(Math.log2(effortPerKibOf(envelope) + 1))
}

export function dayOf(timestampSeconds: number): number {
  return Math.floor(timestampSeconds / DAY_SECONDS)
}

export function prefixOf(table: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const prefix = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 1))
  prefix[0] = table
  let at = 1
  for (const part of parts) {
    prefix.set(part, at)
    at += part.length
  }
  return prefix
}

function putNumber(bytes: Uint8Array, at: number, length: number, value: number): void {
  let rest = value
  for (let place = at + length - 1; place >= at; place--) {
    bytes[place] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

function numberAt(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let place = at; place < at + length; place++) value = value * 256 + bytes[place]!
  return value
}

function key(table: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes[0] = table
  return bytes
}

export function bodyKey(arrival: Arrival): Uint8Array {
  const bytes = key(TABLE.body, 1 + ARRIVAL_BYTES)
  putNumber(bytes, 1, ARRIVAL_BYTES, arrival)
  return bytes
}

export function entryKey(turnedId: Uint8Array): Uint8Array {
  const bytes = key(TABLE.entry, 1 + ID_BYTES)
  bytes.set(turnedId, 1)
  return bytes
}

/** Where a shard's envelopes of this second begin among the keys by day. */
export function dayStart(shard: number, timestampSeconds: number): Uint8Array {
  const bytes = key(TABLE.day, 7)
  putNumber(bytes, 1, 2, shard)
  putNumber(bytes, 3, 4, timestampSeconds)
  return bytes
}

export function dayKey({ shard, timestampSeconds }: Entry, turnedId: Uint8Array): Uint8Array {
  const bytes = key(TABLE.day, 7 + ID_BYTES)
  putNumber(bytes, 1, 2, shard)
  putNumber(bytes, 3, 4, timestampSeconds)
  bytes.set(turnedId, 7)
  return bytes
}

export function idInDayKey(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(7)
}

export function mailboxKey(mailbox: Uint8Array, arrival: Arrival): Uint8Array {
  const bytes = key(TABLE.mailbox, 1 + MAILBOX_BYTES + ARRIVAL_BYTES)
  bytes.set(mailbox, 1)
  putNumber(bytes, 1 + MAILBOX_BYTES, ARRIVAL_BYTES, arrival)
  return bytes
}

export function priceKey({ priceClass, timestampSeconds, arrival }: Entry): Uint8Array {
  const bytes = key(TABLE.price, 6 + ARRIVAL_BYTES)
  bytes[1] = priceClass
  putNumber(bytes, 2, 4, timestampSeconds)
  putNumber(bytes, 6, ARRIVAL_BYTES, arrival)
  return bytes
}

export interface Worth {
  readonly priceClass: number
  readonly timestampSeconds: number
}

export function worthInPriceKey(bytes: Uint8Array): Worth {
  return { priceClass: bytes[1]!, timestampSeconds: numberAt(bytes, 2, 4) }
}

/** Cheaper first, then older. */
export function isWorthLess(a: Worth, b: Worth): boolean {
  if (a.priceClass !== b.priceClass) return a.priceClass < b.priceClass
  return a.timestampSeconds < b.timestampSeconds
}

/** The last bytes of a body's or a mailbox's key. */
export function arrivalInKey(bytes: Uint8Array): Arrival {
  return numberAt(bytes, bytes.length - ARRIVAL_BYTES, ARRIVAL_BYTES)
}

export function digestKey(shard: number, day: number): Uint8Array {
  const bytes = key(TABLE.digest, 7)
  putNumber(bytes, 1, 2, shard)
  putNumber(bytes, 3, 4, day)
  return bytes
}

export function dayInDigestKey(bytes: Uint8Array): { shard: number; day: number } {
  return { shard: numberAt(bytes, 1, 2), day: numberAt(bytes, 3, 4) }
}

/** Classes of price are below 64. */
const PROMISED = 0x80

export function encodeEntry(entry: Entry): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES)
  putNumber(bytes, 0, ARRIVAL_BYTES, entry.arrival)
  putNumber(bytes, 6, 2, entry.shard)
  putNumber(bytes, 8, 4, entry.timestampSeconds)
  bytes[12] = entry.priceClass | (entry.isPromised ? PROMISED : 0)
  putNumber(bytes, 13, 4, entry.bytesLength)
  bytes.set(entry.mailbox, 17)
  return withCheck(bytes)
}

/** Null when it is damaged. */
export function decodeEntry(record: Uint8Array, ttlDays: number): Entry | null {
  const bytes = withoutCheck(record)
  if (bytes === null || bytes.length !== ENTRY_BYTES) return null
  const timestampSeconds = numberAt(bytes, 8, 4)
  return {
    arrival: numberAt(bytes, 0, ARRIVAL_BYTES),
    shard: numberAt(bytes, 6, 2),
    timestampSeconds,
    expiresAtSeconds: timestampSeconds + ttlDays * DAY_SECONDS,
    priceClass: bytes[12]! & ~PROMISED,
    isPromised: (bytes[12]! & PROMISED) !== 0,
    bytesLength: numberAt(bytes, 13, 4),
    mailbox: bytes.subarray(17),
  }
}

export function encodeDayTotal({ digest, bytes }: DayTotal): Uint8Array {
  const record = new Uint8Array(DIGEST_RECORD_BYTES)
  record.set(encodeDigest(digest))
  putNumber(record, 36, 6, bytes)
  return withCheck(record)
}

/** Null when it is damaged. */
export function decodeDayTotal(record: Uint8Array): DayTotal | null {
  const bytes = withoutCheck(record)
  if (bytes === null || bytes.length !== DIGEST_RECORD_BYTES) return null
  return { digest: decodeDigest(bytes.subarray(0, 36)), bytes: numberAt(bytes, 36, 6) }
}

const ARRIVALS_KEY = Uint8Array.of(TABLE.meta, 0x02)

export { ARRIVALS_KEY }

export function encodeArrival(arrival: Arrival): Uint8Array {
  const bytes = new Uint8Array(ARRIVAL_BYTES)
  putNumber(bytes, 0, ARRIVAL_BYTES, arrival)
  return withCheck(bytes)
}

/** Null when it is damaged. */
export function decodeArrival(record: Uint8Array): Arrival | null {
  const bytes = withoutCheck(record)
  return bytes?.length === ARRIVAL_BYTES ? numberAt(bytes, 0, ARRIVAL_BYTES) : null
}
