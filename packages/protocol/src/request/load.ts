// Envelopes by their short ids, after an exchange has found which are missing: requests.md §5.
import { compareBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { LOAD_IDS_MAX, SHORT_ID_BYTES } from '../constants.ts'
import { assert } from '../errors.ts'
import { assertShard, checkShard } from '../network/shard.ts'
import { ENVELOPES, ENVELOPES_BYTES_MAX, readEnvelopes, writeEnvelopes } from './lists.ts'
import type { Sharded } from './shard-map.ts'

export interface Load {
  readonly shard: number
  /** Strictly ascending. */
  readonly shortIds: readonly Uint8Array[]
}

export interface Loaded {
  /** So many of the ids, from the first on, were looked for. The rest is asked for again. */
  readonly takenCount: number
  /** In the order of the ids; what is not held, or no longer, is left out. */
  readonly envelopes: readonly Uint8Array[]
}

export const LOAD_BYTES_MAX = 4 + LOAD_IDS_MAX * SHORT_ID_BYTES
export const LOADED_BYTES_MAX = 2 + ENVELOPES_BYTES_MAX

export function encodeLoad(network: Sharded, { shard, shortIds }: Load): Uint8Array {
  assertShard(network, shard)
  assert(shortIds.length > 0 && shortIds.length <= LOAD_IDS_MAX, 'expected some ids')
  const isAscending = shortIds.every(
    (id, at) => at === 0 || compareBytes(shortIds[at - 1]!, id) < 0,
  )
  assert(isAscending, 'expected ids in ascending order')
  const writer = new Writer(4 + shortIds.length * SHORT_ID_BYTES).u16(shard).u16(shortIds.length)
  for (const id of shortIds) writer.bytes(id, SHORT_ID_BYTES)
  return writer.finish()
}

export function decodeLoad(network: Sharded, bytes: Uint8Array): Load {
  const reader = new Reader(bytes, 'REQUEST')
  const shard = checkShard(network, reader.u16(), 'REQUEST')
  const count = reader.u16()
  if (count === 0) reader.fail('FIELD', 'no ids')
  if (count > LOAD_IDS_MAX) reader.fail('LIMIT', `${count} ids`)
  const shortIds: Uint8Array[] = []
  for (let at = 0; at < count; at++) {
    const id = reader.bytes(SHORT_ID_BYTES)
    if (at > 0 && compareBytes(shortIds[at - 1]!, id) >= 0) reader.fail('ORDER')
    shortIds.push(id)
  }
  reader.end()
  return { shard, shortIds }
}

export function encodeLoaded({ takenCount, envelopes }: Loaded): Uint8Array {
  assertTaken(takenCount, envelopes.length)
  const writer = new Writer(LOADED_BYTES_MAX).u16(takenCount)
  writeEnvelopes(writer, envelopes, ENVELOPES)
  return writer.finish()
}

function assertTaken(takenCount: number, envelopeCount: number): void {
  assert(takenCount >= 1 && takenCount <= LOAD_IDS_MAX, `expected ids taken, got ${takenCount}`)
  assert(envelopeCount <= takenCount, 'expected an id for each envelope')
}

export function decodeLoaded(bytes: Uint8Array): Loaded {
  const reader = new Reader(bytes, 'REQUEST')
  // None taken would make whoever asks on ask for ever.
  const takenCount = reader.within(reader.u16(), 1, LOAD_IDS_MAX, 'ids taken')
  const envelopes = readEnvelopes(reader, ENVELOPES)
  reader.end()
  if (envelopes.length > takenCount) reader.fail('FIELD', 'more envelopes than ids')
  return { takenCount, envelopes }
}
