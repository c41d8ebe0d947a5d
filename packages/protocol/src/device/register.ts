// One device's last word on one subject: device.md §7.
import { compareBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  REGISTER_KEY_BYTES_MAX,
  REGISTER_VALUE_BYTES_MAX,
  REGISTER_VERSION,
  SEQUENCE_MAX,
} from '../constants.ts'
import { compareStamps, readStamp, type Stamp, writeStamp } from '../conversation/stamp.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { decodeRegisterKey } from './register-key.ts'

export interface Register {
  readonly key: Uint8Array
  readonly device: Uint8Array
  /** Of this device's writes to this key, from 1: its later word stands, whatever its clock said. */
  readonly sequence: number
  readonly stamp: Stamp
  /** Null where it was removed. */
  readonly value: Secret | null
}

export const REGISTER_BYTES_MAX =
  1 + 2 + REGISTER_KEY_BYTES_MAX + DEVICE_ID_BYTES + 16 + 1 + 2 + REGISTER_VALUE_BYTES_MAX
const REMOVED = 0
const PRESENT = 1

export function encodeRegister(register: Register): Uint8Array {
  const { key, device, sequence, stamp, value } = register
  const writer = new Writer(REGISTER_BYTES_MAX)
    .u8(REGISTER_VERSION)
    .prefixed(key, REGISTER_KEY_BYTES_MAX)
    .bytes(device, DEVICE_ID_BYTES)
    .u64(BigInt(sequence))
  writeStamp(writer, stamp)
  if (value === null) return writer.u8(REMOVED).finish()
  return writer.u8(PRESENT).prefixed(value.reveal(), REGISTER_VALUE_BYTES_MAX).finish()
}

function readSequence(reader: Reader): number {
  const sequence = reader.u64()
  if (sequence < 1n || sequence > BigInt(SEQUENCE_MAX)) reader.fail('FIELD', 'sequence')
  return Number(sequence)
}

export function decodeRegister(bytes: Uint8Array): Register {
  if (bytes.length > REGISTER_BYTES_MAX) throw new ProtocolError('REGISTER_LIMIT')
  const reader = new Reader(bytes, 'REGISTER')
  reader.version(REGISTER_VERSION)
  const key = reader.prefixed(REGISTER_KEY_BYTES_MAX).slice()
  decodeRegisterKey(key)
  const device = reader.bytes(DEVICE_ID_BYTES).slice()
  const sequence = readSequence(reader)
  const stamp = readStamp(reader)
  const isPresent = reader.within(reader.u8(), REMOVED, PRESENT, 'presence') === PRESENT
  const value = isPresent ? Secret.copy(reader.prefixed(REGISTER_VALUE_BYTES_MAX)) : null
  reader.end()
  return { key, device, sequence, stamp, value }
}

function compareValues(a: Secret | null, b: Secret | null): number {
  // Removed is above everything: two words with one number cannot bring something back.
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return compareBytes(a.reveal(), b.reveal())
}

/** Of one device: the later word. A total order, so that every reader keeps the same one. */
export function compareWords(a: Register, b: Register): number {
  if (a.sequence !== b.sequence) return a.sequence - b.sequence
  return compareStamps(a.stamp, b.stamp) || compareValues(a.value, b.value)
}

/** Of several devices: which word counts. */
export function compareWriters(a: Register, b: Register): number {
  return compareStamps(a.stamp, b.stamp) || compareBytes(a.device, b.device)
}
