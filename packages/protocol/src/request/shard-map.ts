// Which shards a peer carries: requests.md §3.
import type { Reader } from '../codec/reader.ts'
import type { Writer } from '../codec/writer.ts'
import { SHARD_MAP_BYTES } from '../constants.ts'
import type { Network } from '../network/descriptor.ts'
import { assertShard, isShard } from '../network/shard.ts'

export type Sharded = Pick<Network, 'shardBits'>

/** Shard s is the bit of value 2^(s mod 8) in byte ⌊s / 8⌋. */
export function writeShardMap(writer: Writer, network: Sharded, shards: readonly number[]): void {
  const map = new Uint8Array(SHARD_MAP_BYTES)
  for (const shard of shards) {
    assertShard(network, shard)
    map[shard >> 3]! |= 1 << (shard & 7)
  }
  writer.bytes(map)
}

/** Ascending. */
export function readShardMap(reader: Reader, network: Sharded): number[] {
  const map = reader.bytes(SHARD_MAP_BYTES)
  const shards: number[] = []
  for (let shard = 0; shard < SHARD_MAP_BYTES * 8; shard++) {
    if (((map[shard >> 3]! >> (shard & 7)) & 1) === 1) shards.push(shard)
  }
  const last = shards.at(-1)
  if (last !== undefined && !isShard(network, last)) reader.fail('FIELD', `shard ${last}`)
  return shards
}
