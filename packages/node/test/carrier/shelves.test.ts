// Records and blobs as a whole carrier keeps them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BlobOffers } from '@ezchat/node/carrier/blob-offers.ts'
import { findRecordAt, keepRecordAt } from '@ezchat/node/carrier/record.ts'
import { Shelves } from '@ezchat/node/carrier/shelves.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { FakeNetwork, fakePeer } from '../fake-wire.ts'
import { ManualClock } from '../manual-clock.ts'
import { ALWAYS, coded, crypto, FREE, NOW_SECONDS } from './handlers.ts'
import { CarrierNetwork } from './network.ts'
import { recordOf } from './records.ts'

test('a carrier keeps records for others, over a restart, and removes them when they expire', async () => {
  const network = new CarrierNetwork()
  const [holder, alice] = await network.several(2)
  network.link(alice!, holder!)
  const networkId = network.network.id
  const short = recordOf({ owner: 1, networkId })
  const long = recordOf({ owner: 2, networkId, lifeSeconds: 80_000 })
  const asking = {
    ...{ wire: alice!.wire, clock: network.clock, crypto, network: network.network },
  }
  for (const one of [short, long]) await keepRecordAt(asking, holder!.peer, one, ALWAYS)
  await network.clock.advance(2 * 3_600_000)
  assert.equal(holder!.carrier.shelves.records.count, 1)
  await holder!.carrier.close()
  const again = await network.add({}, holder!)
  network.link(alice!, again)
  const found = await findRecordAt(asking, again.peer, long.name, ALWAYS)
  assert.deepEqual(found?.bytes, long.record)
  assert.deepEqual(holder!.errors, [])
})

test('without a place for blobs a carrier keeps none, and serves its own', async () => {
  const clock = new ManualClock(NOW_SECONDS * 1000)
  const network = new FakeNetwork()
  const [alice, holder] = [1, 2].map((number) => network.add(fakePeer(crypto, number).peer))
  const open = (wire: typeof alice, blobs: MemoryKeyValue | null) => {
    const keyValue = new MemoryKeyValue()
    return Shelves.open({ wire: wire!, clock, crypto, network: FREE, keyValue, blobs })
  }
  const bytes = new Uint8Array(100_000).fill(7)
  const source = {
    ...{ id: crypto.sha256(bytes), bytesLength: bytes.length, keepSeconds: 60 },
    read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
  }
  const alices = await open(alice, null)
  const holders = await open(holder, new MemoryKeyValue())
  await alices.offers.offerAt(holder!.self, source, ALWAYS)
  assert.equal(holders.blobShelf?.held(source.id)?.bytesLength, 100_000)
  const refused = new BlobOffers({ wire: holder!, clock }).offerAt(alice!.self, source, ALWAYS)
  await assert.rejects(refused, coded('PEER_FULL'))
  assert.equal(await holders.sweep(NOW_SECONDS + 61), 1)
  await Promise.all([alices.close(), holders.close()])
})
