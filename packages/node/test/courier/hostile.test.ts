// Workers that fail, carriers that make excuses, disks of another version.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EzchatError } from '@ezchat/node/errors.ts'
import { COURIER_DELIVERY_BYTES_MAX } from '@ezchat/node/limits.ts'
import { withCheck, withoutCheck } from '@ezchat/node/store/checked-record.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { encodeDrop } from '@ezchat/protocol/mailbox/drop.ts'
import { settled } from '../manual-clock.ts'
import { ADDRESS, crypto, FREE, type Node, Rig } from './rig.ts'

const OWNER = Secret.adopt(new Uint8Array(32).fill(9))

function dropOf(id: Uint8Array, madeAt: number, signer: Secret): Uint8Array {
  const scope = { kind: 'ids', madeAt, ids: [id] } as const
  const terms = { networkId: FREE.id, mailbox: ADDRESS.mailbox, scope, warrant: null }
  return encodeDrop(terms, (message) => crypto.ed25519Sign(signer, message))
}

async function direct(carrierCount: number, rules = FREE): Promise<{ rig: Rig; alice: Node }> {
  const rig = new Rig(rules)
  for (let i = 0; i < carrierCount; i++) rig.carrier()
  const alice = rig.node({ mode: 'direct' })
  await alice.start()
  return { rig, alice }
}

test('a search for postage that fails is begun again', async () => {
  const { rig, alice } = await direct(3, { ...FREE, price: 4 })
  const search = alice.postage.search.bind(alice.postage)
  let failsLeft = 5
  alice.postage.search = async (task) => {
    if (failsLeft-- > 0) throw new EzchatError(failsLeft > 2 ? 'POSTAGE_BUSY' : 'POSTAGE_FAILED')
    return search(task)
  }
  await alice.send(rig.items(7))
  await rig.clock.advance(500)
  assert.ok(alice.count('stored') < 7)
  await rig.clock.advance(10_000)
  assert.equal(alice.count('stored'), 7)
  assert.deepEqual(alice.bugs, [])
})

test('a worker that throws what no worker throws is a bug, and is heard of', async () => {
  const { rig, alice } = await direct(3, { ...FREE, price: 4 })
  alice.postage.search = async () => {
    throw new TypeError('no such thread')
  }
  await alice.send([rig.item()])
  await settled()
  assert.match(String(alice.bugs[0]), /no such thread/)
})

test('a drop that the owner did not sign is an excuse, and costs the carrier', async () => {
  const { rig, alice } = await direct(4)
  const [liar] = rig.carriers
  const stranger = Secret.adopt(new Uint8Array(32).fill(77))
  const nowSeconds = Math.floor(rig.clock.nowMs() / 1000)
  liar!.answer = (envelope) => {
    const drop = dropOf(envelopeIdOf(crypto, FREE, envelope), nowSeconds, stranger)
    return { kind: 'dropped', drop }
  }
  await alice.send([rig.item()])
  await settled()
  assert.deepEqual([alice.count('dropped'), alice.count('stored')], [0, 1])
  assert.deepEqual(alice.wire.penalties, [{ peer: liar!.peer, offence: 'forged' }])
})

test('a drop of another envelope, or of another time, ends nothing', async () => {
  const { rig, alice } = await direct(5)
  const nowSeconds = Math.floor(rig.clock.nowMs() / 1000)
  const [one, two] = rig.carriers
  one!.answer = () => ({ kind: 'dropped', drop: dropOf(new Uint8Array(32), nowSeconds, OWNER) })
  two!.answer = (envelope) => {
    const id = envelopeIdOf(crypto, FREE, envelope)
    return { kind: 'dropped', drop: dropOf(id, nowSeconds + 40 * 86_400, OWNER) }
  }
  await alice.send([rig.item()])
  await settled()
  assert.deepEqual([alice.count('dropped'), alice.count('stored')], [0, 1])
  assert.deepEqual(alice.wire.penalties, [{ peer: one!.peer, offence: 'forged' }])
})

test('the same carrier counts once, whatever it answers', async () => {
  const { rig, alice } = await direct(1)
  const other = rig.carrier()
  alice.book.peers = [rig.carriers[0]!.peer, other.peer]
  other.answer = (envelope) => rig.carriers[0]!.take(envelope)
  await alice.send([rig.item()])
  await settled()
  assert.equal(alice.count('receipt'), 1, 'a receipt of another than who was asked is a forgery')
  assert.ok(alice.wire.penalties.some(({ peer }) => peer === other.peer))
})

test('an answer to fewer envelopes than were pushed is a failure for the others', async () => {
  const rig = new Rig()
  for (let i = 0; i < 2; i++) rig.carrier()
  const alice = rig.node({
    mode: 'direct',
    push: async (_, envelopes) => {
      return envelopes.slice(1).map((envelope) => rig.carriers[0]!.take(envelope))
    },
  })
  alice.book.peers = [rig.carriers[0]!.peer]
  await alice.start()
  await alice.send(rig.items(2))
  await settled()
  assert.equal(alice.count('stored'), 0)
  assert.deepEqual(alice.bugs, [])
})

test('what is beyond the room for deliveries waits for its next turn', async () => {
  const { rig, alice } = await direct(3)
  for (const carrier of rig.carriers) rig.set(carrier, 'mute')
  await alice.send(rig.items(60, 65_536), false)
  await alice.send(rig.items(90, 65_536), false)
  for (let i = 0; i < 30; i++) await settled()
  assert.ok(alice.courier.status.deliveryBytes <= COURIER_DELIVERY_BYTES_MAX)
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  await rig.clock.advance(600_000)
  assert.equal(alice.count('stored'), 150)
})

test('the outbox of a newer version is left alone', async () => {
  const { rig, alice } = await direct(0)
  const item = rig.item()
  await alice.send([item])
  await settled()
  await alice.courier.close()
  const from = Uint8Array.of(0x43, 1)
  const [row] = await alice.disk.page({ from, before: Uint8Array.of(0x43, 2), countMax: 1 })
  const record = withoutCheck(row![1])!.slice()
  record[0] = 2
  await alice.disk.write([{ key: row![0], value: withCheck(record) }], { sync: true })
  await assert.rejects(alice.reborn().start(), { code: 'STORE_NEWER' })
  assert.deepEqual(await alice.disk.get(row![0]), withCheck(record))
})

test('a row that a draft has left behind is removed, and nothing else', async () => {
  const { rig, alice } = await direct(0)
  const item = rig.item()
  // Written, but not said so: the caller died in between, and drafts again when it is back.
  await alice.disk.write(alice.courier.draft([item]), { sync: true })
  await rig.clock.advance(10)
  await alice.send([item])
  await settled()
  await alice.courier.close()
  const again = alice.reborn()
  for (let i = 0; i < 3; i++) rig.carrier()
  again.book.peers = rig.carriers.map(({ peer }) => peer)
  await again.start()
  await rig.clock.advance(1000)
  assert.equal(again.count('stored'), 1)
  const from = Uint8Array.of(0x43, 3)
  const rows = await again.disk.pageKeys({ from, before: Uint8Array.of(0x43, 4), countMax: 9 })
  assert.deepEqual(rows, [])
})

test('a listener that comes later hears what a start has said', async () => {
  const { rig, alice } = await direct(0)
  await alice.send(rig.items(2))
  await settled()
  await alice.courier.close()
  for (const item of [1, 2]) assert.ok(alice.faulty.flipBit((key) => key[1] === item))
  const again = alice.reborn()
  await again.start()
  await settled()
  assert.ok(again.count('damaged') > 0)
})
