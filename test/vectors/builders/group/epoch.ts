// The epoch of the vectors' group, and what its readers have.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ed25519_hasher } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Json, JsonObject } from '../../vector.ts'
import {
  epochIdOf,
  epochOf,
  hashOf,
  NETWORK_ID,
  type RotationParts,
  rotationBody,
  signedRotation,
  slotsOf,
  tagOf,
} from '../reference/groups.ts'
import { secretOf, u8, u32 } from '../reference/pieces.ts'
import { ADD, ALICE, BASE, BOB, CAROL, GROUP_ID, packed, sorted } from './founding.ts'

export const ROOT = secretOf('root')
export const PSK = secretOf('psk')
export const EVERYBODY = sorted([ALICE, BOB, CAROL])
export const TAGS = EVERYBODY.map((one) => tagOf(GROUP_ID, one))
export const CONVERSATION = secretOf('conversation')
export const PAIRWISE: RotationParts = {
  groupId: GROUP_ID,
  rotator: ALICE,
  heads: [hashOf(ADD)],
  root: ROOT,
  tags: TAGS,
}
export const label = (use: string): Uint8Array => utf8(`ezchat/v1/${use}\0`)

export const rooted = (body: Uint8Array, by = ALICE) =>
  concatBytes(u8(1), ROOT, signedRotation(body, by))

export function inputOf(rotation: Uint8Array, reader = BOB, via = 'session'): JsonObject {
  return {
    ops: BASE.map(toHex),
    devices: packed(EVERYBODY),
    networkId: toHex(NETWORK_ID),
    rotation: toHex(rotation),
    self: EVERYBODY.indexOf(reader),
    exchange: toHex(reader.exchange),
    via,
  }
}

export const DAY = 20_666

/** A point without a known logarithm, and the key of the bodies of its envelopes. */
export function laneOf(secret: Uint8Array): { readonly mailbox: string; readonly seal: string } {
  const context = concatBytes(NETWORK_ID, u32(DAY))
  const derive = (use: string) =>
    hkdf(sha256, secret, new Uint8Array(0), concatBytes(label(use), context), 32)
  const name = derive('group/mailbox')
  const point = ed25519_hasher.hashToCurve(name, { DST: label('group/mailbox') })
  return { mailbox: toHex(point.toBytes()), seal: toHex(derive('group/seal')) }
}

export function epochOutput(body: Uint8Array, psk: Uint8Array | undefined): Json {
  const epoch = epochOf(body, ROOT, psk)
  return {
    id: toHex(epochIdOf(body)),
    lane: toHex(epoch.lane),
    ...laneOf(epoch.lane),
    header: toHex(epoch.header),
    chains: TAGS.map((_, at) => toHex(epoch.chain(at))),
    psk: toHex(epoch.psk),
  }
}

export function slotted(pskId: Uint8Array, lie: Partial<RotationParts> = {}, root = ROOT) {
  const { rest, slots } = slotsOf(GROUP_ID, root, secretOf('ephemeral'), EVERYBODY)
  const body = rotationBody({ ...PAIRWISE, mode: 2, pskId, rest, root, ...lie })
  return { body, slots, signed: signedRotation(body, ALICE) }
}
