import assert from 'node:assert/strict'
import test from 'node:test'
import { Secret } from '../../src/crypto/secret.ts'
import { proveJoin } from '../../src/group/join.ts'
import type { GroupChange } from '../../src/group/op.ts'
import { cheapCrypto, hashed, type Person, person, plain, Replica } from './people.ts'

const alice = person('alice')
const bob = person('bob')
const carol = person('carol')
const dave = person('dave')
const erin = person('erin')

const code = (defect: string) => ({ code: `GROUP_${defect}` })
const promote = ({ identity }: Person): GroupChange => ({ kind: 'promote', identity })
const demote = ({ identity }: Person): GroupChange => ({ kind: 'demote', identity })

const linkSeed = Secret.adopt(hashed('link'))
const invitation = (uses = 10): GroupChange => ({
  kind: 'invite',
  linkKey: cheapCrypto.ed25519Public(linkSeed),
  expiresAtSeconds: 1_900_000_000,
  uses,
})

function join(replica: Replica, invite: Uint8Array, joiner: Person): GroupChange {
  const seeds = { link: linkSeed, device: joiner.seed }
  const proof = proveJoin(cheapCrypto, replica.graph.groupId, invite, joiner, seeds)
  return { kind: 'join', ...proof }
}

/** Alice and Bob are admins, Carol and Dave members. */
function four(): Replica {
  const group = Replica.create(alice)
  group.addAs('admin', alice, bob)
  group.add(alice, carol, dave)
  return group
}

function agree(...replicas: readonly Replica[]): Replica {
  for (const replica of replicas) replica.merge(...replicas)
  for (const replica of replicas) {
    assert.deepEqual(plain(replica.view), plain(replicas[0]!.view))
  }
  return replicas[0]!
}

test('a founder is the admin of a group with a name', () => {
  const group = Replica.create(alice)
  assert.equal(group.view.name, 'walkers')
  assert.ok(group.isAdmin(alice))
  assert.equal(group.view.members.size, 1)
})

test('an admin adds, promotes, demotes, removes, renames and gives a picture', () => {
  const group = four()
  group.do(bob, promote(carol))
  assert.ok(group.isAdmin(carol))
  group.do(carol, demote(bob))
  assert.ok(!group.isAdmin(bob) && group.has(bob))
  group.remove(carol, bob)
  assert.ok(!group.has(bob))
  group.do(carol, { kind: 'rename', name: 'climbers' })
  group.do(carol, { kind: 'picture', picture: Uint8Array.of(1, 2) })
  assert.equal(group.view.name, 'climbers')
  assert.deepEqual(group.view.picture, Uint8Array.of(1, 2))
  group.do(carol, { kind: 'picture', picture: new Uint8Array(0) })
  assert.equal(group.view.picture, null)
})

test('who is no admin may leave and do nothing else', () => {
  const group = four()
  for (const change of [
    { kind: 'add', members: [{ identity: erin.identity, role: 'member' }] },
    { kind: 'remove', identity: dave.identity },
    promote(carol),
    demote(bob),
    { kind: 'rename', name: 'mine' },
    { kind: 'picture', picture: Uint8Array.of(1) },
    invitation(),
    { kind: 'expel', target: bob },
  ] satisfies GroupChange[]) {
    assert.throws(() => group.do(carol, change), code('PERMISSION'), change.kind)
  }
  group.do(carol, { kind: 'leave' })
  assert.ok(!group.has(carol))
  assert.throws(() => group.do(carol, { kind: 'leave' }), code('PERMISSION'))
  assert.throws(() => group.do(erin, { kind: 'leave' }), code('PERMISSION'))
})

test('an operation that makes no sense where it stands is refused', () => {
  const group = four()
  const add = (...members: readonly Person[]): GroupChange => ({
    kind: 'add',
    members: members.map(({ identity }) => ({ identity, role: 'member' })),
  })
  for (const change of [
    add(bob),
    add(erin, bob),
    { kind: 'remove', identity: erin.identity },
    { kind: 'remove', identity: alice.identity },
    promote(bob),
    promote(erin),
    demote(carol),
    { kind: 'revoke', invite: hashed('none') },
    { kind: 'expel', target: erin },
    { kind: 'expel', target: alice },
  ] satisfies GroupChange[]) {
    assert.throws(() => group.do(alice, change), code('STATE'), change.kind)
  }
})

