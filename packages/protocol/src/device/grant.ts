// What a new device is given: device.md §3.
import { equalBytes, toHex } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DOOR_SECRET_BYTES,
  GRANT_DOORS_MAX,
  GRANT_PART_BYTES,
  GRANT_PARTS_MAX,
  GRANT_SNAPSHOT_BYTES_MAX,
  GRANT_VERSION,
  GRANT_WARRANTS_MAX,
  NETWORK_BYTES_MAX,
  WARRANT_BYTES,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { type Device, type DeviceLog, headOf, verifyDeviceLog } from '../identity/device-log.ts'
import { readEntries, writeEntries } from '../identity/device-log-list.ts'
import { isIdentityKey } from '../identity/identity-key.ts'
import { type RecordDoor, recordDelegate, recordMailbox } from '../identity/record.ts'
import { verifyWarrant } from '../mailbox/warrant.ts'
import { decodeNetwork, type Network } from '../network/descriptor.ts'
import { isShard } from '../network/shard.ts'
import { type OwnKey, readOwnKey, writeOwnKey } from './own-key.ts'

/** The door that needs nothing but the address. */
const BARE_DOOR = 255

export interface GrantWarrant {
  /** Which of the doors; null for the bare one. */
  readonly door: number | null
  readonly period: number
  readonly warrant: Uint8Array
}

export interface Grant {
  readonly identityKey: Uint8Array
  readonly entries: readonly Uint8Array[]
  readonly network: Network
  readonly homeShard: number
  readonly ownKey: OwnKey
  /** In the order in which they were opened. */
  readonly doors: readonly Secret[]
  /** Ascending by door and period; only for a device that may publish. */
  readonly warrants: readonly GrantWarrant[]
  /** Where contacts, settings and history lie, as files do; null for nothing yet. */
  readonly snapshot: Secret | null
}

function writeWarrants(writer: Writer, warrants: readonly GrantWarrant[]): void {
  assert(warrants.length <= GRANT_WARRANTS_MAX, `${warrants.length} warrants are too many`)
  writer.u16(warrants.length)
  for (const { door, period, warrant } of warrants) {
    writer
      .u8(door ?? BARE_DOOR)
      .u32(period)
      .bytes(warrant, WARRANT_BYTES)
  }
}

function readWarrants(reader: Reader, doorCount: number): GrantWarrant[] {
  const count = reader.u16()
  if (count > GRANT_WARRANTS_MAX) reader.fail('LIMIT', `${count} warrants`)
  const warrants: GrantWarrant[] = []
  let last = -1
  for (let i = 0; i < count; i++) {
    const number = reader.u8()
    if (number !== BARE_DOOR && number >= doorCount) reader.fail('FIELD', `door ${number}`)
    const period = reader.u32()
    const place = number * 2 ** 32 + period
    if (place <= last) reader.fail('ORDER', 'warrants')
    last = place
    const door = number === BARE_DOOR ? null : number
    warrants.push({ door, period, warrant: reader.bytes(WARRANT_BYTES).slice() })
  }
  return warrants
}

export function encodeGrant(grant: Grant): Uint8Array {
  const { doors } = grant
  assert(doors.length <= GRANT_DOORS_MAX, `expected few doors, got ${doors.length}`)
  const writer = new Writer(4096)
    .u8(GRANT_VERSION)
    .bytes(grant.identityKey, PUBLIC_KEY_BYTES)
    .prefixed(grant.network.bytes, NETWORK_BYTES_MAX)
    .u16(grant.homeShard)
  writeEntries(writer, grant.entries)
  writeOwnKey(writer, grant.ownKey)
  writer.u8(doors.length)
  for (const door of doors) writer.bytes(door.reveal(), DOOR_SECRET_BYTES)
  writeWarrants(writer, grant.warrants)
  const snapshot = grant.snapshot?.reveal() ?? new Uint8Array(0)
  return writer.prefixed(snapshot, GRANT_SNAPSHOT_BYTES_MAX).finish()
}

const isSame = (a: Secret, b: Secret): boolean => equalBytes(a.reveal(), b.reveal())

