import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CatchUp } from '@ezchat/node/catch-up.ts'
import { acquainted, settle, type Villager, World } from './world.ts'

/** Each look at it comes a second after the one before: nothing is too quick to be seen. */
function slowCatchUp(): CatchUp {
  let seconds = 0
  const monotonicMs = () => ++seconds * 1000
  return new CatchUp({ nowMs: monotonicMs, monotonicMs, after: () => () => undefined })
}

async function write(author: Villager, to: string, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await author.messenger.send(to, `message ${at}`)
}

test('messages that waited are counted as they are opened, at the start and after it', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await bob.messenger.send('alice', 'hello alice')
  await world.pass(2000)
  await bob.stop()
  await write(alice, 'bob', 300)
  await world.pass(60_000)
  bob.catchUp = slowCatchUp()
  let begunCount = 0
  bob.catchUp.onBegin(() => begunCount++)
  await bob.start()
  await settle()
  assert.ok(begunCount > 0)
  assert.equal(bob.catchUp.lastView()?.messagesOpened, 300)
  assert.equal((await bob.messenger.status()).unread, 301)
  begunCount = 0
  await alice.messenger.send('bob', 'one more')
  await world.pass(2000)
  assert.equal((await bob.messenger.status()).unread, 302)
  assert.equal(begunCount, 0)
  await alice.stop()
  await bob.stop()
})

test('thousands that come at once after the start are caught up with', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await bob.messenger.send('alice', 'hello alice')
  await world.pass(2000)
  await bob.stop()
  world.office.isOpen = false
  await write(alice, 'bob', 1000)
  await alice.stop()
  bob.catchUp = slowCatchUp()
  await bob.start()
  let begunCount = 0
  bob.catchUp.onBegin(() => begunCount++)
  world.office.empty()
  await settle()
  await world.pass(5000)
  assert.equal((await bob.messenger.status()).unread, 1001)
  assert.equal(begunCount, 1)
  assert.ok((bob.catchUp.lastView()?.messagesOpened ?? 0) > 500)
  await bob.stop()
})
