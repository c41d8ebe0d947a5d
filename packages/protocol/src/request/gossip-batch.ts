// What a carrier tells the others of a shard that it accepted: requests.md §12.
import { compareBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { GOSSIP_BATCH_BYTES_MAX, GOSSIP_ENVELOPES_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { assert, ProtocolError } from '../errors.ts'
import { type ListBounds, readDrops, readEnvelopes, writeDrops, writeEnvelopes } from './lists.ts'

export interface GossipBatch {
  /** Strictly ascending, as bytes. */
  readonly envelopes: readonly Uint8Array[]
  /** Strictly ascending, as bytes. */
  readonly drops: readonly Uint8Array[]
}

const BOUNDS: ListBounds = {
  countMin: 0,
  countMax: GOSSIP_ENVELOPES_MAX,
  bytesMax: GOSSIP_BATCH_BYTES_MAX,
}

/** What a batch takes with these in it; each envelope and each drop adds its share. */
export const GOSSIP_BATCH_EMPTY_BYTES = 2
export function gossipEnvelopeBytes(envelope: Uint8Array): number {
  return 1 + envelope.length
}
export function gossipDropBytes(drop: Uint8Array): number {
  return 2 + drop.length
}

function batchBytes({ envelopes, drops }: GossipBatch): number {
  let bytes = GOSSIP_BATCH_EMPTY_BYTES
  for (const envelope of envelopes) bytes += gossipEnvelopeBytes(envelope)
  for (const drop of drops) bytes += gossipDropBytes(drop)
  return bytes
}

/** Sorts: who accepted the same in another order sends the same bytes. */
export function encodeGossipBatch(batch: GossipBatch): Uint8Array {
  const envelopes = [...batch.envelopes].sort(compareBytes)
  const drops = [...batch.drops].sort(compareBytes)
  assert(isAscending(envelopes) && isAscending(drops), 'expected each envelope and drop once')
  assert(envelopes.length + drops.length > 0, 'expected something to tell')
  const writer = new Writer(batchBytes(batch))
  writeEnvelopes(writer, envelopes, BOUNDS)
  writeDrops(writer, drops)
  const bytes = writer.finish()
  assert(bytes.length <= GOSSIP_BATCH_BYTES_MAX, `a batch of ${bytes.length} bytes is too large`)
  return bytes
}

/** Views of the input. */
export function decodeGossipBatch(bytes: Uint8Array): GossipBatch {
  if (bytes.length > GOSSIP_BATCH_BYTES_MAX) {
    throw new ProtocolError('REQUEST_LIMIT', `${bytes.length} bytes`)
  }
  const reader = new Reader(bytes, 'REQUEST')
  const envelopes = readEnvelopes(reader, BOUNDS)
  const drops = readDrops(reader)
  reader.end()
  if (envelopes.length + drops.length === 0) reader.fail('FIELD', 'nothing in it')
  if (!isAscending(envelopes) || !isAscending(drops)) reader.fail('ORDER')
  return { envelopes, drops }
}

/** The same for the same envelopes and drops, since a batch has one form. */
export function gossipMessageId(crypto: Crypto, batch: Uint8Array): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.gossipBatch, batch))
}

function isAscending(list: readonly Uint8Array[]): boolean {
  return list.every((bytes, at) => at === 0 || compareBytes(list[at - 1]!, bytes) < 0)
}
