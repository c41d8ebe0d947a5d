import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseBootstraps } from '../../src/net/bootstraps.ts'
import { peerIdOf } from '../../src/net/peer-id.ts'

const PEER = peerIdOf(new Uint8Array(32).fill(1))
const list = (...peers: unknown[]) => JSON.stringify({ version: 1, peers })

test('the list of public nodes is one that every node can use', () => {
  const text = readFileSync(new URL('../../../../bootstrap/peers.json', import.meta.url), 'utf8')
  assert.ok(Array.isArray(parseBootstraps(text)))
})

test('addresses that everybody can reach may be listed', () => {
  const good = [
    `/ip4/203.0.113.7/tcp/4001/p2p/${PEER}`,
    `/ip6/2001:db8::1/tcp/4001/p2p/${PEER}`,
    `/dns4/example.org/tcp/443/tls/ws/p2p/${PEER}`,
    `/dns/example.org/tcp/80/ws/p2p/${PEER}`,
  ]
  assert.deepEqual(parseBootstraps(list(...good)), good)
})

for (const [defect, peers] of [
  ['no multiaddr', ['example.org:4001']],
  ['no name of a peer', ['/ip4/203.0.113.7/tcp/4001']],
  ['no place that everybody', [`/ip4/192.168.1.7/tcp/4001/p2p/${PEER}`]],
  ['no place that everybody', [`/ip6/::1/tcp/4001/p2p/${PEER}`]],
  ['no transport', [`/ip4/203.0.113.7/udp/4001/p2p/${PEER}`]],
  ['no transport', [`/ip4/203.0.113.7/tcp/1/p2p-circuit/p2p/${PEER}`]],
  ['longer', [`/dns4/${'a'.repeat(60)}.${'b'.repeat(60)}.org/tcp/1/p2p/${PEER}`]],
  ['expected multiaddrs', [7]],
  ['each peer once', Array(2).fill(`/ip4/203.0.113.7/tcp/1/p2p/${PEER}`)],
  ['at most', Array.from({ length: 65 }, (_, at) => `/ip4/203.0.113.7/tcp/${at}/p2p/${PEER}`)],
] as const) {
  test(`refuses a list with ${JSON.stringify(peers).slice(0, 60)}: ${defect}`, () => {
    assert.throws(() => parseBootstraps(list(...peers)), new RegExp(defect))
  })
}
