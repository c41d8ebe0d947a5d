// The libp2p node, with every limit and time that matters said here or in limits.ts.
import { noise } from '@chainsafe/libp2p-noise'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import { autoNATv2 } from '@libp2p/autonat-v2'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { GossipSub } from '@libp2p/gossipsub'
import { type Identify, type IdentifyPush, identify, identifyPush } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, PrivateKey } from '@libp2p/interface'
import {
  type KadDHT,
  kadDHT,
  passthroughMapper,
  removePrivateAddressesMapper,
  type Selectors,
  type Validators,
} from '@libp2p/kad-dht'
import { type Ping, ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2pOptions, type ServiceFactoryMap } from 'libp2p'
import {
  CONNECT_MS_MAX,
  DHT_INBOUND_STREAMS_MAX,
  IDENTIFY_BYTES_MAX,
  IDENTIFY_MS_MAX,
  LIBP2P_ADDRESS_AGE_MS,
  LIBP2P_PEER_AGE_MS,
  PING_INTERVAL_MS,
  RELAY_CIRCUIT_BYTES_MAX,
  RELAY_CIRCUIT_MS_MAX,
  RELAY_CIRCUITS_MAX,
  RELAY_RESERVATIONS_MAX,
  STREAM_READ_BYTES_MAX,
  STREAM_WINDOW_BYTES_MAX,
  STREAM_WRITE_BYTES_MAX,
  STREAMS_PER_CONNECTION_MAX,
} from '../limits.ts'
import { closedNetwork } from './closed-network.ts'
import type { Datastore } from './datastore.ts'
import { withGatheredWrites, withWholeWrites } from './gathered-writes.ts'
import { type GossipInit, gossipService } from './gossip.ts'
import { withLazyWindows } from './lazy-windows.ts'
import type { WireNames } from './names.ts'
import { withPacedReads } from './paced-muxer.ts'
import { withPacedWalks } from './paced-walks.ts'
import type { Profile } from './profiles.ts'

/** Longer than any process runs: never. */
const NEVER_MS = 2_147_483_647

export interface Services extends Record<string, unknown> {
  readonly identify: Identify
  readonly identifyPush: IdentifyPush
  readonly ping: Ping
  readonly dht: KadDHT
  readonly gossip: GossipSub
}

export interface Certificate {
  readonly key: string
  readonly cert: string
}

export interface NodeInit {
  readonly clock: Clock
  readonly privateKey: PrivateKey
  readonly names: WireNames
  readonly profile: Profile
  /** Where others connect to; `/p2p-circuit` through a relay. */
  readonly listen: readonly string[]
  /** In place of what we find out ourselves. */
  readonly announce: readonly string[]
  /** For `/tls/ws` among `listen`. */
  readonly certificate: Certificate | null
  /** What the key of a closed network derives to. */
  readonly transportKey: Secret | null
  readonly gate: ConnectionGater
  readonly datastore: Datastore
  readonly validators: Validators
  readonly selectors: Selectors
  readonly gossip: GossipInit
}

/** Not started: handlers come first, so that identify tells of them. */
export async function createNode(init: NodeInit): Promise<Libp2p<Services>> {
  const { profile, names } = init
  const options: Libp2pOptions<Services> = {
    start: false,
    privateKey: init.privateKey,
    nodeInfo: { name: 'ezchat', version: '1', userAgent: 'ezchat' },
    addresses: {
      listen: [...init.listen, ...(profile.usesRelays ? ['/p2p-circuit'] : [])],
      announce: [...init.announce],
    },
    transports: transports(init),
    connectionEncrypters: [withWholeWrites(noise())],
    streamMuxers: [withPacedReads(init.clock, withGatheredWrites(withLazyWindows(muxer())))],
    connectionGater: init.gate,
    connectionManager: connectionLimits(profile),
    connectionMonitor: {
      enabled: profile.pingsConnections,
      pingInterval: PING_INTERVAL_MS,
      // A busy machine answers late, and is not gone: half of all healthy connections were cut.
      abortConnectionOnPingFailure: false,
      protocolPrefix: names.prefix,
    },
    datastore: init.datastore,
    peerStore: { maxAddressAge: LIBP2P_ADDRESS_AGE_MS, maxPeerAge: LIBP2P_PEER_AGE_MS },
    services: await services(init),
    peerDiscovery: profile.announcesLocally ? [await localDiscovery()] : [],
  }
  if (init.transportKey !== null) options.connectionProtector = closedNetwork(init.transportKey)
  return createLibp2p(options)
}

function transports({ certificate }: NodeInit): NonNullable<Libp2pOptions['transports']> {
  const https = certificate === null ? {} : { https: { ...certificate } }
  return [
    tcp({ inboundSocketInactivityTimeout: 120_000, outboundSocketInactivityTimeout: 120_000 }),
    webSockets({
      maxBufferedAmount: STREAM_WRITE_BYTES_MAX,
      bufferedAmountPollInterval: 100,
      ...https,
    }),
    circuitRelayTransport({
      reservationConcurrency: 1,
      maxReservationQueueLength: 32,
      reservationCompletionTimeout: CONNECT_MS_MAX,
      maxInboundStopStreams: RELAY_CIRCUITS_MAX,
      maxOutboundStopStreams: RELAY_CIRCUITS_MAX,
    }),
  ]
}

