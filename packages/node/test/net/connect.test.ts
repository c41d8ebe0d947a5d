import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { connected, openNode, soon } from './nodes.ts'

test('two nodes connect and ask each other over one connection', async (t) => {
  const [alice, bob] = [await openNode(t), await openNode(t)]
  alice.handle('getBlob', async (peer) => utf8(`alice to ${peer}`))
  bob.handle('getBlob', async (peer) => utf8(`bob to ${peer}`))
  await connected(alice, bob)
  const request = new Uint8Array(8)
  assert.deepEqual(
    await alice.request(bob.self, 'getBlob', request, soon()),
    utf8(`bob to ${alice.self}`),
  )
  assert.deepEqual(
    await bob.request(alice.self, 'getBlob', request, soon()),
    utf8(`alice to ${bob.self}`),
  )
  assert.deepEqual(alice.peers(), [{ peer: bob.self, isDialled: true }])
  assert.deepEqual(bob.peers(), [{ peer: alice.self, isDialled: false }])
  assert.equal(bob.usage().connectionCount, 1)
})
