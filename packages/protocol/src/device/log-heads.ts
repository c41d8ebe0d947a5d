// What rides in every message, so that contacts notice a log that forks: device.md §5.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { LOG_HEADS_VERSION } from '../constants.ts'
import { HASH_BYTES } from '../crypto/lengths.ts'
import type { DeviceLogHead } from '../identity/device-log.ts'

export interface LogHeads {
  /** Of the sender's own log. */
  readonly own: DeviceLogHead
  /** Of the reader's log as the sender has it: a fork that was shown to one side shows here. */
  readonly yours: DeviceLogHead | null
}

export const LOG_HEADS_BYTES_MAX = 2 + 2 * (4 + HASH_BYTES)
const FLAG_YOURS = 1

function writeHead(writer: Writer, { seq, hash }: DeviceLogHead): void {
  writer.u32(seq).bytes(hash, HASH_BYTES)
}

export function readHead(reader: Reader): DeviceLogHead {
  return { seq: reader.u32(), hash: reader.bytes(HASH_BYTES).slice() }
}

export function encodeLogHeads({ own, yours }: LogHeads): Uint8Array {
  const writer = new Writer(LOG_HEADS_BYTES_MAX).u8(LOG_HEADS_VERSION)
  writer.u8(yours === null ? 0 : FLAG_YOURS)
  writeHead(writer, own)
  if (yours !== null) writeHead(writer, yours)
  return writer.finish()
}

export function decodeLogHeads(bytes: Uint8Array): LogHeads {
  const reader = new Reader(bytes, 'DEVICE')
  reader.version(LOG_HEADS_VERSION)
  const flags = reader.within(reader.u8(), 0, FLAG_YOURS, 'flags')
  const own = readHead(reader)
  const yours = flags === FLAG_YOURS ? readHead(reader) : null
  reader.end()
  return { own, yours }
}
