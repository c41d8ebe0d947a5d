import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { settled } from '../manual-clock.ts'
import { type Node, Rig, seeded } from './rig.ts'

/** An author and two relays that know each other, and carriers of whom only the relays know more. */
async function trio(carrierCount = 3): Promise<{ rig: Rig; alice: Node; relays: Node[] }> {
  const rig = new Rig()
  for (let i = 0; i < carrierCount; i++) rig.carrier()
  const alice = rig.node()
  const relays = [await rig.relay(2), await rig.relay(3)]
  await alice.start()
  rig.link(alice, relays[0]!)
  rig.link(alice, relays[1]!)
  rig.link(relays[0]!, relays[1]!)
  return { rig, alice, relays }
}

const total = (nodes: readonly Node[]): number =>
  nodes.reduce((sum, node) => sum + node.book.askedCount, 0)

test('on the stem others bring the message to carriers, and receipts come back', async () => {
  const { rig, alice, relays } = await trio()
  const item = rig.item()
  await alice.send([item])
  await rig.clock.advance(60_000)
  assert.equal(alice.count('stored'), 1)
  assert.equal(alice.count('receipt'), 3)
  assert.equal(alice.count('delivering'), 0)
  assert.equal(alice.book.askedCount, 0, 'the author asks nobody about the shard')
  assert.ok(total(relays) > 0)
  assert.equal(alice.courier.status.stemBytes, 0)
  assert.deepEqual(
    (await alice.courier.story(item.reference))?.hops.map(({ kind }) => kind),
    ['queued', 'handed', 'receipt', 'receipt', 'receipt', 'stored'],
  )
})

test('own and relayed envelopes are brought to carriers by the same requests', async () => {
  const { rig, alice, relays } = await trio()
  const seen: string[] = []
  rig.network.intercept = (from, _, method, body) => {
    seen.push(`${from === alice.wire.self ? 'author' : 'relay'} ${method} ${body.length}`)
    return null
  }
  // Nobody answers on the stem, so that embargoes end and the author delivers as well.
  rig.network.hasRoom = () => false
  await alice.send([rig.item()])
  await rig.clock.advance(600_000)
  rig.network.hasRoom = () => true
  await relays[0]!.send([rig.item()])
  await rig.clock.advance(600_000)
  const [first, ...others] = seen.map((line) => line.split(' ').slice(1).join(' '))
  assert.ok(others.length >= 3)
  assert.ok(others.every((line) => line === first))
})

test('behind a black hole the message waits for an embargo and no longer', async () => {
  const { rig, alice } = await trio()
  rig.network.hasRoom = (from) => from === alice.wire.self
  const [one, two] = alice.wire.peers()
  for (const peer of [one, two]) rig.network.wireOf(peer!.peer)!.hear = () => undefined
  await alice.send(rig.items(5))
  await rig.clock.advance(7999)
  assert.equal(alice.count('receipt'), 0)
  await rig.clock.advance(600_000)
  assert.equal(alice.count('stored'), 5)
  assert.ok(alice.count('delivering') >= 5, 'the author delivered in the end')
})

test('an author without a stem peer waits for one, and hands over when it comes', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node()
  await alice.start()
  await alice.send(rig.items(3))
  await rig.clock.advance(3_600_000)
  assert.equal(alice.count('handed'), 0)
  const relays = [await rig.relay(2), await rig.relay(3)]
  rig.link(relays[0]!, relays[1]!)
  rig.link(alice, relays[0]!)
  assert.equal(alice.count('handed'), 3)
  await rig.clock.advance(60_000)
  assert.equal(alice.count('stored'), 3)
  assert.equal(alice.count('delivering'), 0)
})

test('among carriers that take no part in the stem it delivers after ten seconds', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const alice = rig.node()
  await alice.start()
  rig.network.link(alice.wire.self, rig.carriers[0]!.peer)
  await alice.send([rig.item()])
  await rig.clock.advance(9000)
  assert.equal(alice.count('handed'), 0)
  await rig.clock.advance(3000)
  assert.equal(alice.count('stored'), 1)
})

test('fewer than three carriers are enough when they are all that we know', async () => {
  const { rig, alice } = await trio(2)
  await alice.send([rig.item()])
  for (let waited = 0; alice.count('receipt') < 2 && waited < 60_000; waited += 100) {
    await rig.clock.advance(100)
  }
  await rig.clock.advance(1500)
  assert.equal(alice.count('stored'), 0, 'a third may be about to sign')
  await rig.clock.advance(60_000)
  assert.equal(alice.count('stored'), 1)
  assert.equal(alice.count('receipt'), 2)
})

