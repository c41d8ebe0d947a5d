// What two neighbours say of themselves, and say again when it changes: requests.md §3.
import { readHints, writeHints } from '../codec/hints.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { HINT_BYTES_MAX, HINTS_MAX, SHARD_MAP_BYTES } from '../constants.ts'
import { assert } from '../errors.ts'
import { readShardMap, type Sharded, writeShardMap } from './shard-map.ts'

const FLAG_CARRIER = 1
const FLAG_STEM = 2

export interface Duty {
  /** Keeps envelopes for others, perhaps of no shard yet. */
  readonly isCarrier: boolean
  /** Ascending. */
  readonly shards: readonly number[]
}

export interface Hello extends Duty {
  readonly isStem: boolean
  /** Where others may reach it, the best first. */
  readonly addresses: readonly string[]
}

export const DUTY_BYTES = 1 + SHARD_MAP_BYTES
export const HELLO_BYTES_MAX = DUTY_BYTES + 1 + HINTS_MAX * (2 + HINT_BYTES_MAX)

function assertDuty({ isCarrier, shards }: Duty): void {
  assert(isCarrier || shards.length === 0, 'expected no shards of who is no carrier')
}

function checkDuty(reader: Reader, { isCarrier, shards }: Duty): void {
  if (!isCarrier && shards.length > 0) reader.fail('FIELD', 'shards of who is no carrier')
}

/** The request and the answer alike. */
export function encodeHello(network: Sharded, hello: Hello): Uint8Array {
  assertDuty(hello)
  const flags = (hello.isCarrier ? FLAG_CARRIER : 0) | (hello.isStem ? FLAG_STEM : 0)
  const writer = new Writer(HELLO_BYTES_MAX).u8(flags)
  writeShardMap(writer, network, hello.shards)
  writeHints(writer, hello.addresses)
  return writer.finish()
}

export function decodeHello(network: Sharded, bytes: Uint8Array): Hello {
  const reader = new Reader(bytes, 'REQUEST')
  const flags = reader.within(reader.u8(), 0, FLAG_CARRIER | FLAG_STEM, 'flags')
  const shards = readShardMap(reader, network)
  const addresses = readHints(reader)
  reader.end()
  const isCarrier = (flags & FLAG_CARRIER) !== 0
  const hello = { isCarrier, isStem: (flags & FLAG_STEM) !== 0, shards, addresses }
  checkDuty(reader, hello)
  return hello
}

export function encodeDuty(network: Sharded, duty: Duty): Uint8Array {
  assertDuty(duty)
  const writer = new Writer(DUTY_BYTES).u8(duty.isCarrier ? FLAG_CARRIER : 0)
  writeShardMap(writer, network, duty.shards)
  return writer.finish()
}

export function decodeDuty(network: Sharded, bytes: Uint8Array): Duty {
  const reader = new Reader(bytes, 'REQUEST')
  const isCarrier = reader.within(reader.u8(), 0, FLAG_CARRIER, 'flags') === FLAG_CARRIER
  const shards = readShardMap(reader, network)
  reader.end()
  checkDuty(reader, { isCarrier, shards })
  return { isCarrier, shards }
}
