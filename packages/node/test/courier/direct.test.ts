import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { settled } from '../manual-clock.ts'
import { ownCarrier, Rig } from './rig.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

test('a message is stored when three carriers have signed for it, and says by whom', async () => {
  const rig = new Rig()
  for (let i = 0; i < 5; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  const item = rig.item()
  await alice.send([item])
  await settled()
  assert.deepEqual(alice.kinds(item.reference), [
    ...['stamped', 'delivering', 'receipt', 'receipt', 'receipt', 'stored'],
  ])
  const story = await alice.courier.story(item.reference)
  assert.equal(story?.state, 'stored')
  assert.deepEqual(
    [...story.carriers].sort(),
    rig.carriers
      .filter(({ held }) => held.size > 0)
      .map(({ peer }) => peer)
      .sort(),
  )
  assert.equal(story.receipts.length, 3)
  assert.deepEqual(
    story.hops.map(({ kind }) => kind),
    ['queued', 'delivering', 'receipt', 'receipt', 'receipt', 'stored'],
  )
  assert.equal(alice.courier.status.activeCount, 0)
  assert.equal(alice.courier.status.deliveryBytes, 0)
  assert.deepEqual(alice.bugs, [])
})

test('what fails at one carrier goes to the next one', async () => {
  const rig = new Rig()
  rig.carrier('away')
  const liar = rig.carrier('lies')
  rig.carrier('full')
  rig.carrier('busy')
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send(rig.items(3))
  await settled()
  assert.equal(alice.count('stored'), 3)
  assert.deepEqual(
    rig.carriers.map(({ held }) => held.size),
    [0, 0, 0, 0, 3, 3, 3],
  )
  assert.ok(
    alice.wire.penalties.every(({ peer, offence }) => peer === liar.peer && offence === 'forged'),
  )
  assert.ok(alice.wire.penalties.length > 0)
  assert.ok(!alice.book.failedBy.includes(rig.carriers[3]!.peer), 'a busy one has not failed')
})

test('a carrier that does not answer delays a message by two seconds, not by its deadline', async () => {
  const rig = new Rig()
  rig.carrier('mute')
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send([rig.item()])
  await rig.clock.advance(1999)
  assert.equal(alice.count('stored'), 0)
  await rig.clock.advance(1)
  assert.equal(alice.count('stored'), 1)
  // And those that come afterwards do not wait for it at all.
  await alice.send([rig.item()])
  await settled()
  assert.equal(alice.count('stored'), 2)
})

test('where there are fewer than three carriers, all of them are enough', async () => {
  const rig = new Rig()
  rig.carrier()
  rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  const item = rig.item()
  await alice.send([item])
  await settled()
  assert.equal(alice.count('stored'), 1)
  await rig.clock.advance(3_600_000 * 1.25 + 1000)
  assert.equal(alice.count('resent'), 1)
})

test('one of two carriers is not enough while the other one may come back', async () => {
  const rig = new Rig()
  rig.carrier()
  const other = rig.carrier('full')
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send([rig.item()])
  await settled()
  assert.deepEqual([alice.count('receipt'), alice.count('stored')], [1, 0])
  rig.set(other, 'honest')
  await rig.clock.advance(40_000)
  assert.deepEqual([alice.count('receipt'), alice.count('stored')], [2, 1])
  assert.deepEqual(rig.carriers[0]!.pushes, [1], 'who has signed is not asked again')
})

test('a carrier that cannot be reached is not waited for', async () => {
  const rig = new Rig()
  rig.carrier()
  rig.carrier('away')
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send([rig.item()])
  await rig.clock.advance(60_000)
  assert.equal(alice.count('stored'), 1)
})

test('what only our own store holds is not stored', async () => {
  const rig = new Rig()
  const self = rig.carrier()
  rig.carrier('away')
  const alice = rig.node({ number: 100, mode: 'direct', own: ownCarrier(self) })
  alice.book.peers = rig.carriers.slice(1).map(({ peer }) => peer)
  await alice.start()
  await alice.send([rig.item()])
  await rig.clock.advance(3_600_000)
  assert.equal(self.held.size, 1)
  assert.equal(alice.count('stored'), 0)
})

test('our own store is the first carrier, and signs without a request', async () => {
  const rig = new Rig()
  const self = rig.carrier()
  rig.carrier()
  rig.carrier()
  const alice = rig.node({ mode: 'direct', own: ownCarrier(self) })
  alice.book.peers = rig.carriers.slice(1).map(({ peer }) => peer)
  await alice.start()
  await alice.send([rig.item()])
  await settled()
  assert.equal(alice.count('stored'), 1)
  assert.equal(self.held.size, 1)
  assert.deepEqual(self.pushes, [])
})

test('a day without carriers ends when one can be reached', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier('away')
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  const items = rig.items(20)
  await alice.send(items)
  await rig.clock.advance(DAY_MS)
  assert.equal(alice.count('stored'), 0)
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  await rig.clock.advance(900_000 * 1.25)
  assert.equal(alice.count('stored'), 20)
  const ids = new Set(rig.carriers.flatMap(({ held }) => [...held.keys()]))
  assert.equal(ids.size, 20, 'each was sealed and stamped once')
})

