// A process that means harm: so many rounds of one attack on one daemon, and then it ends.
// Arguments: attack, rounds, the victim's multiaddr, link to the network.
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { noise } from '@chainsafe/libp2p-noise'
import { wireNames } from '@ezchat/node/net/names.ts'
import { openWire } from '@ezchat/node/net/open-wire.ts'
import { PROFILES } from '@ezchat/node/net/profiles.ts'
import type { Libp2pWire } from '@ezchat/node/net/wire.ts'
import { nodeClock } from '@ezchat/node/node-clock.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { encodeFrame } from '@ezchat/protocol/channel/frame.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { postageTaskOf } from '@ezchat/protocol/envelope/stamp.ts'
import { encodeDrop } from '@ezchat/protocol/mailbox/drop.ts'
import { decodeNetworkLink } from '@ezchat/protocol/network/invite.ts'
import { isPaid, thresholdOf } from '@ezchat/protocol/postage/price.ts'
import { encodeDropsPage } from '@ezchat/protocol/request/drops.ts'
import { encodeGossipBatch } from '@ezchat/protocol/request/gossip-batch.ts'
import { encodeHello } from '@ezchat/protocol/request/hello.ts'
import { METHODS } from '@ezchat/protocol/request/method.ts'
import { encodePush } from '@ezchat/protocol/request/push.ts'
import { identify } from '@libp2p/identify'
import type { Libp2p, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { crypto, drawPostbox, letter, nowSeconds, soon } from './network-peer.ts'

const [attack = '', rounds = '', address = '', link = ''] = process.argv.slice(2)
const invite = decodeNetworkLink(crypto, link, nowSeconds())
if (invite === null) throw new Error('expected a link to a network')
const { network } = invite
const names = wireNames(crypto, network)
const shards = names.topics.map((_, shard) => shard)
const [, , , , port = '', , victim = ''] = address.split('/')

const SOCKETS = 100
const DIALS_MAX = 100
const DIAL_PAUSE_MS = 250
const STREAMS = 60
const TINY_FRAMES = 2000
const GOSSIP_FRAMES = 64
const WAITING_BYTES_MAX = 1_048_576

/** Connections that say nothing, or nonsense, or begin and go no further. */
async function connections(): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, (_, at) => nuisance(at)))
  for (const socket of sockets) socket.destroy()
}

async function nuisance(at: number): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port: Number(port) })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  // Being hung up on is what it came for.
  socket.on('error', () => socket.destroy())
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed])
  if (at % 3 === 1) socket.write(crypto.randomBytes(4096))
  if (at % 3 === 2) socket.write('\u0013/multistream/1.0.0\n')
  return socket
}

/** It claims to speak everything, and answers nothing. */
async function rawNode(): Promise<Libp2p> {
  const node = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    services: { identify: identify({ protocolPrefix: names.prefix }) },
  })
  await node.handle(names.requests, () => undefined)
  await node.handle(names.gossip, () => undefined)
  return node as unknown as Libp2p
}

/** As many streams as it is given, each with a flood, and none of them read. */
async function streams(): Promise<void> {
  const node = await rawNode()
  try {
    await insisting(() => node.dial(multiaddr(address)))
    await Promise.allSettled(Array.from({ length: STREAMS }, (_, at) => flood(node, at)))
  } finally {
    await node.stop()
  }
}

/** Whoever is turned away at the door comes again. */
async function insisting<T>(dial: () => Promise<T>): Promise<T> {
  for (let left = DIALS_MAX; ; left--) {
    try {
      return await dial()
    } catch (error: unknown) {
      if (left <= 1) throw error
      await new Promise((resolve) => setTimeout(resolve, DIAL_PAUSE_MS))
    }
  }
}

async function flood(node: Libp2p, at: number): Promise<void> {
  const options = { maxOutboundStreams: STREAMS, signal: AbortSignal.timeout(5000) }
  const stream = await node.dialProtocol(multiaddr(address), names.requests, options)
  const { number } = METHODS.carriers
  if (at % 3 === 0) {
    for (let id = 1; id <= TINY_FRAMES; id++) {
      const header = { kind: 'request', id, code: number, bodyBytes: 2 } as const
      if (!send(stream, encodeFrame(header, new Uint8Array(2)))) return
    }
  } else if (at % 3 === 1) {
    const whole = { kind: 'request', id: 1, code: METHODS.push.number, bodyBytes: 66_000 } as const
    send(stream, encodeFrame(whole, new Uint8Array(66_000)).subarray(0, 1000))
  } else {
    send(stream, new Uint8Array(1024).fill(255))
  }
  await once(stream, 'close', { signal: AbortSignal.timeout(200) }).catch(() => undefined)
}

