// A new epoch: made by any member, taken by every other. group.md §6
import { compareBytes, concatBytes, equalBytes, isZero, toHex } from '../codec/bytes.ts'
import {
  GROUP_PAIRWISE_DEVICES_MAX,
  GROUP_PARENTS_MAX,
  GROUP_PSK_ID_BYTES,
  GROUP_SLOT_BYTES,
  ROTATION_DEVICES_MAX,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { deriveEpochKeys, type Epoch, pskIdOf } from './epoch.ts'
import type { GroupGraph } from './graph.ts'
import { findEpoch, findPsk, type GroupKeys, rotationParents, withEpoch } from './keys.ts'
import { type DeviceRef, deviceName } from './op.ts'
import {
  ownPlace,
  packedTags,
  placesOf,
  type Roster,
  type RosterDevice,
  tagNumber,
  tagOf,
} from './roster.ts'
import {
  decodeRotationMessage,
  encodeRotationHead,
  encodeRotationMessage,
  epochIdOf,
  type RotationHead,
  type RotationMessage,
  rotationStatement,
  slotsPerPart,
} from './rotation.ts'
import { commitmentOf, isCommitted, openSlot, partHashOf, sealSlots } from './slots.ts'

export interface RotationTerms {
  readonly networkId: Uint8Array
  /** Of the view that the roster was made from. */
  readonly graphHeads: readonly Uint8Array[]
  readonly roster: Roster
  readonly self: DeviceRef
  readonly signSeed: Secret
  readonly nowSeconds: number
}

export interface Rotated {
  readonly keys: GroupKeys
  readonly epochId: Uint8Array
  /** Each for an envelope of its own on the lane of every epoch that this one follows. */
  readonly laneMessages: readonly Uint8Array[]
  readonly lanes: readonly Epoch[]
  /** In the session with that device. */
  readonly pairwise: readonly { readonly to: RosterDevice; readonly content: Uint8Array }[]
}

export interface RotationDraw {
  readonly root: Secret
  readonly ephemeral: Secret
  readonly psk: Secret
}

export function rotate(crypto: Crypto, keys: GroupKeys, terms: RotationTerms): Rotated {
  const draw = (): Secret => Secret.adopt(crypto.randomBytes(KEY_BYTES))
  return rotateWith(crypto, keys, terms, { root: draw(), ephemeral: draw(), psk: draw() })
}

const NO_PSK_ID = new Uint8Array(GROUP_PSK_ID_BYTES)

/** The root and the ephemeral key are gone afterwards. */
export function rotateWith(
  crypto: Crypto,
  keys: GroupKeys,
  terms: RotationTerms,
  draw: RotationDraw,
): Rotated {
  const devices = terms.roster.active
  if (devices.length > ROTATION_DEVICES_MAX) {
    throw new ProtocolError('ROTATION_LIMIT', `${devices.length} devices`)
  }
  const isPairwise = devices.length <= GROUP_PAIRWISE_DEVICES_MAX
  const parents = rotationParents(keys)
  const psk = isPairwise ? null : sharedKeyFor(keys, parents, draw.psk)
  const common = {
    networkId: terms.networkId,
    groupId: keys.groupId,
    rotator: terms.self,
    parents: parents.map(({ id }) => id),
    graphHeads: terms.graphHeads.toSorted(compareBytes).slice(0, GROUP_PARENTS_MAX),
    commitment: commitmentOf(crypto, draw.root),
    pskId: psk === null ? NO_PSK_ID : pskIdOf(crypto, psk),
    tags: concatBytes(...devices.map((one) => tagOf(crypto, keys.groupId, one))),
  }
  const sealed = isPairwise ? null : sealParts(crypto, common, devices, draw)
  const head: RotationHead = { ...common, slots: sealed?.terms ?? null }
  const body = encodeRotationHead(head)
  const signature = crypto.ed25519Sign(terms.signSeed, rotationStatement(body))
  const id = epochIdOf(crypto, body)
  const signed = { head, body, signature }
  const epoch = epochOf(crypto, signed, { root: draw.root, psk }, terms)
  const alone = { body, signature, root: null, psk: null }
  const laneMessages = (sealed?.parts ?? []).map((slots, part) =>
    encodeRotationMessage({ ...alone, part: { part, slots } }),
  )
  // Who is new has no lane to read yet, and no shared key.
  const inSessions = isPairwise ? devices : newcomersOf(crypto, keys, devices, parents)
  const content = encodeRotationMessage({
    body,
    signature,
    root: draw.root,
    psk,
    part: null,
  })
  draw.root.wipe()
  draw.ephemeral.wipe()
  return {
    keys: withEpoch(keys, epoch, terms.nowSeconds),
    epochId: id,
    laneMessages,
    lanes: parents,
    pairwise: inSessions
      .filter((to) => deviceName(to) !== deviceName(terms.self))
      .map((to) => ({ to, content })),
  }
}

/** The first rotation of a group draws the key: whoever it is for is new, and gets it told. */
function sharedKeyFor(keys: GroupKeys, parents: readonly Epoch[], drawn: Secret): Secret | null {
  if (keys.epochs.length === 0) return drawn
  return parents.find(({ psk }) => psk !== null)?.psk ?? null
}

function sealParts(
  crypto: Crypto,
  head: Pick<RotationHead, 'groupId' | 'commitment'>,
  devices: readonly RosterDevice[],
  { root, ephemeral: secret }: RotationDraw,
): { terms: NonNullable<RotationHead['slots']>; parts: readonly Uint8Array[] } {
  const ephemeral = crypto.x25519Public(secret)
  const context = { groupId: head.groupId, ephemeral, commitment: head.commitment }
  const each = slotsPerPart(devices.length)
  const parts: Uint8Array[] = []
  for (let at = 0; at < devices.length; at += each) {
    parts.push(sealSlots(crypto, root, context, secret, devices.slice(at, at + each)))
  }
  const partHashes = parts.map((slots) => partHashOf(crypto, slots))
  return { terms: { ephemeral, partHashes }, parts }
}

function newcomersOf(
  crypto: Crypto,
  keys: GroupKeys,
  devices: readonly RosterDevice[],
  parents: readonly Epoch[],
): readonly RosterDevice[] {
  const sets = parents.map(({ tags }) => packedTags(tags))
  return devices.filter((one) => {
    const tag = tagNumber(tagOf(crypto, keys.groupId, one))
    return !sets.some((tags) => tags.has(tag))
  })
}

function epochOf(
  crypto: Crypto,
  { head, body, signature }: Pick<RotationMessage, 'head' | 'body' | 'signature'>,
  secrets: { readonly root: Secret; readonly psk: Secret | null },
  terms: Pick<RotationTerms, 'self' | 'roster' | 'nowSeconds'>,
): Epoch {
  const id = epochIdOf(crypto, body)
  return {
    id,
    body,
    signature,
    parents: head.parents,
    tags: head.tags,
    ownIndex: ownPlace(crypto, head.groupId, terms.roster, terms.self, head.tags),
    maySend: true,
    ...deriveEpochKeys(crypto, secrets.root, secrets.psk, id, head.tags),
    skipped: [],
    receivedSeconds: terms.nowSeconds,
    supersededSeconds: null,
  }
}

export interface RotationReader {
  readonly networkId: Uint8Array
  readonly graph: GroupGraph
  readonly roster: Roster
  readonly self: Omit<RosterDevice, 'signKey'>
  /** X25519 of the device. */
  readonly exchange: Secret
  readonly nowSeconds: number
  /** A root in clear is taken from a session, never from a lane. */
  readonly via: 'lane' | 'session'
}

export type RotationTaken =
  | { readonly kind: 'taken'; readonly keys: GroupKeys; readonly epochId: Uint8Array }
  | { readonly kind: 'known'; readonly epochId: Uint8Array }
  /** Our slot is in another part of it. */
  | { readonly kind: 'other-part'; readonly epochId: Uint8Array }
  /** We are not among its devices, or lack the key that it mixes in: ask a member. */
  | { readonly kind: 'ask'; readonly epochId: Uint8Array }

/** Null for a rotation of another group. Throws ROTATION_LINKAGE while the graph is behind. */
export function takeRotation(
  crypto: Crypto,
  keys: GroupKeys,
  bytes: Uint8Array,
  reader: RotationReader,
): RotationTaken | null {
  const message = decodeRotationMessage(bytes)
  if (!equalBytes(message.head.groupId, keys.groupId)) return null
  verifyRotation(crypto, message, reader)
  const epochId = epochIdOf(crypto, message.body)
  if (findEpoch(keys, epochId) !== null) return { kind: 'known', epochId }
  if (reader.via !== 'session' && (message.root !== null || message.psk !== null)) {
    throw new ProtocolError('ROTATION_STATE', 'a secret outside a session')
  }
  const isPairwise = message.head.slots === null
  const shared = isPairwise ? null : sharedKeyOf(crypto, keys, message)
  if (shared === 'unknown') return { kind: 'ask', epochId }
  const root = rootOf(crypto, message, reader)
  if (root === 'ask' || root === 'other-part') return { kind: root, epochId }
  if (!isCommitted(crypto, root, message.head.commitment)) {
    throw new ProtocolError('ROTATION_SEAL', 'another root than it says')
  }
  const epoch = epochOf(crypto, message, { root, psk: shared }, reader)
  root.wipe()
  return { kind: 'taken', keys: withEpoch(keys, epoch, reader.nowSeconds), epochId }
}

/** Who made it, for whom and where; of its secrets nothing is said. */
export function verifyRotation(
  crypto: Crypto,
  { head, body, signature }: Pick<RotationMessage, 'head' | 'body' | 'signature'>,
  { networkId, graph, roster }: Pick<RotationReader, 'networkId' | 'graph' | 'roster'>,
): void {
  if (!equalBytes(head.networkId, networkId)) throw new ProtocolError('ROTATION_NETWORK')
  if (head.graphHeads.some((hash) => !graph.byHash.has(toHex(hash)))) {
    throw new ProtocolError('ROTATION_LINKAGE', 'rests on operations that are not known here')
  }
  const name = deviceName(head.rotator)
  const rotator = roster.active.find((one) => deviceName(one) === name)
  if (rotator === undefined) throw new ProtocolError('ROTATION_PERMISSION', 'by no member’s device')
  if (!crypto.ed25519Verify(rotator.signKey, rotationStatement(body), signature)) {
    throw new ProtocolError('ROTATION_SIGNATURE')
  }
}

function sharedKeyOf(
  crypto: Crypto,
  keys: GroupKeys,
  { head, psk }: RotationMessage,
): Secret | null | 'unknown' {
  if (isZero(head.pskId)) return null
  if (psk !== null && equalBytes(pskIdOf(crypto, psk), head.pskId)) return psk
  return findPsk(crypto, keys, head.pskId) ?? 'unknown'
}

function rootOf(
  crypto: Crypto,
  { head, root, part }: RotationMessage,
  { self, exchange }: RotationReader,
): Secret | 'ask' | 'other-part' {
  const places = placesOf(tagOf(crypto, head.groupId, self), head.tags)
  if (places.length === 0) return 'ask'
  if (root !== null) return root
  assert(part !== null && head.slots !== null, 'expected slots where there is no root')
  if (!equalBytes(partHashOf(crypto, part.slots), head.slots.partHashes[part.part]!)) {
    throw new ProtocolError('ROTATION_LINKAGE', 'slots of another rotation')
  }
  const { commitment, groupId } = head
  const context = { ephemeral: head.slots.ephemeral, commitment, groupId }
  const first = part.part * slotsPerPart(head.tags.length / 4)
  const count = part.slots.length / GROUP_SLOT_BYTES
  const here = places.filter((place) => place >= first && place < first + count)
  if (here.length === 0) return 'other-part'
  for (const place of here) {
    const at = (place - first) * GROUP_SLOT_BYTES
    const slot = part.slots.subarray(at, at + GROUP_SLOT_BYTES)
    const opened = openSlot(crypto, slot, context, { ...self, exchange })
    if (opened !== null) return opened
  }
  throw new ProtocolError('ROTATION_SEAL', 'a slot that does not open')
}
