// The port `Wire` on simulated links: what libp2p is to a daemon.
import { EzchatError } from '@ezchat/node/errors.ts'
import { assert, ProtocolError } from '@ezchat/protocol/errors.ts'
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
import { isMethodName, METHODS, type Method } from '@ezchat/protocol/request/method.ts'
import { answerError, STATUS_BUSY, STATUS_UNKNOWN, statusOf } from './channel-status.ts'
import { DIALLED_COUNT, WINDOW_COUNT_MAX } from './conditions.ts'
import type { Dht } from './dht.ts'
import type { Gossip } from './gossip.ts'
import type { Answer, Attached, Host, Link, Message } from './host.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'

interface Asked {
  readonly link: Link
  readonly settle: (answer: Answer) => void
  readonly fail: (reason: unknown) => void
}

type NoticeHandler = (peer: PeerId, body: Uint8Array) => void

/** Between two looks for more peers: a second, and in the end four minutes. */
const LOOK_MS = 1000
const LOOK_DOUBLINGS_MAX = 8

/** After so much of it a peer is cut off. */
const PENALTY_MAX = 100
const PENALTIES: Record<Offence, number> = {
  malformed: 100,
  invalid: 10,
  forged: 50,
  flood: 10,
  silent: 5,
  refuses: 2,
  lies: 20,
}

export interface SimWireInit {
  readonly network: Network
  readonly host: Host
  readonly gossip: Gossip
  readonly dht: Dht
  readonly random: Random
  readonly bootstrap: readonly PeerId[]
  /** Requests that fail here, whoever is asked: bugs that are planted to be found. */
  readonly failing?: ReadonlySet<string>
  /** Told of each answer that leaves. */
  readonly onAnswer?: (method: string, body: Uint8Array) => void
}

export class SimWire implements Wire, Attached {
  readonly self: PeerId
  readonly offences = new Map<Offence, number>()
  readonly #init: SimWireInit
  readonly #handlers = new Map<string, RequestHandler>()
  readonly #noticeHandlers = new Map<string, NoticeHandler>()
  readonly #listeners = new Set<(change: PeerChange) => void>()
  readonly #asked = new Map<number, Asked>()
  readonly #serving = new Map<string, AbortController>()
  readonly #penalties = new Map<PeerId, number>()
  #numberNext = 1
  #isOver = false
  #isLooking = false
  #lookCount = 0

  constructor(init: SimWireInit) {
    this.#init = init
    this.self = init.host.peer
  }

  start(): void {
    this.#init.host.attached = this
    this.#lookForPeers()
  }

  /** The process is gone. What it waited for never comes. */
  stop(isSilent: boolean): void {
    this.#isOver = true
    this.#asked.clear()
    this.#serving.clear()
    this.#init.gossip.leaveAll(this.#init.host)
    this.#init.network.detach(this.#init.host, isSilent)
  }

  addresses(): readonly string[] {
    const { host } = this.#init
    return host.isNat ? [] : [addressOf(host.peer)]
  }

  peers(): readonly ConnectedPeer[] {
    const { host } = this.#init
    return [...host.links].map(([peer, link]) => ({ peer, isDialled: link.isDialledBy(host) }))
  }

