import { assert, type Format, ProtocolError } from '../errors.ts'
import type { Network } from './descriptor.ts'

type Sharded = Pick<Network, 'shardBits'>

export function shardCount({ shardBits }: Sharded): number {
  return 2 ** shardBits
}

export function isShard(network: Sharded, shard: number): boolean {
  return Number.isInteger(shard) && shard >= 0 && shard < shardCount(network)
}

/** A shard that somebody else named, in an envelope, a record or an invite. */
export function checkShard(network: Sharded, shard: number, format: Format): number {
  if (!isShard(network, shard)) throw new ProtocolError(`${format}_FIELD`, `shard ${shard}`)
  return shard
}

/** A shard that we named. */
export function assertShard(network: Sharded, shard: number): void {
  assert(isShard(network, shard), `expected a shard below ${shardCount(network)}, got ${shard}`)
}
