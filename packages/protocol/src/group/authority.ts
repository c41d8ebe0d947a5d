// Which operations of a set count, and who is what by them: group.md §4. Nothing here depends on
// the order in which operations came: places are compared by depth and hash only.
import { compareBytes, toHex } from '../codec/bytes.ts'
import { type Bits, eachBit, hasBit, withBit } from './bits.ts'
import { deviceName, type GroupOp } from './op.ts'

/** The hex of an identity's key. */
export type IdentityId = string

export interface GroupNode {
  readonly op: GroupOp
  readonly bytes: Uint8Array
  readonly hash: Uint8Array
  readonly index: number
  readonly author: IdentityId
  /** All ancestors, without itself. */
  readonly past: Bits
  readonly takesAway: boolean
}

/** Indexes of what was ever done to somebody, or with an invite. */
export interface Dealings {
  /** create, add, join: makes a member. */
  readonly gives: readonly number[]
  /** create, add as admin, promote: makes an admin. */
  readonly grants: readonly number[]
  /** remove and leave. */
  readonly takes: readonly number[]
  readonly demotes: readonly number[]
}

export interface History {
  readonly nodes: readonly GroupNode[]
  readonly dealings: ReadonlyMap<IdentityId, Dealings>
  /** By the hex of an invite's hash. */
  readonly invites: ReadonlyMap<string, number>
  readonly revocations: ReadonlyMap<string, readonly number[]>
  /** By the name of a device. */
  readonly expulsions: ReadonlyMap<string, readonly number[]>
}

const NOTHING: readonly number[] = []

/** Of a set of operations, those that count. */
export interface Standing {
  readonly all: Bits
  readonly effective: Bits
}

export function compareNodes(a: GroupNode, b: GroupNode): number {
  return a.op.depth - b.op.depth || compareBytes(a.hash, b.hash)
}

function within(indexes: readonly number[], effective: Bits, past: Bits | null): number[] {
  return indexes.filter((at) => hasBit(effective, at) && (past === null || hasBit(past, at)))
}

/**
 * The first of the gifts that no taking survives: a taking counts against whatever is not a
 * consequence of knowing it. So a removal beats what is concurrent, and who comes back must be
 * added by somebody who knew.
 */
function lastingGift(
  history: History,
  gives: readonly number[],
  takes: readonly number[],
): GroupNode | null {
  let first: GroupNode | null = null
  for (const at of gives) {
    const gift = history.nodes[at]!
    if (!takes.every((take) => hasBit(gift.past, take))) continue
    if (first === null || compareNodes(gift, first) < 0) first = gift
  }
  return first
}

/** By which operation somebody is a member; `past` limits what is looked at. */
export function membershipOf(
  history: History,
  id: IdentityId,
  effective: Bits,
  past: Bits | null = null,
): GroupNode | null {
  const dealings = history.dealings.get(id)
  if (dealings === undefined) return null
  const gives = within(dealings.gives, effective, past)
  return gives.length === 0
    ? null
    : lastingGift(history, gives, within(dealings.takes, effective, past))
}

/** A member that was made admin, by an operation that still holds. */
export function isNamedAdmin(
  history: History,
  id: IdentityId,
  effective: Bits,
  past: Bits | null = null,
): boolean {
  const dealings = history.dealings.get(id)
  if (dealings === undefined) return false
  const grants = within(dealings.grants, effective, past)
  if (grants.length === 0) return false
  const takes = within(dealings.takes, effective, past)
  if (lastingGift(history, within(dealings.gives, effective, past), takes) === null) return false
  const against = [...takes, ...within(dealings.demotes, effective, past)]
  return lastingGift(history, grants, against) !== null
}

/** Who has been a member for longest; of several by one operation, the lowest key. */
export function eldestOf(
  history: History,
  effective: Bits,
  past: Bits | null = null,
): IdentityId | null {
  let eldest: { readonly id: IdentityId; readonly since: GroupNode } | null = null
  for (const id of history.dealings.keys()) {
    const since = membershipOf(history, id, effective, past)
    if (since === null) continue
    const order = eldest === null ? -1 : compareNodes(since, eldest.since)
    if (order < 0 || (order === 0 && id < eldest!.id)) eldest = { id, since }
  }
  return eldest?.id ?? null
}

/** A group without a named admin is led by its eldest member: it must be able to remove somebody. */
export function isAdmin(
  history: History,
  id: IdentityId,
  effective: Bits,
  past: Bits | null = null,
): boolean {
  if (isNamedAdmin(history, id, effective, past)) return true
  if (membershipOf(history, id, effective, past) === null) return false
  for (const other of history.dealings.keys()) {
    if (isNamedAdmin(history, other, effective, past)) return false
  }
  return eldestOf(history, effective, past) === id
}

/** Sponsoring somebody who has a link, and leaving, need no rights but membership. */
export function needsAdmin({ change }: GroupOp, author: IdentityId): boolean {
  switch (change.kind) {
    case 'create':
    case 'join':
    case 'leave':
      return false
    case 'demote':
      return toHex(change.identity) !== author
    case 'expel':
      return toHex(change.target.identity) !== author
    default:
      return true
  }
}

