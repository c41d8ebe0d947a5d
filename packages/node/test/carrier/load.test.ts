import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadFrom } from '@ezchat/node/carrier/load.ts'
import { compareBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { SHORT_ID_BYTES } from '@ezchat/protocol/constants.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { shortIdOf } from '@ezchat/protocol/envelope/id.ts'
import { encodeLoaded } from '@ezchat/protocol/request/load.ts'
import { ALWAYS, coded, crypto, envelopeOf, NOW_SECONDS, serve, several } from './handlers.ts'

const idsOf = (envelopes: readonly Envelope[]) =>
  envelopes.map(({ id }) => shortIdOf(id)).sort(compareBytes)
const unknown = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    crypto.sha256(Uint8Array.of(at >> 8, at)).subarray(0, SHORT_ID_BYTES),
  )

test('asked on with the rest, everything that is held comes, each once', async () => {
  const { alice, peer, store } = await serve()
  const held = [
    ...several(200),
    ...Array.from({ length: 5 }, (_, at) => envelopeOf({ number: 500 + at, bytes: 65_536 })),
  ]
  for (const one of held) await store.put(one)
  let left = [...idsOf(held), ...unknown(300)].sort(compareBytes)
  const came: string[] = []
  while (left.length > 0) {
    const loaded = await loadFrom(alice, peer, { shard: 3, shortIds: left }, ALWAYS)
    came.push(...loaded.envelopes.map((bytes) => toHex(bytes)))
    left = left.slice(loaded.takenCount)
  }
  assert.deepEqual(came.sort(), held.map(({ bytes }) => toHex(bytes)).sort())
})

test('an id that is held in another shard, or has expired, is not held', async () => {
  const { alice, peer, store, clock } = await serve()
  const elsewhere = envelopeOf({ number: 1, shard: 4 })
  const old = envelopeOf({ number: 2, timestampSeconds: NOW_SECONDS - 29 * 86_400 })
  for (const one of [elsewhere, old]) await store.put(one)
  await clock.advance(2 * 86_400_000)
  const shortIds = idsOf([elsewhere, old])
  const loaded = await loadFrom(alice, peer, { shard: 3, shortIds }, ALWAYS)
  assert.deepEqual(loaded, { takenCount: 2, envelopes: [] })
})

test('1,024 ids that nobody holds are one answer', async () => {
  const { alice, peer } = await serve()
  const shortIds = unknown(1024).sort(compareBytes)
  const loaded = await loadFrom(alice, peer, { shard: 3, shortIds }, ALWAYS)
  assert.deepEqual(loaded, { takenCount: 1024, envelopes: [] })
})

test('the asker believes nobody who dealt with more ids than it was asked for', async () => {
  const { alice, peer, network } = await serve()
  network.intercept = () => Promise.resolve(encodeLoaded({ takenCount: 2, envelopes: [] }))
  const asking = loadFrom(alice, peer, { shard: 3, shortIds: unknown(1) }, ALWAYS)
  await assert.rejects(asking, coded('PEER_INVALID'))
  assert.deepEqual(alice.wire.penalties, [{ peer, offence: 'malformed' }])
})
