// Rotations that are taken, or not.
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Vector } from '../../vector.ts'
import {
  type RotationParts,
  rotationBody,
  signedRotation,
  tagOf,
  who,
  ZERO,
} from '../reference/groups.ts'
import { u8 } from '../reference/pieces.ts'
import { verdicts } from '../reference/verdict.ts'
import { epochOutput, inputOf, label, PAIRWISE, PSK, rooted, slotted } from './epoch.ts'
import { ALICE, BOB, CAROL, GROUP_ID } from './founding.ts'

const take = verdicts('group', 'rotation')
const body = rotationBody(PAIRWISE)
const pskId = sha256(concatBytes(label('hash/group-psk'), PSK)).slice(0, 16)
const bad = (name: string, note: string, defect: string, rotation: Uint8Array, via = 'session') =>
  take.bad(name, note, `ROTATION_${defect}` as ErrorCode, inputOf(rotation, BOB, via))
const lie = (parts: Partial<RotationParts>, by = ALICE) =>
  rooted(rotationBody({ ...PAIRWISE, ...parts }), by)
const mixed = slotted(pskId)
const plain = slotted(new Uint8Array(16))
const inLane = concatBytes(u8(4), plain.signed, u8(0), plain.slots)
const other = slotted(new Uint8Array(16), { root: PSK })
const eve = who('eve')

function answers(): Vector[] {
  return [
    take.good(
      'rotation',
      'Keys from a root that came in a session, and what a later one mixes in.',
      inputOf(rooted(body)),
      epochOutput(body, undefined),
    ),
    take.good(
      'rotation-slots',
      'Keys from a slot, with nothing mixed in.',
      inputOf(inLane, CAROL, 'lane'),
      epochOutput(plain.body, undefined),
    ),
    take.good(
      'rotation-slots-psk',
      'Keys from a slot, with the key that came in the session.',
      inputOf(concatBytes(u8(6), PSK, mixed.signed, u8(0), mixed.slots)),
      epochOutput(mixed.body, PSK),
    ),
    take.notMine(
      'rotation-without-psk',
      'The shared key is not known: ask a member.',
      inputOf(concatBytes(u8(4), mixed.signed, u8(0), mixed.slots), BOB, 'lane'),
    ),
    take.notMine('rotation-of-another-group', 'Another group’s.', inputOf(lie({ groupId: ZERO }))),
    take.notMine(
      'rotation-without-us',
      'Our device is not among its tags: ask a member.',
      inputOf(lie({ tags: [tagOf(GROUP_ID, ALICE)] })),
    ),
  ]
}

function refusals(): Vector[] {
  return [
    bad('rotation-network', 'Another network’s.', 'NETWORK', lie({ networkId: ZERO })),
    bad(
      'rotation-unknown-head',
      'Rests on operations that are not known here: get them first.',
      'LINKAGE',
      lie({ heads: [ZERO] }),
    ),
    bad('rotation-by-stranger', 'By no member’s device.', 'PERMISSION', lie({ rotator: eve }, eve)),
    bad('rotation-forged', 'Signed by another member.', 'SIGNATURE', lie({}, BOB)),
    bad(
      'rotation-root-in-lane',
      'A root that every former member can read.',
      'STATE',
      rooted(body),
      'lane',
    ),
    bad(
      'rotation-other-root',
      'Another root than the one it is committed to.',
      'SEAL',
      concatBytes(u8(1), PSK, signedRotation(body, ALICE)),
    ),
    bad(
      'rotation-other-slots',
      'Slots that the signature does not cover.',
      'LINKAGE',
      concatBytes(u8(4), plain.signed, u8(0), plain.slots.with(0, plain.slots[0]! ^ 1)),
      'lane',
    ),
    bad(
      'rotation-closed-slot',
      'A slot made for another root’s commitment.',
      'SEAL',
      concatBytes(u8(4), other.signed, u8(0), other.slots),
      'lane',
    ),
  ]
}

export function rotations(): Vector[] {
  return [...answers(), ...refusals()]
}