/** The form only: `checkGrant` proves it. */
export function decodeGrant(crypto: Crypto, bytes: Uint8Array): Grant {
  if (bytes.length > GRANT_PARTS_MAX * GRANT_PART_BYTES) throw new ProtocolError('DEVICE_LIMIT')
  const reader = new Reader(bytes, 'DEVICE')
  reader.version(GRANT_VERSION)
  const identityKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
  const network = decodeNetwork(crypto, reader.prefixed(NETWORK_BYTES_MAX))
  const homeShard = reader.u16()
  const entries = readEntries(reader).map((entry) => entry.slice())
  const ownKey = readOwnKey(reader)
  const doorCount = reader.u8()
  if (doorCount > GRANT_DOORS_MAX) reader.fail('LIMIT', `${doorCount} doors`)
  const doors = Array.from({ length: doorCount }, () =>
    Secret.copy(reader.bytes(DOOR_SECRET_BYTES)),
  )
  const isTwice = doors.some((door, at) => doors.slice(0, at).some((other) => isSame(door, other)))
  if (isTwice) reader.fail('ORDER', 'a door twice')
  const warrants = readWarrants(reader, doorCount)
  const reference = reader.prefixed(GRANT_SNAPSHOT_BYTES_MAX)
  const snapshot = reference.length === 0 ? null : Secret.copy(reference)
  reader.end()
  return { identityKey, entries, network, homeShard, ownKey, doors, warrants, snapshot }
}

/** What the new device knows of itself. */
export interface GrantReader {
  readonly networkId: Uint8Array
  readonly deviceId: Uint8Array
  readonly signKey: Uint8Array
  readonly exchangeKey: Uint8Array
  readonly nowSeconds: number
}

/** The log that the grant proves. Throws where it is not what the link was for. */
export function checkGrant(crypto: Crypto, grant: Grant, reader: GrantReader): DeviceLog {
  const { identityKey, network, homeShard, ownKey } = grant
  if (!equalBytes(network.id, reader.networkId)) throw new ProtocolError('DEVICE_NETWORK')
  if (!isShard(network, homeShard)) throw new ProtocolError('DEVICE_FIELD', 'home shard')
  if (!isIdentityKey(identityKey)) throw new ProtocolError('DEVICE_INVALID', 'identity key')
  const log = verifyDeviceLog(crypto, identityKey, grant.entries)
  const device = log.devices.get(toHex(reader.deviceId))
  const isOurs =
    device !== undefined &&
    equalBytes(device.signKey, reader.signKey) &&
    equalBytes(device.exchangeKey, reader.exchangeKey)
  if (!isOurs) throw new ProtocolError('DEVICE_PERMISSION', 'this device is not in the log')
  if (ownKey.seq > headOf(log).seq) throw new ProtocolError('DEVICE_FIELD', 'own key')
  checkWarrants(crypto, grant, device, reader.nowSeconds)
  return log
}

function checkWarrants(crypto: Crypto, grant: Grant, device: Device, nowSeconds: number): void {
  const { identityKey, network, warrants, doors } = grant
  if (warrants.length > 0 && !device.rights.includes('publish')) {
    throw new ProtocolError('DEVICE_PERMISSION', 'warrants for a device that may not publish')
  }
  const networkId = network.id
  for (const { door, period, warrant } of warrants) {
    const doorSecret = door === null ? null : doors[door]!
    const at: RecordDoor = { networkId, identityKey, doorSecret }
    const mailbox = recordMailbox(crypto, at, period)
    const use = { networkId, mailbox, right: 'record', nowSeconds } as const
    const delegate = verifyWarrant(crypto, warrant, use)
    if (!equalBytes(delegate, recordDelegate(crypto, at, device.signKey, period))) {
      throw new ProtocolError('DEVICE_PERMISSION', 'a warrant of another device')
    }
  }
}

/** What fits into the largest envelope at a time. */
export function splitGrant(bytes: Uint8Array): Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / GRANT_PART_BYTES))
  assert(count <= GRANT_PARTS_MAX, `expected a grant, got ${bytes.length} bytes`)
  return Array.from({ length: count }, (_, at) =>
    bytes.subarray(at * GRANT_PART_BYTES, (at + 1) * GRANT_PART_BYTES),
  )
}
