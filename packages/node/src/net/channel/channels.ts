// The channels with all peers: what is asked of them, what they ask, and the memory that this may
// take. channel.md is what goes over the wire.
import { CHANNEL_ASK_FRAMES } from '@ezchat/protocol/constants.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { Clock, Offence, PeerId, RequestHandler, WireOptions } from '@ezchat/protocol/ports.ts'
import type { Stream } from '@libp2p/interface'
import { EzchatError } from '../../errors.ts'
import {
  CHANNEL_FLOOR_BYTES,
  CHANNEL_FRAMES_BURST,
  CHANNEL_FRAMES_PER_SECOND,
  CHANNEL_IDLE_MS,
  CHANNEL_OUTGOING_BYTES_MAX,
  CHANNEL_OUTGOING_PEER_BYTES_MAX,
  CHANNEL_PAUSED_COUNT_MAX,
  CHANNEL_PEER_BYTES_MAX,
  CHANNEL_PEERS_MAX,
  CHANNEL_POOL_BYTES_MAX,
  CHANNEL_SWEEP_MS,
} from '../../limits.ts'
import { Answerer } from './answerer.ts'
import { Asker } from './asker.ts'
import { Budget } from './budget.ts'
import { Methods, type MethodTable } from './method.ts'
import type { NoticeHandler, Offer } from './offer.ts'
import { PauseCount } from './pause-count.ts'
import { isIdle, type PeerChannels } from './peer-channels.ts'
import type { Rate } from './token-bucket.ts'

export interface ChannelsInit {
  readonly clock: Clock
  readonly methods: MethodTable
  /** A new stream of the request protocol, dialling if need be. An EzchatError is passed on. */
  readonly open: (peer: PeerId, options: WireOptions) => Promise<Stream>
  /** Whether a stream can be had without dialling: nobody is dialled for a notice. */
  readonly isConnected: (peer: PeerId) => boolean
  readonly onOffence: (peer: PeerId, offence: Offence) => void
  /** A handler threw what is no answer. */
  readonly onFailure: (method: string, error: unknown) => void
  /** How many frames of one peer are read, and written to one, if not as many as usual. */
  readonly rate?: { readonly read: Rate; readonly write: Rate }
}

export interface ChannelUsage {
  readonly peerCount: number
  readonly runningCount: number
  readonly pausedCount: number
  /** Requests of peers, and answers until they are written. */
  readonly incomingBytes: number
  /** Our requests and notices until they are written. */
  readonly outgoingBytes: number
  /** Came, and is not yet read. */
  readonly unreadBytes: number
}

const RATE = {
  read: { perSecond: CHANNEL_FRAMES_PER_SECOND, burst: CHANNEL_FRAMES_BURST },
  write: CHANNEL_ASK_FRAMES,
}

