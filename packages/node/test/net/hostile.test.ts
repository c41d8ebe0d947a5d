// Peers that speak the network's protocols and mean harm: libp2p nodes of their own, without ours.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { noise } from '@chainsafe/libp2p-noise'
import { encodeGossipBatch } from '@ezchat/protocol/request/gossip-batch.ts'
import { identify } from '@libp2p/identify'
import type { Libp2p, Stream } from '@libp2p/interface'
import { type KadDHT, kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { type Ping, ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { GOSSIP_RPC_BYTES_MAX, IDENTIFY_MS_MAX } from '../../src/limits.ts'
import { recordKey, wireNames } from '../../src/net/names.ts'
import { ManualClock } from '../manual-clock.ts'
import {
  connected,
  crypto,
  identityRecord,
  isListening,
  isUp,
  LOOPBACK,
  NETWORK,
  openNode,
  soon,
  Told,
  untilFound,
} from './nodes.ts'

const NAMES = wireNames(crypto, NETWORK)
const SHARD = 1

interface Raw extends Libp2p {
  readonly services: { readonly dht?: KadDHT; readonly ping?: Ping }
}

/** It claims to speak requests, and closes every one of them. */
async function rawNode(t: TestContext, protocolPrefix = NAMES.prefix): Promise<Raw> {
  const node = await createLibp2p({
    addresses: { listen: [LOOPBACK] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    services: {
      identify: identify({ protocolPrefix }),
      ping: ping({ protocolPrefix, maxOutboundStreams: 64 }),
      dht: kadDHT({
        protocol: NAMES.kad,
        clientMode: false,
        peerInfoMapper: passthroughMapper,
        allowQueryWithZeroPeers: true,
        initialQuerySelfInterval: 2_147_483_647,
        // Believes everything.
        validators: { record: () => undefined },
        selectors: { record: () => 0 },
      }),
    },
  })
  await node.handle(NAMES.requests, (stream) => stream.abort(new Error('no')))
  await node.handle(NAMES.gossip, () => undefined)
  t.after(() => node.stop())
  return node as unknown as Raw
}

function gossipTo(raw: Raw, address: string): Promise<Stream> {
  return raw.dialProtocol(multiaddr(address), NAMES.gossip)
}

const closed = (stream: Stream) =>
  new Promise<void>((resolve) => stream.addEventListener('close', () => resolve(), { once: true }))

function framed(body: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = body.length
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
  return Uint8Array.from([...length, rest, ...body])
}

test('garbage in gossip reaches no handler, and the others go on', async (t) => {
  const [alice, bob] = [await openNode(t), await openNode(t)]
  const heard = new Told<Uint8Array>()
  bob.subscribe(SHARD, async (_from, bytes) => {
    heard.tell(bytes)
    return 'accept'
  })
  const raw = await rawNode(t)
  const stream = await gossipTo(raw, bob.addresses()[0]!)
  for (let at = 0; at < 50; at++) stream.send(framed(crypto.randomBytes(1 + at * 20)))
  // A frame of nothing but empty elements: subscriptions, messages and controls, without end.
  for (const tag of [0x0a, 0x12, 0x1a]) {
    stream.send(framed(Uint8Array.from({ length: 60_000 }, (_, at) => (at % 2 === 0 ? tag : 0))))
  }
  await connected(alice, bob)
  await isListening(alice, SHARD, bob.self)
  await alice.publish(SHARD, encodeGossipBatch({ envelopes: [], drops: [new Uint8Array(64)] }))
  const [first] = await heard.until((all) => all.length > 0)
  assert.equal(
    first?.length,
    encodeGossipBatch({ envelopes: [], drops: [new Uint8Array(64)] }).length,
  )
  assert.equal(heard.all.length, 1)
})

test('a gossip frame that is too long is not waited for', async (t) => {
  const bob = await openNode(t)
  const raw = await rawNode(t)
  const before = process.memoryUsage().rss
  const stream = await gossipTo(raw, bob.addresses()[0]!)
  const isClosed = closed(stream)
  // The length of 100 MiB, and then as much as the other side takes.
  stream.send(Uint8Array.of(0x80, 0x80, 0x80, 0x32))
  const chunk = new Uint8Array(65_536)
  for (let at = 0; at < (2 * GOSSIP_RPC_BYTES_MAX) / chunk.length; at++) {
    if (stream.status !== 'open') break
    stream.send(chunk)
  }
  await Promise.race([isClosed, isUp(bob, raw.peerId.toString())])
  assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024)
})

test('who floods with gossip is read no faster than it is judged', async (t) => {
  const bob = await openNode(t)
  const judged = new Told<Uint8Array>()
  const { promise: never } = Promise.withResolvers<'ignore'>()
  bob.subscribe(SHARD, (_from, bytes) => {
    judged.tell(bytes)
    return never
  })
  const raw = await rawNode(t)
  const stream = await gossipTo(raw, bob.addresses()[0]!)
  const offered = 4 * 1024 * 1024
  for (let sent = 0; sent < offered; sent += 65_536) {
    stream.send(gossipFrame(NAMES.topics[SHARD]!, crypto.randomBytes(65_536)))
  }
  await judged.until((all) => all.length > 0)
  // Long enough for all of it to arrive, were it read.
  const { ping } = raw.services
  assert.ok(ping !== undefined)
  for (let at = 0; at < 40; at++) await ping.ping(bob.addresses().map((text) => multiaddr(text)))
  assert.equal(judged.all.length, 1)
  assert.ok(stream.writeBufferLength > offered - 2 * 1024 * 1024, `${stream.writeBufferLength}`)
})

/** One message of gossipsub, as its protobuf has it. */
function gossipFrame(topic: string, data: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(topic)
  const message = Uint8Array.from([0x12, ...framed(data), 0x22, ...framed(text)])
  return framed(Uint8Array.from([0x12, ...framed(message)]))
}

test('a record that a peer rolls back stays where it is', async (t) => {
  const bob = await openNode(t)
  const raw = await rawNode(t)
  await raw.dial(multiaddr(bob.addresses()[0]!))
  await isUp(bob, raw.peerId.toString())
  const seed = crypto.randomBytes(32)
  const [old, recent] = [identityRecord(seed, 1n), identityRecord(seed, 2n)]
  // Whether or not the raw node takes it, his own copy is there.
  await Promise.allSettled([bob.publishRecord(recent.name, recent.record, soon())])
  const { dht } = raw.services
  assert.ok(dht !== undefined)
  const errors: string[] = []
  await untilFound(async () => {
    for await (const event of dht.put(recordKey(old.name), old.record, soon())) {
      if (event.name === 'QUERY_ERROR') errors.push(event.error.message)
    }
    return errors
  })
  const alice = await openNode(t)
  await connected(alice, bob)
  const found = await untilFound(() => alice.findRecord(recent.name, soon()))
  assert.ok(found.some((bytes) => Buffer.from(bytes).equals(recent.record)))
})

test('whoever does not show our protocols in time is hung up on', async (t) => {
  const clock = new ManualClock(Date.now())
  const bob = await openNode(t, { clock })
  const raw = await rawNode(t, 'other/network')
  const connection = await raw.dial(multiaddr(bob.addresses()[0]!))
  const isClosed = new Promise((resolve) => connection.addEventListener('close', resolve))
  // The side that dials is through first.
  const { signal } = soon()
  while (bob.usage().connectionCount === 0 && !signal.aborted) await setImmediate()
  await clock.advance(IDENTIFY_MS_MAX)
  await isClosed
  assert.equal(bob.usage().connectionCount, 0)
  assert.deepEqual(bob.peers(), [])
})
