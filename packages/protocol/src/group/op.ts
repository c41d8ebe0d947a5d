// One signed step of a group's membership: group.md §1.
import { compareBytes, concatBytes, isZero, toHex } from '../codec/bytes.ts'
import { readName, writeName } from '../codec/plain-text.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  GROUP_ADDED_MAX,
  GROUP_INVITE_USES_MAX,
  GROUP_NAME_BYTES_MAX,
  GROUP_OP_BYTES_MAX,
  GROUP_OP_VERSION,
  GROUP_PARENTS_MAX,
  GROUP_PICTURE_BYTES_MAX,
  GROUP_SALT_BYTES,
  ID_BYTES,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'

/** A device, named by who it speaks for. */
export interface DeviceRef {
  readonly identity: Uint8Array
  readonly device: Uint8Array
}

/**
 * The Ed25519 key of a device, from its identity's verified log, whether or not it was revoked
 * since: what a device may still do in a group is the graph's to say. Null when it is not known.
 */
export type SignKeyOf = (identity: Uint8Array, device: Uint8Array) => Uint8Array | null

export type GroupRole = 'member' | 'admin'

export interface NewMember {
  readonly identity: Uint8Array
  readonly role: GroupRole
}

/** What somebody with a link hands to a member: group.md §2. */
export interface JoinProof {
  readonly invite: Uint8Array
  readonly joiner: DeviceRef
  readonly linkSignature: Uint8Array
  readonly joinerSignature: Uint8Array
}

export type GroupChange =
  | { readonly kind: 'create'; readonly salt: Uint8Array; readonly name: string }
  | { readonly kind: 'add'; readonly members: readonly NewMember[] }
  | {
      readonly kind: 'invite'
      readonly linkKey: Uint8Array
      readonly expiresAtSeconds: number
      readonly uses: number
    }
  | ({ readonly kind: 'join' } & JoinProof)
  | { readonly kind: 'remove'; readonly identity: Uint8Array }
  | { readonly kind: 'leave' }
  | { readonly kind: 'promote'; readonly identity: Uint8Array }
  | { readonly kind: 'demote'; readonly identity: Uint8Array }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'picture'; readonly picture: Uint8Array }
  | { readonly kind: 'revoke'; readonly invite: Uint8Array }
  | { readonly kind: 'expel'; readonly target: DeviceRef }

export type GroupChangeKind = GroupChange['kind']

const KINDS: readonly GroupChangeKind[] = [
  'create',
  'add',
  'invite',
  'join',
  'remove',
  'leave',
  'promote',
  'demote',
  'rename',
  'picture',
  'revoke',
  'expel',
]
const ROLES: readonly GroupRole[] = ['member', 'admin']

export interface GroupOpDraft {
  /** Hash of the group's first operation; zero in that one. */
  readonly groupId: Uint8Array
  /** Ascending; none in the first operation. */
  readonly parents: readonly Uint8Array[]
  /** One more than the deepest parent's. */
  readonly depth: number
  readonly author: DeviceRef
  readonly change: GroupChange
}

