// What the two sides of an exchange say. sync.md §3
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import * as wire from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'
import * as fields from './message-fields.ts'

export interface DayFingerprint {
  readonly day: number
  readonly count: number
  readonly fingerprint: Uint8Array
}

/** Lists of ids are packed short ids, strictly ascending; so are lists of days. */
export type SyncMessage =
  | { readonly kind: 'refuse'; readonly status: number }
  | {
      readonly kind: 'open'
      readonly wantsDigests: boolean
      readonly salt: Uint8Array
      readonly root: Uint8Array
    }
  | { readonly kind: 'equal' | 'more' | 'fallback' | 'next' }
  | {
      readonly kind: 'digests'
      readonly salt: Uint8Array
      readonly days: readonly DayFingerprint[]
    }
  | {
      readonly kind: 'code'
      readonly isListNext: boolean
      readonly days: readonly number[]
      readonly symbols: Uint8Array
    }
  | { readonly kind: 'symbols'; readonly symbols: Uint8Array }
  | {
      readonly kind: 'result'
      readonly hasMore: boolean
      readonly initiatorOnly: Uint8Array
      readonly responderOnly: Uint8Array
    }
  | {
      readonly kind: 'list'
      readonly isLast: boolean
      readonly days: readonly number[]
      readonly ids: Uint8Array
    }
  | { readonly kind: 'page'; readonly isLast: boolean; readonly ids: Uint8Array }
  | {
      readonly kind: 'listed'
      readonly hasMore: boolean
      /** One for each of the ids that this answer is about: whether it is missing here. */
      readonly missing: readonly boolean[]
      readonly ids: Uint8Array
    }

export type SyncKind = SyncMessage['kind']
type Of<K extends SyncKind> = Extract<SyncMessage, { kind: K }>

/** In every version: version, kind, shard; and 0 is a refusal with a status. */
const NUMBERS: { readonly [K in SyncKind]: number } = {
  refuse: 0,
  open: 1,
  equal: 2,
  digests: 3,
  code: 4,
  symbols: 5,
  more: 6,
  fallback: 7,
  result: 8,
  next: 9,
  list: 10,
  page: 11,
  listed: 12,
}
const KINDS = Object.keys(NUMBERS) as SyncKind[]

type Writers = { readonly [K in SyncKind]: (writer: Writer, message: Of<K>) => void }
type Readers = { readonly [K in SyncKind]: (reader: Reader) => SyncMessage }

export function encodeSyncMessage(shard: number, message: SyncMessage): Uint8Array {
  const writer = new Writer(1024).u8(wire.SYNC_VERSION).u8(NUMBERS[message.kind]).u8(shard)
  const write = WRITERS[message.kind] as (writer: Writer, message: SyncMessage) => void
  write(writer, message)
  const bytes = writer.finish()
  assert(bytes.length <= wire.SYNC_MESSAGE_BYTES_MAX, `a message of ${bytes.length} bytes`)
  return bytes
}

export function decodeSyncMessage(bytes: Uint8Array): { shard: number; message: SyncMessage } {
  if (bytes.length > wire.SYNC_MESSAGE_BYTES_MAX) throw new ProtocolError('SYNC_LIMIT')
  const reader = new Reader(bytes, 'SYNC')
  reader.version(wire.SYNC_VERSION)
  const kind = KINDS[reader.u8()]
  if (kind === undefined) return reader.fail('KIND')
  const shard = reader.u8()
  const message = READERS[kind](reader)
  reader.end()
  return { shard, message }
}

const WRITERS: Writers = {
  refuse: (writer, { status }) => writer.u16(status),
  open: (writer, { wantsDigests, salt, root }) =>
    fields
      .writeFlag(writer, wantsDigests)
      .bytes(salt, wire.SYNC_SALT_BYTES)
      .bytes(root, wire.ID_BYTES),
  equal: () => {},
  digests(writer, { salt, days }) {
    writer.bytes(salt, wire.SYNC_SALT_BYTES).u16(days.length)
    for (const { day, count, fingerprint } of days) {
      writer.u32(day).u32(count).bytes(fingerprint, wire.SYNC_FINGERPRINT_BYTES)
    }
  },
  code: (writer, { isListNext, days, symbols }) =>
    fields.writeSymbols(fields.writeDays(fields.writeFlag(writer, isListNext), days), symbols),
  symbols: (writer, { symbols }) => fields.writeSymbols(writer, symbols),
  more: () => {},
  fallback: () => {},
  result: (writer, { hasMore, initiatorOnly, responderOnly }) =>
    fields.writeIds(
      fields.writeIds(fields.writeFlag(writer, hasMore), initiatorOnly),
      responderOnly,
    ),
  next: () => {},
  list: (writer, { isLast, days, ids }) =>
    fields.writeIds(fields.writeDays(fields.writeFlag(writer, isLast), days), ids),
  page: (writer, { isLast, ids }) => fields.writeIds(fields.writeFlag(writer, isLast), ids),
  listed: (writer, { hasMore, missing, ids }) =>
    fields.writeIds(fields.writeBits(fields.writeFlag(writer, hasMore), missing), ids),
}

const READERS: Readers = {
  refuse: (reader) => ({ kind: 'refuse', status: reader.u16() }),
  open: (reader) => ({
    kind: 'open',
    wantsDigests: fields.readFlag(reader),
    salt: reader.bytes(wire.SYNC_SALT_BYTES),
    root: reader.bytes(wire.ID_BYTES),
  }),
  equal: () => ({ kind: 'equal' }),
  digests(reader) {
    const salt = reader.bytes(wire.SYNC_SALT_BYTES)
    const days = fields.readList(reader, wire.SYNC_DAYS_MAX, () => ({
      day: reader.u32(),
      count: reader.within(reader.u32(), 1, 0xffffffff, 'a count'),
      fingerprint: reader.bytes(wire.SYNC_FINGERPRINT_BYTES),
    }))
    fields.checkDays(
      reader,
      days.map(({ day }) => day),
    )
    return { kind: 'digests', salt, days }
  },
  code: (reader) => ({
    kind: 'code',
    isListNext: fields.readFlag(reader),
    days: fields.readDays(reader),
    symbols: fields.readSymbols(reader),
  }),
  symbols: (reader) => ({ kind: 'symbols', symbols: fields.readSymbols(reader) }),
  more: () => ({ kind: 'more' }),
  fallback: () => ({ kind: 'fallback' }),
  result(reader) {
    const hasMore = fields.readFlag(reader)
    const initiatorOnly = fields.readIds(reader)
    const responderOnly = fields.readIds(reader)
    fields.checkPage(reader, hasMore, initiatorOnly.length + responderOnly.length)
    return { kind: 'result', hasMore, initiatorOnly, responderOnly }
  },
  next: () => ({ kind: 'next' }),
  list(reader) {
    const isLast = fields.readFlag(reader)
    const days = fields.readDays(reader)
    const ids = fields.readIds(reader)
    fields.checkPage(reader, !isLast, ids.length)
    return { kind: 'list', isLast, days, ids }
  },
  page(reader) {
    const isLast = fields.readFlag(reader)
    const ids = fields.readIds(reader)
    if (ids.length === 0) reader.fail('FIELD', 'an empty page')
    fields.checkPage(reader, !isLast, ids.length)
    return { kind: 'page', isLast, ids }
  },
  listed(reader) {
    const hasMore = fields.readFlag(reader)
    const missing = fields.readBits(reader)
    const ids = fields.readIds(reader)
    fields.checkPage(reader, hasMore, ids.length)
    return { kind: 'listed', hasMore, missing, ids }
  },
}
