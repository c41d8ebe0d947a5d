// What happens to messages between people who come and go.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLOCK_SURE_MS } from '@ezchat/node/limits.ts'
import { acquainted, settle, type Villager, World } from './world.ts'

async function end(...villagers: Villager[]): Promise<void> {
  for (const villager of villagers) {
    assert.deepEqual(villager.bugs, [])
    assert.deepEqual(villager.failures, [])
    await villager.stop()
  }
}

test('two who write first at the same time end in one conversation, with nothing lost', async () => {
  const world = new World()
  const alice = world.villager('alice')
  const bob = world.villager('bob')
  await alice.start()
  await bob.start()
  await alice.messenger.add((await bob.messenger.invite()).invite, 'bob')
  await bob.messenger.add((await alice.messenger.invite()).invite, 'alice')
  await world.pass(1000)
  world.office.isOpen = false
  await alice.messenger.send('bob', 'from alice')
  await bob.messenger.send('alice', 'from bob')
  world.office.isOpen = true
  world.office.empty()
  await world.pass(5000)
  for (const text of ['one', 'two', 'three']) {
    await alice.messenger.send('bob', `a ${text}`)
    await world.pass(1000)
    await bob.messenger.send('alice', `b ${text}`)
    await world.pass(1000)
  }
  const texts = ['from alice', 'from bob', 'a one', 'b one', 'a two', 'b two', 'a three', 'b three']
  assert.deepEqual((await alice.texts()).toSorted(), texts.toSorted())
  assert.deepEqual((await bob.texts()).toSorted(), texts.toSorted())
  assert.equal((await alice.messenger.outbox()).count, 0)
  await end(alice, bob)
})

test('who was away finds everything, in order and once, while the sender is away too', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await world.pass(2000)
  await bob.stop()
  const texts = Array.from({ length: 300 }, (_, at) => `message ${at}`)
  const sent = await Promise.all(texts.map((text) => alice.messenger.send('bob', text)))
  await world.pass(1000)
  assert.equal((await alice.messenger.stateOf(sent[0]!.id)).state, 'stored')
  await alice.stop()
  await world.pass(3 * 86_400_000)
  await bob.start()
  await world.pass(2000)
  assert.deepEqual(await bob.texts(), ['hello', ...texts])
  await alice.start()
  await world.pass(2000)
  assert.equal((await alice.messenger.stateOf(sent[299]!.id)).state, 'delivered')
  assert.equal((await alice.messenger.outbox()).count, 0)
  await bob.stop()
  await bob.start()
  assert.deepEqual(await bob.texts(), ['hello', ...texts])
  await end(alice, bob)
})

test('envelopes that come twice and in another order are shown once, in their order', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await world.pass(2000)
  world.office.isOpen = false
  const texts = Array.from({ length: 40 }, (_, at) => `message ${at}`)
  for (const text of texts) {
    await alice.messenger.send('bob', text)
    await world.pass(10)
  }
  world.office.isOpen = true
  const again = [...world.office.bag]
  world.office.empty((letters) => letters.toReversed())
  await settle()
  for (const letter of again) world.office.keep(letter)
  await world.pass(2000)
  assert.deepEqual(await bob.texts(), ['hello', ...texts])
  assert.equal((await bob.messenger.status()).unread, 41)
  await end(alice, bob)
})

test('the same id again sends nothing again, and another text under it is refused', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  const id = '01234567-89ab-cdef-0123-456789abcdef'
  const first = await alice.messenger.send('bob', 'once', { id })
  await alice.stop()
  await alice.start()
  const second = await alice.messenger.send('bob', 'once', { id })
  assert.equal(first.id, id)
  assert.equal(second.id, id)
  await assert.rejects(alice.messenger.send('bob', 'twice', { id }), { code: 'ID_TAKEN' })
  await world.pass(2000)
  assert.deepEqual(await bob.texts(), ['once'])
  assert.deepEqual(await alice.texts(), ['once'])
  await end(alice, bob)
})

test('a message to somebody whose record cannot be found waits, and goes when it is', async () => {
  const world = new World()
  const alice = world.villager('alice')
  const bob = world.villager('bob')
  await alice.start()
  await bob.start()
  const { invite } = await bob.messenger.invite()
  await world.pass(1000)
  world.office.isOpen = false
  await alice.messenger.add(invite, 'bob')
  const sent = await alice.messenger.send('bob', 'are you there')
  await world.pass(60_000)
  await alice.stop()
  await alice.start()
  assert.equal((await alice.messenger.stateOf(sent.id)).state, 'queued')
  world.office.isOpen = true
  await world.pass(900_000)
  assert.deepEqual(await bob.texts(), ['are you there'])
  assert.equal((await alice.messenger.stateOf(sent.id)).state, 'delivered')
  await end(alice, bob)
})

