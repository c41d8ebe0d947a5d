// People whose devices change.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acquainted, World } from './world.ts'

test('what nobody confirmed reaches a device that was restored from the words', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'to the old one')
  await world.pass(2000)
  await bob.stop()
  const sent = await alice.messenger.send('bob', 'to whoever is there')
  await world.pass(1000)
  const restored = world.villager('bob')
  restored.words = bob.words
  await restored.start()
  assert.equal(restored.messenger.identity().address, (await addressOf(alice)).address)
  await world.pass(2 * 21_600_000)
  assert.deepEqual(
    (await restored.messenger.contacts.list('request')).map(({ address }) => address),
    [alice.messenger.identity().address],
  )
  const { address } = alice.messenger.identity()
  assert.deepEqual(await restored.texts(address), ['to whoever is there'])
  await restored.messenger.contacts.accept(address)
  await world.pass(5000)
  assert.equal((await alice.messenger.stateOf(sent.id)).state, 'delivered')
  assert.equal((await alice.messenger.contacts.show('bob')).contact.devices, 2)
  await alice.stop()
  await restored.stop()
})

async function addressOf(alice: {
  messenger: { contacts: { show(peer: string): Promise<unknown> } }
}) {
  const shown = (await alice.messenger.contacts.show('bob')) as { contact: { address: string } }
  return shown.contact
}

test('words of nobody are not begun anew without saying so', async () => {
  const world = new World()
  const carol = world.villager('carol')
  await carol.start()
  await carol.stop()
  world.office.records.clear()
  const again = world.villager('carol')
  again.words = carol.words
  await assert.rejects(again.start(), { code: 'WORDS_BAD' })
})

test('what is written on one device shows on the other, and both get what comes', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'one')
  await world.pass(2000)
  const tablet = world.villager('bob')
  tablet.words = bob.words
  await tablet.start()
  await world.pass(5000)
  await bob.messenger.publish()
  await bob.messenger.send('alice', 'from the old one')
  await world.pass(13 * 3_600_000)
  await alice.messenger.send('bob', 'two')
  await world.pass(13 * 3_600_000)
  await alice.messenger.send('bob', 'three')
  await world.pass(5000)
  assert.equal((await alice.messenger.contacts.show('bob')).contact.devices, 2)
  assert.ok((await bob.texts()).includes('three'))
  const { address } = alice.messenger.identity()
  assert.ok((await tablet.texts(address)).includes('three'))
  for (const villager of [alice, bob, tablet]) {
    assert.deepEqual(villager.bugs, [])
    await villager.stop()
  }
})

test('the first message of a device that is not in the log yet waits for the log', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'one')
  await world.pass(2000)
  const { invite } = await alice.messenger.invite()
  const tablet = world.villager('bob')
  tablet.words = bob.words
  await tablet.start()
  await tablet.messenger.add(invite, 'alice')
  await world.pass(1000)
  const records = new Map(world.office.records)
  world.office.records.clear()
  await tablet.messenger.send('alice', 'from the new one')
  await world.pass(1000)
  assert.deepEqual(await alice.texts(), ['one'])
  for (const [name, record] of records) world.office.records.set(name, record)
  await alice.stop()
  await alice.start()
  await bob.messenger.send('alice', 'from the old one')
  await world.pass(600_000)
  assert.deepEqual((await alice.texts()).toSorted(), [
    'from the new one',
    'from the old one',
    'one',
  ])
  for (const villager of [alice, bob, tablet]) await villager.stop()
})
