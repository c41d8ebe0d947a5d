// The signed graph of a group's membership, and the reader's way into it: group.md §3.
import { equalBytes, toHex } from '../codec/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { isAcceptableEd25519Key } from '../crypto/ed25519-rules.ts'
import { ProtocolError } from '../errors.ts'
import { GROUP_OPS_MAX } from '../limits.ts'
import {
  type Dealings,
  effectiveOf,
  type GroupNode,
  type History,
  type IdentityId,
} from './authority.ts'
import { type Bits, hasBit, NO_BITS, unionBits, withBit } from './bits.ts'
import {
  decodeGroupOp,
  deviceName,
  type GroupChange,
  type GroupOp,
  hashGroupOp,
  type SignKeyOf,
} from './op.ts'
import { checkNode, checkPlace, checkSignatures } from './rules.ts'

/** A graph of which every operation has been verified. Made here only; it never changes. */
export interface GroupGraph extends History {
  readonly groupId: Uint8Array
  readonly byHash: ReadonlyMap<string, number>
  /** Those that are nobody's parents. */
  readonly heads: readonly number[]
  readonly effective: Bits
  /** What counts of an operation and its past, for the latest ones. */
  readonly closures: ReadonlyMap<number, Bits>
}

/** The same while it grows. */
interface Growth extends GroupGraph {
  readonly nodes: GroupNode[]
  readonly dealings: Map<IdentityId, Dealings>
  readonly invites: Map<string, number>
  readonly revocations: Map<string, readonly number[]>
  readonly expulsions: Map<string, readonly number[]>
  readonly byHash: Map<string, number>
  readonly closures: Map<number, Bits>
  heads: readonly number[]
  effective: Bits
}

// Enough for a few branches; an older one is computed again.
const CLOSURES_KEPT = 64

const TAKING: ReadonlySet<GroupChange['kind']> = new Set([
  'remove',
  'leave',
  'demote',
  'revoke',
  'expel',
])

export interface Extension {
  readonly graph: GroupGraph
  /** In the order in which they were taken. */
  readonly added: readonly GroupNode[]
  /** Genuine as far as can be seen, but a parent or the author's device is not known yet. */
  readonly waiting: readonly Uint8Array[]
  readonly refused: readonly { readonly bytes: Uint8Array; readonly error: ProtocolError }[]
}

/** A group as its first operation says. Throws for anything else. */
export function beginGraph(crypto: Crypto, bytes: Uint8Array, signKeyOf: SignKeyOf): GroupGraph {
  const owned = Uint8Array.from(bytes)
  const op = decodeGroupOp(owned)
  if (op.change.kind !== 'create') throw new ProtocolError('GROUP_STATE', 'is not the first')
  const signKey = signKeyOf(op.author.identity, op.author.device)
  if (signKey === null) throw new ProtocolError('GROUP_PERMISSION', 'by a device not known')
  if (!isAcceptableEd25519Key(op.author.identity)) throw new ProtocolError('GROUP_INVALID')
  checkSignatures(crypto, op, signKey, signKeyOf)
  const hash = hashGroupOp(crypto, owned)
  const growth: Growth = {
    groupId: hash,
    nodes: [],
    dealings: new Map(),
    invites: new Map(),
    revocations: new Map(),
    expulsions: new Map(),
    byHash: new Map(),
    closures: new Map(),
    heads: [],
    effective: NO_BITS,
  }
  take(growth, nodeOf(growth, owned, op, hash), NO_BITS)
  growth.effective = growth.closures.get(0)!
  return growth
}

/** In any order; what is there already is passed over. */
export function extendGraph(
  crypto: Crypto,
  graph: GroupGraph,
  ops: readonly Uint8Array[],
  signKeyOf: SignKeyOf,
): Extension {
  const growth: Growth = {
    ...graph,
    nodes: [...graph.nodes],
    dealings: new Map(graph.dealings),
    invites: new Map(graph.invites),
    revocations: new Map(graph.revocations),
    expulsions: new Map(graph.expulsions),
    byHash: new Map(graph.byHash),
    closures: new Map(graph.closures),
  }
  const refused: { bytes: Uint8Array; error: ProtocolError }[] = []
  let waiting = ops
  for (let before = -1; waiting.length !== before; ) {
    before = waiting.length
    waiting = waiting.filter((bytes) => {
      try {
        return tryTake(crypto, growth, bytes, signKeyOf) === 'waiting'
      } catch (error: unknown) {
        if (!(error instanceof ProtocolError)) throw error
        refused.push({ bytes, error })
        return false
      }
    })
  }
  const added = growth.nodes.slice(graph.nodes.length)
  if (added.length === 0) return { graph, added, waiting, refused }
  growth.effective = effectiveAtHeads(growth)
  return { graph: growth, added, waiting, refused }
}

