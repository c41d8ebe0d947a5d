// Whether carriers of one shard have come to hold the same.

import type { Daemon, Scene } from './scene.ts'

/** Of what the fullest carrier of each of its shards holds, what each honest node holds itself. */
export function completeShares(world: Scene): number[] {
  const counts = new Map<number, number>()
  const carriers = world.nodes.filter(({ kind }) => kind === 'honest')
  const held = carriers.map(({ daemon }) =>
    daemon === null ? new Map<number, number>() : countsOf(daemon),
  )
  for (const shards of held) {
    for (const [shard, count] of shards) counts.set(shard, Math.max(counts.get(shard) ?? 0, count))
  }
  return held.map((shards) => {
    let have = 0
    let most = 0
    for (const [shard, count] of shards) {
      have += count
      most += counts.get(shard)!
    }
    return most === 0 ? 1 : have / most
  })
}

function countsOf({ store, carrier }: Daemon): Map<number, number> {
  const counts = new Map<number, number>()
  for (const shard of carrier.shards) {
    const count = store.digests(shard).reduce((sum, { digest }) => sum + digest.count, 0)
    counts.set(shard, count)
  }
  return counts
}
