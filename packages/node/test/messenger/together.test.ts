// Several messages in one envelope, from the desk to the last receipt.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUCKETS_BYTES } from '@ezchat/protocol/constants.ts'
import fc from 'fast-check'
import { packedCount } from '../../src/messenger/packing.ts'
import { acquainted, type Villager, World } from './world.ts'

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `message ${at}`)

async function sendAtOnce(author: Villager, to: string, texts: readonly string[]) {
  return Promise.all(texts.map((text) => author.messenger.send(to, text)))
}

async function statesOf(villager: Villager, sent: readonly { readonly id: string }[]) {
  const states = new Set<string>()
  for (const { id } of sent) states.add((await villager.messenger.stateOf(id)).state)
  return [...states]
}

async function greeted() {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await world.pass(2000)
  return { world, alice, bob }
}

test('what is said at once travels together, in its order, and is confirmed one by one', async () => {
  const { world, alice, bob } = await greeted()
  const before = world.office.kept.length
  const texts = numbered(200)
  const sent = await sendAtOnce(alice, 'bob', texts)
  const envelopes = world.office.kept.slice(before)
  assert.ok(envelopes.length <= 12, `${envelopes.length} envelopes`)
  assert.deepEqual(await statesOf(alice, sent), ['stored'])
  await world.pass(2000)
  assert.deepEqual(await bob.texts(), ['hello', ...texts])
  assert.deepEqual(await statesOf(alice, sent), ['delivered'])
  const withdrawn = alice.courier?.withdrawn ?? []
  assert.equal(new Set(withdrawn).size, withdrawn.length)
  assert.equal((await alice.messenger.outbox()).count, 0)
  await alice.stop()
  await bob.stop()
})

test('what is said alone is in the smallest envelope', async () => {
  const { world, alice, bob } = await greeted()
  await alice.messenger.send('bob', 'one')
  const sizes = world.office.kept.slice(-1).map(({ bytes }) => bytes.length)
  assert.deepEqual(sizes, [BUCKETS_BYTES[0]])
  await alice.stop()
  await bob.stop()
})

test('an author that was away hears of each message of an envelope', async () => {
  const { world, alice, bob } = await greeted()
  await bob.stop()
  world.office.isOpen = false
  const sent = await sendAtOnce(alice, 'bob', numbered(40))
  await alice.stop()
  await alice.start()
  assert.deepEqual(await statesOf(alice, sent), ['queued'])
  world.office.isOpen = true
  world.office.empty()
  await world.pass(2000)
  assert.deepEqual(await statesOf(alice, sent), ['stored'])
  await bob.start()
  await world.pass(2000)
  assert.deepEqual(await statesOf(alice, sent), ['delivered'])
  await alice.stop()
  await bob.stop()
})

test('an envelope that expires takes all with it, and no other', async () => {
  const { world, alice, bob } = await greeted()
  await bob.stop()
  const before = world.office.kept.length
  const sent = await sendAtOnce(alice, 'bob', numbered(3))
  const others = await sendAtOnce(alice, 'bob', numbered(3))
  assert.equal(world.office.kept.length, before + 2)
  const reference = world.office.references[before]!
  alice.courier?.say({ kind: 'expired', reference, wasStored: true })
  await world.pass(1000)
  assert.deepEqual(await statesOf(alice, sent), ['expired'])
  assert.deepEqual(await statesOf(alice, others), ['stored'])
  await alice.stop()
})

test('what an envelope carried that was damaged on disk is written again, all of it', async () => {
  const { world, alice, bob } = await greeted()
  world.office.isOpen = false
  const texts = numbered(30)
  const sent = await sendAtOnce(alice, 'bob', texts)
  const lost = world.office.bag.splice(0)
  for (const { reference } of lost) alice.courier?.say({ kind: 'damaged', reference })
  await world.pass(1000)
  world.office.isOpen = true
  world.office.empty()
  await world.pass(5000)
  assert.deepEqual(await bob.texts(), ['hello', ...texts])
  assert.deepEqual(await statesOf(alice, sent), ['delivered'])
  await alice.stop()
  await bob.stop()
})

test('what is packed fits, is something, and fills a third where a smaller size would do', () => {
  const rooms = [700, 3700, 16_000, 65_000]
  const sizes = fc.array(fc.integer({ min: 1, max: 65_000 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(sizes, (waiting) => {
      const count = packedCount(waiting, rooms, 127)
      const bytes = waiting.slice(0, count).reduce((sum, one) => sum + one, 0)
      assert.ok(count >= 1 && count <= 127)
      const room = rooms.find((one) => one >= bytes)
      assert.ok(room !== undefined)
      const isAll = count === waiting.length
      const smaller = rooms.filter((one) => one < room && one >= waiting[0]!)
      if (isAll && smaller.length > 0) assert.ok(3 * bytes >= room, `${bytes} in ${room}`)
    }),
  )
  assert.equal(packedCount([65_001], rooms, 127), 0)
  assert.equal(packedCount([600], rooms, 127), 1)
  assert.equal(packedCount([600, 600], rooms, 127), 1)
  assert.equal(packedCount([600, 600, 600], rooms, 127), 3)
  assert.equal(packedCount(Array(32).fill(660), rooms, 127), 24)
})
