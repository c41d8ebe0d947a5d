// Who else carries a shard, as far as somebody knows: requests.md §9.
import { toHex } from '../codec/bytes.ts'
import { readHints, writeHints } from '../codec/hints.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { CARRIERS_MAX, HINT_BYTES_MAX, HINTS_MAX } from '../constants.ts'
import { isAcceptableEd25519Key } from '../crypto/ed25519-rules.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { assert } from '../errors.ts'
import { assertShard, checkShard } from '../network/shard.ts'
import type { Sharded } from './shard-map.ts'

/** A hint: whether it is a carrier shows when it serves. */
export interface CarrierHint {
  readonly peerKey: Uint8Array
  readonly addresses: readonly string[]
}

export const CARRIERS_REQUEST_BYTES = 2
export const CARRIERS_ANSWER_BYTES_MAX =
  1 + CARRIERS_MAX * (PUBLIC_KEY_BYTES + 1 + HINTS_MAX * (2 + HINT_BYTES_MAX))

export function encodeCarriersRequest(network: Sharded, shard: number): Uint8Array {
  assertShard(network, shard)
  return new Writer(CARRIERS_REQUEST_BYTES).u16(shard).finish()
}

export function decodeCarriersRequest(network: Sharded, bytes: Uint8Array): number {
  const reader = new Reader(bytes, 'REQUEST')
  const shard = checkShard(network, reader.u16(), 'REQUEST')
  reader.end()
  return shard
}

/** The best first. */
export function encodeCarriers(carriers: readonly CarrierHint[]): Uint8Array {
  assert(carriers.length <= CARRIERS_MAX, `${carriers.length} carriers are too many`)
  assert(!hasRepetition(carriers), 'expected carriers, each once')
  const writer = new Writer(1024).u8(carriers.length)
  for (const { peerKey, addresses } of carriers) {
    writer.bytes(peerKey, PUBLIC_KEY_BYTES)
    writeHints(writer, addresses)
  }
  return writer.finish()
}

export function decodeCarriers(bytes: Uint8Array): CarrierHint[] {
  const reader = new Reader(bytes, 'REQUEST')
  const count = reader.u8()
  if (count > CARRIERS_MAX) reader.fail('LIMIT', `${count} carriers`)
  const carriers = Array.from({ length: count }, () => {
    const peerKey = reader.bytes(PUBLIC_KEY_BYTES)
    if (!isAcceptableEd25519Key(peerKey)) reader.fail('FIELD', 'a key that nobody may have')
    return { peerKey, addresses: readHints(reader) }
  })
  reader.end()
  if (hasRepetition(carriers)) reader.fail('ORDER', 'a carrier twice')
  return carriers
}

function hasRepetition(carriers: readonly CarrierHint[]): boolean {
  return new Set(carriers.map(({ peerKey }) => toHex(peerKey))).size !== carriers.length
}
