// What the nodes of one network call what they speak: network.md §5.

import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { HASH_LABELS, labelled } from '@ezchat/protocol/crypto/labels.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import { protocolName } from '@ezchat/protocol/network/protocol-name.ts'
import { assertShard, shardCount } from '@ezchat/protocol/network/shard.ts'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create } from 'multiformats/hashes/digest'

const SHA_256 = 0x12
const RECORD_NAMESPACE = 'record'
const RECORD_PREFIX = utf8(`/${RECORD_NAMESPACE}/`)

export interface WireNames {
  readonly requests: string
  readonly kad: string
  readonly gossip: string
  /** Before the names of libp2p's own small protocols: identify, ping, AutoNAT. */
  readonly prefix: string
  readonly topics: readonly string[]
  /** Under which the DHT says who carries a shard. */
  readonly shardKeys: readonly CID[]
}

export function wireNames(crypto: Crypto, network: Network): WireNames {
  const shards = Array.from({ length: shardCount(network) }, (_, shard) => shard)
  const requests = protocolName(network.id, 'requests', 1)
  const gossip = protocolName(network.id, 'gossip', 1)
  return {
    requests,
    gossip,
    kad: protocolName(network.id, 'kad', 1),
    prefix: requests.split('/').slice(1, 3).join('/'),
    topics: shards.map((shard) => `${gossip}/${shard}`),
    shardKeys: shards.map((shard) => shardKey(crypto, network, shard)),
  }
}

function shardKey(crypto: Crypto, network: Network, shard: number): CID {
  assertShard(network, shard)
  const number = Uint8Array.of(shard >> 8, shard & 0xff)
  const hash = crypto.sha256(labelled(HASH_LABELS.shardCarriers, network.id, number))
  return CID.createV1(raw.code, create(SHA_256, hash))
}

/** The DHT's key of an identity record, and back: null for what is no name. */
export function recordKey(name: Uint8Array): Uint8Array {
  assert(name.length === 32, `expected a name of 32 bytes, got ${name.length}`)
  return concatBytes(RECORD_PREFIX, name)
}

export function nameOfRecordKey(key: Uint8Array): Uint8Array | null {
  if (key.length !== RECORD_PREFIX.length + 32) return null
  if (!RECORD_PREFIX.every((byte, at) => key[at] === byte)) return null
  return key.slice(RECORD_PREFIX.length)
}

export { RECORD_NAMESPACE }
