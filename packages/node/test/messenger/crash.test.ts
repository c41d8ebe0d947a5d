// Power is lost at any write of either side: nothing that `send` accepted is lost, and nothing is
// shown twice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acquainted, settle, type Villager, World } from './world.ts'

/** Fails the n-th write from now, then loses the power, and starts again. */
async function crashAt(villager: Villager, write: number, act: () => Promise<void>): Promise<void> {
  villager.disk.failWrite(write)
  await act()
  await settle()
  await villager.crash()
  villager.disk.failWrite(Number.POSITIVE_INFINITY)
  villager.failures.length = 0
  await villager.start()
}

for (const seed of [0, 1]) {
  test(`a crash at any write loses nothing and shows nothing twice, ${seed}`, async () => {
    const world = new World()
    const [alice, bob] = await acquainted(world)
    const accepted: string[] = []
    const say = async (villager: Villager, to: string, text: string): Promise<void> => {
      try {
        await villager.messenger.send(to, text)
        accepted.push(text)
      } catch (error: unknown) {
        assert.equal((error as { code?: string }).code, 'STORE_FAILED')
      }
    }
    for (let write = 1; write <= 6; write++) {
      const [first, second] = write % 2 === seed ? [alice, bob] : [bob, alice]
      await crashAt(alice, write, async () => {
        await say(alice, 'bob', `alice crashes ${write}`)
        await world.pass(2000)
      })
      await crashAt(bob, write, async () => {
        await say(alice, 'bob', `bob crashes ${write}`)
        await world.pass(2000)
      })
      if ((await bob.messenger.contacts.list('contact')).length > 0) {
        const to = first === alice ? 'bob' : 'alice'
        await say(first, to, `from ${first.name} ${write}`)
        await say(second, to === 'bob' ? 'alice' : 'bob', `from ${second.name} ${write}`)
      }
      await world.pass(2000)
    }
    await world.pass(3_600_000)
    for (const villager of [alice, bob]) {
      const texts = await villager.texts()
      assert.equal(new Set(texts).size, texts.length, 'shown twice')
      for (const text of accepted) assert.ok(texts.includes(text), `${villager.name} lacks ${text}`)
      assert.equal((await villager.messenger.outbox()).count, 0)
      assert.deepEqual(villager.bugs, [])
    }
    await alice.stop()
    await bob.stop()
  })
}

test('who comes back from an old copy of the disk gets what was missed, and is told what was not delivered', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'one')
  await world.pass(2000)
  await bob.messenger.send('alice', 'two')
  await world.pass(2000)
  await bob.stop()
  await bob.disk.copyNow()
  await bob.start()
  for (const text of ['three', 'four']) {
    await alice.messenger.send('bob', text)
    await world.pass(2000)
    await bob.messenger.send('alice', `${text} too`)
    await world.pass(2000)
  }
  await bob.stop()
  await bob.disk.restoreCopy()
  await bob.start()
  await world.pass(2000)
  for (let day = 0; day < 3; day++) {
    await alice.messenger.send('bob', `day ${day}`)
    await world.pass(7_200_000)
    await bob.messenger.send('alice', `day ${day} too`)
    await world.pass(7_200_000)
  }
  const texts = await bob.texts()
  for (const text of ['one', 'two', 'three', 'four', 'day 0', 'day 1', 'day 2', 'day 2 too']) {
    assert.ok(texts.includes(text), `bob lacks ${text}`)
  }
  assert.equal(new Set(texts).size, texts.length)
  // What got a number that was used already is not shown there, and its author is told so.
  const there = await alice.texts()
  assert.ok(there.includes('day 1 too') && there.includes('day 2 too'))
  const { messages } = await bob.messenger.read({ limit: 1000 })
  for (const { isOwn, text, state } of messages) {
    if (isOwn) assert.equal(state, there.includes(text) ? 'delivered' : 'expired', text)
  }
  const { events } = await bob.messenger.after('0', 1000)
  assert.ok(events.some(({ text }) => text?.startsWith('this device was set back')))
  await alice.stop()
  await bob.stop()
})
