// Several peers in one process behind the port `Wire`: no sockets, no time, one order of events.
import { EzchatError } from '@ezchat/node/errors.ts'
import { peerIdOf } from '@ezchat/node/net/peer-id.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type {
  BatchHandler,
  ConnectedPeer,
  Offence,
  PeerChange,
  PeerId,
  RequestHandler,
  Wire,
  WireOptions,
} from '@ezchat/protocol/ports.ts'
import { isMethodName, METHODS } from '@ezchat/protocol/request/method.ts'

type NoticeHandler = (peer: PeerId, body: Uint8Array) => void

/** What a test may do to one message: let it pass, or answer in the peer's place. */
export type Intercept = (
  from: PeerId,
  to: PeerId,
  method: string,
  body: Uint8Array,
) => Promise<Uint8Array> | null

export class FakeNetwork {
  readonly #wires = new Map<PeerId, FakeWire>()
  readonly #links = new Map<string, PeerId>()
  readonly providers = new Map<number, Set<PeerId>>()
  readonly records = new Map<string, Uint8Array[]>()
  /** Before every request; null lets it pass. */
  intercept: Intercept = () => null
  /** Whether a notice finds room; a test makes it scarce. */
  hasRoom: (from: PeerId, to: PeerId, method: string) => boolean = () => true

  add(self: PeerId): FakeWire {
    const wire = new FakeWire(this, self)
    this.#wires.set(self, wire)
    return wire
  }

  /** As by a dial of the first. */
  link(dialler: PeerId, listener: PeerId): void {
    if (this.isLinked(dialler, listener)) return
    this.#links.set(linkName(dialler, listener), dialler)
    this.#wires.get(dialler)?.changed({ kind: 'up', peer: listener, isDialled: true })
    this.#wires.get(listener)?.changed({ kind: 'up', peer: dialler, isDialled: false })
  }

  unlink(a: PeerId, b: PeerId): void {
    if (!this.#links.delete(linkName(a, b))) return
    this.#wires.get(a)?.changed({ kind: 'down', peer: b })
    this.#wires.get(b)?.changed({ kind: 'down', peer: a })
  }

  isLinked(a: PeerId, b: PeerId): boolean {
    return this.#links.has(linkName(a, b))
  }

  linksOf(self: PeerId): ConnectedPeer[] {
    return [...this.#wires.keys()].flatMap((peer) => {
      const dialler = this.#links.get(linkName(self, peer))
      return dialler === undefined ? [] : [{ peer, isDialled: dialler === self }]
    })
  }

  wireOf(peer: PeerId): FakeWire | null {
    return this.#wires.get(peer) ?? null
  }
}

export interface Penalty {
  readonly peer: PeerId
  readonly offence: Offence
}

export class FakeWire implements Wire {
  readonly self: PeerId
  readonly penalties: Penalty[] = []
  isReachable = true
  readonly #network: FakeNetwork
  readonly #handlers = new Map<string, RequestHandler>()
  readonly #notices = new Map<string, NoticeHandler>()
  readonly #topics = new Map<number, Set<BatchHandler>>()
  readonly #heard = new Set<string>()
  readonly #listeners = new Set<(change: PeerChange) => void>()
  readonly #book = new Map<PeerId, readonly string[]>()

  constructor(network: FakeNetwork, self: PeerId) {
    this.#network = network
    this.self = self
  }

  addresses(): readonly string[] {
    return [`/memory/${this.self}`]
  }

  peers(): readonly ConnectedPeer[] {
    return this.#network.linksOf(this.self)
  }