/** Judged by what counts of the node's own past. */
export function mayAuthor(history: History, node: GroupNode, effective: Bits): boolean {
  if (node.op.change.kind === 'create') return true
  const expulsions = history.expulsions.get(deviceName(node.op.author)) ?? NOTHING
  if (expulsions.some((at) => hasBit(node.past, at))) return false
  return needsAdmin(node.op, node.author)
    ? isAdmin(history, node.author, effective, node.past)
    : membershipOf(history, node.author, effective, node.past) !== null
}

/** Whether one of these was done without knowing the node, and the node without knowing it. */
function anyConcurrent(
  history: History,
  node: GroupNode,
  others: readonly number[],
  all: Bits,
): boolean {
  return others.some(
    (at) =>
      hasBit(all, at) && !hasBit(node.past, at) && !hasBit(history.nodes[at]!.past, node.index),
  )
}

function isVoided(history: History, node: GroupNode, all: Bits): boolean {
  const { takes = NOTHING, demotes = NOTHING } = history.dealings.get(node.author) ?? {}
  const expulsions = history.expulsions.get(deviceName(node.op.author)) ?? NOTHING
  if (anyConcurrent(history, node, [...takes, ...expulsions], all)) return true
  return needsAdmin(node.op, node.author) && anyConcurrent(history, node, demotes, all)
}

/** Whatever has ended an invite: revoked it, or taken its author's rights since. */
export function inviteEnds(history: History, name: string, all: Bits): readonly number[] {
  const { author, past } = history.nodes[history.invites.get(name)!]!
  const { takes = NOTHING, demotes = NOTHING } = history.dealings.get(author) ?? {}
  return [...(history.revocations.get(name) ?? NOTHING), ...takes, ...demotes].filter(
    (at) => hasBit(all, at) && !hasBit(past, at),
  )
}

/**
 * An invite holds as long as its author is an admin and nobody revoked it. Whatever ends it also
 * ends the joins that did not come before: somebody who is thrown out knows the links.
 */
export function inviteHolds(
  history: History,
  join: GroupNode,
  all: Bits,
  effective: Bits,
): boolean {
  if (join.op.change.kind !== 'join') return true
  const name = toHex(join.op.change.invite)
  const at = history.invites.get(name)
  if (at === undefined || !hasBit(effective, at) || !hasBit(join.past, at)) return false
  if (!isAdmin(history, history.nodes[at]!.author, effective, join.past)) return false
  return inviteEnds(history, name, all).every((end) => hasBit(history.nodes[end]!.past, join.index))
}

/** Who was ever removed by others returns through an admin, not through a link. */
export function wasRemoved(history: History, id: IdentityId, all: Bits): boolean {
  const takes = history.dealings.get(id)?.takes ?? NOTHING
  return takes.some((at) => hasBit(all, at) && history.nodes[at]!.op.change.kind === 'remove')
}

/** How many joins count. */
export function usesSpent(history: History, name: string, effective: Bits): number {
  const isOne = ({ op: { change }, index }: GroupNode) =>
    change.kind === 'join' && toHex(change.invite) === name && hasBit(effective, index)
  return history.nodes.filter(isOne).length
}

export function usesOf(history: History, name: string): number {
  const at = history.invites.get(name)
  const change = at === undefined ? undefined : history.nodes[at]!.op.change
  return change?.kind === 'invite' ? change.uses : 0
}

/**
 * What counts of a set that has, with each operation, all of its past. Taking away stands or falls
 * with its own past alone, which was judged when it came; giving must also survive what was taken
 * away without its knowledge, and rest on what still counts.
 */
export function effectiveOf(history: History, all: Bits): Bits {
  const order = Array.from(eachBit(all), (at) => history.nodes[at]!).sort(compareNodes)
  let effective: Bits = new Uint32Array(all.length)
  const joins = new Map<string, number>()
  for (const node of order) {
    const counts =
      node.takesAway ||
      (!isVoided(history, node, all) &&
        mayAuthor(history, node, effective) &&
        inviteHolds(history, node, all, effective))
    if (counts && isWithinUses(history, node, joins)) effective = setBit(effective, node.index)
  }
  return effective
}

/** Only for a set that nobody else has seen yet. */
function setBit(bits: Bits, at: number): Bits {
  if (at >>> 5 >= bits.length) return withBit(bits, at)
  bits[at >>> 5]! |= 1 << (at & 31)
  return bits
}

/** Of joins that did not know of each other, the first ones in the order of all count. */
function isWithinUses(history: History, node: GroupNode, joins: Map<string, number>): boolean {
  if (node.op.change.kind !== 'join') return true
  const name = toHex(node.op.change.invite)
  const used = joins.get(name) ?? 0
  if (used >= usesOf(history, name)) return false
  joins.set(name, used + 1)
  return true
}
