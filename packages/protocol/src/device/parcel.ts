// What a session's message carries between two devices: parcel.md.
import { readHints, writeHints } from '../codec/hints.ts'
import { readName, writeName } from '../codec/plain-text.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DOOR_SECRET_BYTES,
  INTRODUCTION_VERSION,
  INVITE_TOKEN_BYTES,
  PARCEL_ITEMS_MAX,
  RECORD_NAME_BYTES_MAX,
} from '../constants.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert } from '../errors.ts'
import { readEntries, writeEntries } from '../identity/device-log-list.ts'
import { decodeLogHeads, encodeLogHeads, type LogHeads } from './log-heads.ts'

/** What whoever is written to first must know in order to answer. */
export interface Introduction {
  /** Of the invite that was used, if there was one. */
  readonly token: Secret | null
  /** Of a door of the writer's; null where the bare one is open. */
  readonly doorSecret: Secret | null
  readonly homeShard: number
  readonly hints: readonly string[]
  /** What the writer would like to be called. */
  readonly name: string
}

export type ParcelItem =
  /** Of a conversation between the two identities, or of one that names its participants. */
  | { readonly kind: 'entry'; readonly bytes: Uint8Array }
  | { readonly kind: 'introduction'; readonly introduction: Introduction }
  /** Entries of the sender's device log, from this number on. */
  | { readonly kind: 'log'; readonly seq: number; readonly entries: readonly Uint8Array[] }
  /** Between devices of one identity: the entry is of the conversation with this other one. */
  | { readonly kind: 'copy'; readonly identityKey: Uint8Array; readonly bytes: Uint8Array }

export interface Parcel {
  readonly heads: LogHeads
  readonly items: readonly ParcelItem[]
}

const KINDS = { entry: 1, introduction: 2, log: 3, copy: 4 } as const
const FLAG_TOKEN = 1
const FLAG_DOOR = 2
const FLAGS_ALL = FLAG_TOKEN | FLAG_DOOR
const ITEM_BYTES_MAX = 0xffff
const ITEM_HEAD_BYTES = 3
const HEAD_FLAG_AT = 1
const HEADS_BYTES = { one: 38, two: 74 } as const

function encodeIntroduction(introduction: Introduction): Uint8Array {
  const { token, doorSecret, homeShard, hints, name } = introduction
  const flags = (token === null ? 0 : FLAG_TOKEN) | (doorSecret === null ? 0 : FLAG_DOOR)
  const writer = new Writer().u8(INTRODUCTION_VERSION).u8(flags)
  if (token !== null) writer.bytes(token.reveal(), INVITE_TOKEN_BYTES)
  if (doorSecret !== null) writer.bytes(doorSecret.reveal(), DOOR_SECRET_BYTES)
  writer.u16(homeShard)
  writeHints(writer, hints)
  writeName(writer, name, RECORD_NAME_BYTES_MAX)
  return writer.finish()
}

function decodeIntroduction(bytes: Uint8Array): Introduction {
  const reader = new Reader(bytes, 'PARCEL')
  reader.version(INTRODUCTION_VERSION)
  const flags = reader.within(reader.u8(), 0, FLAGS_ALL, 'flags')
  const token = flags & FLAG_TOKEN ? Secret.copy(reader.bytes(INVITE_TOKEN_BYTES)) : null
  const doorSecret = flags & FLAG_DOOR ? Secret.copy(reader.bytes(DOOR_SECRET_BYTES)) : null
  const homeShard = reader.u16()
  const hints = readHints(reader)
  const name = readName(reader, RECORD_NAME_BYTES_MAX)
  reader.end()
  return { token, doorSecret, homeShard, hints, name }
}

function encodeItem(item: ParcelItem): Uint8Array {
  switch (item.kind) {
    case 'entry':
      return item.bytes
    case 'introduction':
      return encodeIntroduction(item.introduction)
    case 'log': {
      const writer = new Writer().u32(item.seq)
      writeEntries(writer, item.entries)
      return writer.finish()
    }
    case 'copy': {
      const writer = new Writer(PUBLIC_KEY_BYTES + item.bytes.length)
      return writer.bytes(item.identityKey, PUBLIC_KEY_BYTES).bytes(item.bytes).finish()
    }
  }
}

/** Null for a kind of a later version. */
function decodeItem(kind: number, bytes: Uint8Array): ParcelItem | null {
  switch (kind) {
    case KINDS.entry:
      return { kind: 'entry', bytes }
    case KINDS.introduction:
      return { kind: 'introduction', introduction: decodeIntroduction(bytes) }
    case KINDS.log: {
      const reader = new Reader(bytes, 'PARCEL')
      const seq = reader.u32()
      const entries = readEntries(reader)
      reader.end()
      return { kind: 'log', seq, entries }
    }
    case KINDS.copy: {
      const reader = new Reader(bytes, 'PARCEL')
      const identityKey = reader.bytes(PUBLIC_KEY_BYTES)
      return { kind: 'copy', identityKey, bytes: reader.bytes(reader.left) }
    }
    default:
      return null
  }
}

/** What an item adds to the length of a parcel. */
export function parcelItemBytes(item: ParcelItem): number {
  return ITEM_HEAD_BYTES + encodeItem(item).length
}

export function encodeParcel({ heads, items }: Parcel): Uint8Array {
  assert(items.length <= PARCEL_ITEMS_MAX, `${items.length} items`)
  const writer = new Writer(1024).bytes(encodeLogHeads(heads))
  for (const item of items) writer.u8(KINDS[item.kind]).prefixed(encodeItem(item), ITEM_BYTES_MAX)
  return writer.finish()
}

/** Throws PARCEL_*, DEVICE_* for the heads, or what the parts of an item throw. */
export function decodeParcel(bytes: Uint8Array): Parcel {
  const reader = new Reader(bytes, 'PARCEL')
  const isTwo = ((bytes[HEAD_FLAG_AT] ?? 0) & 1) === 1
  const heads = decodeLogHeads(reader.bytes(isTwo ? HEADS_BYTES.two : HEADS_BYTES.one))
  const items: ParcelItem[] = []
  for (let count = 0; reader.left > 0; count++) {
    if (count === PARCEL_ITEMS_MAX) reader.fail('LIMIT', 'items')
    const kind = reader.u8()
    const item = decodeItem(kind, reader.prefixed(ITEM_BYTES_MAX))
    if (item !== null) items.push(item)
  }
  return { heads, items }
}
