// Who may connect. libp2p's own limits count per address; a household has 2^80 of those, so ours
// count per /24 and /48.
import type { PeerId } from '@ezchat/protocol/ports.ts'
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import {
  GROUP_CONNECTIONS_MAX,
  GROUP_PENDING_MAX,
  PEER_CONNECTIONS_MAX,
  RELAY_CIRCUITS_MAX,
} from '../limits.ts'
import { hostOf, isRelayed, peerOf } from './addresses.ts'
import type { Penalties } from './penalties.ts'

export interface GateRules {
  /** Whether hosts of one's own network count too: they do only where a proxy is not one. */
  readonly capsLocalHosts: boolean
  /** A public node has nothing to look for at 192.168.1.1. */
  readonly dialsLocalHosts: boolean
}

export interface GateInit {
  readonly rules: GateRules
  readonly penalties: Penalties
  /** Whether a peer that is connected speaks our network's protocols; waits while it says so. */
  readonly isMember: (peer: PeerId) => Promise<boolean>
  /** Addresses that the operator named are dialled wherever they are. */
  readonly isTrusted: (address: Multiaddr) => boolean
}

type Rule<K extends keyof ConnectionGater> = NonNullable<ConnectionGater[K]>

interface Group {
  readonly open: Set<MultiaddrConnection>
  readonly pending: Set<MultiaddrConnection>
}

export class Gate implements ConnectionGater {
  readonly #init: GateInit
  readonly #groups = new Map<string, Group>()
  readonly #perPeer = new Map<PeerId, Set<MultiaddrConnection>>()

  constructor(init: GateInit) {
    this.#init = init
  }

  /** Groups that have a connection now. */
  get groupCount(): number {
    return this.#groups.size
  }

  // libp2p calls these as bare functions in places, so they keep their `this`.
  readonly denyDialPeer: Rule<'denyDialPeer'> = (peer) => this.#isRefused(peer)

  readonly denyDialMultiaddr: Rule<'denyDialMultiaddr'> = (address) => {
    const peer = peerOf(address)
    if (peer !== null && this.#init.penalties.isRefused(peer)) return true
    if (this.#init.rules.dialsLocalHosts || this.#init.isTrusted(address)) return false
    return hostOf(address)?.isLocal === true
  }

  readonly denyInboundConnection: Rule<'denyInboundConnection'> = (connection) => {
    const name = this.#groupOf(connection.remoteAddr)
    if (name === null) return false
    const group = this.#groups.get(name) ?? { open: new Set(), pending: new Set() }
    const openMax = isRelayed(connection.remoteAddr) ? RELAY_CIRCUITS_MAX : GROUP_CONNECTIONS_MAX
    if (group.open.size >= openMax || group.pending.size >= GROUP_PENDING_MAX) return true
    this.#groups.set(name, group)
    group.open.add(connection)
    group.pending.add(connection)
    onceClosed(connection, () => {
      group.open.delete(connection)
      group.pending.delete(connection)
      if (group.open.size === 0) this.#groups.delete(name)
    })
    return false
  }

  readonly denyInboundEncryptedConnection: Rule<'denyInboundEncryptedConnection'> = (
    peer,
    connection,
  ) => this.#isRefused(peer) || this.#isCrowded(peer.toString(), connection)

  readonly denyOutboundEncryptedConnection: Rule<'denyOutboundEncryptedConnection'> = (peer) =>
    this.#isRefused(peer)

  readonly denyInboundUpgradedConnection: Rule<'denyInboundUpgradedConnection'> = (
    _peer,
    connection,
  ) => {
    const name = this.#groupOf(connection.remoteAddr)
    if (name !== null) this.#groups.get(name)?.pending.delete(connection)
    return false
  }

  readonly denyInboundRelayReservation: Rule<'denyInboundRelayReservation'> = async (source) =>
    this.#isRefused(source) || !(await this.#init.isMember(source.toString()))

  readonly denyOutboundRelayedConnection: Rule<'denyOutboundRelayedConnection'> = async (
    source,
    destination,
  ) =>
    this.#isRefused(source) ||
    this.#isRefused(destination) ||
    !(await this.#init.isMember(source.toString()))

  readonly denyInboundRelayedConnection: Rule<'denyInboundRelayedConnection'> = (relay, remote) =>
    this.#isRefused(relay) || this.#isRefused(remote)

  #isRefused(peer: { toString(): string }): boolean {
    return this.#init.penalties.isRefused(peer.toString())
  }

  /** Through a relay, the relay is the host. */
  #groupOf(address: Multiaddr): string | null {
    if (isRelayed(address)) return `relay ${address.getComponents().find(isPeer)?.value}`
    const host = hostOf(address)
    if (host === null || (host.isLocal && !this.#init.rules.capsLocalHosts)) return null
    return host.group
  }

  #isCrowded(peer: PeerId, connection: MultiaddrConnection): boolean {
    const open = this.#perPeer.get(peer) ?? new Set()
    if (open.size >= PEER_CONNECTIONS_MAX) return true
    this.#perPeer.set(peer, open)
    open.add(connection)
    onceClosed(connection, () => {
      open.delete(connection)
      if (open.size === 0) this.#perPeer.delete(peer)
    })
    return false
  }
}

const isPeer = ({ name }: { name: string }) => name === 'p2p'

function onceClosed(connection: MultiaddrConnection, then: () => void): void {
  connection.addEventListener('close', then, { once: true })
}
