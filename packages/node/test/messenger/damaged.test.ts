// A message that waited, and what the disk has made of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Courier, startCourier } from '@ezchat/node/courier/courier.ts'
import { COURIER_PREFIX, TABLES } from '@ezchat/node/courier/layout.ts'
import { keyBeyond } from '@ezchat/node/store/key-value.ts'
import { FakeNetwork, fakePeer } from '../fake-wire.ts'
import { acquainted, crypto, network, settle, type Villager, World } from './world.ts'

const FULL = 4

/** A courier as daemons have it, on the disk of its owner; what it delivers the office has. */
class RealCourier {
  readonly #owner: Villager
  courier: Courier | null = null
  isOpen = false

  constructor(owner: Villager) {
    this.#owner = owner
  }

  async start(): Promise<Courier> {
    const { world, disk, name } = this.#owner
    this.courier = await startCourier({
      ...{ crypto, network, clock: world.clock, keyValue: disk, mode: 'direct' },
      wire: new FakeNetwork().add(fakePeer(crypto, 1).peer),
      postage: { search: async () => 0n },
      carriers: {
        ...{ carriersOf: async () => [], known: () => [] },
        ...{ served: () => undefined, failed: () => undefined },
      },
      stemPeers: { isStem: () => false, watch: () => () => undefined },
      push: async () => [],
      own: {
        carries: () => this.isOpen,
        take: async (envelopes) =>
          envelopes.map((envelope) => {
            world.office.keep({ from: name, reference: new Uint8Array(16), envelope })
            return { kind: 'refused', status: FULL }
          }),
      },
    })
    return this.courier
  }
}

async function withRealCourier(): Promise<[World, Villager, Villager, RealCourier]> {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.send('bob', 'hello')
  await bob.messenger.send('alice', 'hello alice')
  await world.pass(2000)
  await alice.stop()
  const from = Uint8Array.of(COURIER_PREFIX)
  const keys = await alice.disk.pageKeys({ from, before: keyBeyond(from), countMax: 1000 })
  await alice.disk.write(
    keys.map((key) => ({ key, value: null })),
    { sync: true },
  )
  const real = new RealCourier(alice)
  alice.newCourier = () => real.start()
  await alice.start()
  return [world, alice, bob, real]
}

async function restart(alice: Villager, real: RealCourier, meanwhile: () => void): Promise<void> {
  await alice.stop()
  await real.courier?.close()
  meanwhile()
  alice.disk.restart()
  await alice.start()
  await settle()
}

const isOf = (table: number) => (key: Uint8Array) => key[0] === COURIER_PREFIX && key[1] === table

for (const table of ['item', 'body'] as const) {
  test(`a bit that turns in the outbox (${table}) loses no message, and its author sees it`, async () => {
    const [world, alice, bob, real] = await withRealCourier()
    const sent = await alice.messenger.send('bob', 'waits on a bad disk')
    await world.pass(1000)
    await restart(alice, real, () => assert.ok(alice.disk.flipBit(isOf(TABLES[table]))))
    await world.pass(1000)
    const { message, hops } = await alice.messenger.show(sent.id)
    assert.equal(message.state, 'queued')
    assert.match(message.note ?? '', /the disk had changed it/)
    assert.equal(hops.filter(({ what }) => what === 'damaged').length, 1)
    const { messages } = await alice.messenger.outbox()
    assert.deepEqual(
      messages.map(({ text, note }) => [text, note]),
      [['waits on a bad disk', message.note]],
    )
    const events = await alice.messenger.after('0', 1000)
    assert.equal(events.events.filter(({ text }) => text?.includes('disk')).length, 1)
    assert.equal(hops.filter(({ what }) => what === 'queued').length, 1)
    real.isOpen = true
    await world.pass(3_600_000)
    assert.deepEqual(await bob.texts(), ['hello', 'hello alice', 'waits on a bad disk'])
    assert.equal((await alice.messenger.stateOf(sent.id)).state, 'delivered')
    assert.equal((await alice.messenger.outbox()).count, 0)
    assert.deepEqual([alice.bugs, alice.failures], [[], []])
    await alice.stop()
    await real.courier?.close()
    await bob.stop()
  })
}

test('what has gone from the outbox altogether is written again', async () => {
  const [world, alice, bob, real] = await withRealCourier()
  for (const text of ['one', 'two', 'three']) await alice.messenger.send('bob', text)
  await world.pass(1000)
  const from = Uint8Array.of(COURIER_PREFIX)
  const keys = await alice.disk.pageKeys({ from, before: keyBeyond(from), countMax: 1000 })
  assert.ok(keys.length > 0)
  await restart(alice, real, () => {
    void alice.disk.write(
      keys.map((key) => ({ key, value: null })),
      { sync: true },
    )
  })
  assert.equal((await alice.messenger.outbox()).count, 3)
  // Once only: what is written again is there at the next start.
  const before = await alice.messenger.after('0', 1000)
  await restart(alice, real, () => undefined)
  assert.equal((await alice.messenger.after('0', 1000)).events.length, before.events.length)
  real.isOpen = true
  await world.pass(3_600_000)
  assert.deepEqual(await bob.texts(), ['hello', 'hello alice', 'one', 'two', 'three'])
  await alice.stop()
  await real.courier?.close()
  await bob.stop()
})

test('what its recipient had removed is shown as that, until they say that they have it', async () => {
  for (const isNamed of [true, false]) {
    const world = new World()
    const [alice, bob] = await acquainted(world)
    await bob.stop()
    const sent = await alice.messenger.send('bob', 'removed')
    await world.pass(1000)
    const reference = world.office.references.at(-1)!
    alice.courier?.say({ kind: 'dropped', reference, isNamed })
    await world.pass(1000)
    const { message } = await alice.messenger.show(sent.id)
    assert.equal(message.state, isNamed ? 'stored' : 'refused')
    assert.equal(message.note === undefined, isNamed)
    assert.equal((await alice.messenger.outbox()).count, isNamed ? 1 : 0)
    await bob.start()
    await world.pass(60_000)
    assert.equal((await alice.messenger.stateOf(sent.id)).state, 'delivered')
    await alice.stop()
    await bob.stop()
  }
})

test('a clock that is years ahead for a second gives nothing up', async () => {
  const YEARS_MS = 3 * 365 * 86_400_000
  const world = new World()
  const [alice, bob] = await acquainted(world)
  const carol = world.villager('carol')
  await carol.start()
  const { invite } = await carol.messenger.invite()
  await carol.stop()
  world.office.records.clear()
  await alice.messenger.add(invite, 'carol')
  const waiting = await alice.messenger.send('carol', 'when you are there')
  await bob.stop()
  const stored = await alice.messenger.send('bob', 'stored')
  await world.pass(3_600_000)
  for (const isRestarted of [false, true]) {
    if (isRestarted) await alice.stop()
    world.clock.jump(YEARS_MS)
    if (isRestarted) await alice.start()
    else await alice.messenger.send('carol', 'another')
    await world.pass(1000)
    world.clock.jump(-YEARS_MS)
    await world.pass(86_400_000)
    assert.equal((await alice.messenger.stateOf(waiting.id)).state, 'queued')
    assert.equal((await alice.messenger.stateOf(stored.id)).state, 'stored')
  }
  await world.pass(31 * 86_400_000)
  assert.equal((await alice.messenger.stateOf(waiting.id)).state, 'expired')
  assert.equal((await alice.messenger.stateOf(stored.id)).state, 'expired')
  assert.deepEqual([alice.bugs, alice.failures], [[], []])
  await alice.stop()
})
