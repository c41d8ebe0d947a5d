// Builds a node of the network from its parts, and decides nothing.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import { isKeyOf } from '@ezchat/protocol/network/access.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock, KeyValue, Offence, PeerId } from '@ezchat/protocol/ports.ts'
import { METHODS } from '@ezchat/protocol/request/method.ts'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { within } from '../deadline.ts'
import { CHANNEL_STREAMS_MAX, LIBP2P_PEERS_MAX, RELAY_IDENTIFY_MS_MAX } from '../limits.ts'
import { parseAddress } from './addresses.ts'
import { Channels } from './channel/channels.ts'
import { transportKey } from './closed-network.ts'
import { type Datastore, RecentShelf, ShelvedDatastore } from './datastore.ts'
import { DhtProviders } from './dht-providers.ts'
import { DhtValues } from './dht-values.ts'
import { Dialler } from './dialler.ts'
import { Gate } from './gate.ts'
import { ShardGossip } from './gossip.ts'
import { KeepConnected } from './keep-connected.ts'
import { type WireNames, wireNames } from './names.ts'
import { type Certificate, createNode, type Services } from './node.ts'
import { peerPrivateKey } from './peer-key.ts'
import { PeerMemory } from './peer-memory.ts'
import { Penalties } from './penalties.ts'
import { Presence } from './presence.ts'
import type { Profile } from './profiles.ts'
import { Providers } from './providers.ts'
import { Records, recordSelectors, recordValidators } from './records.ts'
import { Libp2pWire, type WireParts } from './wire.ts'

export interface WireInit {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly network: Network
  /** Of a closed network; null where it is open. */
  readonly networkKey: Secret | null
  /** The node's own, and no identity's. */
  readonly peerSeed: Secret
  /** Remembers peers from one start to the next. */
  readonly keyValue: KeyValue
  readonly profile: Profile
  /** Multiaddrs, best with port 0 in tests; `/tls/ws` where there is a certificate. */
  readonly listen: readonly string[]
  /** In place of what the node finds out about itself. */
  readonly announce?: readonly string[]
  readonly bootstraps?: readonly string[]
  readonly certificate?: Certificate
  /** Something failed that nobody waits for. */
  readonly onFailure: (error: unknown) => void
}

/** What the other parts stand on; the rest of them need the node, which needs these. */
interface Ground {
  readonly init: WireInit
  readonly names: WireNames
  readonly privateKey: PrivateKey
  readonly self: PeerId
  readonly memory: PeerMemory
  readonly penalties: Penalties
  /** Filled in once there is a node. */
  readonly later: {
    refuse: (peer: PeerId) => void
    isMember: (peer: PeerId) => Promise<boolean>
  }
}

type Node = Libp2p<Services>

export async function openWire(init: WireInit): Promise<Libp2pWire> {
  const { crypto, network, networkKey } = init
  assert(isKeyOf(crypto, network, networkKey), 'expected the key of the network')
  const ground = await groundOf(init)
  const node = await nodeOf(ground)
  const parts = partsOf(ground, node)
  const wire = new Libp2pWire(parts)
  try {
    await start(ground, parts)
  } catch (error: unknown) {
    await wire.close()
    throw error
  }
  return wire
}

async function groundOf(init: WireInit): Promise<Ground> {
  const { crypto, clock, network, keyValue, onFailure } = init
  const privateKey = await peerPrivateKey(init.peerSeed)
  const self = peerIdFromPrivateKey(privateKey).toString()
  const later: Ground['later'] = { refuse: () => {}, isMember: async () => false }
  return {
    ...{ init, privateKey, self, later },
    names: wireNames(crypto, network),
    memory: await PeerMemory.open({ clock, keyValue, self, onFailure }),
    penalties: new Penalties({ clock, onRefused: (peer) => later.refuse(peer) }),
  }
}

