// What the network lost, and what it brought too early.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acquainted, World } from './world.ts'

test('a message that the network lost is noticed, asked for and put in its place', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await world.pass(2000)
  world.office.isOpen = false
  for (const text of ['one', 'two', 'three']) await alice.messenger.send('bob', text)
  world.office.isOpen = true
  world.office.empty((letters) => letters.filter((_, at) => at !== 1))
  await world.pass(2000)
  assert.deepEqual(await bob.texts(), ['hello', 'one', 'three'])
  await bob.stop()
  await bob.start()
  await world.pass(120_000)
  assert.deepEqual(await bob.texts(), ['hello', 'one', 'two', 'three'])
  assert.equal((await alice.messenger.outbox()).count, 0)
  await alice.stop()
  await bob.stop()
})

test('an envelope that somebody changed on its way is refused, and the genuine one still opens', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await world.pass(2000)
  world.office.isOpen = false
  await alice.messenger.send('bob', 'genuine')
  const [letter] = world.office.bag
  assert.ok(letter)
  for (const at of [50, 200, letter.envelope.length - 1]) {
    const envelope = letter.envelope.with(at, letter.envelope[at]! ^ 1)
    world.office.keep({ ...letter, from: 'nobody', envelope })
  }
  await world.pass(1000)
  world.office.isOpen = true
  world.office.empty()
  await world.pass(2000)
  assert.deepEqual(await bob.texts(), ['hello', 'genuine'])
  assert.deepEqual(bob.bugs, [])
  await alice.stop()
  await bob.stop()
})

test('a session that was lost on one side is renewed, and what failed to open comes again', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'one')
  await world.pass(2000)
  await bob.stop()
  await bob.disk.copyNow()
  await bob.start()
  // Bob hears more, then forgets it all: his state goes back, and he has written nothing meanwhile.
  await alice.messenger.send('bob', 'two')
  await alice.messenger.send('bob', 'three')
  await world.pass(10)
  await bob.stop()
  await bob.disk.restoreCopy()
  await bob.start()
  await world.pass(2000)
  await alice.messenger.send('bob', 'four')
  await world.pass(600_000)
  assert.deepEqual(await bob.texts(), ['one', 'two', 'three', 'four'])
  await alice.stop()
  await bob.stop()
})

test('messages that answer others say which, and a chat is read in pages', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  const first = await alice.messenger.send('bob', 'question')
  await world.pass(2000)
  await bob.messenger.send('alice', 'answer', { replyTo: first.id })
  await world.pass(2000)
  for (let at = 0; at < 25; at++) {
    await alice.messenger.send('bob', `line ${at}`)
    await world.pass(10)
  }
  await world.pass(2000)
  const newest = await alice.messenger.read({ limit: 10 })
  assert.equal(newest.hasMore, true)
  assert.deepEqual(
    newest.messages.map(({ text }) => text),
    Array.from({ length: 10 }, (_, at) => `line ${15 + at}`),
  )
  const { place } = newest.messages[0]!
  const older = await alice.messenger.read({ limit: 100, before: place })
  assert.equal(older.hasMore, false)
  assert.equal(older.messages.length, 17)
  assert.equal(older.messages[1]?.text, 'answer')
  assert.equal(older.messages[1]?.replyTo, first.id)
  const since = newest.messages[5]!.sentAt
  assert.ok((await alice.messenger.read({ since, limit: 100 })).messages.length <= 6)
  await assert.rejects(alice.messenger.show('00000000-0000-0000-0000-000000000000'), {
    code: 'MESSAGE_UNKNOWN',
  })
  await alice.stop()
  await bob.stop()
})