test('one whose stem peers go before its turn comes waits for others', async () => {
  const { rig, alice, relays } = await trio()
  await alice.send(rig.items(120))
  assert.equal(alice.count('handed'), 81)
  for (const carrier of rig.carriers) rig.set(carrier, 'away')
  for (const { wire } of relays) {
    wire.isReachable = false
    rig.network.unlink(alice.wire.self, wire.self)
  }
  await rig.clock.advance(60_000)
  assert.equal(alice.count('handed'), 81)
  for (const relay of relays) rig.link(alice, relay)
  await rig.clock.advance(60_000)
  assert.equal(alice.count('handed'), 120)
})

test('too few receipts are no end: the message is handed over again later', async () => {
  const { rig, alice } = await trio()
  rig.set(rig.carriers[1]!, 'full')
  rig.set(rig.carriers[2]!, 'full')
  const item = rig.item()
  await alice.send([item])
  await rig.clock.advance(120_000)
  assert.deepEqual([alice.count('receipt'), alice.count('stored')], [1, 0])
  assert.equal(alice.courier.status.activeCount, 0, 'it waits on disk')
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  await rig.clock.advance(3_600_000)
  assert.deepEqual([alice.count('receipt'), alice.count('stored')], [3, 1])
})

test('receipts that a relay has made up delay a message by an hour', async () => {
  const { rig, alice, relays } = await trio()
  const liars = [rig.carrier(), rig.carrier(), rig.carrier()]
  const invented = liars.map(({ peer }) => peer)
  for (const { book } of [alice, ...relays]) book.carriersOf = async () => invented
  await alice.send([rig.item()])
  await rig.clock.advance(60_000)
  assert.equal(alice.count('stored'), 1)
  await rig.clock.advance(3_600_000 * 1.25)
  assert.equal(alice.count('resent'), 1)
})

test('forged receipts are worth nothing, and their sender is known', async () => {
  const { rig, alice, relays } = await trio()
  for (const carrier of rig.carriers) carrier.manner = 'lies'
  await alice.send([rig.item()])
  await rig.clock.advance(60_000)
  assert.equal(alice.count('receipt'), 0)
  assert.ok(relays.some(({ wire }) => wire.penalties.some(({ offence }) => offence === 'forged')))
  assert.deepEqual(
    alice.wire.penalties.filter(({ peer }) => relays.some(({ wire }) => wire.self === peer)),
    [],
  )
})

test('a switch to direct takes what waits in the stem to carriers at once', async () => {
  const { rig, alice } = await trio()
  for (const { peer } of alice.wire.peers()) rig.network.wireOf(peer)!.hear = () => undefined
  await alice.send(rig.items(4))
  await rig.clock.advance(3000)
  assert.equal(alice.count('stored'), 0)
  alice.courier.setMode('direct')
  await settled()
  assert.equal(alice.count('stored'), 4)
  assert.equal(alice.courier.status.stemActiveCount, 0)
  alice.courier.setMode('stem')
  await alice.send([rig.item()])
  await settled()
  assert.equal(alice.count('stored'), 4)
})

test('a browser hands over in every mode, and delivers in none', async () => {
  const rig = new Rig()
  for (let i = 0; i < 3; i++) rig.carrier()
  const browser = rig.node({ neverDelivers: true, mode: 'direct' })
  await browser.start()
  await browser.send([rig.item()])
  await rig.clock.advance(600_000)
  assert.equal(browser.book.askedCount, 0)
  const relays = [await rig.relay(2), await rig.relay(3)]
  rig.link(relays[0]!, relays[1]!)
  rig.link(browser, relays[0]!)
  await rig.clock.advance(60_000)
  assert.equal(browser.count('stored'), 1)
  assert.equal(browser.book.askedCount, 0)
})

test('the same seed gives the same run, event for event', async () => {
  const runs = []
  for (let run = 0; run < 2; run++) {
    const rig = new Rig()
    for (let i = 0; i < 3; i++) rig.carrier()
    const own = () => nativeCrypto({ random: seeded(11) })
    const alice = rig.node({ crypto: own() })
    const relays = [rig.node({ number: 2, crypto: own() }), rig.node({ number: 3, crypto: own() })]
    for (const node of [alice, ...relays]) await node.start()
    rig.link(alice, relays[0]!)
    rig.link(alice, relays[1]!)
    rig.link(relays[0]!, relays[1]!)
    const at: string[] = []
    alice.courier.watch((event) => {
      const reference = event.kind === 'failed' ? '' : toHex(event.reference)
      at.push(`${rig.clock.monotonicMs()} ${event.kind} ${reference}`)
    })
    await alice.send(rig.items(5))
    await rig.clock.advance(120_000)
    runs.push(at)
  }
  assert.ok(runs[0]!.length >= 5 * 5)
  assert.deepEqual(runs[0], runs[1])
})
