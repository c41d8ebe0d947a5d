import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Blobs } from '@ezchat/node/carrier/blob.ts'
import { findBlobAt, getBlobFrom } from '@ezchat/node/carrier/blob-asking.ts'
import { BlobOffers, type BlobSource } from '@ezchat/node/carrier/blob-offers.ts'
import { BlobShelf } from '@ezchat/node/carrier/blob-shelf.ts'
import { statusOf } from '@ezchat/protocol/errors.ts'
import {
  encodeBlobPiece,
  encodeBlobVerdict,
  encodeGetBlob,
  encodeOfferBlob,
} from '@ezchat/protocol/request/blob.ts'
import { settled } from '../manual-clock.ts'
import { ALWAYS, type Asker, coded, crypto, NOW_SECONDS, type Served, serve } from './handlers.ts'

function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8) * 13 + seed) & 0xff)
}

function sourceOf(bytes: Uint8Array, keepSeconds = 3600): BlobSource {
  return {
    ...{ id: crypto.sha256(bytes), bytesLength: bytes.length, keepSeconds },
    read: async (offset, length) => bytes.slice(offset, offset + length),
  }
}

/** An author: serves what it offers, and keeps nothing for others. */
function authorOf(asker: Asker): BlobOffers {
  const offers = new BlobOffers(asker)
  new Blobs({ ...asker, shelf: null, offers })
  return offers
}

async function offer({ alice, peer }: Served, bytes: Uint8Array, keepSeconds?: number) {
  const source = sourceOf(bytes, keepSeconds)
  await authorOf(alice).offerAt(peer, source, ALWAYS)
  return source
}

for (const length of [1, 65_535, 65_536, 65_537, 200_000, 1_048_576]) {
  test(`${length} bytes are pulled, kept, found, and got by others`, async () => {
    const served = await serve()
    const { eve, peer } = served
    const bytes = bytesOf(length)
    const source = await offer(served, bytes)
    assert.equal(await findBlobAt(eve, peer, source.id, ALWAYS), length)
    assert.deepEqual(await getBlobFrom(eve, peer, source, ALWAYS), bytes)
  })
}

test('any piece can be had, from any offset to the end', async () => {
  const served = await serve()
  const { eve, peer } = served
  const bytes = bytesOf(150_000)
  const { id } = await offer(served, bytes)
  for (const offset of [0, 1, 65_535, 65_536, 100_000, 149_999]) {
    const body = encodeGetBlob({ id, offset })
    const piece = await eve.wire.request(peer, 'getBlob', body, ALWAYS)
    assert.deepEqual(piece, bytes.slice(offset, offset + 65_536))
  }
  const beyond = encodeGetBlob({ id, offset: 150_000 })
  assert.equal((await eve.wire.request(peer, 'getBlob', beyond, ALWAYS)).length, 0)
})

test('what is held is not pulled again, and stays for as long as was last asked for', async () => {
  const served = await serve()
  const { eve, peer, blobs, network } = served
  const bytes = bytesOf(5000)
  const { id } = await offer(served, bytes)
  let pulls = 0
  network.intercept = (_from, to, method) => {
    if (method === 'getBlob' && to !== peer) pulls++
    return null
  }
  await authorOf(eve).offerAt(peer, sourceOf(bytes, 9000), ALWAYS)
  await authorOf(eve).offerAt(peer, sourceOf(bytes, 60), ALWAYS)
  assert.equal(pulls, 0)
  assert.equal(blobs.held(id)?.expiresSeconds, NOW_SECONDS + 9000)
})

test('an author serves only whom it has offered to, and only meanwhile', async () => {
  const { alice, eve, peer, network, wire } = await serve()
  const offers = authorOf(alice)
  const source = sourceOf(bytesOf(100))
  const body = encodeGetBlob({ id: source.id, offset: 0 })
  network.link(eve.peer, alice.peer)
  let whileOffered = 99
  network.intercept = (from, _to, method, sent) => {
    if (method !== 'offerBlob') return null
    const asking = eve.wire.request(alice.peer, 'getBlob', body, ALWAYS)
    return asking.then((piece) => {
      whileOffered = piece.length
      return wire.answer(from, method, sent)
    })
  }
  await offers.offerAt(peer, source, ALWAYS)
  assert.equal(whileOffered, 0)
  assert.equal((await wire.request(alice.peer, 'getBlob', body, ALWAYS)).length, 0)
})

