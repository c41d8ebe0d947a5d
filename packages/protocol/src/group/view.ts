// What a graph means: who is in the group, as what, and what it is called. group.md §4
import { compareBytes, fromHex } from '../codec/bytes.ts'
import { GROUP_PARENTS_MAX } from '../constants.ts'
import {
  compareNodes,
  eldestOf,
  type GroupNode,
  type IdentityId,
  inviteEnds,
  isAdmin,
  isNamedAdmin,
  membershipOf,
  usesSpent,
} from './authority.ts'
import { hasBit } from './bits.ts'
import type { GroupGraph } from './graph.ts'
import type { DeviceRef, GroupChange, GroupOpDraft, GroupRole } from './op.ts'

export interface Member {
  readonly identity: Uint8Array
  readonly role: GroupRole
  /** Hash of the operation that made it a member. */
  readonly since: Uint8Array
}

export interface LiveInvite {
  readonly hash: Uint8Array
  readonly linkKey: Uint8Array
  readonly expiresAtSeconds: number
  readonly usesLeft: number
}

export interface GroupView {
  readonly groupId: Uint8Array
  /** By identity, ascending. */
  readonly members: ReadonlyMap<IdentityId, Member>
  /** Once members, or meant to be, and not any more. */
  readonly gone: ReadonlyMap<IdentityId, Uint8Array>
  readonly expelled: readonly DeviceRef[]
  readonly name: string
  readonly picture: Uint8Array | null
  /** That nobody has ended. Whether they have expired is for who lets somebody in to say. */
  readonly invites: readonly LiveInvite[]
  /** Hashes, ascending. */
  readonly heads: readonly Uint8Array[]
}

const views = new WeakMap<GroupGraph, GroupView>()

/** The same value for the same set of operations, in whatever order they came. */
export function viewOf(graph: GroupGraph): GroupView {
  const known = views.get(graph)
  if (known !== undefined) return known
  const view: GroupView = {
    groupId: graph.groupId,
    ...peopleOf(graph),
    expelled: expelledIn(graph),
    name: lastOf(graph, 'rename')?.name ?? nameAtFirst(graph),
    picture: pictureOf(graph),
    invites: invitesIn(graph),
    heads: graph.heads.map((at) => graph.nodes[at]!.hash).sort(compareBytes),
  }
  views.set(graph, view)
  return view
}

function peopleOf(graph: GroupGraph): Pick<GroupView, 'members' | 'gone'> {
  const { effective } = graph
  const members = new Map<IdentityId, Member>()
  const gone = new Map<IdentityId, Uint8Array>()
  let hasAdmin = false
  for (const id of [...graph.dealings.keys()].sort()) {
    const since = membershipOf(graph, id, effective)
    if (since === null) {
      gone.set(id, fromHex(id))
      continue
    }
    const role = isNamedAdmin(graph, id, effective) ? 'admin' : 'member'
    hasAdmin ||= role === 'admin'
    members.set(id, { identity: fromHex(id), role, since: since.hash })
  }
  const eldest = hasAdmin ? null : eldestOf(graph, effective)
  if (eldest !== null) members.set(eldest, { ...members.get(eldest)!, role: 'admin' })
  return { members, gone }
}

type ChangeOf<K extends GroupChange['kind']> = Extract<GroupChange, { kind: K }>

/** Of those that count, the one that nothing in the order of all comes after. */
function lastOf<K extends GroupChange['kind']>(graph: GroupGraph, kind: K): ChangeOf<K> | null {
  let last: GroupNode | null = null
  for (const node of graph.nodes) {
    if (node.op.change.kind !== kind || !hasBit(graph.effective, node.index)) continue
    if (last === null || compareNodes(node, last) > 0) last = node
  }
  return last === null ? null : (last.op.change as ChangeOf<K>)
}

function nameAtFirst(graph: GroupGraph): string {
  const { change } = graph.nodes[0]!.op
  return change.kind === 'create' ? change.name : ''
}

function pictureOf(graph: GroupGraph): Uint8Array | null {
  const picture = lastOf(graph, 'picture')?.picture
  return picture === undefined || picture.length === 0 ? null : picture
}

function expelledIn(graph: GroupGraph): readonly DeviceRef[] {
  return [...graph.expulsions.values()]
    .map(([at]) => graph.nodes[at!]!.op.change)
    .flatMap((change) => (change.kind === 'expel' ? [change.target] : []))
    .sort((a, b) => compareBytes(a.identity, b.identity) || compareBytes(a.device, b.device))
}

function invitesIn(graph: GroupGraph): readonly LiveInvite[] {
  const invites: LiveInvite[] = []
  for (const [name, at] of graph.invites) {
    const node = graph.nodes[at]!
    const { change } = node.op
    if (change.kind !== 'invite' || !hasBit(graph.effective, at)) continue
    if (!isAdmin(graph, node.author, graph.effective)) continue
    if (inviteEnds(graph, name, graph.effective).length > 0) continue
    const used = usesSpent(graph, name, graph.effective)
    if (used >= change.uses) continue
    const { linkKey, expiresAtSeconds } = change
    invites.push({ hash: node.hash, linkKey, expiresAtSeconds, usesLeft: change.uses - used })
  }
  return invites.sort((a, b) => compareBytes(a.hash, b.hash))
}

/** An operation to be signed, after everything that is known. */
export function draftGroupOp(
  graph: GroupGraph,
  author: DeviceRef,
  change: GroupChange,
): GroupOpDraft {
  // More branches than parents: the deepest ones; the others stay heads for the next operation.
  const heads = graph.heads.map((at) => graph.nodes[at]!).sort((a, b) => compareNodes(b, a))
  const parents = heads.slice(0, GROUP_PARENTS_MAX)
  return {
    groupId: graph.groupId,
    parents: parents.map(({ hash }) => hash),
    depth: 1 + parents[0]!.op.depth,
    author,
    change,
  }
}