export class Channels {
  readonly #init: ChannelsInit
  readonly #methods: Methods
  readonly #peers = new Map<PeerId, PeerChannels>()
  readonly #requests = new Map<string, RequestHandler>()
  readonly #notices = new Map<string, NoticeHandler>()
  readonly #offer: Offer
  readonly #incoming = new Budget({
    floorBytes: CHANNEL_FLOOR_BYTES,
    shareBytesMax: CHANNEL_PEER_BYTES_MAX,
    poolBytesMax: CHANNEL_POOL_BYTES_MAX,
  })
  readonly #outgoing = new Budget({
    floorBytes: 0,
    shareBytesMax: CHANNEL_OUTGOING_PEER_BYTES_MAX,
    poolBytesMax: CHANNEL_OUTGOING_BYTES_MAX,
  })
  readonly #pauses = new PauseCount(CHANNEL_PAUSED_COUNT_MAX)
  #cancelSweep: (() => void) | null = null
  #isClosed = false

  constructor(init: ChannelsInit) {
    this.#init = init
    this.#methods = new Methods(init.methods)
    this.#offer = {
      methods: this.#methods,
      requests: this.#requests,
      notices: this.#notices,
      failed: init.onFailure,
    }
  }

  /**
   * One request, one answer. Rejects with the signal's reason, or with an EzchatError that says
   * whether to try again: then it is the caller who waits, opens anew, and gives up.
   */
  async request(
    peer: PeerId,
    method: string,
    body: Uint8Array,
    options: WireOptions,
  ): Promise<Uint8Array> {
    const known = this.#methods.ofKind(method, 'request')
    assert(body.length <= known.requestBytesMax, `${method} of ${body.length} bytes`)
    options.signal.throwIfAborted()
    const channels = this.#channelsOf(peer)
    if (channels === null) throw new EzchatError('PEER_BUSY', { detail: 'too many peers' })
    return channels.asker.request(known, body, options)
  }

  /** False when it was not sent: nobody there, or no room. */
  notify(peer: PeerId, method: string, body: Uint8Array): boolean {
    const known = this.#methods.ofKind(method, 'notice')
    assert(body.length <= known.requestBytesMax, `${method} of ${body.length} bytes`)
    if (this.#isClosed) return false
    if (!this.#peers.has(peer) && !this.#init.isConnected(peer)) return false
    return this.#channelsOf(peer)?.asker.notify(known, body) ?? false
  }

  handle(method: string, handler: RequestHandler): void {
    assert(!this.#requests.has(method), `${method} has a handler`)
    this.#requests.set(this.#methods.ofKind(method, 'request').name, handler)
  }

  handleNotices(method: string, handler: NoticeHandler): void {
    assert(!this.#notices.has(method), `${method} has a handler`)
    this.#notices.set(this.#methods.ofKind(method, 'notice').name, handler)
  }

  /** A stream that the peer opened. To be called before anything is awaited. */
  accept(stream: Stream, peer: PeerId): void {
    const channels = this.#isClosed ? null : this.#channelsOf(peer)
    if (channels === null) stream.abort(new Error('no room for another channel'))
    else channels.answerer.accept(stream)
  }

  /** The connection is gone, or nobody wants it any more. */
  closePeer(peer: PeerId): void {
    const channels = this.#peers.get(peer)
    channels?.asker.close()
    channels?.answerer.close()
  }

  /** Handlers that are running are told to stop, and nobody waits for them. */
  close(): void {
    this.#isClosed = true
    this.#cancelSweep?.()
    for (const peer of this.#peers.keys()) this.closePeer(peer)
  }

  usage(): ChannelUsage {
    let runningCount = 0
    let unreadBytes = 0
    for (const { asker, answerer } of this.#peers.values()) {
      runningCount += answerer.runningCount
      unreadBytes += asker.unreadBytes + answerer.unreadBytes
    }
    return {
      peerCount: this.#peers.size,
      runningCount,
      pausedCount: this.#pauses.count,
      incomingBytes: this.#incoming.usedBytes,
      outgoingBytes: this.#outgoing.usedBytes,
      unreadBytes,
    }
  }

  #channelsOf(peer: PeerId): PeerChannels | null {
    if (this.#isClosed)
      throw new EzchatError('PEER_UNREACHABLE', { detail: 'this node is closing' })
    const known = this.#peers.get(peer)
    if (known !== undefined) {
      known.usedMs = this.#init.clock.monotonicMs()
      return known
    }
    if (this.#peers.size >= CHANNEL_PEERS_MAX && !this.#forgetOne()) return null
    const channels = this.#compose(peer)
    this.#peers.set(peer, channels)
    this.#cancelSweep ??= this.#init.clock.after(CHANNEL_SWEEP_MS, () => this.#sweep())
    return channels
  }

  #compose(peer: PeerId): PeerChannels {
    const { clock, open, isConnected, onOffence, rate = RATE } = this.#init
    const offended = (offence: Offence) => onOffence(peer, offence)
    const common = { clock, pauses: this.#pauses, offended }
    return {
      usedMs: clock.monotonicMs(),
      asker: new Asker({
        ...common,
        rate: rate.write,
        share: this.#outgoing.share(),
        open: (options) => open(peer, options),
        isConnected: () => isConnected(peer),
      }),
      answerer: new Answerer({
        ...common,
        ...{ peer, rate: rate.read, offer: this.#offer },
        share: this.#incoming.share(),
      }),
    }
  }

  /** Of those with nothing under way, whoever was used longest ago. */
  #forgetOne(): boolean {
    let oldest: PeerId | null = null
    let usedMs = Number.POSITIVE_INFINITY
    for (const [peer, channels] of this.#peers) {
      if (!isIdle(channels) || channels.usedMs >= usedMs) continue
      oldest = peer
      usedMs = channels.usedMs
    }
    return oldest !== null && this.#peers.delete(oldest)
  }

  #sweep(): void {
    const { clock } = this.#init
    const idleMs = clock.monotonicMs() - CHANNEL_IDLE_MS
    for (const [peer, channels] of this.#peers) {
      channels.asker.sweep()
      channels.answerer.sweep()
      if (isIdle(channels) && channels.usedMs < idleMs) this.#peers.delete(peer)
    }
    this.#cancelSweep =
      this.#peers.size === 0 ? null : clock.after(CHANNEL_SWEEP_MS, () => this.#sweep())
  }
}
