import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COURIER_WINDOW_COUNT_MAX } from '@ezchat/node/limits.ts'
import { Rig } from './rig.ts'

const DAY_MS = 86_400_000

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
