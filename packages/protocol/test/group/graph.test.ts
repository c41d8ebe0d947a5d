import assert from 'node:assert/strict'
import test from 'node:test'
import {
  GROUP_MEMBERS_MAX,
  GROUP_PARENTS_MAX,
  GROUP_PAST_MAX,
  GROUP_PAST_RESERVED,
} from '../../src/constants.ts'
import type { GroupNode } from '../../src/group/authority.ts'
import { NO_BITS, unionBits } from '../../src/group/bits.ts'
import { beginGraph, extendGraph } from '../../src/group/graph.ts'
import { receiveOps } from '../../src/group/inbox.ts'
import { type GroupChange, hashGroupOp, signGroupOp } from '../../src/group/op.ts'
import { checkPlace } from '../../src/group/rules.ts'
import { draftGroupOp } from '../../src/group/view.ts'
import { GROUP_PENDING_MAX } from '../../src/limits.ts'
import { cheapCrypto, crypto, hashed, person, Replica, signKeyOf } from './people.ts'

const alice = person('alice')
const bob = person('bob')
const carol = person('carol')
const code = (defect: string) => ({ code: `GROUP_${defect}` })
const rename = (name: string): GroupChange => ({ kind: 'rename', name })

function two(): Replica {
  const group = Replica.create(alice)
  group.addAs('admin', alice, bob)
  return group
}

test('an operation that does not stand where it says is refused', () => {
  const group = two()
  const first = group.graph.nodes[0]!.hash
  const second = group.graph.nodes[1]!.hash
  const drafts = {
    LINKAGE: [
      { depth: 3 },
      { depth: 1 },
      { groupId: hashed('another') },
      { parents: [first, second] },
      { parents: [first] },
    ],
  }
  for (const altered of drafts.LINKAGE) {
    assert.throws(() => group.take(group.draft(alice, rename('x'), altered)), code('LINKAGE'))
  }
})

test('a signature that another device made, or of other bytes, is refused', () => {
  const group = two()
  const draft = draftGroupOp(group.graph, alice, rename('x'))
  assert.throws(() => group.take(signGroupOp(cheapCrypto, draft, bob.seed)), code('SIGNATURE'))
  const bytes = group.draft(alice, rename('x'))
  const changed = bytes.with(bytes.length - 65, 0x79)
  assert.throws(() => group.take(changed), code('SIGNATURE'))
})

test('what waits for a parent or for a device changes nothing and is taken when it can be', () => {
  const group = two()
  const later = group.copy()
  later.do(alice, rename('first'))
  later.do(alice, rename('second'))
  const [, , first, second] = later.graph.nodes.map(({ bytes }) => bytes)
  const early = extendGraph(cheapCrypto, group.graph, [second!], signKeyOf())
  assert.equal(early.graph, group.graph)
  assert.deepEqual(early.waiting, [second])
  const both = extendGraph(cheapCrypto, group.graph, [second!, first!], signKeyOf())
  assert.equal(both.added.length, 2)
  assert.deepEqual(both.waiting, [])
  const nobody = extendGraph(cheapCrypto, group.graph, [first!], () => null)
  assert.deepEqual(nobody.waiting, [first])
})

test('one bad operation does not stop the others, and a known one is passed over', () => {
  const group = two()
  const good = group.draft(alice, rename('good'))
  const bad = group.draft(carol, rename('bad'))
  const known = group.graph.nodes[1]!.bytes
  const { added, refused } = extendGraph(cheapCrypto, group.graph, [bad, known, good], signKeyOf())
  assert.equal(added.length, 1)
  assert.deepEqual(
    refused.map(({ error }) => error.code),
    ['GROUP_PERMISSION'],
  )
})

test('a graph begins with a creation by a device that is known', () => {
  const group = two()
  const [create, add] = group.graph.nodes.map(({ bytes }) => bytes) as [Uint8Array, Uint8Array]
  assert.throws(() => beginGraph(cheapCrypto, add, signKeyOf()), code('STATE'))
  assert.throws(() => beginGraph(cheapCrypto, create, () => null), code('PERMISSION'))
  const nobody = { ...alice, identity: new Uint8Array(32) }
  const draft = {
    groupId: new Uint8Array(32),
    parents: [],
    depth: 0,
    author: nobody,
    change: group.graph.nodes[0]!.op.change,
  }
  const bytes = signGroupOp(cheapCrypto, draft, alice.seed)
  assert.throws(() => beginGraph(cheapCrypto, bytes, () => alice.signKey), code('INVALID'))
})

