// Who is there: peers that have shown, by identify, that they speak our network's requests.
// Whoever does not within a time is a stranger, and is hung up on.
import type { Clock, ConnectedPeer, PeerChange, PeerId } from '@ezchat/protocol/ports.ts'
import type { Connection, IdentifyResult, Libp2p } from '@libp2p/interface'
import { IDENTIFY_MS_MAX } from '../limits.ts'

export interface PresenceInit {
  readonly clock: Clock
  readonly node: Libp2p
  readonly protocol: string
  readonly onSeen: (peer: PeerId, addresses: readonly string[]) => void
}

export class Presence {
  readonly #init: PresenceInit
  readonly #up = new Map<PeerId, ConnectedPeer>()
  readonly #strangers = new Map<string, () => void>()
  readonly #listeners = new Set<(change: PeerChange) => void>()

  constructor(init: PresenceInit) {
    this.#init = init
    init.node.addEventListener('connection:open', ({ detail }) => this.#opened(detail))
    init.node.addEventListener('connection:close', ({ detail }) => this.#closed(detail))
    init.node.addEventListener('peer:identify', ({ detail }) => this.#identified(detail))
  }

  peers(): ConnectedPeer[] {
    return [...this.#up.values()]
  }

  isUp(peer: PeerId): boolean {
    return this.#up.has(peer)
  }

  isDialled(peer: PeerId): boolean {
    return this.#up.get(peer)?.isDialled === true
  }

  watch(listener: (change: PeerChange) => void): () => void {
    // A wrapper, so that who listens twice hears twice and stops once.
    const own = (change: PeerChange) => listener(change)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  /** True once it is there; false when it has no connection any more. */
  async whenUp(peer: PeerId, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    if (this.#up.has(peer)) return true
    if (!this.#isConnected(peer)) return false
    let stop = () => {}
    try {
      return await new Promise<boolean>((resolve, reject) => {
        const settle = () => {
          if (this.#up.has(peer)) resolve(true)
          else if (!this.#isConnected(peer)) resolve(false)
        }
        const abort = () => reject(signal.reason)
        const { node } = this.#init
        const unwatch = this.watch(settle)
        node.addEventListener('connection:close', settle)
        signal.addEventListener('abort', abort, { once: true })
        stop = () => {
          unwatch()
          node.removeEventListener('connection:close', settle)
          signal.removeEventListener('abort', abort)
        }
      })
    } finally {
      stop()
    }
  }

  close(): void {
    for (const cancel of this.#strangers.values()) cancel()
    this.#strangers.clear()
    this.#listeners.clear()
  }

  #isConnected(peer: PeerId): boolean {
    return this.#connectionsOf(peer).length > 0
  }

  #connectionsOf(peer: PeerId): Connection[] {
    const all = this.#init.node.getConnections()
    return all.filter(
      ({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer,
    )
  }

  #opened(connection: Connection): void {
    const cancel = this.#init.clock.after(IDENTIFY_MS_MAX, () => {
      this.#strangers.delete(connection.id)
      connection.abort(new Error('it does not speak the protocols of our network'))
    })
    this.#strangers.set(connection.id, cancel)
  }

  #identified({ connection, protocols, listenAddrs }: IdentifyResult): void {
    if (!protocols.includes(this.#init.protocol)) return
    this.#strangers.get(connection.id)?.()
    this.#strangers.delete(connection.id)
    if (connection.status !== 'open') return
    const peer = connection.remotePeer.toString()
    this.#init.onSeen(peer, listenAddrs.map(String))
    const isDialled = this.#connectionsOf(peer).some(isOutbound)
    const isNew = !this.#up.has(peer)
    this.#up.set(peer, { peer, isDialled })
    if (isNew) this.#tell({ kind: 'up', peer, isDialled })
  }

  #closed(connection: Connection): void {
    this.#strangers.get(connection.id)?.()
    this.#strangers.delete(connection.id)
    const peer = connection.remotePeer.toString()
    const others = this.#connectionsOf(peer).filter(({ id }) => id !== connection.id)
    if (!this.#up.has(peer)) return
    if (others.length > 0) {
      this.#up.set(peer, { peer, isDialled: others.some(isOutbound) })
      return
    }
    this.#up.delete(peer)
    this.#tell({ kind: 'down', peer })
  }

  #tell(change: PeerChange): void {
    for (const listener of [...this.#listeners]) listener(change)
  }
}

const isOutbound = ({ direction }: Connection) => direction === 'outbound'
