import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { peerIdOf, peerKeyOf } from '../../src/net/peer-id.ts'
import { PROFILES } from '../../src/net/profiles.ts'
import { connected, crypto, isUp, LOOPBACK, openNode, soon } from './nodes.ts'

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

test('two bootstrap nodes form a network with nothing else running', async (t) => {
  const profile = PROFILES.bootstrap
  const first = await openNode(t, { profile })
  const second = await openNode(t, { profile, bootstraps: [first.addresses()[0]!] })
  await isUp(first, second.self)
  assert.deepEqual(second.peers(), [{ peer: first.self, isDialled: true }])
})

test('a node of every profile opens and closes', async (t) => {
  for (const profile of Object.values(PROFILES)) {
    const wire = await openNode(t, { profile })
    assert.equal(wire.addresses().length, 1)
    await wire.close()
    await assert.rejects(wire.connect(`${LOOPBACK}/p2p/${wire.self}`, soon()), {
      code: 'PEER_UNREACHABLE',
    })
  }
})

test('a public node does not look around in the network that it stands in', async (t) => {
  const home = await openNode(t)
  const bootstrap = await openNode(t, { profile: PROFILES.bootstrap })
  bootstrap.learn(home.self, home.addresses())
  await assert.rejects(bootstrap.connect(home.self, soon()), { code: 'PEER_UNREACHABLE' })
})

test('the peer key is the node’s name, so that receipts and connections name one peer', async (t) => {
  const wire = await openNode(t, { seed: 77 })
  const publicKey = crypto.ed25519Public(Secret.adopt(new Uint8Array(32).fill(77)))
  assert.equal(wire.self, peerIdOf(publicKey))
  assert.deepEqual(peerKeyOf(wire.self), publicKey)
})

test('what is no peer, or this node itself, cannot be reached', async (t) => {
  const wire = await openNode(t)
  const targets = ['', 'nobody', '/', '/ip4/127.0.0.1', '/nothing/1', wire.self, 'Qm'.repeat(30)]
  for (const target of targets) {
    await assert.rejects(wire.connect(target, soon()), { code: 'PEER_UNREACHABLE' }, target)
  }
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  await assert.rejects(wire.connect(wire.self, stop), /enough/)
})