export interface GroupOp extends GroupOpDraft {
  /** What the signature covers, without its label. */
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

export function writeDeviceRef(writer: Writer, ref: DeviceRef): Writer {
  return writer.bytes(ref.identity, PUBLIC_KEY_BYTES).bytes(ref.device, DEVICE_ID_BYTES)
}

export function readDeviceRef(reader: Reader): DeviceRef {
  return { identity: reader.bytes(PUBLIC_KEY_BYTES), device: reader.bytes(DEVICE_ID_BYTES) }
}

/** The name of a device in maps. */
export function deviceName({ identity, device }: DeviceRef): string {
  return toHex(identity) + toHex(device)
}

/** Hashes or ids, each once, so that one set has one spelling. */
export function writeAscending(writer: Writer, hashes: readonly Uint8Array[]): Writer {
  writer.u8(hashes.length)
  for (const hash of [...hashes].sort(compareBytes)) writer.bytes(hash, ID_BYTES)
  return writer
}

export function readAscending(reader: Reader, most: number): readonly Uint8Array[] {
  const count = reader.u8()
  if (count > most) reader.fail('LIMIT', `${count} hashes, at most ${most}`)
  const hashes: Uint8Array[] = []
  for (let at = 0; at < count; at++) {
    const hash = reader.bytes(ID_BYTES)
    if (at > 0 && compareBytes(hashes[at - 1]!, hash) >= 0) reader.fail('ORDER', 'hashes')
    hashes.push(hash)
  }
  return hashes
}

function writeMembers(writer: Writer, members: readonly NewMember[]): void {
  const sorted = [...members].sort((a, b) => compareBytes(a.identity, b.identity))
  writer.u8(sorted.length)
  for (const { identity, role } of sorted) {
    writer.bytes(identity, PUBLIC_KEY_BYTES).u8(ROLES.indexOf(role))
  }
}

function readMembers(reader: Reader): readonly NewMember[] {
  const count = reader.u8()
  if (count > GROUP_ADDED_MAX) reader.fail('LIMIT', `${count} members`)
  if (count === 0) reader.fail('FIELD', 'adds nobody')
  const members: NewMember[] = []
  for (let at = 0; at < count; at++) {
    const identity = reader.bytes(PUBLIC_KEY_BYTES)
    const role = ROLES[reader.within(reader.u8(), 0, 1, 'role')]!
    if (at > 0 && compareBytes(members[at - 1]!.identity, identity) >= 0) reader.fail('ORDER')
    members.push({ identity, role })
  }
  return members
}

function writeChange(writer: Writer, change: GroupChange): void {
  writer.u8(KINDS.indexOf(change.kind) + 1)
  switch (change.kind) {
    case 'create':
      writeName(writer.bytes(change.salt, GROUP_SALT_BYTES), change.name, GROUP_NAME_BYTES_MAX)
      break
    case 'add':
      writeMembers(writer, change.members)
      break
    case 'invite':
      writer.bytes(change.linkKey, PUBLIC_KEY_BYTES).u32(change.expiresAtSeconds).u16(change.uses)
      break
    case 'join':
      writeDeviceRef(writer.bytes(change.invite, ID_BYTES), change.joiner)
        .bytes(change.linkSignature, SIGNATURE_BYTES)
        .bytes(change.joinerSignature, SIGNATURE_BYTES)
      break
    case 'remove':
    case 'promote':
    case 'demote':
      writer.bytes(change.identity, PUBLIC_KEY_BYTES)
      break
    case 'leave':
      break
    case 'rename':
      writeName(writer, change.name, GROUP_NAME_BYTES_MAX)
      break
    case 'picture':
      writer.prefixed(change.picture, GROUP_PICTURE_BYTES_MAX)
      break
    case 'revoke':
      writer.bytes(change.invite, ID_BYTES)
      break
    case 'expel':
      writeDeviceRef(writer, change.target)
  }
}

function readChange(reader: Reader): GroupChange {
  const number = reader.u8()
  const kind = KINDS[number - 1]
  switch (kind) {
    case 'create':
      return {
        kind,
        salt: reader.bytes(GROUP_SALT_BYTES),
        name: readName(reader, GROUP_NAME_BYTES_MAX),
      }
    case 'add':
      return { kind, members: readMembers(reader) }
    case 'invite': {
      const linkKey = reader.bytes(PUBLIC_KEY_BYTES)
      const expiresAtSeconds = reader.u32()
      const uses = reader.within(reader.u16(), 1, GROUP_INVITE_USES_MAX, 'number of uses')
      return { kind, linkKey, expiresAtSeconds, uses }
    }
    case 'join': {
      const invite = reader.bytes(ID_BYTES)
      const joiner = readDeviceRef(reader)
      const linkSignature = reader.bytes(SIGNATURE_BYTES)
      return { kind, invite, joiner, linkSignature, joinerSignature: reader.bytes(SIGNATURE_BYTES) }
    }
    case 'remove':
    case 'promote':
    case 'demote':
      return { kind, identity: reader.bytes(PUBLIC_KEY_BYTES) }
    case 'leave':
      return { kind }
    case 'rename':
      return { kind, name: readName(reader, GROUP_NAME_BYTES_MAX) }
    case 'picture':
      return { kind, picture: reader.prefixed(GROUP_PICTURE_BYTES_MAX) }
    case 'revoke':
      return { kind, invite: reader.bytes(ID_BYTES) }
    case 'expel':
      return { kind, target: readDeviceRef(reader) }
    default:
      return reader.fail('KIND', `operation ${number}`)
  }
}

export function encodeGroupOpBody(draft: GroupOpDraft): Uint8Array {
  const writer = new Writer(512).u8(GROUP_OP_VERSION).bytes(draft.groupId, ID_BYTES)
  writeAscending(writer, draft.parents).u32(draft.depth)
  writeChange(writeDeviceRef(writer, draft.author), draft.change)
  return writer.finish()
}

/** `seed` is the author device's. Sorts the parents. */
export function signGroupOp(crypto: Crypto, draft: GroupOpDraft, seed: Secret): Uint8Array {
  const body = encodeGroupOpBody(draft)
  return concatBytes(body, crypto.ed25519Sign(seed, labelled(SIGN_LABELS.groupOp, body)))
}

/** The form only: nothing in it has been proved. The fields are views of `bytes`. */
export function decodeGroupOp(bytes: Uint8Array): GroupOp {
  if (bytes.length > GROUP_OP_BYTES_MAX) throw new ProtocolError('GROUP_LIMIT', `${bytes.length} B`)
  const reader = new Reader(bytes, 'GROUP')
  reader.version(GROUP_OP_VERSION)
  const groupId = reader.bytes(ID_BYTES)
  const parents = readAscending(reader, GROUP_PARENTS_MAX)
  const depth = reader.u32()
  const author = readDeviceRef(reader)
  const change = readChange(reader)
  const body = bytes.subarray(0, reader.offset)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  checkPlace(reader, { groupId, parents, depth, author, change })
  return { groupId, parents, depth, author, change, body, signature }
}

/** A group has one beginning, which is like nothing after it. */
function checkPlace(reader: Reader, { groupId, parents, depth, change }: GroupOpDraft): void {
  const begins = change.kind === 'create'
  if (begins !== isZero(groupId)) reader.fail('FIELD', 'the group id is that of its creation')
  if (begins !== (parents.length === 0)) reader.fail('FIELD', 'only a creation has no parents')
  if (begins !== (depth === 0)) reader.fail('FIELD', 'only a creation has depth 0')
}

/** Over the signature too: two signatures of one step are two operations. */
export function hashGroupOp(crypto: Crypto, bytes: Uint8Array): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.groupOp, bytes))
}