function effectiveAtHeads(growth: Growth): Bits {
  const { heads } = growth
  const known = heads.length === 1 ? growth.closures.get(heads[0]!) : undefined
  return known ?? effectiveOf(growth, unionBits(growth.nodes.map(closedPast)))
}

function closedPast({ past, index }: GroupNode): Bits {
  return withBit(past, index)
}

function tryTake(
  crypto: Crypto,
  growth: Growth,
  bytes: Uint8Array,
  signKeyOf: SignKeyOf,
): 'taken' | 'known' | 'waiting' {
  const owned = Uint8Array.from(bytes)
  const op = decodeGroupOp(owned)
  const hash = hashGroupOp(crypto, owned)
  if (growth.byHash.has(toHex(hash))) return 'known'
  if (!equalBytes(op.groupId, growth.groupId)) {
    throw new ProtocolError('GROUP_LINKAGE', 'belongs to another group')
  }
  if (op.parents.some((parent) => !growth.byHash.has(toHex(parent)))) return 'waiting'
  const signKey = signKeyOf(op.author.identity, op.author.device)
  if (signKey === null) return 'waiting'
  if (growth.nodes.length >= GROUP_OPS_MAX) {
    throw new ProtocolError('GROUP_LIMIT', `${GROUP_OPS_MAX} operations`)
  }
  const node = nodeOf(growth, owned, op, hash)
  checkPlace(node, parentsOf(growth, op))
  if (checkSignatures(crypto, op, signKey, signKeyOf) === 'waiting') return 'waiting'
  const effective = effectivePast(growth, node)
  checkNode(crypto, growth, node, effective)
  take(growth, node, effective)
  return 'taken'
}

function parentsOf(growth: Growth, { parents }: GroupOp): readonly GroupNode[] {
  return parents.map((parent) => growth.nodes[growth.byHash.get(toHex(parent))!]!)
}

function nodeOf(growth: Growth, bytes: Uint8Array, op: GroupOp, hash: Uint8Array): GroupNode {
  const past = unionBits(parentsOf(growth, op).map(closedPast))
  const author = toHex(op.author.identity)
  const takesAway = TAKING.has(op.change.kind)
  return { op, bytes, hash, index: growth.nodes.length, author, past, takesAway }
}

/** With one parent nothing is concurrent that was not before: what counted then counts now. */
function effectivePast(growth: Growth, node: GroupNode): Bits {
  const { parents } = node.op
  const parent = parents.length === 1 ? growth.byHash.get(toHex(parents[0]!))! : -1
  return growth.closures.get(parent) ?? effectiveOf(growth, node.past)
}

function take(growth: Growth, node: GroupNode, effective: Bits): void {
  growth.nodes.push(node)
  growth.byHash.set(toHex(node.hash), node.index)
  growth.heads = [...growth.heads.filter((head) => !hasBit(node.past, head)), node.index]
  growth.closures.set(node.index, withBit(effective, node.index))
  if (growth.closures.size > CLOSURES_KEPT) {
    growth.closures.delete(growth.closures.keys().next().value!)
  }
  enter(growth, node)
}

const NO_DEALINGS: Dealings = { gives: [], grants: [], takes: [], demotes: [] }

function deal(growth: Growth, id: IdentityId, kinds: readonly (keyof Dealings)[], at: number) {
  const dealings = { ...(growth.dealings.get(id) ?? NO_DEALINGS) }
  for (const kind of kinds) dealings[kind] = [...dealings[kind], at]
  growth.dealings.set(id, dealings)
}

function enter(growth: Growth, node: GroupNode): void {
  const { index } = node
  const { change } = node.op
  switch (change.kind) {
    case 'create':
      deal(growth, node.author, ['gives', 'grants'], index)
      break
    case 'add':
      for (const { identity, role } of change.members) {
        deal(growth, toHex(identity), role === 'admin' ? ['gives', 'grants'] : ['gives'], index)
      }
      break
    case 'join':
      deal(growth, toHex(change.joiner.identity), ['gives'], index)
      break
    case 'remove':
      deal(growth, toHex(change.identity), ['takes'], index)
      break
    case 'leave':
      deal(growth, node.author, ['takes'], index)
      break
    case 'promote':
      deal(growth, toHex(change.identity), ['grants'], index)
      break
    case 'demote':
      deal(growth, toHex(change.identity), ['demotes'], index)
      break
    case 'invite':
      growth.invites.set(toHex(node.hash), index)
      break
    case 'revoke':
      appendTo(growth.revocations, toHex(change.invite), index)
      break
    case 'expel':
      appendTo(growth.expulsions, deviceName(change.target), index)
      break
    case 'rename':
    case 'picture':
  }
}

function appendTo(map: Map<string, readonly number[]>, name: string, index: number): void {
  map.set(name, [...(map.get(name) ?? []), index])
}
