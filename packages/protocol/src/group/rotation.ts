// The bytes of a rotation: group.md §6.
import { concatBytes, isZero } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  GROUP_PAIRWISE_DEVICES_MAX,
  GROUP_PARENTS_MAX,
  GROUP_PSK_ID_BYTES,
  GROUP_SLOT_BYTES,
  GROUP_SUITE,
  GROUP_TAG_BYTES,
  ID_BYTES,
  ROTATION_DEVICES_MAX,
  ROTATION_PARENTS_MAX,
  ROTATION_PART_SLOTS,
  ROTATION_PART_SLOTS_MAX,
  ROTATION_VERSION,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { HASH_BYTES, KEY_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import {
  type DeviceRef,
  readAscending,
  readDeviceRef,
  writeAscending,
  writeDeviceRef,
} from './op.ts'

/** The root travels in the devices' sessions. */
const MODE_PAIRWISE = 1
/** The root travels in slots, one for each device. */
const MODE_SLOTS = 2

export interface SlotTerms {
  /** X25519, drawn for this rotation. */
  readonly ephemeral: Uint8Array
  readonly partHashes: readonly Uint8Array[]
}

export interface RotationHead {
  readonly networkId: Uint8Array
  readonly groupId: Uint8Array
  readonly rotator: DeviceRef
  /** Epochs that this one follows. */
  readonly parents: readonly Uint8Array[]
  /** Heads of the membership graph that the rotator saw. */
  readonly graphHeads: readonly Uint8Array[]
  /** Of the root, so that all devices get the same. */
  readonly commitment: Uint8Array
  /** Zero for none. */
  readonly pskId: Uint8Array
  /** Four bytes for each device that gets the root, in the order of their slots. */
  readonly tags: Uint8Array
  /** Null when the root travels in sessions. */
  readonly slots: SlotTerms | null
}

export function slotsPerPart(devices: number): number {
  return devices <= ROTATION_PART_SLOTS_MAX ? devices : ROTATION_PART_SLOTS
}

export function encodeRotationHead(head: RotationHead): Uint8Array {
  const count = head.tags.length / GROUP_TAG_BYTES
  assert(count >= 1 && count <= ROTATION_DEVICES_MAX, `expected devices, got ${count}`)
  const writer = new Writer(1024 + head.tags.length)
    .u8(ROTATION_VERSION)
    .u8(GROUP_SUITE)
    .u8(head.slots === null ? MODE_PAIRWISE : MODE_SLOTS)
    .bytes(head.networkId, ID_BYTES)
    .bytes(head.groupId, ID_BYTES)
  writeAscending(writeDeviceRef(writer, head.rotator), head.parents)
  writeAscending(writer, head.graphHeads)
    .bytes(head.commitment, HASH_BYTES)
    .bytes(head.pskId, GROUP_PSK_ID_BYTES)
    .u16(count)
    .bytes(head.tags)
  if (head.slots !== null) {
    writer.bytes(head.slots.ephemeral, PUBLIC_KEY_BYTES)
    for (const hash of head.slots.partHashes) writer.bytes(hash, HASH_BYTES)
  }
  return writer.finish()
}

/** Stops behind the head. */
export function readRotationHead(reader: Reader): RotationHead {
  reader.version(ROTATION_VERSION)
  const suite = reader.u8()
  if (suite !== GROUP_SUITE) reader.fail('KIND', `suite ${suite}`)
  const mode = reader.within(reader.u8(), MODE_PAIRWISE, MODE_SLOTS, 'mode')
  const networkId = reader.bytes(ID_BYTES)
  const groupId = reader.bytes(ID_BYTES)
  const rotator = readDeviceRef(reader)
  const parents = readAscending(reader, ROTATION_PARENTS_MAX)
  const graphHeads = readAscending(reader, GROUP_PARENTS_MAX)
  if (graphHeads.length === 0) reader.fail('FIELD', 'no head of the graph')
  const commitment = reader.bytes(HASH_BYTES)
  const pskId = reader.bytes(GROUP_PSK_ID_BYTES)
  const count = reader.u16()
  const most = mode === MODE_PAIRWISE ? GROUP_PAIRWISE_DEVICES_MAX : ROTATION_DEVICES_MAX
  if (count > most) reader.fail('LIMIT', `${count} devices`)
  if (count === 0) reader.fail('FIELD', 'no device')
  const tags = reader.bytes(count * GROUP_TAG_BYTES)
  const head = { networkId, groupId, rotator, parents, graphHeads, commitment, pskId, tags }
  if (mode === MODE_PAIRWISE) {
    // In sessions there is nothing that a quantum computer could open.
    if (!isZero(pskId)) reader.fail('FIELD', 'a shared key that is of no use')
    return { ...head, slots: null }
  }
  const ephemeral = reader.bytes(PUBLIC_KEY_BYTES)
  const parts = Math.ceil(count / slotsPerPart(count))
  const partHashes = Array.from({ length: parts }, () => reader.bytes(HASH_BYTES))
  return { ...head, slots: { ephemeral, partHashes } }
}

export interface RotationPart {
  readonly part: number
  readonly slots: Uint8Array
}

/** A signed head, and what somebody needs to make keys of it. */
export interface RotationMessage {
  readonly head: RotationHead
  /** What the signature covers, without its label. */
  readonly body: Uint8Array
  readonly signature: Uint8Array
  /** In a session only. */
  readonly root: Secret | null
  readonly psk: Secret | null
  readonly part: RotationPart | null
}

const CARRIES_ROOT = 1
const CARRIES_PSK = 2
const CARRIES_PART = 4

export function rotationStatement(body: Uint8Array): Uint8Array {
  return labelled(SIGN_LABELS.rotation, body)
}

/** Without the signature: what is signed twice is still one epoch. */
export function epochIdOf(crypto: Crypto, body: Uint8Array): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.rotation, body))
}

