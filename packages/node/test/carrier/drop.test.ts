import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropAt, dropsFrom } from '@ezchat/node/carrier/drop.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { statusOf } from '@ezchat/protocol/errors.ts'
import { encodeDropsPage } from '@ezchat/protocol/request/drops.ts'
import { ownerOf } from '../../../../test/compliance/envelope-store/drops.ts'
import { ALWAYS, coded, crypto, envelopeOf, NOW_SECONDS, serve } from './handlers.ts'

const bob = ownerOf(0xb0)

test('a drop removes what it covers, and is handed on', async () => {
  const { alice, peer, store } = await serve()
  const envelope = envelopeOf({ number: 1, mailbox: bob.mailbox })
  await store.put(envelope)
  const drop = bob.drop({ kind: 'ids', madeAt: NOW_SECONDS, ids: [envelope.id] })
  await dropAt(alice.wire, peer, drop.bytes, ALWAYS)
  assert.equal(await store.has(envelope.id), false)
  const page = await dropsFrom(alice.wire, peer, null, ALWAYS)
  assert.deepEqual(page, { drops: [drop.bytes], position: null })
  // A second time it is no news, and no error.
  await dropAt(alice.wire, peer, drop.bytes, ALWAYS)
})

test('a forged drop drops nothing, and costs its sender', async () => {
  const { alice, peer, store, wire } = await serve()
  const envelope = envelopeOf({ number: 1, mailbox: bob.mailbox })
  await store.put(envelope)
  const { bytes } = bob.drop({ kind: 'ids', madeAt: NOW_SECONDS, ids: [envelope.id] })
  const forged = bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
  const asking = dropAt(alice.wire, peer, forged, ALWAYS)
  await assert.rejects(asking, coded('PEER_REFUSED', statusOf('DROP_SIGNATURE')))
  assert.equal(await store.has(envelope.id), true)
  assert.deepEqual(wire.penalties, [{ peer: alice.peer, offence: 'forged' }])
})

test('a drop of another mailbox leaves an envelope where it is', async () => {
  const { alice, peer, store } = await serve()
  const envelope = envelopeOf({ number: 1 })
  await store.put(envelope)
  const { bytes } = bob.drop({ kind: 'ids', madeAt: NOW_SECONDS, ids: [envelope.id] })
  await dropAt(alice.wire, peer, bytes, ALWAYS)
  assert.equal(await store.has(envelope.id), true)
})

test('a drop from the future is refused, and nobody is at fault', async () => {
  const { alice, peer, wire, clock } = await serve()
  const { bytes } = bob.drop({ kind: 'before', before: NOW_SECONDS })
  clock.jump(-2 * 86_400_000)
  const asking = dropAt(alice.wire, peer, bytes, ALWAYS)
  await assert.rejects(asking, coded('PEER_REFUSED', statusOf('DROP_FUTURE')))
  assert.deepEqual(wire.penalties, [])
})

test('all drops come page by page, long and short ones', async () => {
  const { alice, peer, drops } = await serve()
  const expected: string[] = []
  for (let at = 0; at < 60; at++) {
    const count = at % 3 === 0 ? 256 : 1
    const ids = Array.from({ length: count }, (_, number) =>
      crypto.sha256(Uint8Array.of(at, number >> 8, number)),
    )
    const { bytes } = bob.drop({ kind: 'ids', madeAt: NOW_SECONDS - at * 600, ids })
    assert.equal(await drops.take(bytes, null), 'new')
    expected.push(toHex(bytes))
  }
  const came: string[] = []
  let position: Uint8Array | null = null
  let pageCount = 0
  do {
    const page = await dropsFrom(alice.wire, peer, position, ALWAYS)
    came.push(...page.drops.map(toHex))
    position = page.position
    pageCount++
  } while (position !== null)
  assert.deepEqual(came.sort(), expected.sort())
  assert.ok(pageCount >= 3 && pageCount <= 5, `${pageCount} pages`)
})

test('a position that is made up gives a page, and no error', async () => {
  const { alice, peer, drops } = await serve()
  await drops.take(bob.drop({ kind: 'before', before: NOW_SECONDS }).bytes, null)
  for (const byte of [0, 1, 7, 0x7f, 0xff]) {
    const page = await dropsFrom(alice.wire, peer, new Uint8Array(96).fill(byte), ALWAYS)
    assert.ok(page.drops.length <= 1)
  }
})

test('drops from a peer are taken until one is false', async () => {
  const { alice, drops, wire, store } = await serve()
  const list = [1, 2, 3].map((at) => bob.drop({ kind: 'before', before: at * 600 + 1_799_000_000 }))
  const forged = list[1]!.bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte))
  const bytes = [list[0]!.bytes, forged, list[2]!.bytes]
  await assert.rejects(drops.takeAll(bytes, alice.peer), coded('PEER_INVALID'))
  assert.equal(store.usage.dropCount, 1)
  assert.equal(wire.penalties.length, 1)
  assert.equal(await drops.takeAll([list[0]!.bytes, list[2]!.bytes], alice.peer), 1)
})

test('the asker reads no page that is none', async () => {
  const { alice, peer, network } = await serve()
  const page = encodeDropsPage({ drops: [Uint8Array.of(1)], position: null })
  network.intercept = () => Promise.resolve(page.slice(0, -1))
  await assert.rejects(dropsFrom(alice.wire, peer, null, ALWAYS), coded('PEER_INVALID'))
  assert.deepEqual(alice.wire.penalties, [{ peer, offence: 'malformed' }])
})
