// How a node behaves towards the network. What a profile does not say is the same for all, and is
// in node.ts: no default of libp2p is left to libp2p.
import type { GateRules } from './gate.ts'

export interface Profile {
  readonly gate: GateRules
  /** `auto` serves once others have confirmed that it can be reached. */
  readonly dht: 'server' | 'auto'
  /** Addresses of one's own network are of use to the others in the DHT. */
  readonly sharesLocalAddresses: boolean
  /** How long after the start the DHT first looks for its own neighbourhood. */
  readonly dhtFirstLookMs: number
  readonly isRelay: boolean
  /** Whether it reserves places on relays as long as nobody can reach it. */
  readonly usesRelays: boolean
  /** Whether others are asked if they can reach it. */
  readonly asksReachability: boolean
  /** Whether the router is asked for a port. */
  readonly mapsPorts: boolean
  /** Whether it looks for others, and shows itself, on the local network. */
  readonly announcesLocally: boolean
  readonly pingsConnections: boolean
  readonly connectionsMax: number
  /** From one address, in a second. */
  readonly inboundPerSecond: number
  readonly inboundPendingMax: number
  /** Connections of its own choosing that it keeps up. */
  readonly outgoingCount: number
  readonly gossipHeartbeatMs: number
}

const DHT_FIRST_LOOK_MS = 1000
/** Longer than any process runs: never. */
const NEVER_MS = 2_147_483_647

/** At home, behind a router or not. */
const daemon: Profile = {
  gate: { capsLocalHosts: false, dialsLocalHosts: true },
  dht: 'auto',
  sharesLocalAddresses: false,
  dhtFirstLookMs: DHT_FIRST_LOOK_MS,
  isRelay: false,
  usesRelays: true,
  asksReachability: true,
  mapsPorts: false,
  announcesLocally: false,
  pingsConnections: true,
  connectionsMax: 128,
  inboundPerSecond: 5,
  inboundPendingMax: 16,
  outgoingCount: 8,
  gossipHeartbeatMs: 1000,
}

/** On a public address: everybody begins here, and those that nobody can reach are reached here. */
const bootstrap: Profile = {
  ...daemon,
  gate: { capsLocalHosts: false, dialsLocalHosts: false },
  dht: 'server',
  isRelay: true,
  usesRelays: false,
  connectionsMax: 300,
  inboundPerSecond: 10,
  inboundPendingMax: 64,
  outgoingCount: 16,
}

/** One machine or one local network, with nothing outside of it. */
const local: Profile = {
  ...daemon,
  dht: 'server',
  sharesLocalAddresses: true,
  usesRelays: false,
  asksReachability: false,
  inboundPerSecond: 100,
  inboundPendingMax: 64,
}

/** Many nodes in one process: nothing that happens by itself after a time. */
const test: Profile = {
  ...local,
  dhtFirstLookMs: NEVER_MS,
  pingsConnections: false,
  outgoingCount: 0,
  gossipHeartbeatMs: 200,
}

export const PROFILES = { daemon, bootstrap, local, test } as const satisfies Record<
  string,
  Profile
>
