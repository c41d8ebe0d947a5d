// Skipped keys as records: one for each block of a chain.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { ProtocolError } from '../errors.ts'
import { SKIPPED_BLOCK_KEYS, SKIPPED_MAX } from '../limits.ts'
import { readSecret, writeSecret } from './session-state.ts'
import {
  NOTHING_SKIPPED,
  type Skipped,
  type SkippedBlock,
  type SkippedChain,
  type SkippedKey,
} from './skipped.ts'

const STATE_VERSION = 1

/** A block, by where it belongs. */
export interface BlockName {
  readonly ref: number
  readonly index: number
}

export function encodeBlock(chain: SkippedChain, index: number): Uint8Array {
  const block = chain.blocks.get(index) ?? []
  const writer = new Writer(64 + block.length * 40).u8(STATE_VERSION).u32(chain.ref).u32(index)
  writeSecret(writer, chain.headerKey)
  writer.u8(block.length)
  for (const { number, storedSeconds, key } of block) {
    writer.u8(number % SKIPPED_BLOCK_KEYS).u32(storedSeconds)
    writeSecret(writer, key, KEY_BYTES)
  }
  return writer.finish()
}

function decodeBlock(bytes: Uint8Array): BlockName & {
  readonly block: SkippedBlock
  readonly headerKey: SkippedChain['headerKey']
} {
  const reader = new Reader(bytes, 'STATE')
  reader.version(STATE_VERSION)
  const ref = reader.u32()
  const index = reader.u32()
  const headerKey = readSecret(reader)
  const count = reader.within(reader.u8(), 1, SKIPPED_BLOCK_KEYS, 'keys')
  const block: SkippedKey[] = []
  let last = -1
  for (let i = 0; i < count; i++) {
    const offset = reader.within(reader.u8(), 0, SKIPPED_BLOCK_KEYS - 1, 'offset')
    if (offset <= last) reader.fail('ORDER')
    last = offset
    const storedSeconds = reader.u32()
    block.push({
      number: index * SKIPPED_BLOCK_KEYS + offset,
      storedSeconds,
      key: readSecret(reader),
    })
  }
  reader.end()
  return { ref, index, headerKey, block }
}

/** In any order; the same as what was encoded. */
export function decodeSkipped(records: readonly Uint8Array[]): Skipped {
  const blocks = records.map(decodeBlock).sort((a, b) => a.ref - b.ref || a.index - b.index)
  const chains = new Map<number, SkippedChain & { blocks: Map<number, SkippedBlock> }>()
  let count = 0
  let oldestSeconds = Number.MAX_SAFE_INTEGER
  for (const { ref, index, headerKey, block } of blocks) {
    const known = chains.get(ref) ?? { ref, headerKey, blocks: new Map(), count: 0 }
    if (known.blocks.has(index)) throw new ProtocolError('STATE_ORDER')
    known.blocks.set(index, block)
    chains.set(ref, { ...known, count: known.count + block.length })
    count += block.length
    for (const { storedSeconds } of block) oldestSeconds = Math.min(oldestSeconds, storedSeconds)
  }
  if (count > SKIPPED_MAX) throw new ProtocolError('STATE_LIMIT')
  return count === 0 ? NOTHING_SKIPPED : { chains: [...chains.values()], count, oldestSeconds }
}

/** Blocks that one has and the other lacks, or has otherwise. By identity: blocks are shared. */
export function changedBlocks(
  before: Skipped,
  after: Skipped,
): { readonly put: readonly [BlockName, SkippedChain][]; readonly removed: readonly BlockName[] } {
  if (before === after) return { put: [], removed: [] }
  const put: [BlockName, SkippedChain][] = []
  const removed: BlockName[] = []
  const old = new Map(before.chains.map((chain) => [chain.ref, chain]))
  for (const chain of after.chains) {
    const was = old.get(chain.ref)
    if (was === chain) continue
    for (const [index, block] of chain.blocks) {
      if (was?.blocks.get(index) !== block) put.push([{ ref: chain.ref, index }, chain])
    }
  }
  const now = new Map(after.chains.map((chain) => [chain.ref, chain]))
  for (const chain of before.chains) {
    for (const index of chain.blocks.keys()) {
      if (!now.get(chain.ref)?.blocks.has(index)) removed.push({ ref: chain.ref, index })
    }
  }
  return { put, removed }
}