test('identities and links that are no keys are refused', () => {
  const group = two()
  const identity = new Uint8Array(32)
  assert.throws(
    () => group.do(alice, { kind: 'add', members: [{ identity, role: 'member' }] }),
    code('INVALID'),
  )
  const invite: GroupChange = { kind: 'invite', linkKey: identity, expiresAtSeconds: 0, uses: 1 }
  assert.throws(() => group.do(alice, invite), code('INVALID'))
})

test('more branches than an operation has parents are joined in two steps', () => {
  const base = two()
  const branches = Array.from({ length: GROUP_PARENTS_MAX + 3 }, (_, at) => {
    const branch = base.copy()
    branch.do(alice, rename(`name ${at}`))
    return branch
  })
  const group = base.copy().merge(...branches)
  assert.equal(group.graph.heads.length, GROUP_PARENTS_MAX + 3)
  group.do(alice, rename('one'))
  group.do(alice, rename('two'))
  assert.equal(group.graph.heads.length, 1)
  assert.equal(group.view.name, 'two')
})

test('a group of a thousand takes no other, and each of its operations is verified', () => {
  const group = Replica.create(person('alice', 'laptop', crypto), crypto)
  const founder = person('alice', 'laptop', crypto)
  const ops: Uint8Array[] = []
  for (let at = 0; at < GROUP_MEMBERS_MAX - 1; at++) {
    const identity = person(`member ${at}`).identity
    ops.push(group.draft(founder, { kind: 'add', members: [{ identity, role: 'member' }] }))
    group.take(ops.at(-1)!)
  }
  const reader = Replica.create(founder, crypto)
  const startedMs = performance.now()
  reader.take(...ops)
  assert.equal(reader.view.members.size, GROUP_MEMBERS_MAX)
  console.log(`999 additions taken in ${Math.round(performance.now() - startedMs)} ms`)
  const late = { identity: person('late').identity, role: 'member' } as const
  assert.throws(() => group.do(founder, { kind: 'add', members: [late] }), code('LIMIT'))
  group.do(founder, { kind: 'remove', identity: person('member 5').identity })
  group.do(founder, { kind: 'add', members: [late] })
  assert.equal(group.view.members.size, GROUP_MEMBERS_MAX)
})

test('a history as long as may be still takes removals, and then nothing', () => {
  const group = two()
  const parent = group.graph.nodes[1]!
  const op = group.graph.nodes[1]!.op
  const place = (count: number, takesAway: boolean): GroupNode => {
    const past = new Uint32Array(Math.ceil(count / 32)).fill(0xffff_ffff)
    return { ...parent, op: { ...op, depth: op.depth + 1 }, past, takesAway }
  }
  const giving = GROUP_PAST_MAX - GROUP_PAST_RESERVED
  checkPlace(place(giving - 32, false), [parent])
  assert.throws(() => checkPlace(place(giving, false), [parent]), code('LIMIT'))
  checkPlace(place(GROUP_PAST_MAX - 32, true), [parent])
  assert.throws(() => checkPlace(place(GROUP_PAST_MAX, true), [parent]), code('LIMIT'))
  assert.equal(unionBits([]).length, NO_BITS.length)
})

test('the same step signed twice is two operations', () => {
  const group = two()
  const bytes = group.draft(alice, rename('x'))
  assert.notDeepEqual(
    hashGroupOp(cheapCrypto, bytes),
    hashGroupOp(cheapCrypto, bytes.with(bytes.length - 1, 0)),
  )
})

test('what waits is kept up to a number, once each, and is placed when its parent comes', () => {
  const group = two()
  const later = group.copy()
  later.do(alice, rename('first'))
  const orphans = Array.from({ length: GROUP_PENDING_MAX + 5 }, (_, at) =>
    later.draft(alice, rename(`orphan ${at}`)),
  )
  const empty = { graph: group.graph, pending: [] }
  const { inbox } = receiveOps(cheapCrypto, empty, orphans, signKeyOf())
  assert.equal(inbox.pending.length, GROUP_PENDING_MAX)
  assert.deepEqual(inbox.pending.at(-1), orphans.at(-1))
  const again = receiveOps(cheapCrypto, inbox, [orphans.at(-1)!], signKeyOf())
  assert.equal(again.inbox.pending.length, GROUP_PENDING_MAX)
  const parent = later.graph.nodes.at(-1)!.bytes
  const placed = receiveOps(cheapCrypto, again.inbox, [parent], signKeyOf())
  assert.equal(placed.added.length, GROUP_PENDING_MAX + 1)
  assert.deepEqual(placed.inbox.pending, [])
})
