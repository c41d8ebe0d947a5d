// From a name or an address to a peer that may be asked.
import type { PeerId, WireOptions } from '@ezchat/protocol/ports.ts'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { EzchatError } from '../errors.ts'
import { CHANNEL_STREAMS_MAX } from '../limits.ts'
import { addressOfPeer, parseAddress } from './addresses.ts'
import { unlessAborted } from './lookups.ts'
import { peerKeyOf } from './peer-id.ts'
import type { PeerMemory } from './peer-memory.ts'
import type { Penalties } from './penalties.ts'
import type { Presence } from './presence.ts'

export interface DiallerInit {
  readonly node: Libp2p
  readonly self: PeerId
  readonly protocol: string
  readonly presence: Presence
  readonly memory: PeerMemory
  readonly penalties: Penalties
}

export class Dialler {
  readonly #init: DiallerInit

  constructor(init: DiallerInit) {
    this.#init = init
  }

  async connect(target: string, { signal }: WireOptions): Promise<PeerId> {
    signal.throwIfAborted()
    const { presence, penalties, self } = this.#init
    if (presence.isUp(target)) return target
    if (target === self) throw unreachable('it is this node')
    if (penalties.isRefused(target)) throw unreachable('it is refused for what it did')
    const connection = await this.#dial(target, signal)
    const peer = connection.remotePeer.toString()
    if (await presence.whenUp(peer, signal)) return peer
    throw unreachable('it is not of this network')
  }

  /** A new stream of the request protocol. */
  async open(peer: PeerId, options: WireOptions): Promise<Stream> {
    await this.connect(peer, options)
    const connection = this.#best(peer)
    if (connection === undefined) throw unreachable('it went away')
    try {
      return await connection.newStream(this.#init.protocol, {
        signal: options.signal,
        runOnLimitedConnection: true,
        maxOutboundStreams: CHANNEL_STREAMS_MAX,
      })
    } catch (cause: unknown) {
      options.signal.throwIfAborted()
      throw new EzchatError('PEER_UNREACHABLE', { cause })
    }
  }

  /** A relayed connection has an end; a direct one has none. */
  #best(peer: PeerId): Connection | undefined {
    const open = this.#init.node
      .getConnections(peerIdFromString(peer))
      .filter(({ status }) => status === 'open')
    return open.find(({ limits }) => limits === undefined) ?? open[0]
  }

  async #dial(target: string, signal: AbortSignal): Promise<Connection> {
    try {
      const dialled = target.startsWith('/')
        ? this.#init.node.dial(addressOf(target), { signal })
        : this.#dialPeer(target, signal)
      return await unlessAborted(dialled, signal)
    } catch (cause: unknown) {
      signal.throwIfAborted()
      if (cause instanceof EzchatError) throw cause
      throw new EzchatError('PEER_UNREACHABLE', { cause })
    }
  }

  async #dialPeer(peer: PeerId, signal: AbortSignal): Promise<Connection> {
    if (peerKeyOf(peer) === null) throw unreachable('that is no name of a peer')
    const id = peerIdFromString(peer)
    const hints = this.#init.memory.get(peer)?.addresses ?? []
    const multiaddrs = hints.flatMap((hint) => addressOfPeer(peer, hint) ?? [])
    // With what libp2p has heard of it, and where nobody has, it asks the DHT.
    if (multiaddrs.length > 0) await this.#init.node.peerStore.merge(id, { multiaddrs }, { signal })
    return this.#init.node.dial(id, { signal })
  }
}

function addressOf(target: string): Multiaddr {
  const address = parseAddress(target)
  if (address === null) throw unreachable('that is no address')
  return address
}

function unreachable(detail: string): EzchatError {
  return new EzchatError('PEER_UNREACHABLE', { detail })
}
