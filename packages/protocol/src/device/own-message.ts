// What one device of a person tells all the others at once, over the own lane: device.md §6.
import { compareBytes, concatBytes, equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  ID_BYTES,
  OWN_CONTENT_BYTES_MAX,
  OWN_CONVERSATIONS_MAX,
  OWN_MESSAGE_VERSION,
  OWN_REGISTERS_MAX,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { SIGNATURE_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { type Device, headOf } from '../identity/device-log.ts'
import { readEntries, writeEntries } from '../identity/device-log-list.ts'
import { decodeRegister, encodeRegister, REGISTER_BYTES_MAX, type Register } from './register.ts'
import { activeDevices, type Roster } from './roster.ts'

export type OwnContent =
  | { readonly kind: 'registers'; readonly registers: readonly Register[] }
  /** Log entries from a number on. */
  | { readonly kind: 'log'; readonly fromSeq: number; readonly entries: readonly Uint8Array[] }
  /** Conversations that the sender holds, so that a new device asks for their entries by range. */
  | { readonly kind: 'conversations'; readonly ids: readonly Uint8Array[] }
  /** All registers and conversations, please. */
  | { readonly kind: 'ask' }

// Kind, number of the first entry, count.
const LOG_HEAD_BYTES = 7
const KINDS = { registers: 1, log: 2, conversations: 3, ask: 4 } as const

export function encodeOwnContent(content: OwnContent): Uint8Array {
  const writer = new Writer(1024).u8(KINDS[content.kind])
  switch (content.kind) {
    case 'registers':
      writer.u16(content.registers.length)
      for (const register of content.registers) {
        writer.prefixed(encodeRegister(register), REGISTER_BYTES_MAX)
      }
      break
    case 'log':
      writeEntries(writer.u32(content.fromSeq), content.entries)
      break
    case 'conversations':
      writer.u16(content.ids.length)
      for (const id of content.ids.toSorted(compareBytes)) writer.bytes(id, ID_BYTES)
  }
  return writer.finish()
}

function readRegisters(reader: Reader): Register[] {
  const count = reader.u16()
  if (count > OWN_REGISTERS_MAX) reader.fail('LIMIT', `${count} registers`)
  return Array.from({ length: count }, () => decodeRegister(reader.prefixed(REGISTER_BYTES_MAX)))
}

function readIds(reader: Reader): Uint8Array[] {
  const count = reader.u16()
  if (count > OWN_CONVERSATIONS_MAX) reader.fail('LIMIT', `${count} conversations`)
  const ids: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    const id = reader.bytes(ID_BYTES).slice()
    if (i > 0 && compareBytes(ids[i - 1]!, id) >= 0) reader.fail('ORDER', 'conversations')
    ids.push(id)
  }
  return ids
}

function readContent(reader: Reader): OwnContent | null {
  switch (reader.u8()) {
    case KINDS.registers:
      return { kind: 'registers', registers: readRegisters(reader) }
    case KINDS.log: {
      const fromSeq = reader.u32()
      const entries = readEntries(reader).map((entry) => entry.slice())
      return { kind: 'log', fromSeq, entries }
    }
    case KINDS.conversations:
      return { kind: 'conversations', ids: readIds(reader) }
    case KINDS.ask:
      return { kind: 'ask' }
    default:
      return null
  }
}

/** Null for a kind of a later version. */
export function decodeOwnContent(bytes: Uint8Array): OwnContent | null {
  if (bytes.length > OWN_CONTENT_BYTES_MAX) throw new ProtocolError('DEVICE_LIMIT', 'content')
  const reader = new Reader(bytes, 'DEVICE')
  const content = readContent(reader)
  if (content !== null) reader.end()
  return content
}

/** Registers in as few messages as they fit in. */
export function packRegisters(registers: Iterable<Register>): OwnContent[] {
  const packed: Register[][] = [[]]
  let bytes = 3
  for (const register of registers) {
    const length = 2 + encodeRegister(register).length
    const isFull = packed.at(-1)!.length === OWN_REGISTERS_MAX
    if (isFull || bytes + length > OWN_CONTENT_BYTES_MAX) {
      packed.push([])
      bytes = 3
    }
    packed.at(-1)!.push(register)
    bytes += length
  }
  return packed
    .filter((some) => some.length > 0)
    .map((some) => ({ kind: 'registers', registers: some }))
}

interface OwnScope {
  readonly networkId: Uint8Array
  readonly identityKey: Uint8Array
}

function signedBytes({ networkId, identityKey }: OwnScope, body: Uint8Array): Uint8Array {
  return labelled(SIGN_LABELS.ownMessage, networkId, identityKey, body)
}

/** Everybody with the own key can seal: the signature says which device it was. */
export function signOwnMessage(
  crypto: Crypto,
  scope: OwnScope,
  by: { readonly deviceId: Uint8Array; readonly signSeed: Secret },
  content: Uint8Array,
): Uint8Array {
  const body = new Writer(content.length + 32)
    .u8(OWN_MESSAGE_VERSION)
    .bytes(by.deviceId, DEVICE_ID_BYTES)
    .prefixed(content, OWN_CONTENT_BYTES_MAX)
    .finish()
  return concatBytes(body, crypto.ed25519Sign(by.signSeed, signedBytes(scope, body)))
}

export interface OwnMessage {
  readonly from: Device
  /** For `decodeOwnContent`. */
  readonly content: Uint8Array
}

/** Throws for a device that is not one of ours any more, or not yet: then the log comes first. */
export function openOwnMessage(
  crypto: Crypto,
  own: Roster,
  networkId: Uint8Array,
  bytes: Uint8Array,
): OwnMessage {
  const reader = new Reader(bytes, 'DEVICE')
  reader.version(OWN_MESSAGE_VERSION)
  const deviceId = reader.bytes(DEVICE_ID_BYTES)
  const content = reader.prefixed(OWN_CONTENT_BYTES_MAX).slice()
  const body = bytes.subarray(0, reader.offset)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  const from = activeDevices(own).find((device) => equalBytes(device.id, deviceId))
  if (from === undefined) throw new ProtocolError('DEVICE_PERMISSION', 'no device of ours')
  const scope = { networkId, identityKey: own.log.identityKey }
  if (!crypto.ed25519Verify(from.signKey, signedBytes(scope, body), signature)) {
    throw new ProtocolError('DEVICE_SIGNATURE', 'own message')
  }
  return { from, content }
}

/** What another own device lacks of our log, as far as one message has room. */
export function logSince(own: Roster, fromSeq: number): OwnContent & { readonly kind: 'log' } {
  const first = Math.min(fromSeq, headOf(own.log).seq + 1)
  const entries: Uint8Array[] = []
  let left = OWN_CONTENT_BYTES_MAX - LOG_HEAD_BYTES
  for (const entry of own.log.entries.slice(first)) {
    left -= 2 + entry.length
    if (left < 0) break
    entries.push(entry)
  }
  return { kind: 'log', fromSeq: first, entries }
}
