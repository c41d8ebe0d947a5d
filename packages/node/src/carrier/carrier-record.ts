// What is remembered of a carrier across restarts: which shard, how often it served, and where it
// was found. It stays on one disk.
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { readHints, writeHints } from '@ezchat/protocol/codec/hints.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'

const VERSION = 1
const PREFIX = utf8('carrier/book/')
export const CARRIER_RECORDS = {
  from: PREFIX,
  before: concatBytes(PREFIX.subarray(0, -1), Uint8Array.of(PREFIX.at(-1)! + 1)),
}

export interface CarrierRecord {
  readonly servedCount: number
  readonly servedAtSeconds: number
  readonly addresses: readonly string[]
}

export function carrierKey(shard: number, peerKey: Uint8Array): Uint8Array {
  return concatBytes(PREFIX, Uint8Array.of(shard), peerKey)
}

/** Null for a key that is none of ours. */
export function readCarrierKey(key: Uint8Array): { shard: number; peerKey: Uint8Array } | null {
  if (key.length !== PREFIX.length + 33) return null
  return { shard: key[PREFIX.length]!, peerKey: key.slice(PREFIX.length + 1) }
}

export function encodeCarrierRecord(record: CarrierRecord): Uint8Array {
  const { servedCount, servedAtSeconds, addresses } = record
  const writer = new Writer(32).u8(VERSION).u32(servedCount).u32(servedAtSeconds)
  writeHints(writer, addresses)
  return writer.finish()
}

/** Null when it is damaged: then the carrier is found again. */
export function decodeCarrierRecord(bytes: Uint8Array): CarrierRecord | null {
  try {
    const reader = new Reader(bytes, 'STATE')
    reader.version(VERSION)
    const servedCount = reader.u32()
    const servedAtSeconds = reader.u32()
    const addresses = readHints(reader)
    reader.end()
    return { servedCount, servedAtSeconds, addresses }
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
