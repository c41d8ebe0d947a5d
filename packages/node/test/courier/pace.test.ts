import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from '@ezchat/node/courier/pace.ts'
import { ManualClock } from '../manual-clock.ts'
import { NOW_MS, Rig } from './rig.ts'

test('a burst goes at once, and what is beyond it in its order at a steady pace', () => {
  const pace = new Pace(new ManualClock(NOW_MS))
  const waits = Array.from({ length: 200 }, () => pace.reserve(1024))
  assert.ok(waits.filter((ms) => ms === 0).length === 81)
  assert.deepEqual(
    waits,
    [...waits].sort((a, b) => a - b),
  )
  assert.equal(waits.at(-1), 199 * 25 - 2000)
})

test('large messages count by their bytes', async () => {
  const clock = new ManualClock(NOW_MS)
  const pace = new Pace(clock)
  assert.equal(Array.from({ length: 17 }, () => pace.reserve(65_536)).at(-1), 0)
  assert.equal(pace.reserve(65_536), 125)
  await clock.advance(60_000)
  assert.equal(pace.reserve(65_536), 0)
})

test('an author in a hurry is refused nothing by its stem peers', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node()
  const relays = []
  for (let number = 2; number < 7; number++) relays.push(await rig.relay(number))
  await alice.start()
  for (const a of relays) {
    rig.link(alice, a)
    for (const b of relays) if (a !== b) rig.link(a, b)
  }
  const refused: number[] = []
  for (const { wire } of relays) {
    const notify = wire.notify.bind(wire)
    wire.notify = (peer, method, body) => {
      if (peer === alice.wire.self && body[1] === 3) refused.push(body.length)
      return notify(peer, method, body)
    }
  }
  await alice.send(rig.items(600), false)
  await rig.clock.advance(120_000)
  assert.equal(alice.count('stored'), 600)
  assert.deepEqual(refused, [])
})
