// A set of shards in 32 bytes, since a node keeps one for each of its neighbours.
const SHARD_BITMAP_BYTES = 32

export function bitsOf(shards: Iterable<number>): Uint8Array {
  const bits = new Uint8Array(SHARD_BITMAP_BYTES)
  for (const shard of shards) bits[shard >> 3]! |= 0x80 >> (shard & 7)
  return bits
}

export function hasShard(bits: Uint8Array, shard: number): boolean {
  return ((bits[shard >> 3] ?? 0) & (0x80 >> (shard & 7))) !== 0
}

/** Ascending. */
export function shardsOf(bits: Uint8Array): number[] {
  const shards: number[] = []
  for (let shard = 0; shard < bits.length * 8; shard++) {
    if (hasShard(bits, shard)) shards.push(shard)
  }
  return shards
}