function nodeOf({ init, names, privateKey, penalties, later }: Ground): Promise<Node> {
  const { crypto, clock, network, networkKey, profile } = init
  const rules = { crypto, clock, networkId: network.id }
  const trusted = new Set((init.bootstraps ?? []).map((text) => parseAddress(text)?.toString()))
  const gate = new Gate({
    rules: profile.gate,
    penalties,
    isMember: (peer) => later.isMember(peer),
    isTrusted: (address) => trusted.has(address.toString()),
  })
  return createNode({
    ...{ clock, privateKey, names, profile, gate },
    listen: init.listen,
    announce: init.announce ?? [],
    certificate: init.certificate ?? null,
    transportKey: networkKey === null ? null : transportKey(crypto, networkKey),
    datastore: datastoreOf(init, names, peerIdFromPrivateKey(privateKey).toMultihash().bytes),
    validators: recordValidators(rules),
    selectors: recordSelectors(rules),
    gossip: {
      crypto,
      topics: names.topics,
      protocol: names.gossip,
      pointsOf: (peer) => penalties.pointsOf(peer),
      heartbeatMs: profile.gossipHeartbeatMs,
    },
  })
}

function datastoreOf(init: WireInit, names: WireNames, self: Uint8Array): Datastore {
  const { crypto, clock, network } = init
  const randomBytes = (length: number) => crypto.randomBytes(length)
  return new ShelvedDatastore([
    ['/dht/record/', new DhtValues({ crypto, clock, networkId: network.id, self })],
    ['/dht/provider/', new DhtProviders({ clock, randomBytes, shardKeys: names.shardKeys })],
    ['/peers/', new RecentShelf(LIBP2P_PEERS_MAX)],
  ])
}

function partsOf({ init, names, self, memory, penalties }: Ground, node: Node): WireParts {
  const { crypto, clock, network, profile, bootstraps = [], onFailure } = init
  const { dht, gossip } = node.services
  const presence = new Presence({
    ...{ clock, node },
    protocol: names.requests,
    onSeen: (peer, addresses) => memory.seen(peer, addresses),
  })
  const common = { node, self, presence, memory, penalties }
  const dialler = new Dialler({ ...common, protocol: names.requests })
  const penalise = (peer: PeerId, offence: Offence) => penalties.add(peer, offence)
  const isRefused = (peer: PeerId) => penalties.isRefused(peer)
  const channels = new Channels({
    ...{ clock, methods: METHODS },
    open: (peer, options) => dialler.open(peer, options),
    isConnected: (peer) => presence.isUp(peer),
    onOffence: penalise,
    onFailure: (_method, error) => onFailure(error),
  })
  const keep = new KeepConnected({
    ...{ clock, memory, bootstraps, self, isRefused },
    randomBytes: (length) => crypto.randomBytes(length),
    countWanted: profile.outgoingCount,
    peers: () => presence.peers(),
    connect: (target, signal) => dialler.connect(target, { signal }),
  })
  return {
    ...common,
    ...{ clock, channels, dialler, keep },
    gossip: new ShardGossip({ gossip, topics: names.topics, penalise, isRefused }),
    providers: new Providers({
      ...{ clock, dht, self },
      shardKeys: names.shardKeys,
      learn: (peer, addresses) => memory.learn(peer, addresses),
    }),
    records: new Records({ crypto, clock, networkId: network.id, dht, onFailure }),
  }
}

async function start({ init, names, later }: Ground, parts: WireParts): Promise<void> {
  const { presence, channels, keep, memory } = parts
  const { clock } = init
  const { node } = parts
  // On whom the door closes is gone at once, and is nobody that we would look for.
  later.refuse = (peer) => {
    memory.forget(peer)
    channels.closePeer(peer)
    for (const connection of node.getConnections(peerIdFromString(peer))) {
      connection.abort(new Error('refused for what it did'))
    }
  }
  later.isMember = (peer) =>
    within(clock, RELAY_IDENTIFY_MS_MAX, (signal) => presence.whenUp(peer, signal)).catch(
      () => false,
    )
  presence.watch(({ kind, peer }) => {
    if (kind === 'up') return
    channels.closePeer(peer)
    keep.lookSoon()
  })
  node.addEventListener('peer:discovery', ({ detail: { id, multiaddrs } }) => {
    memory.learn(id.toString(), multiaddrs.map(String))
  })
  await node.handle(
    names.requests,
    (stream, connection) => channels.accept(stream, connection.remotePeer.toString()),
    { maxInboundStreams: CHANNEL_STREAMS_MAX, runOnLimitedConnection: true },
  )
  await node.start()
  keep.start()
}
