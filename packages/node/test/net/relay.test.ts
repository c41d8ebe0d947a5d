import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLOB_PIECE_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import { PROFILES } from '../../src/net/profiles.ts'
import { connected, crypto, networkNamed, openNode, soon } from './nodes.ts'

const RELAY = { ...PROFILES.test, isRelay: true }
const REQUEST = new Uint8Array(8)

test('a peer that listens nowhere is reached through a relay, for more than 128 KiB', async (t) => {
  const relay = await openNode(t, { profile: RELAY })
  const hidden = await openNode(t, { listen: [`${relay.addresses()[0]}/p2p-circuit`] })
  const alice = await openNode(t)
  assert.ok(hidden.addresses().every((text) => text.includes('/p2p-circuit')))
  const piece = crypto.randomBytes(BLOB_PIECE_BYTES_MAX)
  hidden.handle('getBlob', async () => piece)
  alice.learn(hidden.self, hidden.addresses())
  const count = Math.ceil((1024 * 1024) / piece.length)
  for (let at = 0; at < count; at++) {
    const received = await alice.request(hidden.self, 'getBlob', REQUEST, soon())
    assert.ok(Buffer.from(received).equals(piece))
  }
  // Back on the same circuit.
  alice.handle('getBlob', async () => Uint8Array.of(1))
  const answer = await hidden.request(alice.self, 'getBlob', REQUEST, soon())
  assert.deepEqual(answer, Uint8Array.of(1))
})

test('a relay keeps no place for who is of another network', async (t) => {
  const relay = await openNode(t, { profile: RELAY })
  const other = networkNamed('there')
  const stranger = openNode(t, {
    network: other,
    listen: [`${relay.addresses()[0]}/p2p-circuit`],
  })
  // Listening nowhere else, it does not even start, or starts without an address.
  const addresses = await stranger.then(
    (wire) => wire.addresses(),
    () => [],
  )
  assert.deepEqual(addresses, [])
  assert.deepEqual(relay.peers(), [])
})

test('whoever comes directly is there directly', async (t) => {
  const [alice, bob] = [await openNode(t, { profile: RELAY }), await openNode(t)]
  await connected(bob, alice)
  assert.deepEqual(alice.peers(), [{ peer: bob.self, isDialled: false }])
})
