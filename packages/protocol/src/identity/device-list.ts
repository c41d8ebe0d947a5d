// The active devices without their history, for a log that a record has no room for: record.md §4.
// Nothing in it is proved by itself: it is worth as much as the key that signs the record.
import { toHex } from '../codec/bytes.ts'
import type { Reader } from '../codec/reader.ts'
import type { Writer } from '../codec/writer.ts'
import { DEVICES_MAX, ID_BYTES } from '../constants.ts'
import { ProtocolError } from '../errors.ts'
import {
  type Device,
  type DeviceId,
  type DeviceLog,
  type DeviceLogHead,
  headOf,
  isUsableDevice,
} from './device-log.ts'
import { readDevice, writeDevice } from './device-log-entry.ts'

export interface DeviceList {
  readonly head: DeviceLogHead
  readonly devices: ReadonlyMap<DeviceId, Device>
}

export function writeDeviceList(writer: Writer, log: DeviceLog): void {
  const { seq, hash } = headOf(log)
  writer.u32(seq).bytes(hash, ID_BYTES).u8(log.devices.size)
  for (const device of log.devices.values()) writeDevice(writer.u32(device.addedAtSeq), device)
}

export function readDeviceList(reader: Reader, identityKey: Uint8Array): DeviceList {
  const head = { seq: reader.u32(), hash: reader.bytes(ID_BYTES).slice() }
  const count = reader.u8()
  if (count > DEVICES_MAX) reader.fail('LIMIT', `${count} devices`)
  const devices = new Map<DeviceId, Device>()
  const keys = new Set([toHex(identityKey)])
  let previousSeq = -1
  for (let i = 0; i < count; i++) {
    const addedAtSeq = reader.within(reader.u32(), 0, head.seq, 'entry of a device')
    if (addedAtSeq <= previousSeq) reader.fail('ORDER', 'devices in another order than the log')
    previousSeq = addedAtSeq
    const device = readDevice(reader)
    if (!isUsableDevice(device)) throw new ProtocolError('RECORD_INVALID', 'a device of no use')
    devices.set(toHex(device.id), { ...device, addedAtSeq })
    keys.add(toHex(device.signKey)).add(toHex(device.exchangeKey))
  }
  const isDistinct = devices.size === count && keys.size === 2 * count + 1
  if (!isDistinct) reader.fail('ORDER', 'an id or a key twice')
  return { head, devices }
}