test('a false piece is not kept, and costs the author', async () => {
  const pieces = [
    encodeBlobPiece(bytesOf(5000, 2)),
    encodeBlobPiece(bytesOf(4999)),
    encodeBlobPiece(bytesOf(5001)),
    encodeBlobPiece(null),
    new Uint8Array(65_537),
  ]
  for (const piece of pieces) {
    const { alice, peer, network, wire, blobs } = await serve()
    const source = sourceOf(bytesOf(5000))
    network.intercept = (_from, _to, method) =>
      method === 'getBlob' ? Promise.resolve(piece) : null
    await alice.wire.request(peer, 'offerBlob', encodeOfferBlob(source), ALWAYS)
    assert.equal(await findBlobAt(alice, peer, source.id, ALWAYS), null)
    assert.equal(blobs.held(source.id), null)
    // What is too long for the channel never gets here.
    if (piece.length <= 65_536) assert.equal(wire.penalties[0]?.peer, alice.peer)
  }
})

test('an author is told when what it offered was not kept', async () => {
  const { alice, peer, network } = await serve()
  network.intercept = (from, _to, method) =>
    method === 'getBlob' && from === peer ? Promise.resolve(bytesOf(100, 9)) : null
  const offering = authorOf(alice).offerAt(peer, sourceOf(bytesOf(100)), ALWAYS)
  const refused = assert.rejects(offering, coded('PEER_TIMEOUT'))
  await alice.clock.advance(120_000)
  await refused
})

test('pulls are few at once for a peer and in all, and the next one is refused as busy', async () => {
  const { alice, eve, peer, network, clock } = await serve()
  network.intercept = (_from, _to, method) =>
    method === 'getBlob' ? new Promise(() => undefined) : null
  const ask = (asker: Asker, seed: number) => {
    const body = encodeOfferBlob(sourceOf(bytesOf(1_000_000, seed)))
    return asker.wire.request(peer, 'offerBlob', body, ALWAYS)
  }
  for (let seed = 1; seed <= 4; seed++) assert.equal((await ask(eve, seed))[0], 1)
  await assert.rejects(ask(eve, 5), coded('PEER_BUSY'))
  await assert.rejects(ask(alice, 4), coded('PEER_BUSY'))
  assert.equal((await ask(alice, 5))[0], 1)
  // One who never sends is given up, and there is room again.
  await clock.advance(10_000)
  await settled()
  assert.equal((await ask(eve, 6))[0], 1)
})

test('a peer fills its own share, and the shelf is no less for others', async () => {
  const served = await serve({ blobs: { peerBytesMax: 40_000, bytesMax: 70_000 } })
  const { alice, eve, peer } = served
  const author = authorOf(eve)
  await author.offerAt(peer, sourceOf(bytesOf(20_000, 1)), ALWAYS)
  await author.offerAt(peer, sourceOf(bytesOf(20_000, 2)), ALWAYS)
  const third = author.offerAt(peer, sourceOf(bytesOf(1, 3)), ALWAYS)
  await assert.rejects(third, coded('PEER_FULL'))
  await authorOf(alice).offerAt(peer, sourceOf(bytesOf(30_000, 4)), ALWAYS)
})

test('a small blob counts for its place', async () => {
  const served = await serve()
  await offer(served, bytesOf(1))
  assert.equal(served.blobs.bytesCharged, 16_384)
})

test('what has expired is not found, and leaves at the next sweep', async () => {
  const served = await serve()
  const { alice, peer, blobs, clock, keyValue } = served
  const { id } = await offer(served, bytesOf(100_000), 60)
  await clock.advance(61_000)
  assert.equal(await findBlobAt(alice, peer, id, ALWAYS), null)
  assert.equal(await blobs.sweep(NOW_SECONDS + 61), 1)
  assert.equal(keyValue.rows().length, 0)
})