function muxer(): ReturnType<typeof yamux> {
  return yamux({
    enableKeepAlive: true,
    keepAliveInterval: 30_000,
    maxInboundStreams: STREAMS_PER_CONNECTION_MAX,
    maxOutboundStreams: STREAMS_PER_CONNECTION_MAX,
    maxEarlyStreams: 10,
    maxMessageSize: 65_536,
    streamOptions: {
      initialStreamWindowSize: 262_144,
      maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX,
      maxReadBufferLength: STREAM_READ_BYTES_MAX,
      maxWriteBufferLength: STREAM_WRITE_BYTES_MAX,
    },
  })
}

function connectionLimits(profile: Profile): NonNullable<Libp2pOptions['connectionManager']> {
  return {
    maxConnections: profile.connectionsMax,
    maxParallelDials: 16,
    maxDialQueueLength: 256,
    maxPeerAddrsToDial: 8,
    dialTimeout: CONNECT_MS_MAX,
    addressDialTimeout: 6000,
    connectionCloseTimeout: 1000,
    inboundUpgradeTimeout: 10_000,
    inboundStreamProtocolNegotiationTimeout: 10_000,
    outboundStreamProtocolNegotiationTimeout: 10_000,
    inboundConnectionThreshold: profile.inboundPerSecond,
    maxIncomingPendingConnections: profile.inboundPendingMax,
    reconnectRetries: 2,
    reconnectRetryInterval: 5000,
    maxParallelReconnects: 2,
  }
}

async function services(init: NodeInit): Promise<ServiceFactoryMap<Services>> {
  const { names, profile } = init
  const { prefix: protocolPrefix } = names
  const identifyLimits = {
    protocolPrefix,
    timeout: IDENTIFY_MS_MAX,
    maxMessageSize: IDENTIFY_BYTES_MAX,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    runOnLimitedConnection: true,
  }
  const always: ServiceFactoryMap<Services> = {
    identify: identify(identifyLimits),
    identifyPush: identifyPush({ ...identifyLimits, runOnSelfUpdate: true, debounce: 1000 }),
    ping: ping({ protocolPrefix, maxInboundStreams: 2, maxOutboundStreams: 4, timeout: 10_000 }),
    dht: dhtService(init),
    gossip: gossipService(init.gossip),
  }
  return {
    ...always,
    ...(profile.isRelay ? { relay: relayService() } : {}),
    ...(profile.asksReachability
      ? { autonat: autoNATv2({ protocolPrefix, maxInboundStreams: 2, maxOutboundStreams: 2 }) }
      : {}),
    ...(profile.mapsPorts ? { ports: await portMapping() } : {}),
  }
}

function dhtService(init: NodeInit): ReturnType<typeof kadDHT> {
  const create = kadDHT(dhtOptions(init))
  return (components) => withPacedWalks(init.clock, create(components))
}

function dhtOptions(init: NodeInit): Parameters<typeof kadDHT>[0] {
  const { names, profile, validators, selectors } = init
  return {
    protocol: names.kad,
    validators,
    selectors,
    // Left out, kad-dht serves as long as it has an address that others have confirmed.
    ...(profile.dht === 'server' ? { clientMode: false } : {}),
    peerInfoMapper: profile.sharesLocalAddresses ? passthroughMapper : removePrivateAddressesMapper,
    kBucketSize: 20,
    alpha: 6,
    disjointPaths: 3,
    prefixLength: 6,
    allowQueryWithZeroPeers: true,
    initialQuerySelfInterval: profile.dhtFirstLookMs,
    querySelfInterval: 300_000,
    maxInboundStreams: DHT_INBOUND_STREAMS_MAX,
    maxOutboundStreams: 32,
    incomingMessageTimeout: 10_000,
    onPeerConnectTimeout: 10_000,
    pingOldContactMaxQueueSize: 100,
    pingNewContactMaxQueueSize: 100,
    routingTableUpdateMaxQueueSize: 256,
    // The announcer announces what is carried now; kad-dht would announce what was carried once.
    reprovide: { interval: NEVER_MS, threshold: 0, maxQueueSize: 1 },
  }
}

function relayService(): ReturnType<typeof circuitRelayServer> {
  return circuitRelayServer({
    hopTimeout: 30_000,
    maxInboundHopStreams: RELAY_CIRCUITS_MAX,
    maxOutboundHopStreams: RELAY_CIRCUITS_MAX,
    maxOutboundStopStreams: RELAY_CIRCUITS_MAX,
    reservations: {
      maxReservations: RELAY_RESERVATIONS_MAX,
      reservationTtl: 7_200_000,
      reservationClearInterval: 300_000,
      // libp2p's own would be two minutes and 128 KiB, after which a circuit is cut.
      applyDefaultLimit: true,
      defaultDurationLimit: RELAY_CIRCUIT_MS_MAX,
      defaultDataLimit: BigInt(RELAY_CIRCUIT_BYTES_MAX),
    },
  })
}

// Loaded only where they are wanted: each brings a good deal along.

async function portMapping() {
  const { uPnPNAT } = await import('@libp2p/upnp-nat')
  return uPnPNAT({ portMappingDescription: 'ezchat', autoConfirmAddress: false })
}

async function localDiscovery() {
  const { mdns } = await import('@libp2p/mdns')
  return mdns({ serviceTag: '_ezchat._udp.local', interval: 20_000 })
}
