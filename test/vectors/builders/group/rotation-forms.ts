// Rotations by themselves.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Vector } from '../../vector.ts'
import {
  hashOf,
  type RotationParts,
  rotationBody,
  signedRotation,
  slotsOf,
} from '../reference/groups.ts'
import { secretOf, u8 } from '../reference/pieces.ts'
import { verdicts } from '../reference/verdict.ts'
import { EVERYBODY, PAIRWISE, PSK, ROOT, rooted } from './epoch.ts'
import { ADD, ALICE, GROUP_ID } from './founding.ts'

const form = verdicts('group', 'rotation-form')
const body = rotationBody(PAIRWISE)
const bad = (name: string, note: string, defect: string, rotation: Uint8Array) =>
  form.bad(name, note, `ROTATION_${defect}` as ErrorCode, { rotation: toHex(rotation) })
const lie = (parts: Partial<RotationParts>) => rooted(rotationBody({ ...PAIRWISE, ...parts }))
const tags = (count: number) => Array.from({ length: count }, () => new Uint8Array(4))
const twice = [hashOf(ADD), hashOf(ADD)]
const { rest, slots } = slotsOf(GROUP_ID, ROOT, secretOf('ephemeral'), EVERYBODY)
const inSlots = signedRotation(rotationBody({ ...PAIRWISE, mode: 2, rest }), ALICE)
const part = (number: number) => concatBytes(u8(4), inSlots, u8(number), slots)

function heads(): Vector[] {
  return [
    form.good(
      'rotation-form',
      'A root in a session.',
      { rotation: toHex(rooted(body)) },
      { devices: 3, part: null, hasRoot: true },
    ),
    form.good(
      'slots-form',
      'A root in slots.',
      { rotation: toHex(part(0)) },
      { devices: 3, part: 0, hasRoot: false },
    ),
    bad(
      'rotation-truncated',
      'The signature is cut short.',
      'TRUNCATED',
      rooted(body).slice(0, -1),
    ),
    bad(
      'rotation-trailing-byte',
      'Something after the signature.',
      'TRAILING',
      concatBytes(rooted(body), u8(0)),
    ),
    bad('rotation-version', 'A version of later.', 'VERSION', lie({ version: 2 })),
    bad('rotation-suite', 'A suite of later.', 'KIND', lie({ suite: 2 })),
    bad('rotation-mode', 'A mode of later.', 'FIELD', lie({ mode: 3 })),
    bad('rotation-no-head', 'It must say what it knows of the graph.', 'FIELD', lie({ heads: [] })),
    bad('rotation-heads-order', 'A head is named once.', 'ORDER', lie({ heads: twice })),
  ]
}

function bodies(): Vector[] {
  return [
    bad('rotation-no-device', 'For nobody.', 'FIELD', lie({ tags: [] })),
    bad(
      'rotation-sessions-too-many',
      'At most 32 devices by sessions.',
      'LIMIT',
      lie({ tags: tags(33) }),
    ),
    bad(
      'rotation-too-many',
      'At most 4,800 devices.',
      'LIMIT',
      lie({ mode: 2, tags: [], count: 4801 }),
    ),
    bad(
      'rotation-useless-psk',
      'In sessions nothing is mixed in.',
      'FIELD',
      lie({ pskId: PSK.slice(0, 16) }),
    ),
    bad(
      'rotation-carries-nothing',
      'Neither root nor slots.',
      'FIELD',
      concatBytes(u8(0), signedRotation(body, ALICE)),
    ),
    bad(
      'rotation-carries-unknown',
      'A bit of later.',
      'FIELD',
      concatBytes(u8(9), ROOT, signedRotation(body, ALICE)),
    ),
    bad(
      'rotation-psk-only',
      'A shared key without a root.',
      'FIELD',
      concatBytes(u8(2), PSK, signedRotation(body, ALICE)),
    ),
    bad('rotation-no-such-part', 'It has one part.', 'FIELD', part(1)),
    bad(
      'rotation-slots-in-sessions',
      'Slots where it says that there are none.',
      'FIELD',
      concatBytes(u8(4), signedRotation(body, ALICE), u8(0), slots),
    ),
    bad('rotation-too-long', 'Refused before it is read.', 'LIMIT', new Uint8Array(65_537)),
  ]
}

export function rotationForms(): Vector[] {
  return [...heads(), ...bodies()]
}