  watchPeers(listener: (change: PeerChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  learn(peer: PeerId, addresses: readonly string[]): void {
    this.#book.set(peer, addresses)
  }

  addressesOf(peer: PeerId): readonly string[] {
    return this.#book.get(peer) ?? []
  }

  async connect(target: PeerId, options: WireOptions): Promise<PeerId> {
    await passing(options.signal)
    const peer = target.startsWith('/memory/') ? target.slice('/memory/'.length) : target
    const isThere = this.#network.wireOf(peer)?.isReachable ?? false
    if (!isThere || !this.isReachable || peer === this.self) {
      throw new EzchatError('PEER_UNREACHABLE')
    }
    this.#network.link(this.self, peer)
    return peer
  }

  async request(
    peer: PeerId,
    method: string,
    body: Uint8Array,
    options: WireOptions,
  ): Promise<Uint8Array> {
    const terms = termsOf(method, 'request', body)
    if (!this.#network.isLinked(this.self, peer)) await this.connect(peer, options)
    const sent = body.slice()
    await passing(options.signal)
    const other = this.#network.intercept(this.self, peer, method, sent)
    const answering = other ?? this.#network.wireOf(peer)!.answer(this.self, method, sent)
    const answer = await until(options.signal, answering)
    await passing(options.signal)
    if (answer.length > terms.answerBytesMax) throw new EzchatError('PEER_INVALID')
    return answer.slice()
  }

  notify(peer: PeerId, method: string, body: Uint8Array): boolean {
    termsOf(method, 'notice', body)
    if (!this.#network.isLinked(this.self, peer)) return false
    if (!this.#network.hasRoom(this.self, peer, method)) return false
    const sent = body.slice()
    queueMicrotask(() => {
      if (!this.#network.isLinked(this.self, peer)) return
      this.#network.wireOf(peer)?.hear(this.self, method, sent)
    })
    return true
  }

  handle(method: string, handler: RequestHandler): void {
    termsOf(method, 'request', EMPTY)
    this.#handlers.set(method, handler)
  }

  handleNotices(method: string, handler: NoticeHandler): void {
    termsOf(method, 'notice', EMPTY)
    this.#notices.set(method, handler)
  }

  /** To all neighbours that listen, who pass it on when they accept it. */
  async publish(shard: number, batch: Uint8Array): Promise<void> {
    this.#heard.add(toHex(batch))
    this.#spread(shard, batch, this.self)
  }

  subscribe(shard: number, receive: BatchHandler): () => void {
    const handlers = this.#topics.get(shard) ?? new Set()
    this.#topics.set(shard, handlers.add(receive))
    return () => handlers.delete(receive)
  }

  async carriersOf(shard: number, options: WireOptions): Promise<readonly PeerId[]> {
    await passing(options.signal)
    return [...(this.#network.providers.get(shard) ?? [])]
  }

  async announce(shard: number, options: WireOptions): Promise<void> {
    await passing(options.signal)
    const providers = this.#network.providers.get(shard) ?? new Set()
    this.#network.providers.set(shard, providers.add(this.self))
  }

  async findRecord(name: Uint8Array, options: WireOptions): Promise<readonly Uint8Array[]> {
    await passing(options.signal)
    return this.#network.records.get(toHex(name)) ?? []
  }

  async publishRecord(name: Uint8Array, record: Uint8Array, options: WireOptions): Promise<void> {
    await passing(options.signal)
    const records = this.#network.records.get(toHex(name)) ?? []
    this.#network.records.set(toHex(name), [...records, record.slice()])
  }

  penalise(peer: PeerId, offence: Offence): void {
    this.penalties.push({ peer, offence })
  }

  changed(change: PeerChange): void {
    for (const listener of [...this.#listeners]) listener(change)
  }

  /** Rejects as the asker's wire would, from the status that the channel would carry. */
  async answer(from: PeerId, method: string, body: Uint8Array): Promise<Uint8Array> {
    const handler = this.#handlers.get(method)
    if (handler === undefined) throw new EzchatError('PEER_UNSUPPORTED')
    try {
      const answer = await handler(from, body, { signal: new AbortController().signal })
      if (!isMethodName(method) || answer.length > METHODS[method].answerBytesMax) {
        throw new Error(`an answer of ${answer.length} bytes to ${method}`)
      }
      return answer
    } catch (error: unknown) {
      throw asSeenByPeer(error)
    }
  }

  hear(from: PeerId, method: string, body: Uint8Array): void {
    this.#notices.get(method)?.(from, body)
  }

  #spread(shard: number, batch: Uint8Array, except: PeerId): void {
    for (const { peer } of this.peers()) {
      if (peer === except) continue
      queueMicrotask(() => this.#network.wireOf(peer)?.gossip(this.self, shard, batch.slice()))
    }
  }

  async gossip(from: PeerId, shard: number, batch: Uint8Array): Promise<void> {
    const handlers = this.#topics.get(shard)
    const name = toHex(batch)
    if (handlers === undefined || handlers.size === 0 || this.#heard.has(name)) return
    this.#heard.add(name)
    const verdicts = await Promise.all([...handlers].map((handler) => handler(from, batch)))
    if (verdicts.every((verdict) => verdict === 'accept')) this.#spread(shard, batch, from)
  }
}

const EMPTY = new Uint8Array(0)

function linkName(a: PeerId, b: PeerId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

function termsOf(method: string, kind: 'request' | 'notice', body: Uint8Array) {
  if (!isMethodName(method)) throw new Error(`no method ${method}`)
  const terms = METHODS[method]
  if (terms.kind !== kind) throw new Error(`${method} is a ${terms.kind}`)
  if (body.length > terms.requestBytesMax) throw new Error(`${body.length} bytes of ${method}`)
  return terms
}

async function passing(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await null
  signal.throwIfAborted()
}

function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function asSeenByPeer(error: unknown): EzchatError {
  const cause = { cause: error }
  if (error instanceof ProtocolError) {
    return new EzchatError('PEER_REFUSED', { ...cause, status: error.status })
  }
  const code = error instanceof EzchatError ? error.code : null
  if (code === 'STORE_BUSY' || code === 'PEER_BUSY') return new EzchatError('PEER_BUSY', cause)
  const isFull = code === 'STORE_FULL' || code === 'STORE_DISK_FULL' || code === 'PEER_FULL'
  return new EzchatError(isFull ? 'PEER_FULL' : 'PEER_FAILED', cause)
}

/** Always the same peers: the seed and the name of number n. */
export function fakePeer(crypto: Crypto, number: number): { seed: Secret; peer: PeerId } {
  const bytes = new Uint8Array(32).fill(0x70)
  new DataView(bytes.buffer).setUint32(0, number)
  const seed = Secret.adopt(bytes)
  return { seed, peer: peerIdOf(crypto.ed25519Public(seed)) }
}