test('when somebody is there again, everything is tried at once', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier('away')
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send(rig.items(5))
  await rig.clock.advance(3_600_000)
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  rig.network.link(alice.wire.self, rig.carriers[0]!.peer)
  await settled()
  await settled()
  assert.equal(alice.count('stored'), 5)
})

test('what nobody ever took expires, and its story says so', async () => {
  const rig = new Rig()
  rig.carrier('full')
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  const item = rig.item()
  await alice.send([item])
  await rig.clock.advance(31 * DAY_MS)
  const [expired] = alice.events.filter(({ kind }) => kind === 'expired')
  assert.deepEqual(expired, { kind: 'expired', reference: item.reference, wasStored: false })
  const story = await alice.courier.story(item.reference)
  assert.equal(story?.state, 'expired')
  assert.equal(story.hops[0]?.kind, 'queued')
  assert.equal(story.hops.at(-1)?.kind, 'expired')
  assert.ok(story.hops.length <= 32)
  await rig.clock.advance(8 * DAY_MS)
  assert.equal(await alice.courier.story(item.reference), null)
  assert.equal(rig.clock.timerCount, 0, 'nothing is left to wait for')
})

test('what is stored and not confirmed is sent again after an hour, then after four', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  const item = rig.item()
  await alice.send([item])
  await rig.clock.advance(1.25 * HOUR_MS + 1000)
  assert.equal(alice.count('resent'), 1)
  await rig.clock.advance(2.5 * HOUR_MS)
  assert.equal(alice.count('resent'), 1)
  await rig.clock.advance(2.5 * HOUR_MS)
  assert.equal(alice.count('resent'), 2)
  assert.equal(await alice.courier.withdraw(item.reference), true)
  assert.equal(await alice.courier.withdraw(item.reference), false)
  await rig.clock.advance(20 * DAY_MS)
  assert.equal(alice.count('resent'), 2)
  assert.equal(alice.count('expired'), 0)
})

test('what nobody has confirmed is sent to others than those who have signed for it', async () => {
  const rig = new Rig()
  for (let i = 0; i < 5; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  const item = rig.item()
  await alice.send([item])
  await settled()
  const liars = rig.carriers.filter(({ held }) => held.size > 0)
  assert.equal(liars.length, 3)
  for (const { held } of liars) held.clear()
  await rig.clock.advance(1.25 * HOUR_MS + 1000)
  assert.equal(alice.count('resent'), 1)
  const holding = rig.carriers.filter(({ held }) => held.size > 0)
  assert.equal(holding.length, 3, 'the two others, and one of those, since there are no more')
  assert.equal(holding.filter((carrier) => !liars.includes(carrier)).length, 2)
})

test('a refusal that all carriers share is said, and tried again until it expires', async () => {
  const rig = new Rig()
  rig.carrier('refuses')
  rig.carrier('refuses')
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send([rig.item()])
  await settled()
  const refusal = alice.events.find((event) => event.kind === 'refused')
  assert.equal(refusal?.kind === 'refused' && refusal.status, 8 * 256 + 18)
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  await rig.clock.advance(10_000)
  assert.equal(alice.count('stored'), 1)
})

test('many items travel in few requests and few writes', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  await alice.send(rig.items(300))
  for (let i = 0; i < 20; i++) await settled()
  assert.equal(alice.count('stored'), 300)
  for (const { pushes } of rig.carriers) assert.ok(pushes.length <= 8, `${pushes}`)
  const order = alice.events.flatMap((event) =>
    event.kind === 'stored' ? [toHex(event.reference)] : [],
  )
  assert.deepEqual(order, [...order].sort(), 'in the order of the submission')
})
