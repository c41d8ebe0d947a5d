// Histories that end in a view or in a refusal.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, Vector } from '../../vector.ts'
import { change, hashOf, proof, type Who, who, ZERO } from '../reference/groups.ts'
import { publicOf, secretOf, u8, u16, u32 } from '../reference/pieces.ts'
import { verdicts } from '../reference/verdict.ts'
import {
  ADD,
  ALICE,
  after,
  BASE,
  BOB,
  CAROL,
  CREATE,
  DAVE,
  GROUP_ID,
  LINK,
  PEOPLE,
  packed,
} from './founding.ts'

const replay = verdicts('group', 'replay')

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

function removals(): Vector[] {
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
  ]
}

function demotions(): Vector[] {
  return [
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
  ]
}

function joins(): Vector[] {
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

function refusals(): Vector[] {
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

export function histories(): Vector[] {
  return [...removals(), ...demotions(), ...joins(), ...refusals()]
}