/** False when the other side has ended it. */
function send(stream: Stream, bytes: Uint8Array): boolean {
  if (stream.writeStatus !== 'writable') return false
  stream.send(bytes)
  return true
}

/** Noise, empty elements without end, and batches of envelopes that nobody has paid for. */
async function gossip(): Promise<void> {
  const node = await rawNode()
  try {
    const stream = await insisting(() => node.dialProtocol(multiaddr(address), names.gossip))
    for (let at = 0; at < GOSSIP_FRAMES; at++) {
      if (!send(stream, frameOf(at))) break
      if (stream.writeBufferLength > WAITING_BYTES_MAX) await drained(stream)
    }
  } finally {
    await node.stop()
  }
}

/** Or ended. */
async function drained(stream: Stream): Promise<void> {
  if (stream.status !== 'open') return
  const { signal } = soon()
  await Promise.race(['drain', 'close'].map((event) => once(stream, event, { signal })))
}

function frameOf(at: number): Uint8Array {
  if (at % 4 === 0) return prefixed(crypto.randomBytes(30_000))
  if (at % 4 === 1) {
    return prefixed(Uint8Array.from({ length: 60_000 }, (_, byte) => (byte % 2 === 0 ? 0x12 : 0)))
  }
  const envelopes = Array.from({ length: 32 }, () => unpaid())
  const data = encodeGossipBatch({ envelopes, drops: [forgedDrop()] })
  const topic = new TextEncoder().encode(names.topics[at % shards.length])
  const message = Uint8Array.from([0x12, ...prefixed(data), 0x22, ...prefixed(topic)])
  return prefixed(Uint8Array.from([0x12, ...prefixed(message)]))
}

function prefixed(body: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = body.length
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
  const whole = new Uint8Array(length.length + 1 + body.length)
  whole.set([...length, rest])
  whole.set(body, length.length + 1)
  return whole
}

const box = drawPostbox(network)
const paid = letter(network, box, 'paid')

const threshold = thresholdOf(postageTaskOf(crypto, network, paid).trialsExpected)

/** In all else as it should be. */
function unpaid(): Uint8Array {
  const envelope = Uint8Array.from(paid)
  // Of thousands that are drawn, some would be paid by luck.
  do envelope.set(crypto.randomBytes(64), envelope.length - 64)
  while (isPaid(envelopeIdOf(crypto, network, envelope), threshold))
  return envelope
}

function forgedDrop(): Uint8Array {
  const scope = { kind: 'before', before: nowSeconds() } as const
  const terms = { networkId: network.id, mailbox: box.mailbox, scope, warrant: null }
  return encodeDrop(terms, () => crypto.randomBytes(64))
}

/** A carrier of everything that lies about what it holds, until it is hung up on and kept out. */
async function lies(): Promise<void> {
  const wire = await liar()
  try {
    await wire.connect(address, soon())
    const gone = Promise.withResolvers<void>()
    wire.watchPeers(({ kind }) => {
      if (kind === 'down') gone.resolve()
    })
    const pushed = encodePush([unpaid()])
    while (wire.peers().length > 0) {
      await Promise.allSettled([
        wire.request(victim, 'drop', forgedDrop(), soon()),
        wire.request(victim, 'push', pushed, soon()),
        wire.request(victim, 'sync', crypto.randomBytes(200), soon()),
      ])
      // Who was hung up on hears it between two requests.
      await setImmediate()
    }
    await gone.promise
    const isBack = await wire.connect(address, soon()).then(
      () => true,
      () => false,
    )
    if (isBack) throw new Error('whoever was shown the door came back')
  } finally {
    await wire.close()
  }
}

async function liar(): Promise<Libp2pWire> {
  const wire = await openWire({
    ...{ crypto, clock: nodeClock, network, networkKey: null },
    peerSeed: Secret.adopt(crypto.randomBytes(32)),
    keyValue: new MemoryKeyValue(),
    profile: PROFILES.test,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    onFailure: () => undefined,
  })
  const hello = encodeHello(network, { isCarrier: true, isStem: true, shards, addresses: [] })
  wire.handle('hello', async () => hello)
  wire.handle('drops', async () => encodeDropsPage({ drops: [forgedDrop()], position: null }))
  for (const method of ['sync', 'roots', 'load', 'carriers', 'push', 'fetch'] as const) {
    wire.handle(method, async () => crypto.randomBytes(500))
  }
  return wire
}

const ATTACKS: { readonly [name: string]: () => Promise<void> } = {
  ...{ connections, streams, gossip, lies },
}
const run = ATTACKS[attack]
if (run === undefined) throw new Error(`no such attack: ${attack}`)
for (let round = 0; round < Number(rounds); round++) await run()
process.stdout.write('done\n')
process.exit(0)
