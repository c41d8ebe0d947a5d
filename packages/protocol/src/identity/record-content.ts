// What those who know the address find inside a record: record.md §4.
import { compareBytes, equalBytes, isZero, toHex } from '../codec/bytes.ts'
import { readHints, writeHints } from '../codec/hints.ts'
import { readName, writeName } from '../codec/plain-text.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  DEVICES_MAX,
  RECORD_NAME_BYTES_MAX,
  RECORD_PREKEYS_BYTES_MAX,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { assert, ProtocolError } from '../errors.ts'
import { type DeviceList, readDeviceList, writeDeviceList } from './device-list.ts'
import { type DeviceId, type DeviceLog, headOf, verifyDeviceLog } from './device-log.ts'
import { readEntries, writeEntries } from './device-log-list.ts'

const DEVICES_AS_LOG = 1
const DEVICES_AS_LIST = 2

export interface DevicePrekeys {
  readonly deviceId: Uint8Array
  /** A bundle as the device signed it; session.md says what it holds. */
  readonly bundle: Uint8Array
}

export interface RecordFields {
  readonly homeShard: number
  /** What the owner would like to be called; the reader's petname wins. */
  readonly profileName: string
  /** Multiaddrs of carriers, in the order in which they are to be tried. */
  readonly hints: readonly string[]
}

export interface RecordDraft extends RecordFields {
  readonly log: DeviceLog
  /** The most useful first: where there is no room for all, the last are left out. */
  readonly prekeys: readonly DevicePrekeys[]
}

export interface RecordContent extends RecordFields, DeviceList {
  /** Null where the record had no room for the log: `devices` is then on the record's word. */
  readonly log: DeviceLog | null
  readonly prekeys: ReadonlyMap<DeviceId, Uint8Array>
}

function encodeContent(draft: RecordDraft, form: number): Uint8Array {
  const writer = new Writer(4096)
    .bytes(draft.log.identityKey, PUBLIC_KEY_BYTES)
    .u16(draft.homeShard)
  writeName(writer, draft.profileName, RECORD_NAME_BYTES_MAX)
  writeHints(writer, draft.hints)
  writer.u8(form)
  if (form === DEVICES_AS_LOG) writeEntries(writer, draft.log.entries)
  else writeDeviceList(writer, draft.log)
  assert(draft.prekeys.length <= DEVICES_MAX, 'expected one bundle for a device')
  writer.u8(draft.prekeys.length)
  const sorted = draft.prekeys.toSorted((a, b) => compareBytes(a.deviceId, b.deviceId))
  for (const { deviceId, bundle } of sorted) {
    assert(draft.log.devices.has(toHex(deviceId)), 'expected prekeys of active devices')
    writer.bytes(deviceId, DEVICE_ID_BYTES).prefixed(bundle, RECORD_PREKEYS_BYTES_MAX)
  }
  return writer.finish()
}

/**
 * The content that fits, or null. All bundles with the log, else all with the list, else those
 * bundles that there is room for. A delegate has no list: its word is not enough for that.
 */
export function fitContent(
  draft: RecordDraft,
  room: { readonly bytesMax: number; readonly isDelegate: boolean },
): Uint8Array | null {
  const forms = room.isDelegate ? [DEVICES_AS_LOG] : [DEVICES_AS_LOG, DEVICES_AS_LIST]
  for (const form of forms) {
    const content = encodeContent(draft, form)
    if (content.length <= room.bytesMax) return content
  }
  for (let count = draft.prekeys.length - 1; count > 0; count--) {
    const part = { ...draft, prekeys: draft.prekeys.slice(0, count) }
    const content = encodeContent(part, forms.at(-1)!)
    if (content.length <= room.bytesMax) return content
  }
  return null
}

/** `plain` is ours alone and stays unchanged: what is returned are views of it. */
export function decodeContent(
  crypto: Crypto,
  plain: Uint8Array,
  record: { readonly identityKey: Uint8Array; readonly isDelegate: boolean },
): RecordContent {
  const { identityKey } = record
  const reader = new Reader(plain, 'RECORD')
  if (!equalBytes(reader.bytes(PUBLIC_KEY_BYTES), identityKey)) {
    throw new ProtocolError('RECORD_PERMISSION', 'names another identity')
  }
  const homeShard = reader.u16()
  const profileName = readName(reader, RECORD_NAME_BYTES_MAX)
  const hints = readHints(reader)
  const { log, head, devices } = readDevices(crypto, reader, record)
  const prekeys = readPrekeys(reader, devices)
  if (!isZero(reader.bytes(reader.left))) reader.fail('FIELD', 'filler that is not zero')
  return { homeShard, profileName, hints, log, head, devices, prekeys }
}

function readDevices(
  crypto: Crypto,
  reader: Reader,
  { identityKey, isDelegate }: { identityKey: Uint8Array; isDelegate: boolean },
): DeviceList & { readonly log: DeviceLog | null } {
  const form = reader.within(reader.u8(), DEVICES_AS_LOG, DEVICES_AS_LIST, 'form of the devices')
  if (form === DEVICES_AS_LOG) {
    const log = verifyDeviceLog(crypto, identityKey, readEntries(reader))
    return { log, head: headOf(log), devices: log.devices }
  }
  // A device that was revoked would otherwise vouch for itself.
  if (isDelegate) throw new ProtocolError('RECORD_PERMISSION', 'a list needs the identity itself')
  return { log: null, ...readDeviceList(reader, identityKey) }
}

function readPrekeys(
  reader: Reader,
  devices: DeviceList['devices'],
): ReadonlyMap<DeviceId, Uint8Array> {
  const count = reader.u8()
  if (count > DEVICES_MAX) reader.fail('LIMIT', `${count} bundles`)
  const prekeys = new Map<DeviceId, Uint8Array>()
  let previous: Uint8Array | null = null
  for (let i = 0; i < count; i++) {
    const id = reader.bytes(DEVICE_ID_BYTES)
    if (previous !== null && compareBytes(previous, id) >= 0) reader.fail('ORDER', 'bundles')
    previous = id
    const device = toHex(id)
    if (!devices.has(device)) {
      throw new ProtocolError('RECORD_PERMISSION', 'prekeys of a device that is not active')
    }
    prekeys.set(device, reader.prefixed(RECORD_PREKEYS_BYTES_MAX))
  }
  return prekeys
}
