import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COURIER_WINDOW_BYTES_MAX, COURIER_WINDOW_COUNT_MAX } from '@ezchat/node/limits.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { settled } from '../manual-clock.ts'
import { FREE, type Node, Rig } from './rig.ts'

const HOUR_MS = 3_600_000

async function manyTurns(node: Node, isDone: () => boolean): Promise<number> {
  let most = 0
  for (let turn = 0; turn < 2000 && !isDone(); turn++) {
    most = Math.max(most, node.courier.status.activeCount)
    await settled()
  }
  return most
}

test('five thousand messages wait on disk, and a window of them is looked after', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  for (let batch = 0; batch < 10; batch++) await alice.send(rig.items(500), false)
  const most = await manyTurns(alice, () => alice.count('stored') === 5000)
  assert.equal(alice.count('stored'), 5000)
  assert.ok(most <= COURIER_WINDOW_COUNT_MAX + 64, `${most}`)
  assert.equal(rig.carriers[0]!.held.size, 5000)
  assert.equal(alice.courier.status.activeCount, 0)
  const order = alice.events.flatMap((event) =>
    event.kind === 'stamped' ? [toHex(event.reference)] : [],
  )
  assert.deepEqual(order, [...order].sort(), 'in the order in which they were drafted')
  assert.deepEqual(alice.bugs, [])
})

test('what waits while nobody is there is as little, and all of it goes out afterwards', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier('away')
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send(rig.items(700), false)
  await rig.clock.advance(60_000)
  assert.ok(alice.courier.status.activeCount <= COURIER_WINDOW_COUNT_MAX)
  await alice.courier.close()
  const again = alice.reborn()
  await again.start()
  await rig.clock.advance(60_000)
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  await rig.clock.advance(HOUR_MS)
  assert.equal(alice.count('stored') + again.count('stored'), 700)
})

test('large messages are bounded by their bytes', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier('mute')
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send(rig.items(200, 65_536), false)
  await manyTurns(alice, () => false)
  const { activeBytes } = alice.courier.status
  assert.ok(activeBytes <= COURIER_WINDOW_BYTES_MAX + 64 * 65_536, `${activeBytes}`)
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  await rig.clock.advance(HOUR_MS)
  assert.equal(alice.count('stored'), 200)
})

test('messages that the stem swallows give their place to others, and have another turn', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node()
  const relays = [await rig.relay(2), await rig.relay(3)]
  await alice.start()
  for (const relay of relays) rig.link(alice, relay)
  rig.link(relays[0]!, relays[1]!)
  for (const carrier of rig.carriers) rig.set(carrier, 'away')
  const items = rig.items(COURIER_WINDOW_COUNT_MAX + 20)
  await alice.send(items, false)
  await rig.clock.advance(600_000)
  const handed = new Set(
    alice.events.flatMap((event) => (event.kind === 'handed' ? [toHex(event.reference)] : [])),
  )
  assert.equal(handed.size, items.length, 'each had its turn')
  assert.ok(alice.courier.status.activeCount <= COURIER_WINDOW_COUNT_MAX + 64)
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  await rig.clock.advance(2 * HOUR_MS)
  assert.equal(alice.count('stored'), items.length)
})

test('an idle courier has no timer, and one with stored messages has one', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  assert.equal(rig.clock.timerCount, 0)
  await alice.send(rig.items(50))
  await manyTurns(alice, () => alice.count('stored') === 50)
  assert.ok(rig.clock.timerCount <= 1)
  await alice.courier.close()
  assert.equal(rig.clock.timerCount, 0)
})

test('a wall clock that is set back or forward loses nothing', async () => {
  const rig = new Rig()
  const carriers = [rig.carrier('away'), rig.carrier('away'), rig.carrier('away')]
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send(rig.items(3))
  await rig.clock.advance(60_000)
  rig.clock.jump(-20 * 24 * HOUR_MS)
  await rig.clock.advance(60_000)
  for (const carrier of carriers) rig.set(carrier, 'honest')
  rig.clock.jump(20 * 24 * HOUR_MS)
  await rig.clock.advance(2 * HOUR_MS)
  assert.equal(alice.count('stored'), 3)
})

test('messages of one submission leave in their order, whatever their searches take', async () => {
  const rig = new Rig({ ...FREE, price: 40 })
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  const large = rig.item(16_384)
  const items = [large, ...rig.items(5)]
  let isFirst = true
  const { postage } = alice
  const search = postage.search.bind(postage)
  postage.search = async (task) => {
    const isSlow = isFirst
    isFirst = false
    for (let i = 0; isSlow && i < 30; i++) await settled()
    return search(task)
  }
  await alice.send(items)
  const other = rig.item()
  await alice.send([other])
  await manyTurns(alice, () => alice.count('stored') === 7)
  const order = alice.events.flatMap((event) =>
    event.kind === 'stamped' ? [toHex(event.reference)] : [],
  )
  const mine = order.filter((reference) => reference !== toHex(other.reference))
  assert.deepEqual(
    mine,
    items.map(({ reference }) => toHex(reference)),
  )
  assert.equal(order[0], toHex(other.reference), 'another submission does not wait for it')
})
