// Operations by themselves.
import { compareBytes, concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Vector } from '../../vector.ts'
import { change, hashOf, type OpParts, op, refOf, ZERO } from '../reference/groups.ts'
import { publicOf, u8 } from '../reference/pieces.ts'
import { verdicts } from '../reference/verdict.ts'
import { ADD, ALICE, after, BOB, CAROL, CREATE, GROUP_ID, sorted } from './founding.ts'

const form = verdicts('group', 'op')

const bad = (name: string, note: string, defect: string, bytes: Uint8Array) =>
  form.bad(name, note, `GROUP_${defect}` as ErrorCode, { op: toHex(bytes) })

const changed = (what: Uint8Array) => after([CREATE], 1, ALICE, what)

function operationForms(): Vector[] {
  const rename = change.rename('climbers')
  const good = after([CREATE], 1, ALICE, rename)
  const hashes = [hashOf(CREATE), hashOf(ADD)].sort(compareBytes)
  const raw = (parents: readonly Uint8Array[], lie: Partial<OpParts> = {}) =>
    op({ groupId: GROUP_ID, parents, depth: 1, author: ALICE, change: rename, ...lie })
  const nine = Array.from({ length: 9 }, (_, at) => new Uint8Array(32).fill(at + 1))
  return [
    form.good(
      'op',
      'One step with one parent.',
      { op: toHex(good) },
      {
        groupId: toHex(GROUP_ID),
        parents: [toHex(GROUP_ID)],
        depth: 1,
        author: toHex(refOf(ALICE)),
        kind: 'rename',
      },
    ),
    bad('op-truncated', 'A signature that is cut short.', 'TRUNCATED', good.slice(0, -1)),
    bad('op-trailing-byte', 'Something after the signature.', 'TRAILING', concatBytes(good, u8(0))),
    bad('op-version', 'A version of later.', 'VERSION', raw([hashOf(CREATE)], { version: 2 })),
    bad('op-kind-zero', 'No operation has number 0.', 'KIND', changed(u8(0))),
    bad('op-unknown-kind', 'An operation of later.', 'KIND', changed(u8(13))),
    bad('op-parents-order', 'One set has one spelling.', 'ORDER', raw([hashes[1]!, hashes[0]!])),
    bad('op-parent-twice', 'A parent is named once.', 'ORDER', raw([hashes[0]!, hashes[0]!])),
    bad('op-nine-parents', 'Eight parents at most.', 'LIMIT', raw(nine)),
    bad('op-no-parent', 'Only a creation has none.', 'FIELD', raw([])),
    bad('op-depth-zero', 'Only a creation has depth 0.', 'FIELD', raw([hashes[0]!], { depth: 0 })),
    bad(
      'op-second-creation',
      'A creation belongs to no group yet.',
      'FIELD',
      changed(change.create()),
    ),
    bad(
      'op-no-group',
      'Only a creation has a zero group id.',
      'FIELD',
      raw([hashes[0]!], { groupId: ZERO }),
    ),
  ]
}

function changeForms(): Vector[] {
  return [
    bad('add-nobody', 'An addition adds somebody.', 'FIELD', changed(change.add([]))),
    bad('add-unknown-role', 'A role of later.', 'FIELD', changed(change.add([[BOB, 2]]))),
    bad(
      'add-order',
      'Members ascend, so that one set has one spelling.',
      'ORDER',
      changed(
        change.add(
          sorted([BOB, CAROL])
            .reverse()
            .map((one) => [one, 0]),
        ),
      ),
    ),
    bad('add-too-many', 'At most 64 at once.', 'LIMIT', changed(concatBytes(u8(2), u8(65)))),
    bad(
      'invite-no-uses',
      'An invite for nobody.',
      'FIELD',
      changed(change.invite(publicOf('x'), 0)),
    ),
    bad(
      'invite-too-many-uses',
      'A thousand uses at most.',
      'FIELD',
      changed(change.invite(publicOf('x'), 1001)),
    ),
    bad(
      'rename-control',
      'A name is shown in a line of ours.',
      'TEXT',
      changed(change.rename('a\nb')),
    ),
    bad('rename-too-long', 'At most 128 bytes.', 'LIMIT', changed(change.rename('x'.repeat(129)))),
    bad(
      'picture-too-long',
      'At most 512 bytes.',
      'LIMIT',
      changed(change.picture(new Uint8Array(513))),
    ),
    bad('op-too-long', 'Refused before it is read.', 'LIMIT', new Uint8Array(2601)),
  ]
}

export function forms(): Vector[] {
  return [...operationForms(), ...changeForms()]
}
