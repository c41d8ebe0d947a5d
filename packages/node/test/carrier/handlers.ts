// A carrier with every handler, and two who ask it, on a wire in memory.

import { Blobs } from '@ezchat/node/carrier/blob.ts'
import { BlobOffers } from '@ezchat/node/carrier/blob-offers.ts'
import { BlobShelf, type BlobShelfInit } from '@ezchat/node/carrier/blob-shelf.ts'
import { Drops, dropHandler, dropsHandler } from '@ezchat/node/carrier/drop.ts'
import { fetchHandler } from '@ezchat/node/carrier/fetch.ts'
import { Intake } from '@ezchat/node/carrier/intake.ts'
import { loadHandler } from '@ezchat/node/carrier/load.ts'
import { pushHandler } from '@ezchat/node/carrier/push.ts'
import { findRecordHandler, keepRecordHandler } from '@ezchat/node/carrier/record.ts'
import { RecordShelf, type RecordShelfInit } from '@ezchat/node/carrier/record-shelf.ts'
import { Watches } from '@ezchat/node/carrier/watch.ts'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import type { EzchatError } from '@ezchat/node/errors.ts'
import type { EnvelopeStore, StoreInit } from '@ezchat/node/store/envelope-store.ts'
import { MemoryKeyValue, openMemoryStore } from '@ezchat/node/store/memory-store.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import { envelopeOf, FREE, NOW_SECONDS } from '../../../../test/compliance/envelope-store.ts'
import { FakeNetwork, type FakeWire, fakePeer } from '../fake-wire.ts'
import { ManualClock } from '../manual-clock.ts'

export { envelopeOf, FREE, NOW_SECONDS }

export const crypto: Crypto = nativeCrypto()
export const ALWAYS = { signal: new AbortController().signal }
/** Shards that the carrier carries. */
export const CARRIED = [3, 4]

export interface Accepted {
  readonly envelope: Envelope
  readonly from: PeerId | null
}

export interface Asker {
  readonly wire: FakeWire
  readonly clock: ManualClock
  readonly crypto: Crypto
  readonly network: typeof FREE
  readonly peer: PeerId
}

export interface Served {
  readonly clock: ManualClock
  readonly network: FakeNetwork
  readonly wire: FakeWire
  readonly peer: PeerId
  readonly store: EnvelopeStore
  readonly intake: Intake
  readonly drops: Drops
  readonly watches: Watches
  readonly records: RecordShelf
  readonly blobs: BlobShelf
  readonly keyValue: MemoryKeyValue
  readonly accepted: Accepted[]
  readonly alice: Asker
  readonly eve: Asker
}

export interface ServedTerms {
  readonly store?: Partial<StoreInit>
  readonly records?: Partial<RecordShelfInit>
  readonly blobs?: Partial<BlobShelfInit>
}

function asker(network: FakeNetwork, clock: ManualClock, number: number): Asker {
  const { peer } = fakePeer(crypto, number)
  return { wire: network.add(peer), clock, crypto, network: FREE, peer }
}

export async function serve(terms: ServedTerms = {}): Promise<Served> {
  const clock = new ManualClock(NOW_SECONDS * 1000)
  const network = new FakeNetwork()
  const { peer, seed } = fakePeer(crypto, 1)
  const wire = network.add(peer)
  const alice = asker(network, clock, 2)
  const eve = asker(network, clock, 3)
  const quotaBytes = 2 ** 30
  const init = { crypto, network: FREE, quotaBytes, isOwn: () => false, ...terms.store }
  const store = await openMemoryStore(init)
  const keyValue = new MemoryKeyValue()
  const shelf = { keyValue, clock, crypto }
  const records = await RecordShelf.open({ ...shelf, networkId: FREE.id, ...terms.records })
  const blobs = await BlobShelf.open({ ...shelf, ...terms.blobs })
  const accepted: Accepted[] = []
  const components = { wire, clock, crypto, network: FREE, store }
  const intake = new Intake({
    ...components,
    peerSeed: seed,
    isCarried: (shard) => CARRIED.includes(shard),
    onAccepted: (envelope, from) => accepted.push({ envelope, from }),
  })
  const drops = new Drops({ ...components, onAccepted: () => undefined })
  wire.handle('push', pushHandler({ wire, intake }))
  wire.handle('load', loadHandler(components))
  wire.handle('fetch', fetchHandler(components))
  wire.handle('drop', dropHandler({ drops }))
  wire.handle('drops', dropsHandler(components))
  wire.handle('findRecord', findRecordHandler({ wire, shelf: records }))
  wire.handle('keepRecord', keepRecordHandler({ wire, shelf: records }))
  const watches = new Watches(components)
  new Blobs({ wire, clock, crypto, shelf: blobs, offers: new BlobOffers({ wire, clock }) })
  network.link(alice.peer, peer)
  network.link(eve.peer, peer)
  const parts = { clock, network, wire, peer, store, intake, drops, watches, records, blobs }
  return { ...parts, keyValue, accepted, alice, eve }
}

/** For assert.rejects: the code of what was thrown, and the status that came with it. */
export function coded(code: string, status?: number): (error: EzchatError) => boolean {
  return (error) => {
    if (error.code === code && (status === undefined || error.status === status)) return true
    throw new Error(`expected ${code} ${status ?? ''}, got ${error.stack}`)
  }
}

export function several(
  count: number,
  change: { from?: number; shard?: number; mailbox?: Uint8Array } = {},
) {
  const { from = 0, ...rest } = change
  return Array.from({ length: count }, (_, at) => envelopeOf({ number: from + at, ...rest }))
}