export function encodeRotationMessage(
  message: Pick<RotationMessage, 'body' | 'signature' | 'root' | 'psk' | 'part'>,
): Uint8Array {
  const { body, signature, root, psk, part } = message
  const carries =
    (root === null ? 0 : CARRIES_ROOT) |
    (psk === null ? 0 : CARRIES_PSK) |
    (part === null ? 0 : CARRIES_PART)
  return concatBytes(
    Uint8Array.of(carries),
    root?.reveal() ?? NOTHING,
    psk?.reveal() ?? NOTHING,
    body,
    signature,
    part === null ? NOTHING : concatBytes(Uint8Array.of(part.part), part.slots),
  )
}

const NOTHING = new Uint8Array(0)

/** The form only: nothing in it has been proved. What it returns owns its bytes. */
export function decodeRotationMessage(bytes: Uint8Array): RotationMessage {
  if (bytes.length > 65_536) throw new ProtocolError('ROTATION_LIMIT', `${bytes.length} bytes`)
  const own = Uint8Array.from(bytes)
  const reader = new Reader(own, 'ROTATION')
  const carries = reader.within(reader.u8(), CARRIES_ROOT, 7, 'what it carries')
  const root = carries & CARRIES_ROOT ? Secret.copy(reader.bytes(KEY_BYTES)) : null
  const psk = carries & CARRIES_PSK ? Secret.copy(reader.bytes(KEY_BYTES)) : null
  const from = reader.offset
  const head = readRotationHead(reader)
  const body = own.subarray(from, reader.offset)
  const signature = reader.bytes(SIGNATURE_BYTES)
  const part = carries & CARRIES_PART ? readPart(reader, head) : null
  reader.end()
  if (part === null && root === null) reader.fail('FIELD', 'neither a root nor slots')
  return { head, body, signature, root, psk, part }
}

function readPart(reader: Reader, { slots, tags }: RotationHead): RotationPart {
  if (slots === null) return reader.fail('FIELD', 'slots of a rotation that has none')
  const part = reader.within(reader.u8(), 0, slots.partHashes.length - 1, 'part')
  const devices = tags.length / GROUP_TAG_BYTES
  const each = slotsPerPart(devices)
  const count = Math.min(each, devices - part * each)
  return { part, slots: reader.bytes(count * GROUP_SLOT_BYTES) }
}