test('nobody keeps a blob for longer than a carrier does', async () => {
  const served = await serve()
  const { id } = await offer(served, bytesOf(10), 0xffff_ffff)
  assert.equal(served.blobs.held(id)?.expiresSeconds, NOW_SECONDS + 31_536_000)
})

test('what was kept is there after a restart', async () => {
  const served = await serve()
  const { keyValue, clock } = served
  const bytes = bytesOf(100_000)
  const { id } = await offer(served, bytes)
  const again = await BlobShelf.open({ keyValue, clock, crypto })
  assert.equal(again.held(id)?.bytesLength, 100_000)
  assert.deepEqual(await again.piece(id, 65_536), bytes.slice(65_536))
})

test('a piece that the disk has changed is not handed out, and the blob is pulled anew', async () => {
  const served = await serve()
  const { eve, peer, keyValue, blobs } = served
  const bytes = bytesOf(5000)
  const source = await offer(served, bytes)
  const [key, value] = keyValue.rows().find(([, row]) => row.length > 4000)!
  keyValue.apply([{ key, value: value.map((byte, at) => (at === 100 ? byte ^ 1 : byte)) }])
  await assert.rejects(getBlobFrom(eve, peer, source, ALWAYS), coded('PEER_INVALID'))
  assert.equal(blobs.held(source.id), null)
  await offer(served, bytes)
  assert.deepEqual(await getBlobFrom(eve, peer, source, ALWAYS), bytes)
})

test('a blob whose length is another than before is refused', async () => {
  const served = await serve()
  const { eve, peer } = served
  const { id } = await offer(served, bytesOf(100))
  const body = encodeOfferBlob({ id, bytesLength: 101, keepSeconds: 1 })
  const refused = coded('PEER_REFUSED', statusOf('REQUEST_STATE'))
  await assert.rejects(eve.wire.request(peer, 'offerBlob', body, ALWAYS), refused)
})

test('whoever keeps nothing for others says that it is full', async () => {
  const { alice, peer, wire } = await serve()
  authorOf(alice)
  const body = encodeOfferBlob(sourceOf(bytesOf(10)))
  await assert.rejects(wire.request(alice.peer, 'offerBlob', body, ALWAYS), coded('PEER_FULL'))
  assert.equal(peer, wire.self)
})

test('an offer that the carrier has already ends at once', async () => {
  const { alice, peer, network } = await serve()
  network.intercept = () => Promise.resolve(encodeBlobVerdict('held'))
  await authorOf(alice).offerAt(peer, sourceOf(bytesOf(10)), ALWAYS)
})

test('a head that the disk has changed is removed when the shelf is opened, with all pieces', async () => {
  const served = await serve()
  const { keyValue, clock } = served
  await offer(served, bytesOf(200_000))
  await offer(served, bytesOf(1000, 3))
  assert.equal(keyValue.rows().length, 2 + 4 + 1)
  const heads = keyValue.rows().filter(([, value]) => value.length < 100)
  const [key, value] = heads[0]!
  keyValue.apply([{ key, value: value.map((byte, at) => (at === 3 ? byte ^ 1 : byte)) }])
  const again = await BlobShelf.open({ keyValue, clock, crypto })
  assert.equal(again.bytesCharged < 200_000 + 16_384, true)
  const left = keyValue.rows().length
  assert.ok(left === 2 || left === 5, `${left} rows are left`)
})

test('a disk that cannot be read fails the request, and nobody is at fault', async () => {
  const served = await serve()
  const { eve, peer, keyValue, wire } = served
  const source = await offer(served, bytesOf(1000))
  await keyValue.close()
  await assert.rejects(getBlobFrom(eve, peer, source, ALWAYS), coded('PEER_FAILED'))
  assert.deepEqual([...eve.wire.penalties, ...wire.penalties], [])
})
