// A graph, and what cannot be placed in it yet: group.md §3. A value, like the graph.
import { equalBytes } from '../codec/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { GROUP_PENDING_MAX } from '../limits.ts'
import { type Extension, extendGraph, type GroupGraph } from './graph.ts'
import type { SignKeyOf } from './op.ts'

export interface GroupInbox {
  readonly graph: GroupGraph
  /** Oldest first. */
  readonly pending: readonly Uint8Array[]
}

export interface Received extends Omit<Extension, 'graph' | 'waiting'> {
  readonly inbox: GroupInbox
}

/** Also tries again what waited: a device log may have come in the meantime. */
export function receiveOps(
  crypto: Crypto,
  inbox: GroupInbox,
  ops: readonly Uint8Array[],
  signKeyOf: SignKeyOf,
): Received {
  const isNew = (bytes: Uint8Array) => !inbox.pending.some((one) => equalBytes(one, bytes))
  const all = [...inbox.pending, ...ops.filter(isNew)]
  const { graph, added, waiting, refused } = extendGraph(crypto, inbox.graph, all, signKeyOf)
  // Who loses one is told of it again by the heads of whoever has it.
  const pending = waiting.slice(-GROUP_PENDING_MAX).map((bytes) => Uint8Array.from(bytes))
  return { inbox: { graph, pending }, added, refused }
}
