import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findRecordAt, keepRecordAt } from '@ezchat/node/carrier/record.ts'
import { RecordShelf } from '@ezchat/node/carrier/record-shelf.ts'
import { peerIdOf } from '@ezchat/node/net/peer-id.ts'
import { statusOf } from '@ezchat/protocol/errors.ts'
import { encodeFoundRecord } from '@ezchat/protocol/request/record.ts'
import { ALWAYS, coded, crypto, FREE, NOW_SECONDS, serve } from './handlers.ts'
import { recordOf } from './records.ts'

test('a record that is kept is found, by whoever knows its name', async () => {
  const { alice, eve, peer } = await serve()
  const bob = recordOf({ owner: 1 })
  await keepRecordAt(alice, peer, bob, ALWAYS)
  const found = await findRecordAt(eve, peer, bob.name, ALWAYS)
  assert.deepEqual(found?.bytes, bob.record)
  assert.equal(await findRecordAt(eve, peer, recordOf({ owner: 2 }).name, ALWAYS), null)
})

test('a newer record takes the place of an older one, and not the other way round', async () => {
  const { alice, eve, peer, records } = await serve()
  const [older, newer] = [2n, 3n].map((sequence) => recordOf({ owner: 1, sequence }))
  await keepRecordAt(alice, peer, older!, ALWAYS)
  await keepRecordAt(eve, peer, newer!, ALWAYS)
  const stale = coded('PEER_REFUSED', statusOf('RECORD_STALE'))
  await assert.rejects(keepRecordAt(alice, peer, older!, ALWAYS), stale)
  assert.deepEqual((await findRecordAt(alice, peer, newer!.name, ALWAYS))?.bytes, newer!.record)
  assert.equal(records.count, 1)
})

test('of records that come at the same time the newest stays', async () => {
  const { alice, peer } = await serve()
  const many = [3n, 9n, 1n, 7n].map((sequence) => recordOf({ owner: 1, sequence }))
  await Promise.allSettled(many.map((one) => keepRecordAt(alice, peer, one, ALWAYS)))
  const found = await findRecordAt(alice, peer, many[0]!.name, ALWAYS)
  assert.equal(found?.sequence, 9n)
})

test('a forged record is refused at the cost of who brings it', async () => {
  const { alice, peer, wire } = await serve()
  const bob = recordOf({ owner: 1 })
  const last = bob.record.length - 1
  const forged = bob.record.map((byte, at) => (at === last ? byte ^ 1 : byte))
  const asking = keepRecordAt(alice, peer, { ...bob, record: forged }, ALWAYS)
  await assert.rejects(asking, coded('PEER_REFUSED', statusOf('RECORD_SIGNATURE')))
  const misnamed = { ...bob, name: new Uint8Array(32) }
  const naming = keepRecordAt(alice, peer, misnamed, ALWAYS)
  await assert.rejects(naming, coded('PEER_REFUSED', statusOf('RECORD_NAME')))
  assert.deepEqual(wire.penalties, Array(2).fill({ peer: alice.peer, offence: 'forged' }))
})

test('an expired record is not found, and leaves at the next sweep', async () => {
  const { alice, peer, records, clock, keyValue } = await serve()
  const [short, long] = [recordOf({ owner: 1 }), recordOf({ owner: 2, lifeSeconds: 80_000 })]
  for (const one of [short, long]) await keepRecordAt(alice, peer, one, ALWAYS)
  await clock.advance(3_600_000)
  assert.ok(await findRecordAt(alice, peer, short.name, ALWAYS))
  await clock.advance(1000)
  assert.equal(await findRecordAt(alice, peer, short.name, ALWAYS), null)
  assert.equal(await records.sweep(NOW_SECONDS + 3601), 1)
  assert.equal(keyValue.rows().length, 2)
})

