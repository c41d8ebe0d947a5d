// Thousands of envelopes that come in no order, as carriers hand them over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acquainted, type Letter, settle, type Villager, World } from './world.ts'

/** The same order each time: by a hash of the place. */
function scrambled(letters: Letter[]): Letter[] {
  const keyed = letters.map((letter, at) => ({ letter, key: Math.imul(at + 1, 0x9e3779b1) >>> 0 }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ letter }) => letter)
}

/** One after the other, each in an envelope of its own. */
async function write(author: Villager, to: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) await author.messenger.send(to, text)
}

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `message ${at}`)

async function allTexts(reader: Villager): Promise<string[]> {
  const texts: string[] = []
  let before: string | undefined
  for (;;) {
    const page = await reader.messenger.read({ limit: 500, ...(before && { before }) })
    texts.unshift(...page.messages.map(({ text }) => text))
    if (!page.hasMore) return texts
    before = page.messages[0]?.place
  }
}

/** Bob has read a greeting and is away, as alice is since she wrote; nobody has brought it yet. */
async function heldBack(count: number) {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await world.pass(2000)
  await bob.stop()
  world.office.isOpen = false
  const texts = numbered(count)
  await write(alice, 'bob', texts)
  await alice.stop()
  return { world, bob, texts }
}

test('three thousand messages in no order are all opened, and none is asked for', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await world.pass(2000)
  await bob.messenger.send('alice', 'hello alice')
  await world.pass(2000)
  await bob.stop()
  world.office.isOpen = false
  const texts = numbered(3000)
  await write(alice, 'bob', texts)
  await alice.stop()
  await bob.start()
  world.office.empty(scrambled)
  await settle()
  await world.pass(5000)
  assert.deepEqual(await allTexts(bob), ['hello', 'hello alice', ...texts])
  assert.deepEqual([bob.bugs, bob.failures], [[], []])
  await bob.stop()
})

test('what was there before the start waits for what comes after it', async () => {
  const { world, bob, texts } = await heldBack(1500)
  const letters = scrambled(world.office.bag.splice(0))
  for (const letter of letters.slice(0, 700)) world.office.keep(letter)
  await bob.start()
  await bob.stop()
  await bob.start()
  for (const letter of letters.slice(700)) world.office.keep(letter)
  await settle()
  await world.pass(5000)
  assert.deepEqual(await allTexts(bob), ['hello', ...texts])
  await bob.stop()
})

test('whoever waits for what is lost does not wait for long', async () => {
  const { world, bob, texts } = await heldBack(100)
  await bob.start()
  world.office.empty((letters) => letters.slice(60))
  await settle()
  await world.pass(2000)
  assert.deepEqual(await allTexts(bob), ['hello', ...texts.slice(60)])
  await bob.stop()
})

test('a first conversation in no order is whole', async () => {
  const world = new World()
  const alice = world.villager('alice')
  const bob = world.villager('bob')
  await alice.start()
  await bob.start()
  await world.pass(1000)
  await alice.messenger.add((await bob.messenger.invite()).invite, 'bob')
  await world.pass(1000)
  await bob.stop()
  world.office.isOpen = false
  const texts = numbered(150)
  await write(alice, 'bob', texts)
  await alice.stop()
  await bob.start()
  world.office.empty(scrambled)
  await settle()
  await world.pass(5000)
  const requests = await bob.messenger.contacts.list()
  assert.equal(requests.length, 1)
  const { messages } = await bob.messenger.read({ peer: requests[0]!.address, limit: 500 })
  assert.deepEqual(
    messages.map(({ text }) => text),
    texts,
  )
  await bob.stop()
})
