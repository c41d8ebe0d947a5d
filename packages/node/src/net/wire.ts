// The network behind the port: each call goes to the part that knows.
import type {
  BatchHandler,
  Clock,
  ConnectedPeer,
  Offence,
  PeerChange,
  PeerId,
  RequestHandler,
  Wire,
  WireOptions,
} from '@ezchat/protocol/ports.ts'
import type { Libp2p } from '@libp2p/interface'
import { addressOfPeer, bestFirst } from './addresses.ts'
import type { Channels, ChannelUsage } from './channel/channels.ts'
import type { Dialler } from './dialler.ts'
import type { ShardGossip } from './gossip.ts'
import type { KeepConnected } from './keep-connected.ts'
import { peerIdOf, peerKeyOf } from './peer-id.ts'
import type { PeerMemory } from './peer-memory.ts'
import type { Penalties } from './penalties.ts'
import type { Presence } from './presence.ts'
import type { Providers } from './providers.ts'
import type { Records } from './records.ts'

export interface WireParts {
  readonly clock: Clock
  readonly self: PeerId
  readonly node: Libp2p
  readonly presence: Presence
  readonly channels: Channels
  readonly dialler: Dialler
  readonly gossip: ShardGossip
  readonly providers: Providers
  readonly records: Records
  readonly memory: PeerMemory
  readonly penalties: Penalties
  readonly keep: KeepConnected
}

/** How much of it there is, for `status` and for tests. */
export interface WireUsage extends ChannelUsage {
  readonly connectionCount: number
  readonly upCount: number
  readonly knownPeerCount: number
  readonly offenderCount: number
}

const NO_ADDRESSES: readonly string[] = []

export class Libp2pWire implements Wire {
  readonly self: PeerId
  readonly #parts: WireParts
  /** Those that answered in this minute. */
  readonly #answerers = new Set<PeerId>()
  /** With the peer's name, which memory keeps them without. */
  readonly #complete = new WeakMap<readonly string[], readonly string[]>()
  #minute = 0
  #closing: Promise<void> | null = null

  constructor(parts: WireParts) {
    this.self = parts.self
    this.#parts = parts
  }

  addresses(): readonly string[] {
    return bestFirst(this.#parts.node.getMultiaddrs()).map(String)
  }

  peers(): readonly ConnectedPeer[] {
    return this.#parts.presence.peers()
  }

  watchPeers(listener: (change: PeerChange) => void): () => void {
    return this.#parts.presence.watch(listener)
  }

  learn(peer: PeerId, addresses: readonly string[]): void {
    this.#parts.memory.learn(peer, addresses)
  }

  addressesOf(peer: PeerId): readonly string[] {
    const known = this.#parts.memory.get(peer)?.addresses ?? NO_ADDRESSES
    const before = this.#complete.get(known)
    if (before !== undefined) return before
    const complete = known.flatMap((text) => addressOfPeer(peer, text)?.toString() ?? [])
    if (known !== NO_ADDRESSES) this.#complete.set(known, complete)
    return complete
  }

  connect(target: PeerId, options: WireOptions): Promise<PeerId> {
    return this.#parts.dialler.connect(target, options)
  }

  async request(
    peer: PeerId,
    method: string,
    body: Uint8Array,
    options: WireOptions,
  ): Promise<Uint8Array> {
    const answer = await this.#parts.channels.request(peer, method, body, options)
    this.#answered(peer)
    return answer
  }

  notify(peer: PeerId, method: string, body: Uint8Array): boolean {
    return this.#parts.channels.notify(peer, method, body)
  }

  handle(method: string, handler: RequestHandler): void {
    this.#parts.channels.handle(method, handler)
  }

  handleNotices(method: string, handler: (peer: PeerId, body: Uint8Array) => void): void {
    this.#parts.channels.handleNotices(method, handler)
  }

  publish(shard: number, batch: Uint8Array): Promise<void> {
    return this.#parts.gossip.publish(shard, batch)
  }

  subscribe(shard: number, receive: BatchHandler): () => void {
    return this.#parts.gossip.subscribe(shard, receive)
  }

  carriersOf(shard: number, options: WireOptions): Promise<readonly PeerId[]> {
    return this.#parts.providers.carriersOf(shard, options)
  }

  announce(shard: number, options: WireOptions): Promise<void> {
    return this.#parts.providers.announce(shard, options)
  }

  findRecord(name: Uint8Array, options: WireOptions): Promise<readonly Uint8Array[]> {
    return this.#parts.records.find(name, options)
  }

  publishRecord(name: Uint8Array, record: Uint8Array, options: WireOptions): Promise<void> {
    return this.#parts.records.publish(name, record, options)
  }

  penalise(peer: PeerId, offence: Offence): void {
    // One text for one peer: base58 has other ways to write the same bytes.
    const publicKey = peerKeyOf(peer)
    if (publicKey !== null) this.#parts.penalties.add(peerIdOf(publicKey), offence)
  }

  /** Neighbours that hear what is published on the shard. */
  listenersOf(shard: number): readonly PeerId[] {
    return this.#parts.gossip.listenersOf(shard)
  }

  watchListeners(listener: () => void): () => void {
    return this.#parts.gossip.watchListeners(listener)
  }

  /** Nothing against it; it may come back. */
  hangUp(peer: PeerId): void {
    const { node } = this.#parts
    for (const connection of node.getConnections()) {
      if (connection.remotePeer.toString() === peer) connection.abort(new Error('hung up'))
    }
  }

  usage(): WireUsage {
    const { channels, node, presence, memory, penalties } = this.#parts
    return {
      ...channels.usage(),
      connectionCount: node.getConnections().length,
      upCount: presence.peers().length,
      knownPeerCount: memory.size,
      offenderCount: penalties.size,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /**
   * Who answers becomes one of those that we come back to: by the minutes in which it did, since
   * many answers at once are cheap, and only whom we chose ourselves.
   */
  #answered(peer: PeerId): void {
    const { clock, memory, presence } = this.#parts
    if (!presence.isDialled(peer)) return
    const minute = Math.floor(clock.monotonicMs() / 60_000)
    if (minute !== this.#minute) this.#answerers.clear()
    this.#minute = minute
    if (this.#answerers.has(peer)) return
    this.#answerers.add(peer)
    memory.served(peer)
  }

  async #close(): Promise<void> {
    const { keep, records, channels, node, presence, memory } = this.#parts
    keep.close()
    records.close()
    channels.close()
    try {
      await node.stop()
    } finally {
      presence.close()
      await memory.close()
    }
  }
}
