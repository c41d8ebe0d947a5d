// Who may speak to whom: invites, requests, blocks, and names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acquainted, World } from './world.ts'

test('a stranger with a used invite for one, or with the bare address, is a request', async () => {
  const world = new World()
  const bob = world.villager('bob')
  const alice = world.villager('alice')
  const carol = world.villager('carol')
  for (const villager of [bob, alice, carol]) await villager.start()
  const { invite } = await bob.messenger.invite({ isOnce: true })
  await alice.messenger.add(invite, 'bob')
  await carol.messenger.add(bob.messenger.identity().address, 'bob')
  await world.pass(1000)
  await alice.messenger.send('bob', 'invited')
  await world.pass(1000)
  const first = await carol.messenger.send('bob', 'not invited')
  await world.pass(5000)
  const contacts = await bob.messenger.contacts.list()
  assert.deepEqual(
    contacts.map(({ name, standing }) => [name.startsWith('ez1') ? 'address' : name, standing]),
    [
      ['alice', 'contact'],
      ['address', 'request'],
    ],
  )
  assert.deepEqual(await bob.texts(), ['invited'])
  assert.equal((await carol.messenger.stateOf(first.id)).state, 'stored')
  const { address } = contacts[1]!
  assert.deepEqual(await bob.texts(address), ['not invited'])
  await bob.messenger.contacts.accept(address)
  await world.pass(5000)
  assert.equal((await carol.messenger.stateOf(first.id)).state, 'delivered')
  await bob.messenger.send('carol', 'welcome')
  await world.pass(2000)
  assert.deepEqual(await carol.texts(), ['not invited', 'welcome'])
  for (const villager of [bob, alice, carol]) await villager.stop()
})

test('nobody goes where a stranger says that it lives, before it is accepted', async () => {
  const world = new World()
  const bob = world.villager('bob')
  const eve = world.villager('eve')
  for (const villager of [bob, eve]) await villager.start()
  await eve.messenger.add(bob.messenger.identity().address, 'bob')
  await world.pass(1000)
  await eve.messenger.send('bob', 'come and see')
  world.office.visits.length = 0
  await world.pass(12 * 3_600_000)
  const [request] = await bob.messenger.contacts.list('request')
  assert.ok(request)
  assert.deepEqual(
    world.office.visits.filter((place) => place.includes('eve.example')),
    [],
  )
  await bob.stop()
  await bob.start()
  await world.pass(3_600_000)
  assert.deepEqual(
    world.office.visits.filter((place) => place.includes('eve.example')),
    [],
  )
  await bob.messenger.contacts.accept(request.address)
  await bob.messenger.send(request.address, 'hello')
  await world.pass(3_600_000)
  assert.deepEqual(await eve.texts(), ['come and see', 'hello'])
  for (const villager of [bob, eve]) await villager.stop()
})

test('an invite past its time makes a request, and is refused by who reads it', async () => {
  const world = new World()
  const bob = world.villager('bob')
  const alice = world.villager('alice')
  await bob.start()
  await alice.start()
  const { invite } = await bob.messenger.invite({ expiresSeconds: 60 })
  await alice.messenger.add(invite, 'bob')
  await world.pass(120_000)
  await assert.rejects(async () => alice.messenger.add(invite), { code: 'INVITE_EXPIRED' })
  await alice.messenger.send('bob', 'late')
  await world.pass(2000)
  assert.equal((await bob.messenger.contacts.list('request')).length, 1)
  await bob.stop()
  await alice.stop()
})

test('who is blocked is not heard, and is heard again when the block ends', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'before')
  await world.pass(2000)
  await bob.messenger.contacts.block('alice')
  const blocked = await alice.messenger.send('bob', 'blocked')
  await world.pass(2000)
  assert.deepEqual(await bob.texts('alice'), ['before'])
  assert.equal((await alice.messenger.stateOf(blocked.id)).state, 'stored')
  await assert.rejects(bob.messenger.send('alice', 'no'), { code: 'BLOCKED' })
  await bob.stop()
  await bob.start()
  assert.deepEqual(await bob.texts('alice'), ['before'])
  await bob.messenger.contacts.block('alice', false)
  await alice.messenger.send('bob', 'after')
  await world.pass(2000)
  assert.ok((await bob.texts('alice')).includes('after'))
  await alice.stop()
  await bob.stop()
})

test('names are unique, addresses are checked, and safety numbers are compared', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  const { address } = bob.messenger.identity()
  const carol = world.villager('carol')
  await carol.start()
  const { invite } = await carol.messenger.invite()
  await assert.rejects(alice.messenger.add(invite, 'BOB'), { code: 'NAME_TAKEN' })
  assert.equal((await alice.messenger.add(invite)).name, 'carol')
  const typo = `${address.slice(0, 30)}${address[30] === 'q' ? 'p' : 'q'}${address.slice(31)}`
  await assert.rejects(async () => alice.messenger.add(typo), { code: 'ADDRESS_BAD' })
  await assert.rejects(async () => alice.messenger.add('ezchat:AAAA'), { code: 'INVITE_BAD' })
  await assert.rejects(alice.messenger.send('nobody', 'x'), { code: 'PEER_UNKNOWN' })
  await assert.rejects(async () => alice.messenger.send('bob', 'x'.repeat(40_000)), {
    code: 'TEXT_LONG',
  })
  const { address: own } = alice.messenger.identity()
  await assert.rejects(alice.messenger.add(own), { code: 'SELF' })
  await alice.messenger.send('bob', 'hello')
  await world.pass(2000)
  const { safetyNumber } = await alice.messenger.contacts.show('bob')
  assert.equal((await bob.messenger.contacts.show('alice')).safetyNumber, safetyNumber)
  await assert.rejects(alice.messenger.contacts.verify('bob', { safetyNumber: '123' }), {
    code: 'NOT_TRUSTED',
  })
  const verified = await alice.messenger.contacts.verify('bob', { safetyNumber })
  assert.equal(verified.isVerified, true)
  assert.equal((await alice.messenger.contacts.rename('bob', 'robert')).name, 'robert')
  assert.equal((await alice.messenger.contacts.show(address.slice(0, 20))).contact.name, 'robert')
  await alice.messenger.contacts.remove('robert')
  assert.deepEqual(
    (await alice.messenger.contacts.list()).map(({ name }) => name),
    ['carol'],
  )
  for (const villager of [alice, bob, carol]) await villager.stop()
})
