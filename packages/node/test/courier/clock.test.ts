import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLOCK_SURE_MS, COURIER_WINDOW_COUNT_MAX } from '@ezchat/node/limits.ts'
import { type FakeCarrier, type Node, Rig } from './rig.ts'

const DAY_MS = 86_400_000
const YEARS_MS = 3 * 365 * DAY_MS

function direct(): { rig: Rig; alice: Node; carriers: FakeCarrier[] } {
  const rig = new Rig()
  const carriers = [rig.carrier(), rig.carrier(), rig.carrier()]
  const alice = rig.node({ mode: 'direct' })
  alice.book.peers = carriers.map(({ peer }) => peer)
  return { rig, alice, carriers }
}

function back(rig: Rig, alice: Node, carriers: readonly FakeCarrier[]): void {
  for (const carrier of carriers) {
    rig.set(carrier, 'honest')
    rig.network.link(alice.wire.self, carrier.peer)
  }
}

test('what is written after the clock was set back does not wait until it is there again', async () => {
  const rig = new Rig()
  const carriers = [rig.carrier(), rig.carrier(), rig.carrier()]
  const alice = rig.node({ mode: 'direct' })
  alice.book.peers = carriers.map(({ peer }) => peer)
  for (const { peer } of carriers) rig.network.link(alice.wire.self, peer)
  rig.clock.jump(5 * DAY_MS)
  await alice.start()
  await alice.send(rig.items(1))
  await rig.clock.advance(1000)
  rig.clock.jump(-5 * DAY_MS)
  await alice.send(rig.items(1))
  await rig.clock.advance(2 * 3_600_000)
  assert.equal(alice.count('stored'), 2)
  for (const carrier of carriers) rig.set(carrier, 'mute')
  // More than the window holds: the rest waits on disk, in its place in the line.
  await alice.send(rig.items(COURIER_WINDOW_COUNT_MAX + 20))
  await rig.clock.advance(1000)
  for (const carrier of carriers) {
    rig.set(carrier, 'honest')
    rig.network.link(alice.wire.self, carrier.peer)
  }
  await rig.clock.advance(2 * 3_600_000)
  const expected = COURIER_WINDOW_COUNT_MAX + 22
  assert.equal(alice.count('stored'), expected)
  await alice.courier.close()
})

test('a clock that is years ahead for a second expires nothing that waits or is stored', async () => {
  const { rig, alice, carriers } = direct()
  await alice.start()
  back(rig, alice, carriers)
  await alice.send(rig.items(3))
  await rig.clock.advance(10_000)
  assert.equal(alice.count('stored'), 3)
  for (const carrier of carriers) {
    rig.set(carrier, 'away')
    rig.network.unlink(alice.wire.self, carrier.peer)
  }
  await alice.send(rig.items(3))
  await rig.clock.advance(3 * 3_600_000)
  rig.clock.jump(YEARS_MS)
  // Somebody comes: everything is looked at.
  rig.network.link(alice.wire.self, carriers[0]!.peer)
  await alice.send(rig.items(1))
  await rig.clock.advance(1000)
  rig.clock.jump(-YEARS_MS)
  back(rig, alice, carriers)
  await rig.clock.advance(2 * 3_600_000)
  assert.equal(alice.count('expired'), 0)
  assert.equal(alice.count('stored'), 7)
  assert.deepEqual(alice.bugs, [])
  await alice.courier.close()
})

test('a start before the clock is set expires nothing, and what is late goes out then', async () => {
  const { rig, alice, carriers } = direct()
  await alice.start()
  await alice.send(rig.items(5))
  await alice.courier.close()
  rig.clock.jump(YEARS_MS)
  const again = alice.reborn()
  await again.start()
  await rig.clock.advance(1000)
  assert.equal(again.count('delivering'), 0)
  rig.clock.jump(-YEARS_MS)
  back(rig, again, carriers)
  await rig.clock.advance(3_600_000)
  assert.equal(again.count('expired'), 0)
  assert.equal(again.count('stored'), 5)
  await again.courier.close()
})

test('what has expired is said when that is sure, and is handed to nobody before', async () => {
  for (const mode of ['direct', 'stem'] as const) {
    const { rig, alice, carriers } = direct()
    await alice.start()
    await alice.send(rig.items(600))
    await alice.courier.close()
    rig.clock.jump(31 * DAY_MS)
    const again = alice.reborn({ mode })
    await again.start()
    back(rig, again, carriers)
    await rig.clock.advance(CLOCK_SURE_MS - 1000)
    assert.deepEqual(new Set(again.kinds()), new Set())
    await rig.clock.advance(2 * CLOCK_SURE_MS)
    assert.equal(again.count('expired'), 600)
    assert.equal(again.count('delivering') + again.count('handed'), 0)
    assert.ok(carriers.every(({ held }) => held.size === 0))
    await again.courier.close()
  }
})

test('a clock that stays ahead is believed', async () => {
  const { rig, alice } = direct()
  await alice.start()
  await alice.send(rig.items(2))
  await rig.clock.advance(3_600_000)
  rig.clock.jump(31 * DAY_MS)
  await rig.clock.advance(2 * 3_600_000)
  assert.equal(alice.count('expired'), 2)
  await alice.courier.close()
})
