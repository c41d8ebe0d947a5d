import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acquainted, World } from './world.ts'

test('a first message needs nothing but an invite, and is delivered', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  const sent = await alice.messenger.send('bob', 'hi bob')
  assert.equal(sent.state, 'queued')
  await world.pass(2000)
  assert.deepEqual(await bob.texts(), ['hi bob'])
  const { message } = await alice.messenger.show(sent.id)
  assert.equal(message.state, 'delivered')
  assert.deepEqual(alice.bugs, [])
  assert.deepEqual(bob.bugs, [])
  await bob.messenger.send('alice', 'hi alice')
  await world.pass(2000)
  assert.deepEqual(await alice.texts(), ['hi bob', 'hi alice'])
  await alice.stop()
  await bob.stop()
})