test('concurrent removals of two admins by each other both apply', () => {
  const left = four()
  const right = left.copy()
  left.remove(alice, bob)
  right.remove(bob, alice)
  const group = agree(left, right)
  assert.ok(!group.has(alice) && !group.has(bob))
  assert.ok(group.has(carol) && group.has(dave))
})

test('three admins who remove each other in a ring, in partition, are all gone', () => {
  const one = four()
  one.do(alice, promote(carol))
  const two = one.copy()
  const three = one.copy()
  one.remove(alice, bob)
  two.remove(bob, carol)
  three.remove(carol, alice)
  const group = agree(one, two, three)
  assert.deepEqual(
    [alice, bob, carol].map((who) => group.has(who)),
    [false, false, false],
  )
  assert.ok(group.isAdmin(dave), 'who is left leads')
})

test('what a removed admin gave without knowing of its removal is void, with all that rests on it', () => {
  const left = four()
  const right = left.copy()
  left.remove(alice, bob)
  right.addAs('admin', bob, erin)
  const frank = person('frank')
  right.add(erin, frank)
  right.do(erin, { kind: 'rename', name: 'taken over' })
  const group = agree(left, right)
  assert.ok(!group.has(erin) && !group.has(frank))
  assert.equal(group.view.name, 'walkers')
})

test('what a removed admin took away without knowing of its removal stays taken', () => {
  const left = four()
  const right = left.copy()
  left.remove(alice, bob)
  right.remove(bob, carol)
  const group = agree(left, right)
  assert.ok(!group.has(bob) && !group.has(carol))
})

test('a promotion loses against a concurrent removal and a concurrent demotion', () => {
  const left = four()
  const right = left.copy()
  left.remove(alice, carol)
  right.do(bob, promote(carol))
  assert.ok(!agree(left, right).has(carol))

  const one = four()
  one.do(alice, promote(dave))
  const two = one.copy()
  one.do(alice, demote(dave))
  two.do(bob, demote(dave))
  two.do(bob, promote(dave))
  const group = agree(one, two)
  assert.ok(group.has(dave) && !group.isAdmin(dave))
})

test('a demoted admin’s concurrent gifts are void, and its removals are not', () => {
  const left = four()
  const right = left.copy()
  left.do(alice, demote(bob))
  right.add(bob, erin)
  right.remove(bob, dave)
  const group = agree(left, right)
  assert.ok(!group.has(erin) && !group.has(dave))
  assert.ok(group.has(bob) && !group.isAdmin(bob))
})

test('admins who demote each other are both demoted, and the eldest leads', () => {
  const left = four()
  const right = left.copy()
  left.do(alice, demote(bob))
  right.do(bob, demote(alice))
  const group = agree(left, right)
  assert.ok(group.isAdmin(alice) && !group.isAdmin(bob))
  group.do(alice, promote(carol))
  assert.ok(group.isAdmin(carol) && !group.isAdmin(alice), 'a named admin ends the succession')
})

test('who was removed comes back only by somebody who knew of the removal', () => {
  const left = four()
  const right = left.copy()
  left.remove(alice, carol)
  right.remove(bob, carol)
  right.add(bob, carol)
  const group = agree(left, right)
  assert.ok(!group.has(carol), 'the other removal is concurrent')
  group.add(bob, carol)
  assert.ok(group.has(carol))
})

test('rights of an earlier membership do not come back with a later one', () => {
  const group = four()
  group.remove(alice, bob)
  group.add(alice, bob)
  assert.ok(group.has(bob) && !group.isAdmin(bob))
})

test('a member lets in who has a link, once each, as often as the invite says', () => {
  const group = four()
  const invite = group.do(alice, invitation(1))
  group.do(carol, join(group, invite, erin))
  assert.ok(group.has(erin))
  assert.deepEqual(group.view.invites, [])
  assert.throws(() => group.do(carol, join(group, invite, erin)), code('STATE'))
  const frank = person('frank')
  assert.throws(() => group.do(carol, join(group, invite, frank)), code('PERMISSION'))
  assert.throws(() => group.do(carol, join(group, hashed('x'), frank)), code('STATE'))
})

