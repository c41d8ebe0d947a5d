// What the reader of an operation checks: group.md §3. By its own past alone, so that every reader
// comes to the same verdict, whatever else it knows.
import { toHex } from '../codec/bytes.ts'
import { GROUP_MEMBERS_MAX, GROUP_PAST_MAX, GROUP_PAST_RESERVED } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { isAcceptableEd25519Key } from '../crypto/ed25519-rules.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { type ErrorCode, ProtocolError } from '../errors.ts'
import {
  type GroupNode,
  type History,
  inviteHolds,
  isNamedAdmin,
  mayAuthor,
  membershipOf,
  usesOf,
  usesSpent,
  wasRemoved,
} from './authority.ts'
import { type Bits, countBits, hasBit } from './bits.ts'
import { joinStatement } from './join.ts'
import { type DeviceRef, deviceName, type GroupOp, type JoinProof, type SignKeyOf } from './op.ts'

function refuse(
  defect: 'LINKAGE' | 'LIMIT' | 'STATE' | 'PERMISSION' | 'INVALID',
  why: string,
): never {
  throw new ProtocolError(`GROUP_${defect}` as ErrorCode, why)
}

/** Where it stands, before anything is verified. */
export function checkPlace(node: GroupNode, parents: readonly GroupNode[]): void {
  const depth = 1 + Math.max(...parents.map((parent) => parent.op.depth))
  if (node.op.depth !== depth) refuse('LINKAGE', `depth ${node.op.depth}, not ${depth}`)
  const repeated = parents.some((one) => parents.some((other) => hasBit(one.past, other.index)))
  if (repeated) refuse('LINKAGE', 'a parent that another parent already follows')
  const most = node.takesAway ? GROUP_PAST_MAX : GROUP_PAST_MAX - GROUP_PAST_RESERVED
  if (countBits(node.past) >= most) refuse('LIMIT', `${most} operations before it`)
}

/** The author's signature, and the joiner's own. The one of the link is checked with its invite. */
export function checkSignatures(
  crypto: Crypto,
  op: GroupOp,
  signKey: Uint8Array,
  signKeyOf: SignKeyOf,
): 'hold' | 'waiting' {
  const message = labelled(SIGN_LABELS.groupOp, op.body)
  if (!crypto.ed25519Verify(signKey, message, op.signature)) {
    throw new ProtocolError('GROUP_SIGNATURE', 'not signed by its author')
  }
  if (op.change.kind !== 'join') return 'hold'
  const { joiner, joinerSignature } = op.change
  const joinerKey = signKeyOf(joiner.identity, joiner.device)
  if (joinerKey === null) return 'waiting'
  const statement = joinStatement(op.groupId, op.change)
  if (
    !crypto.ed25519Verify(joinerKey, labelled(SIGN_LABELS.groupJoiner, statement), joinerSignature)
  ) {
    throw new ProtocolError('GROUP_SIGNATURE', 'not signed by who joins')
  }
  return 'hold'
}

/** Whether its author may do it, and whether it makes sense where it stands. */
export function checkNode(
  crypto: Crypto,
  history: History,
  node: GroupNode,
  effective: Bits,
): void {
  if (!mayAuthor(history, node, effective))
    refuse('PERMISSION', `${node.op.change.kind} by its author`)
  const { change } = node.op
  const isMember = (id: Uint8Array) => membershipOf(history, toHex(id), effective) !== null
  const isNamed = (id: Uint8Array) => isNamedAdmin(history, toHex(id), effective)
  switch (change.kind) {
    case 'create':
      refuse('STATE', 'a group begins once')
      break
    case 'add':
      if (change.members.some(({ identity }) => isMember(identity))) refuse('STATE', 'is a member')
      for (const { identity } of change.members) checkIdentity(identity)
      checkRoom(history, effective, change.members.length)
      break
    case 'join':
      checkJoin(crypto, history, node, change, effective)
      break
    case 'remove':
      if (toHex(change.identity) === node.author) refuse('STATE', 'who goes by itself leaves')
      if (!isMember(change.identity)) refuse('STATE', 'removes no member')
      break
    case 'promote':
      if (!isMember(change.identity)) refuse('STATE', 'promotes no member')
      if (isNamed(change.identity)) refuse('STATE', 'promotes an admin')
      break
    case 'demote':
      if (!isNamed(change.identity)) refuse('STATE', 'demotes no admin')
      break
    case 'invite':
      if (!isAcceptableEd25519Key(change.linkKey)) refuse('INVALID', 'link key')
      break
    case 'revoke':
      if (!isKnownInvite(history, change.invite, node.past)) refuse('STATE', 'revokes no invite')
      break
    case 'expel':
      checkExpulsion(history, node, change.target, isMember(change.target.identity))
      break
    case 'leave':
    case 'rename':
    case 'picture':
  }
}

function checkExpulsion(
  history: History,
  node: GroupNode,
  target: DeviceRef,
  isMember: boolean,
): void {
  if (!isMember) refuse('STATE', 'expels no member’s device')
  const name = deviceName(target)
  if (name === deviceName(node.op.author)) refuse('STATE', 'a device expels itself')
  const before = history.expulsions.get(name) ?? []
  if (before.some((at) => hasBit(node.past, at))) refuse('STATE', 'expelled already')
}

function checkIdentity(identity: Uint8Array): void {
  if (!isAcceptableEd25519Key(identity)) refuse('INVALID', 'identity key')
}

/** Counts only when it could be too many: nobody is a member who was never given it. */
function checkRoom(history: History, effective: Bits, added: number): void {
  if (history.dealings.size + added <= GROUP_MEMBERS_MAX) return
  let members = added
  for (const id of history.dealings.keys()) {
    if (membershipOf(history, id, effective) !== null) members++
  }
  if (members > GROUP_MEMBERS_MAX) refuse('LIMIT', `${members} members`)
}

function isKnownInvite(history: History, invite: Uint8Array, past: Bits): boolean {
  const at = history.invites.get(toHex(invite))
  return at !== undefined && hasBit(past, at)
}

function checkJoin(
  crypto: Crypto,
  history: History,
  node: GroupNode,
  join: JoinProof,
  effective: Bits,
): void {
  const name = toHex(join.invite)
  const id = toHex(join.joiner.identity)
  const at = history.invites.get(name)
  const invite = at === undefined ? undefined : history.nodes[at]!.op.change
  if (invite?.kind !== 'invite') throw new ProtocolError('GROUP_STATE', 'joins by no invite')
  const statement = labelled(SIGN_LABELS.groupLink, joinStatement(node.op.groupId, join))
  if (!crypto.ed25519Verify(invite.linkKey, statement, join.linkSignature)) {
    throw new ProtocolError('GROUP_SIGNATURE', 'not signed with the link')
  }
  checkIdentity(join.joiner.identity)
  if (membershipOf(history, id, effective) !== null) refuse('STATE', 'is a member')
  if (wasRemoved(history, id, node.past)) refuse('PERMISSION', 'was removed: an admin may add it')
  if (!inviteHolds(history, node, node.past, effective))
    refuse('PERMISSION', 'the invite has ended')
  if (usesSpent(history, name, effective) >= usesOf(history, name)) {
    refuse('PERMISSION', 'the invite is used up')
  }
  checkRoom(history, effective, 1)
}
