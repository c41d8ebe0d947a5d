// What names a network: network.md §1.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  BUCKETS_BYTES,
  NETWORK_BYTES_MAX,
  NETWORK_NAME_BYTES_MAX,
  NETWORK_VERSION,
  SHARD_BITS_MAX,
  TTL_DAYS_MAX,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_BYTES } from '../crypto/lengths.ts'
import { assert, ProtocolError } from '../errors.ts'
import { nameDefect } from './name.ts'

const ACCESS_OPEN = 0
const ACCESS_CLOSED = 1
const BUCKETS_MASK_ALL = (1 << BUCKETS_BYTES.length) - 1

export interface NetworkTerms {
  readonly name: string
  /** The network has 2^shardBits shards. */
  readonly shardBits: number
  readonly ttlDays: number
  /** Trials expected for each KiB and day; 0 asks for no work. */
  readonly price: number
  /** Bit n allows the bucket BUCKETS_BYTES[n]. */
  readonly bucketsMask: number
  /** What its key derives to, where the network is closed; null where it is open. */
  readonly keyCheck: Uint8Array | null
}

export interface Network extends NetworkTerms {
  readonly id: Uint8Array
  /** The canonical bytes, whose hash is the id. */
  readonly bytes: Uint8Array
}

/** What is wrong with the numbers, or null. The writer and the reader ask the same. */
function rangeDefect(terms: Omit<NetworkTerms, 'name' | 'keyCheck'>): string | null {
  const { shardBits, ttlDays, bucketsMask } = terms
  if (shardBits > SHARD_BITS_MAX) return `${shardBits} shard bits`
  if (ttlDays < 1 || ttlDays > TTL_DAYS_MAX) return `a time to live of ${ttlDays} days`
  if (bucketsMask < 1 || bucketsMask > BUCKETS_MASK_ALL) return `buckets ${bucketsMask}`
  return null
}

export function createNetwork(crypto: Crypto, terms: NetworkTerms): Network {
  const defect = nameDefect(terms.name) ?? rangeDefect(terms)
  assert(defect === null, `expected a network, got ${defect}`)
  const writer = new Writer()
    .u8(NETWORK_VERSION)
    .text(terms.name, NETWORK_NAME_BYTES_MAX)
    .u8(terms.shardBits)
    .u16(terms.ttlDays)
    .u32(terms.price)
    .u8(terms.bucketsMask)
  if (terms.keyCheck === null) writer.u8(ACCESS_OPEN)
  else writer.u8(ACCESS_CLOSED).bytes(terms.keyCheck, HASH_BYTES)
  return decodeNetwork(crypto, writer.finish())
}

export function decodeNetwork(crypto: Crypto, bytes: Uint8Array): Network {
  if (bytes.length > NETWORK_BYTES_MAX) {
    throw new ProtocolError('NETWORK_LIMIT', `${bytes.length} bytes`)
  }
  const own = Uint8Array.from(bytes)
  const reader = new Reader(own, 'NETWORK')
  reader.version(NETWORK_VERSION)
  const name = reader.text(NETWORK_NAME_BYTES_MAX)
  const wrongName = nameDefect(name)
  if (wrongName !== null) reader.fail('TEXT', wrongName)
  const shardBits = reader.u8()
  const ttlDays = reader.u16()
  const price = reader.u32()
  const bucketsMask = reader.u8()
  const wrongNumber = rangeDefect({ shardBits, ttlDays, price, bucketsMask })
  if (wrongNumber !== null) reader.fail('FIELD', wrongNumber)
  const access = reader.within(reader.u8(), ACCESS_OPEN, ACCESS_CLOSED, 'access')
  const keyCheck = access === ACCESS_CLOSED ? reader.bytes(HASH_BYTES) : null
  reader.end()
  const id = crypto.sha256(own)
  return { id, bytes: own, name, shardBits, ttlDays, price, bucketsMask, keyCheck }
}