test('of joins that did not know of each other only as many count as the invite has uses', () => {
  const left = four()
  const invite = left.do(alice, invitation(1))
  const right = left.copy()
  const frank = person('frank')
  left.do(carol, join(left, invite, erin))
  right.do(dave, join(right, invite, frank))
  const group = agree(left, right)
  assert.equal(Number(group.has(erin)) + Number(group.has(frank)), 1)
})

test('a revoked invite lets nobody in, not even one who did not know', () => {
  const left = four()
  const invite = left.do(alice, invitation())
  const right = left.copy()
  left.do(bob, { kind: 'revoke', invite })
  right.do(carol, join(right, invite, erin))
  const group = agree(left, right)
  assert.ok(!group.has(erin))
  assert.deepEqual(group.view.invites, [])
  assert.throws(() => group.do(carol, join(group, invite, erin)), code('PERMISSION'))
})

test('an invite ends with its author’s rights', () => {
  for (const end of [demote(bob), { kind: 'remove', identity: bob.identity }] as GroupChange[]) {
    const left = four()
    const invite = left.do(bob, invitation())
    const right = left.copy()
    left.do(alice, end)
    right.do(carol, join(right, invite, erin))
    const group = agree(left, right)
    assert.ok(!group.has(erin), end.kind)
    assert.deepEqual(group.view.invites, [])
  }
})

test('who was removed does not return by a link', () => {
  const group = four()
  const invite = group.do(alice, invitation())
  group.remove(alice, carol)
  assert.throws(() => group.do(dave, join(group, invite, carol)), code('PERMISSION'))
  group.do(dave, { kind: 'leave' })
  group.do(bob, join(group, invite, dave))
  assert.ok(group.has(dave), 'who left by itself may')
})

test('a join with the signature of another link or of nobody is refused', () => {
  const group = four()
  const invite = group.do(alice, invitation())
  const proof = join(group, invite, erin) as Extract<GroupChange, { kind: 'join' }>
  const forged = { ...proof, linkSignature: new Uint8Array(64) }
  assert.throws(() => group.do(carol, forged), code('SIGNATURE'))
  const stolen = { ...proof, joinerSignature: new Uint8Array(64) }
  assert.throws(() => group.do(carol, stolen), code('SIGNATURE'))
})

test('an expelled device does nothing later, and what it gave meanwhile is void', () => {
  const left = four()
  const phone = person('alice', 'phone')
  const right = left.copy()
  left.do(alice, { kind: 'expel', target: phone })
  right.add(phone, erin)
  const group = agree(left, right)
  assert.ok(!group.has(erin) && group.isAdmin(alice))
  assert.throws(() => group.add(phone, erin), code('PERMISSION'))
  assert.throws(() => group.do(alice, { kind: 'expel', target: phone }), code('STATE'))
  const carolPhone = person('carol', 'phone')
  group.do(carol, { kind: 'expel', target: carolPhone })
  assert.equal(group.view.expelled.length, 2, 'everybody may expel their own')
})

test('a group whose only admin leaves is led by its eldest member', () => {
  const group = Replica.create(alice)
  group.add(alice, bob)
  group.add(alice, carol)
  group.do(alice, { kind: 'leave' })
  assert.ok(group.isAdmin(bob) && !group.isAdmin(carol))
  group.remove(bob, carol)
  assert.ok(!group.has(carol))
})

test('two people added at once, the lower key leads', () => {
  const group = Replica.create(alice)
  group.add(alice, bob, carol)
  group.do(alice, demote(alice))
  assert.ok(group.isAdmin(alice), 'the founder is the eldest')
  group.do(alice, { kind: 'leave' })
  const [first] = group.view.members.values()
  assert.equal(first!.role, 'admin')
})

test('the latest of concurrent names is the same for everybody', () => {
  const left = four()
  const right = left.copy()
  left.do(alice, { kind: 'rename', name: 'a' })
  right.do(bob, { kind: 'rename', name: 'b' })
  right.do(bob, { kind: 'rename', name: 'c' })
  assert.equal(agree(left, right).view.name, 'c')
})
