// Operations by themselves, and histories that end in a view or a refusal.
import { compareBytes, concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, Vector } from '../../vector.ts'
import {
  change,
  hashOf,
  type OpParts,
  op,
  proof,
  refOf,
  type Who,
  who,
  ZERO,
} from '../reference/groups.ts'
import { publicOf, secretOf, u8, u16, u32 } from '../reference/pieces.ts'
import { verdicts } from '../reference/verdict.ts'

const form = verdicts('group', 'op')
const replay = verdicts('group', 'replay')

export const ALICE = who('alice')
export const BOB = who('bob')
export const CAROL = who('carol')
const DAVE = who('dave')
const PEOPLE = [ALICE, BOB, CAROL, DAVE]
const LINK = secretOf('group link')

export const packed = (people: readonly Who[]): Json =>
  people.map((one) => toHex(concatBytes(refOf(one), one.signKey, one.exchangeKey)))

export const sorted = (people: readonly Who[]): Who[] =>
  [...people].sort((a, b) => compareBytes(a.identity, b.identity))

export const CREATE = op({
  groupId: ZERO,
  parents: [],
  depth: 0,
  author: ALICE,
  change: change.create(),
})
export const GROUP_ID = hashOf(CREATE)

function after(
  parents: readonly Uint8Array[],
  depth: number,
  author: Who,
  what: Uint8Array,
  lie: Partial<OpParts> = {},
) {
  const hashes = parents.map(hashOf).sort(compareBytes)
  return op({ groupId: GROUP_ID, parents: hashes, depth, author, change: what, ...lie })
}

const both = (role: number) =>
  change.add(sorted([BOB, CAROL]).map((one) => [one, one === BOB ? role : 0]))
/** Bob is an admin, Carol a member. */
export const ADD = after([CREATE], 1, ALICE, both(1))
export const BASE = [CREATE, ADD]

