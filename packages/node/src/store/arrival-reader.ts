// What has come for a shard, in the order in which it came: for whoever wants all of it.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { decodeLayout, type EnvelopeFields } from '@ezchat/protocol/envelope/layout.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { EnvelopeReader, StoredEnvelope } from './envelope-reader.ts'
import type { KeyValue, Row } from './key-value.ts'
import { type Arrival, arrivalInKey, bodyKey } from './layout.ts'

export interface ArrivalTerms {
  readonly shard: number
  /** Only what arrived later than this, and not later than that. */
  readonly after: Arrival
  readonly upTo: Arrival
  readonly countMax: number
  readonly bytesMax: number
  /** Of all shards together, which lie side by side. */
  readonly readBytesMax: number
}

export interface ArrivalPage {
  readonly envelopes: readonly StoredEnvelope[]
  /** All that arrived up to here has been looked at. */
  readonly after: Arrival
}

export interface ArrivalReaderInit {
  readonly keyValue: KeyValue
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly reader: EnvelopeReader
}

/** 1 MiB where all are of the largest size. */
const STEP_COUNT = 16

export async function readArrivals(
  init: ArrivalReaderInit,
  terms: ArrivalTerms,
): Promise<ArrivalPage> {
  const { upTo, countMax, bytesMax, readBytesMax } = terms
  const envelopes: StoredEnvelope[] = []
  let bytes = 0
  let readBytes = 0
  let after = terms.after
  while (after < upTo && readBytes < readBytesMax) {
    const range = { from: bodyKey(after + 1), before: bodyKey(upTo + 1), countMax: STEP_COUNT }
    const rows = await init.keyValue.page(range)
    for (const found of await ofShard(init, rows, terms.shard)) {
      bytes += found.bytes.length
      const isFull = envelopes.length === countMax || bytes > bytesMax
      if (isFull && envelopes.length > 0) return { envelopes, after: found.arrival - 1 }
      envelopes.push(found)
    }
    for (const [, body] of rows) readBytes += body.length
    after = rows.length < STEP_COUNT ? upTo : arrivalInKey(rows.at(-1)![0])
  }
  return { envelopes, after }
}

/** A body is what was written where its id leads back to it; else it is damaged, and not shown. */
async function ofShard(
  { crypto, network, reader }: ArrivalReaderInit,
  rows: readonly Row[],
  shard: number,
): Promise<StoredEnvelope[]> {
  const found = rows.flatMap(([key, bytes]) => {
    const fields = fieldsOf(network, bytes)
    if (fields === null || fields.shard !== shard) return []
    const id = envelopeIdOf(crypto, network, bytes)
    return [{ arrival: arrivalInKey(key), shard, mailbox: fields.mailbox, id, bytes }]
  })
  const entries = await reader.entries(found.map(({ id }) => id))
  return found.filter(({ arrival }, at) => entries[at]?.arrival === arrival)
}

function fieldsOf(network: EnvelopeRules, bytes: Uint8Array): EnvelopeFields | null {
  try {
    return decodeLayout(network, bytes)
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
