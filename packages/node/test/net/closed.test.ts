import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLOB_PIECE_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import { createNetworkKey, networkKeyCheck } from '@ezchat/protocol/network/access.ts'
import { connected, crypto, LOOPBACK, networkNamed, openNode, soon } from './nodes.ts'

const key = createNetworkKey(crypto)
const network = networkNamed('closed', networkKeyCheck(crypto, key))
const REQUEST = new Uint8Array(8)

test('20 MiB go through a closed network unharmed', async (t) => {
  const terms = { network, networkKey: key }
  const [alice, bob] = [await openNode(t, terms), await openNode(t, terms)]
  const piece = crypto.randomBytes(BLOB_PIECE_BYTES_MAX)
  bob.handle('getBlob', async () => piece)
  await connected(alice, bob)
  const count = Math.ceil((20 * 1024 * 1024) / piece.length)
  for (let at = 0; at < count; at += 4) {
    const pieces = [1, 2, 3, 4].map(() => alice.request(bob.self, 'getBlob', REQUEST, soon()))
    for (const received of await Promise.all(pieces)) {
      assert.ok(Buffer.from(received).equals(piece))
    }
  }
})

test('an outsider with the descriptor and without the key gets nowhere', async (t) => {
  const bob = await openNode(t, { network, networkKey: key })
  bob.handle('getBlob', async () => new Uint8Array(1))
  // It knows the network's names, and has the key of another.
  const other = createNetworkKey(crypto)
  const outside = networkNamed('closed', networkKeyCheck(crypto, other))
  const mallory = await openNode(t, { network: outside, networkKey: other })
  const open = await openNode(t)
  const signal = AbortSignal.timeout(1000)
  for (const stranger of [mallory, open]) {
    await assert.rejects(stranger.connect(bob.addresses()[0]!, { signal }))
  }
  assert.deepEqual(bob.peers(), [])
  assert.equal(bob.usage().connectionCount, 0)
})

test('nodes of two networks are strangers, whoever dials', async (t) => {
  const [here, there] = [await openNode(t), await openNode(t, { network: networkNamed('there') })]
  here.handle('getBlob', async () => assert.fail('it was asked'))
  there.handle('getBlob', async () => assert.fail('it was asked'))
  for (const [from, to] of [
    [here, there],
    [there, here],
  ] as const) {
    const signal = AbortSignal.timeout(500)
    await assert.rejects(from.connect(to.addresses()[0]!, { signal }))
    await assert.rejects(from.request(to.self, 'getBlob', REQUEST, { signal }))
  }
  assert.deepEqual([here.peers(), there.peers()], [[], []])
})

test('a WebSocket is as good as TCP', async (t) => {
  const listen = [LOOPBACK, `${LOOPBACK}/ws`]
  const [alice, bob] = [await openNode(t), await openNode(t, { listen })]
  bob.handle('getBlob', async () => Uint8Array.of(1, 2, 3))
  const address = bob.addresses().find((text) => text.includes('/ws'))
  assert.ok(address !== undefined)
  await alice.connect(address, soon())
  const answer = await alice.request(bob.self, 'getBlob', REQUEST, soon())
  assert.deepEqual(answer, Uint8Array.of(1, 2, 3))
})