  watchPeers(listener: (change: PeerChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  learn(peer: PeerId): void {
    if (peer !== this.self) this.#init.host.known.add(peer)
  }

  addressesOf(peer: PeerId): readonly string[] {
    const { host, network } = this.#init
    if (!host.known.has(peer)) return []
    return network.byPeer.get(peer)?.isNat ? [] : [addressOf(peer)]
  }

  async connect(target: PeerId, { signal }: WireOptions): Promise<PeerId> {
    const peer = target.startsWith('/') ? target.slice(target.lastIndexOf('/') + 1) : target
    await this.#linkTo(peer, signal)
    return peer
  }

  async request(
    peer: PeerId,
    method: string,
    body: Uint8Array,
    { signal }: WireOptions,
  ): Promise<Uint8Array> {
    const { network, host, failing } = this.#init
    const terms = termsOf(method, 'request')
    assert(body.length <= terms.requestBytesMax, `${body.length} bytes of ${method}`)
    if (failing?.has(method)) throw new EzchatError('PEER_FAILED')
    const link = await this.#linkTo(peer, signal)
    if (this.#asked.size >= 16 * WINDOW_COUNT_MAX) throw new EzchatError('PEER_BUSY')
    const number = this.#numberNext++
    // Whoever asks may use its buffer again.
    const sent = body.slice()
    const answer = await new Promise<Answer>((resolve, reject) => {
      const abort = () => {
        this.#asked.delete(number)
        network.send(link, host, { kind: 'cancel', number })
        reject(signal.reason)
      }
      const end = () => {
        this.#asked.delete(number)
        signal.removeEventListener('abort', abort)
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#asked.set(number, {
        link,
        settle(answered) {
          end()
          resolve(answered)
        },
        fail(reason) {
          end()
          reject(reason)
        },
      })
      network.send(link, host, { kind: 'request', number, method, body: sent })
    })
    if (answer.status !== 0) throw answerError(answer.status)
    if (answer.body.length > terms.answerBytesMax) throw new EzchatError('PEER_INVALID')
    return answer.body
  }

  notify(peer: PeerId, method: string, body: Uint8Array): boolean {
    const { network, host } = this.#init
    const link = host.links.get(peer)
    if (link === undefined || this.#isOver) return false
    const { requestBytesMax } = termsOf(method, 'notice')
    assert(body.length <= requestBytesMax, `${body.length} bytes of ${method}`)
    network.send(link, host, { kind: 'notice', method, body: body.slice() })
    return true
  }

  handle(method: string, handler: RequestHandler): void {
    this.#handlers.set(method, handler)
  }

  handleNotices(method: string, handler: NoticeHandler): void {
    this.#noticeHandlers.set(method, handler)
  }

  async publish(shard: number, batch: Uint8Array): Promise<void> {
    if (!this.#isOver) this.#init.gossip.publish(this.#init.host, shard, batch)
  }

  subscribe(shard: number, receive: BatchHandler): () => void {
    const { gossip, host } = this.#init
    return gossip.join(host, shard, receive)
  }

  carriersOf(shard: number, { signal }: WireOptions): Promise<readonly PeerId[]> {
    return this.#init.dht.carriersOf(this.#init.host, shard, signal)
  }

  announce(shard: number, { signal }: WireOptions): Promise<void> {
    return this.#init.dht.announce(this.#init.host, shard, signal)
  }

  findRecord(name: Uint8Array, { signal }: WireOptions): Promise<readonly Uint8Array[]> {
    return this.#init.dht.findRecord(this.#init.host, name, signal)
  }

  publishRecord(name: Uint8Array, record: Uint8Array, { signal }: WireOptions): Promise<void> {
    return this.#init.dht.publishRecord(this.#init.host, { name, record }, signal)
  }

  penalise(peer: PeerId, offence: Offence): void {
    this.offences.set(offence, (this.offences.get(offence) ?? 0) + 1)
    const penalty = (this.#penalties.get(peer) ?? 0) + PENALTIES[offence]
    this.#penalties.set(peer, penalty)
    const link = this.#init.host.links.get(peer)
    if (penalty >= PENALTY_MAX && link !== undefined) this.#init.network.breakLink(link)
  }

  receive(from: Host, link: Link, message: Message): void {
    switch (message.kind) {
      case 'answer': {
        this.#asked.get(message.number)?.settle(message.answer)
        return
      }
      case 'request':
        void this.#serve(from, link, message)
        return
      case 'notice':
        this.#noticeHandlers.get(message.method)?.(from.peer, message.body)
        return
      case 'gossip':
        this.#init.gossip.receive(this.#init.host, from, message)
        return
      case 'cancel':
        this.#serving.get(`${from.index}/${message.number}`)?.abort(new EzchatError('PEER_TIMEOUT'))
    }
  }

  linkUp(link: Link): void {
    const { host, network, gossip } = this.#init
    const { peer } = link.far(host)
    if ((this.#penalties.get(peer) ?? 0) >= PENALTY_MAX) {
      network.timeline.after(0, () => network.breakLink(link))
      return
    }
    gossip.linkUp(host, link.far(host))
    this.#tell({ kind: 'up', peer, isDialled: link.isDialledBy(host) })
  }

  linkDown(link: Link): void {
    const { host } = this.#init
    for (const asked of [...this.#asked.values()]) {
      if (asked.link === link) asked.fail(new EzchatError('PEER_UNREACHABLE'))
    }
    this.#tell({ kind: 'down', peer: link.far(host).peer })
    this.#lookForPeers()
  }

  #tell(change: PeerChange): void {
    for (const listener of [...this.#listeners]) listener(change)
  }

  async #linkTo(peer: PeerId, signal: AbortSignal): Promise<Link> {
    signal.throwIfAborted()
    const { host, network, dht } = this.#init
    if ((this.#penalties.get(peer) ?? 0) >= PENALTY_MAX) throw new EzchatError('PEER_UNREACHABLE')
    const open = host.links.get(peer)
    if (open !== undefined) return open
    return abortable(signal, async () => {
      if (!host.known.has(peer)) await dht.findPeer(host, peer, signal)
      return network.dial(host, peer)
    })
  }

  async #serve(
    from: Host,
    link: Link,
    { number, method, body }: Message & { kind: 'request' },
  ): Promise<void> {
    const { network, host, onAnswer } = this.#init
    const answer = (answered: Answer) => {
      if (!this.#isOver) network.send(link, host, { kind: 'answer', number, answer: answered })
    }
    const empty = new Uint8Array(0)
    const handler = this.#handlers.get(method)
    if (handler === undefined) return answer({ status: STATUS_UNKNOWN, body: empty })
    if (this.#serving.size >= 4 * WINDOW_COUNT_MAX)
      return answer({ status: STATUS_BUSY, body: empty })
    const controller = new AbortController()
    const name = `${from.index}/${number}`
    this.#serving.set(name, controller)
    try {
      const answered = await handler(from.peer, body, { signal: controller.signal })
      if (!this.#isOver) onAnswer?.(method, answered)
      answer({ status: 0, body: answered })
    } catch (error: unknown) {
      // An assertion is a bug of ours: it ends the run.
      if (!(error instanceof ProtocolError || error instanceof EzchatError)) throw error
      answer({ status: statusOf(error), body: empty })
    } finally {
      this.#serving.delete(name)
    }
  }

  /** As the network layer does: keeps so many connections that it has chosen by itself. */
  #lookForPeers(): void {
    if (this.#isLooking || this.#isOver) return
    const { host, network, random } = this.#init
    if (this.#dialledCount() >= DIALLED_COUNT) {
      this.#lookCount = 0
      return
    }
    this.#isLooking = true
    const meanMs = LOOK_MS * 2 ** Math.min(this.#lookCount++, LOOK_DOUBLINGS_MAX)
    network.timeline.after(LOOK_MS / 4 + random.exponential(meanMs), () => {
      this.#isLooking = false
      if (this.#isOver) return
      const wanted = DIALLED_COUNT - this.#dialledCount()
      for (const peer of this.#candidates(wanted)) {
        if (peer === host.peer || host.links.has(peer)) continue
        const again = () => this.#lookForPeers()
        network.dial(host, peer).then(again, again)
      }
    })
  }

  #candidates(wanted: number): PeerId[] {
    const { host, dht, bootstrap, random } = this.#init
    // Whoever has been there before remembers others: bootstrap nodes are for newcomers.
    if (host.links.size === 0) return random.sample([...bootstrap, ...host.known], 2)
    return dht.walk(host, wanted)
  }

  #dialledCount(): number {
    const { host } = this.#init
    let count = host.dialling.size
    for (const link of host.links.values()) if (link.isDialledBy(host)) count++
    return count
  }
}

function termsOf(method: string, kind: Method['kind']): Method {
  assert(isMethodName(method) && METHODS[method].kind === kind, `${method} is no ${kind}`)
  return METHODS[method]
}

export function addressOf(peer: PeerId): string {
  return `/memory/sim/p2p/${peer}`
}

/** The work goes on, as a dial does, but nobody waits for it. */
function abortable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const end = () => signal.removeEventListener('abort', abort)
    work().then(
      (value) => {
        end()
        resolve(value)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
}
