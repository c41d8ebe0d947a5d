// A device log on its way: device-log.md §3.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_LOG_BYTES_MAX,
  DEVICE_LOG_ENTRIES_MAX,
  DEVICE_LOG_ENTRY_BYTES_MAX,
} from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'

export function writeEntries(writer: Writer, entries: readonly Uint8Array[]): void {
  assert(entries.length <= DEVICE_LOG_ENTRIES_MAX, `expected a log, got ${entries.length} entries`)
  writer.u16(entries.length)
  for (const entry of entries) writer.prefixed(entry, DEVICE_LOG_ENTRY_BYTES_MAX)
}

export function readEntries(reader: Reader): readonly Uint8Array[] {
  const count = reader.u16()
  if (count > DEVICE_LOG_ENTRIES_MAX) reader.fail('LIMIT', `${count} device log entries`)
  return Array.from({ length: count }, () => reader.prefixed(DEVICE_LOG_ENTRY_BYTES_MAX))
}

export function encodeDeviceLog(entries: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer(1024)
  writeEntries(writer, entries)
  return writer.finish()
}

/** The entries as they came: for `verifyDeviceLog`. */
export function decodeDeviceLog(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.length > DEVICE_LOG_BYTES_MAX) throw new ProtocolError('DEVICE_LOG_LIMIT')
  const reader = new Reader(bytes, 'DEVICE_LOG')
  const entries = readEntries(reader)
  reader.end()
  return entries
}