test('a peer fills its own share, and the shelf is no less for others', async () => {
  const { alice, eve, peer, records } = await serve({
    records: { peerBytesMax: 3 * 4096, bytesMax: 5 * 4096 },
  })
  for (let owner = 0; owner < 3; owner++) {
    await keepRecordAt(eve, peer, recordOf({ owner }), ALWAYS)
  }
  const more = keepRecordAt(eve, peer, recordOf({ owner: 9 }), ALWAYS)
  await assert.rejects(more, coded('PEER_FULL'))
  // A newer one of its own is no more.
  await keepRecordAt(eve, peer, recordOf({ owner: 2, sequence: 5n }), ALWAYS)
  for (let owner = 10; owner < 12; owner++) {
    await keepRecordAt(alice, peer, recordOf({ owner }), ALWAYS)
  }
  assert.equal(records.count, 5)
})

test('in a full shelf whoever has most makes room, and nobody for somebody with as much', async () => {
  const { alice, peer, records } = await serve({
    records: { peerBytesMax: 4 * 4096, bytesMax: 6 * 4096 },
  })
  const strangers = [1, 2].map((at) => peerIdOf(new Uint8Array(32).fill(at)))
  const keep = (owner: number, by: string) => {
    const { name, record } = recordOf({ owner })
    return records.keep(name, record, by)
  }
  for (let owner = 0; owner < 4; owner++) await keep(owner, strangers[0]!)
  for (let owner = 4; owner < 6; owner++) await keep(owner, strangers[1]!)
  await keepRecordAt(alice, peer, recordOf({ owner: 6 }), ALWAYS)
  assert.equal(await records.find(recordOf({ owner: 0 }).name), null)
  assert.ok(await records.find(recordOf({ owner: 5 }).name))
  await keepRecordAt(alice, peer, recordOf({ owner: 7 }), ALWAYS)
  const third = keepRecordAt(alice, peer, recordOf({ owner: 8 }), ALWAYS)
  await assert.rejects(third, coded('PEER_FULL'))
  assert.equal(records.count, 6)
})

test('what was kept is there after a restart, and counts', async () => {
  const { alice, peer, keyValue, clock } = await serve()
  const bob = recordOf({ owner: 1, size: 16_384 })
  await keepRecordAt(alice, peer, bob, ALWAYS)
  const terms = { networkId: FREE.id, peerBytesMax: 16_384 }
  const again = await RecordShelf.open({ keyValue, clock, crypto, ...terms })
  assert.deepEqual(await again.find(bob.name), bob.record)
  const { name, record } = recordOf({ owner: 2 })
  await assert.rejects(again.keep(name, record, alice.peer), coded('PEER_FULL'))
})

test('a record that the disk has changed is not handed out', async () => {
  const { alice, peer, keyValue } = await serve()
  const bob = recordOf({ owner: 1 })
  await keepRecordAt(alice, peer, bob, ALWAYS)
  const [key, value] = keyValue.rows().find(([, bytes]) => bytes.length > 4000)!
  keyValue.apply([{ key, value: value.map((byte, at) => (at === 2000 ? byte ^ 4 : byte)) }])
  assert.equal(await findRecordAt(alice, peer, bob.name, ALWAYS), null)
  // And another copy takes its place.
  await keepRecordAt(alice, peer, bob, ALWAYS)
  assert.ok(await findRecordAt(alice, peer, bob.name, ALWAYS))
})

test('the asker believes no record that does not hold', async () => {
  const { alice, peer, network } = await serve()
  const [bob, eve] = [recordOf({ owner: 1 }), recordOf({ owner: 2 })]
  const last = bob.record.length - 1
  const forged = bob.record.map((byte, at) => (at === last ? byte ^ 1 : byte))
  for (const record of [eve.record, forged]) {
    network.intercept = () => Promise.resolve(encodeFoundRecord(record))
    await assert.rejects(findRecordAt(alice, peer, bob.name, ALWAYS), coded('PEER_INVALID'))
  }
  assert.deepEqual(alice.wire.penalties, Array(2).fill({ peer, offence: 'forged' }))
})