function forms(): Vector[] {
  const rename = change.rename('climbers')
  const good = after([CREATE], 1, ALICE, rename)
  const bad = (name: string, note: string, defect: string, bytes: Uint8Array) =>
    form.bad(name, note, `GROUP_${defect}` as ErrorCode, { op: toHex(bytes) })
  const changed = (what: Uint8Array) => after([CREATE], 1, ALICE, what)
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

function view(
  ops: readonly Uint8Array[],
  members: readonly (readonly [Who, string])[],
  more: { [key: string]: Json } = {},
): Json {
  const heads = ops.filter((one) => !ops.some((other) => includes(other, hashOf(one))))
  return {
    groupId: toHex(GROUP_ID),
    name: 'walkers',
    members: members
      .map(([one, role]) => [toHex(one.identity), role] as const)
      .sort()
      .map(([id, role]) => `${role} ${id}`),
    heads: heads.map((one) => toHex(hashOf(one))).sort(),
    invites: [],
    expelled: 0,
    ...more,
  }
}

/** Parents are the only hashes in an operation besides invites, which have children of their own. */
function includes(bytes: Uint8Array, hash: Uint8Array): boolean {
  const parents = toHex(bytes.subarray(34, 34 + 32 * bytes[33]!))
  return parents.includes(toHex(hash))
}

const input = (ops: readonly Uint8Array[]) => ({ ops: ops.map(toHex), devices: packed(PEOPLE) })

function histories(): Vector[] {
  const good = (
    name: string,
    note: string,
    ops: readonly Uint8Array[],
    members: readonly (readonly [Who, string])[],
    more = {},
  ) => replay.good(name, note, input(ops), view(ops, members, more))
  const on = (author: Who, what: Uint8Array) => after([ADD], 2, author, what)
  const aliceRemovesBob = on(ALICE, change.remove(BOB))
  const bobRemovesAlice = on(BOB, change.remove(ALICE))
  const bobAddsDave = on(BOB, change.add([[DAVE, 1]]))
  const daveRenames = after([bobAddsDave], 3, DAVE, change.rename('taken over'))
  const demotesBob = on(ALICE, change.demote(BOB))
  const bobRemovesCarol = on(BOB, change.remove(CAROL))
  const removesCarol = on(ALICE, change.remove(CAROL))
  const carolBack = after([bobRemovesCarol], 3, BOB, change.add([[CAROL, 0]]))
  const aliceLeaves = after([CREATE], 1, ALICE, change.leave())
  const all = [
    [ALICE, 'admin'],
    [BOB, 'admin'],
    [CAROL, 'member'],
  ] as const
  const rename = on(BOB, change.rename('climbers'))
  const merge = after([aliceRemovesBob, rename], 3, ALICE, change.rename('again'))
  return [
    good('founding', 'A founder, an admin and a member.', BASE, all),
    good('any-order', 'The same operations in another order.', [CREATE, rename, ADD], all, {
      name: 'climbers',
    }),
    good(
      'mutual-removal',
      'Admins who remove each other without knowing are both gone; who is left leads.',
      [...BASE, aliceRemovesBob, bobRemovesAlice],
      [[CAROL, 'admin']],
    ),
    good(
      'void-gift',
      'What a removed admin gave without knowing is void, with what rests on it.',
      [...BASE, aliceRemovesBob, bobAddsDave, daveRenames],
      [
        [ALICE, 'admin'],
        [CAROL, 'member'],
      ],
    ),
    good(
      'lasting-removal',
      'What a removed admin took stays taken.',
      [...BASE, aliceRemovesBob, bobRemovesCarol],
      [[ALICE, 'admin']],
    ),
    good(
      'void-name',
      'A name given without knowing of the removal is void, also once both are known.',
      [...BASE, aliceRemovesBob, rename, merge],
      [
        [ALICE, 'admin'],
        [CAROL, 'member'],
      ],
      { name: 'again' },
    ),
    good(
      'demoted-gift',
      'A demoted admin’s concurrent gift is void.',
      [...BASE, demotesBob, bobAddsDave],
      [
        [ALICE, 'admin'],
        [BOB, 'member'],
        [CAROL, 'member'],
      ],
    ),
    good(
      'demoted-removal',
      'A demoted admin’s concurrent removal is not.',
      [...BASE, demotesBob, bobRemovesCarol],
      [
        [ALICE, 'admin'],
        [BOB, 'member'],
      ],
    ),
    good(
      'removal-beats-return',
      'A return must follow every removal.',
      [...BASE, bobRemovesCarol, carolBack, removesCarol],
      [
        [ALICE, 'admin'],
        [BOB, 'admin'],
      ],
    ),
    good(
      'removal-beats-promotion',
      'A promotion does not keep anybody.',
      [...BASE, removesCarol, on(BOB, change.promote(CAROL))],
      [
        [ALICE, 'admin'],
        [BOB, 'admin'],
      ],
    ),
    good('empty', 'A group that everybody left.', [CREATE, aliceLeaves], []),
    good(
      'expelled',
      'A device that may do nothing any more.',
      [...BASE, on(ALICE, change.expel(who('alice', 'phone')))],
      all,
      { expelled: 1 },
    ),
    ...joins(good, on),
    ...refusals(on),
  ]
}

type Good = (
  name: string,
  note: string,
  ops: readonly Uint8Array[],
  members: readonly (readonly [Who, string])[],
  more?: { [key: string]: Json },
) => Vector
type On = (author: Who, what: Uint8Array) => Uint8Array

function joins(good: Good, on: On): Vector[] {
  const invite = on(BOB, change.invite(publicOf('group link'), 1))
  const id = hashOf(invite)
  const { link, own } = proof(GROUP_ID, id, DAVE, LINK)
  const join = after([invite], 3, CAROL, change.join(id, DAVE, link, own))
  const revoke = after([invite], 3, ALICE, change.revoke(id))
  const removesBob = after([invite], 3, ALICE, change.remove(BOB))
  const ops = [...BASE, invite]
  const three = [
    [ALICE, 'admin'],
    [BOB, 'admin'],
    [CAROL, 'member'],
  ] as const
  const bad = (name: string, note: string, defect: string, added: readonly Uint8Array[]) =>
    replay.bad(name, note, `GROUP_${defect}` as ErrorCode, input([...ops, ...added]))
  const by = (signatures: { link: Uint8Array; own: Uint8Array }) =>
    after([invite], 3, CAROL, change.join(id, DAVE, signatures.link, signatures.own))
  const eve = who('eve')
  const none = proof(GROUP_ID, GROUP_ID, DAVE, LINK)
  return [
    good('invite', 'A link that one person may use.', ops, three, { invites: [1] }),
    good(
      'join',
      'Let in by a member who is no admin; the link is used up.',
      [...ops, join],
      [...three, [DAVE, 'member']],
    ),
    good(
      'join-revoked-meanwhile',
      'Who revokes a link did not know of the join: it is void.',
      [...ops, join, revoke],
      three,
    ),
    good(
      'join-author-removed-meanwhile',
      'A link ends with its author’s rights.',
      [...ops, join, removesBob],
      [
        [ALICE, 'admin'],
        [CAROL, 'member'],
      ],
    ),
    bad('join-after-revocation', 'The link has ended.', 'PERMISSION', [
      revoke,
      after([revoke], 4, CAROL, change.join(id, DAVE, link, own)),
    ]),
    bad('join-wrong-link', 'Signed with another link.', 'SIGNATURE', [
      by(proof(GROUP_ID, id, DAVE, secretOf('another'))),
    ]),
    bad('join-without-consent', 'Signed by somebody else than who joins.', 'SIGNATURE', [
      by({ link, own: proof(GROUP_ID, id, eve, LINK).own }),
    ]),
    bad('join-of-another-group', 'Signed for another group.', 'SIGNATURE', [
      by(proof(ZERO, id, DAVE, LINK)),
    ]),
    bad('join-unknown-invite', 'An invite that is none.', 'STATE', [
      after([invite], 3, CAROL, change.join(GROUP_ID, DAVE, none.link, none.own)),
    ]),
  ]
}

function refusals(on: On): Vector[] {
  const bad = (name: string, note: string, defect: string, ...added: readonly Uint8Array[]) =>
    replay.bad(name, note, `GROUP_${defect}` as ErrorCode, input([...BASE, ...added]))
  const rename = change.rename('x')
  const low = new Uint8Array(32)
  return [
    bad('not-an-admin', 'A member without rights.', 'PERMISSION', on(CAROL, rename)),
    bad('not-a-member', 'A stranger.', 'PERMISSION', on(DAVE, change.leave())),
    bad(
      'expelled-author',
      'A device that was expelled before.',
      'PERMISSION',
      on(ALICE, change.expel(BOB)),
      after([on(ALICE, change.expel(BOB))], 3, BOB, rename),
    ),
    bad(
      'forged',
      'Signed by another device.',
      'SIGNATURE',
      after([ADD], 2, ALICE, rename, { signedBy: BOB }),
    ),
    bad(
      'wrong-depth',
      'Not one more than its parent’s.',
      'LINKAGE',
      after([ADD], 3, ALICE, rename),
    ),
    bad(
      'another-group',
      'An operation of another group.',
      'LINKAGE',
      after([ADD], 2, ALICE, rename, { groupId: hashOf(ADD) }),
    ),
    bad(
      'parent-of-parent',
      'A parent that another parent follows.',
      'LINKAGE',
      after([CREATE, ADD], 2, ALICE, rename),
    ),
    bad('add-a-member', 'Is one already.', 'STATE', on(ALICE, change.add([[BOB, 0]]))),
    bad(
      'add-no-key',
      'An identity under which nothing can be verified.',
      'INVALID',
      on(ALICE, concatBytes(u8(2), u8(1), low, u8(0))),
    ),
    bad('remove-a-stranger', 'Is no member.', 'STATE', on(ALICE, change.remove(DAVE))),
    bad('remove-oneself', 'Who goes by itself leaves.', 'STATE', on(ALICE, change.remove(ALICE))),
    bad('promote-an-admin', 'Is one already.', 'STATE', on(ALICE, change.promote(BOB))),
    bad('demote-a-member', 'Is no admin.', 'STATE', on(ALICE, change.demote(CAROL))),
    bad('expel-oneself', 'A device cannot.', 'STATE', on(ALICE, change.expel(ALICE))),
    bad('revoke-nothing', 'No such invite.', 'STATE', on(ALICE, change.revoke(ZERO))),
    bad(
      'invite-no-key',
      'A link under which nothing can be verified.',
      'INVALID',
      on(ALICE, concatBytes(u8(3), low, u32(9), u16(1))),
    ),
    replay.bad(
      'begins-late',
      'A graph begins with its creation.',
      'GROUP_STATE',
      input([ADD, CREATE]),
    ),
  ]
}

export function operations(): Vector[] {
  return [...forms(), ...histories()]
}

export const CONTENT = utf8('hello, all of you')
