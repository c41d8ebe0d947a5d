// Keys of messages that have not come yet. Persistent: a change shares all blocks that it does
// not touch, and a block is what storage writes. session.md §6
import type { Secret } from '../crypto/secret.ts'
import {
  SKIPPED_BLOCK_KEYS,
  SKIPPED_CHAINS_MAX,
  SKIPPED_MAX,
  SKIPPED_PER_CHAIN_MAX,
} from '../limits.ts'

export interface SkippedKey {
  readonly number: number
  readonly storedSeconds: number
  readonly key: Secret
}

/** Ascending; all numbers divided by the block's size give the same. */
export type SkippedBlock = readonly SkippedKey[]

export interface SkippedChain {
  readonly ref: number
  readonly headerKey: Secret
  /** By number divided by the block's size, ascending. */
  readonly blocks: ReadonlyMap<number, SkippedBlock>
  readonly count: number
}

export interface Skipped {
  /** Oldest first. */
  readonly chains: readonly SkippedChain[]
  readonly count: number
  /** No key is older; 0 when there is none. */
  readonly oldestSeconds: number
}

export const NOTHING_SKIPPED: Skipped = { chains: [], count: 0, oldestSeconds: 0 }

const blockOf = (number: number): number => Math.floor(number / SKIPPED_BLOCK_KEYS)

export function findSkipped(skipped: Skipped, ref: number, number: number): Secret | null {
  const chain = skipped.chains.find((candidate) => candidate.ref === ref)
  const block = chain?.blocks.get(blockOf(number))
  return block?.find((entry) => entry.number === number)?.key ?? null
}

/** Null when it would be empty. */
function withBlock(chain: SkippedChain, index: number, block: SkippedBlock): SkippedChain | null {
  const before = chain.blocks.get(index)?.length ?? 0
  const count = chain.count + block.length - before
  if (count === 0) return null
  const blocks = new Map(chain.blocks)
  if (block.length === 0) blocks.delete(index)
  else blocks.set(index, block)
  return { ...chain, blocks, count }
}

function withChain(skipped: Skipped, at: number, chain: SkippedChain | null): Skipped {
  const before = skipped.chains[at]!
  const count = skipped.count - before.count + (chain?.count ?? 0)
  if (count === 0) return NOTHING_SKIPPED
  const chains = chain === null ? skipped.chains.toSpliced(at, 1) : skipped.chains.with(at, chain)
  return { ...skipped, chains, count }
}

export function takeSkipped(skipped: Skipped, ref: number, number: number): Skipped {
  const at = skipped.chains.findIndex((candidate) => candidate.ref === ref)
  const chain = skipped.chains[at]
  const block = chain?.blocks.get(blockOf(number))
  if (chain === undefined || block === undefined) return skipped
  const left = block.filter((entry) => entry.number !== number)
  return withChain(skipped, at, withBlock(chain, blockOf(number), left))
}

/** Keys of one chain, ascending, higher than all that it has. */
export function addSkipped(
  skipped: Skipped,
  from: { readonly ref: number; readonly headerKey: Secret },
  keys: readonly SkippedKey[],
): Skipped {
  if (keys.length === 0) return skipped
  const at = skipped.chains.findIndex((candidate) => candidate.ref === from.ref)
  const before = skipped.chains[at] ?? { ...from, blocks: new Map(), count: 0 }
  const blocks = new Map(before.blocks)
  for (const group of Map.groupBy(keys, ({ number }) => blockOf(number))) {
    blocks.set(group[0], [...(blocks.get(group[0]) ?? []), ...group[1]])
  }
  const chain = { ...before, blocks, count: before.count + keys.length }
  const chains = at < 0 ? [...skipped.chains, chain] : skipped.chains.with(at, chain)
  const since = keys[0]!.storedSeconds
  const oldestSeconds = skipped.count === 0 ? since : Math.min(since, skipped.oldestSeconds)
  return enforceLimits({ chains, count: skipped.count + keys.length, oldestSeconds })
}

/** The oldest of a chain, which are its lowest numbers. */
function dropLowest(chain: SkippedChain, excess: number): SkippedChain | null {
  let left: SkippedChain | null = chain
  let toDrop = excess
  while (left !== null && toDrop > 0) {
    const [index, block] = left.blocks.entries().next().value!
    const dropped = Math.min(toDrop, block.length)
    left = withBlock(left, index, block.slice(dropped))
    toDrop -= dropped
  }
  return left
}

function enforceLimits(full: Skipped): Skipped {
  let skipped = full
  const newest = skipped.chains.length - 1
  const overChain = skipped.chains[newest]!.count - SKIPPED_PER_CHAIN_MAX
  if (overChain > 0) {
    skipped = withChain(skipped, newest, dropLowest(skipped.chains[newest]!, overChain))
  }
  while (skipped.count > SKIPPED_MAX) {
    skipped = withChain(skipped, 0, dropLowest(skipped.chains[0]!, skipped.count - SKIPPED_MAX))
  }
  while (skipped.chains.length > SKIPPED_CHAINS_MAX) skipped = withChain(skipped, 0, null)
  return skipped
}

/** Forgets keys that were stored before a moment. The same value when there are none. */
export function forgetSkipped(skipped: Skipped, beforeSeconds: number): Skipped {
  if (skipped.count === 0 || skipped.oldestSeconds >= beforeSeconds) return skipped
  const chains: SkippedChain[] = []
  let count = 0
  let oldestSeconds = Number.MAX_SAFE_INTEGER
  for (const chain of skipped.chains) {
    const left = withoutOld(chain, beforeSeconds)
    if (left === null) continue
    chains.push(left)
    count += left.count
    for (const block of left.blocks.values()) {
      for (const { storedSeconds } of block) oldestSeconds = Math.min(oldestSeconds, storedSeconds)
    }
  }
  return count === 0 ? NOTHING_SKIPPED : { chains, count, oldestSeconds }
}

function withoutOld(chain: SkippedChain, beforeSeconds: number): SkippedChain | null {
  let left: SkippedChain | null = chain
  for (const [index, block] of chain.blocks) {
    const young = block.filter(({ storedSeconds }) => storedSeconds >= beforeSeconds)
    if (young.length !== block.length) left = left && withBlock(left, index, young)
  }
  return left
}