test('what comes in a day that began while the machine slept is read', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'before')
  await world.pass(2000)
  await bob.messenger.send('alice', 'and back')
  await world.pass(2000)
  world.clock.sleep(4 * 86_400_000)
  await alice.messenger.send('bob', 'after')
  await world.pass(2000)
  assert.deepEqual(await bob.texts(), ['before', 'and back', 'after'])
  assert.equal((await alice.messenger.outbox()).count, 0)
  await end(alice, bob)
})

test('what expired while nobody listened is shown as expired', async () => {
  for (const isRestarted of [true, false]) {
    const world = new World()
    const [alice, bob] = await acquainted(world)
    await bob.stop()
    const sent = await alice.messenger.send('bob', 'lost')
    await world.pass(1000)
    assert.equal((await alice.messenger.stateOf(sent.id)).state, 'stored')
    if (isRestarted) await alice.stop()
    await world.pass(31 * 86_400_000)
    if (isRestarted) await alice.start()
    // The clock of a machine that has just started is not yet believed.
    if (isRestarted) assert.equal((await alice.messenger.stateOf(sent.id)).state, 'stored')
    await world.pass(CLOCK_SURE_MS)
    assert.equal((await alice.messenger.stateOf(sent.id)).state, 'expired')
    await end(alice)
  }
})

test('what was never delivered is shown as expired', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await bob.stop()
  const sent = await alice.messenger.send('bob', 'lost')
  await world.pass(1000)
  const reference = world.office.bag[0]?.reference ?? lastReference(world)
  alice.courier?.say({ kind: 'expired', reference, wasStored: true })
  await world.pass(1000)
  assert.equal((await alice.messenger.stateOf(sent.id)).state, 'expired')
  // And one for which there never was a device.
  const carol = world.villager('carol')
  await carol.start()
  const { invite } = await carol.messenger.invite()
  await carol.stop()
  world.office.records.clear()
  await alice.messenger.add(invite, 'carol')
  const waiting = await alice.messenger.send('carol', 'never')
  await world.pass(31 * 86_400_000)
  assert.equal((await alice.messenger.stateOf(waiting.id)).state, 'expired')
  assert.equal((await alice.messenger.outbox()).count, 0)
  await end(alice)
})

function lastReference(world: World): Uint8Array {
  const [row] = world.office.references.slice(-1)
  assert.ok(row)
  return row
}

test('read receipts are sent when they are switched on, and not before', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  const first = await alice.messenger.send('bob', 'one')
  await world.pass(2000)
  assert.equal((await bob.messenger.read({ mark: true })).messages.length, 1)
  await world.pass(2000)
  assert.equal((await alice.messenger.stateOf(first.id)).state, 'delivered')
  assert.equal((await bob.messenger.status()).unread, 0)
  await bob.messenger.setReadReceipts(true)
  const second = await alice.messenger.send('bob', 'two')
  await world.pass(2000)
  assert.deepEqual(
    (await bob.messenger.read({ unread: true })).messages.map(({ text }) => text),
    ['two'],
  )
  await bob.messenger.read({ mark: true })
  await world.pass(2000)
  assert.equal((await alice.messenger.stateOf(second.id)).state, 'read')
  await end(alice, bob)
})

test('delivered receipts of many messages are one envelope', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await world.pass(2000)
  const before = world.office.kept.length
  for (let at = 0; at < 50; at++) await alice.messenger.send('bob', `message ${at}`)
  await world.pass(2000)
  assert.equal(world.office.kept.length, before + 51)
  await end(alice, bob)
})

test('events continue from a cursor after a restart, and a cursor that never was is refused', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'one')
  await world.pass(2000)
  const { events, cursor } = await bob.messenger.after('0', 100)
  assert.ok(events.some(({ kind, message }) => kind === 'message' && message?.text === 'one'))
  await bob.stop()
  await alice.messenger.send('bob', 'two')
  await world.pass(1000)
  await bob.start()
  await world.pass(1000)
  const later = await bob.messenger.after(cursor, 100)
  const texts = later.events.flatMap(({ kind, message }) => {
    return kind === 'message' && message !== undefined ? [message.text] : []
  })
  assert.deepEqual(texts, ['two'])
  await assert.rejects(bob.messenger.after('999999', 1), { code: 'BAD_PARAMS' })
  await end(alice, bob)
})
