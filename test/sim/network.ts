// Hosts, and what happens to bytes between them.
import { EzchatError } from '@ezchat/node/errors.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import {
  type Conditions,
  DIAL_ROUND_TRIPS,
  DIAL_TIMEOUT_MS,
  FRAME_BYTES,
  LINKS_MAX,
  SILENCE_MS,
} from './conditions.ts'
import { Host, Link, type Message } from './host.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

export interface MethodTraffic {
  count: number
  bytes: number
}

export interface NetworkInit {
  readonly timeline: Timeline
  readonly random: Random
  readonly trace: Trace
  readonly conditions: Conditions
}

function bytesOf(message: Message): number {
  switch (message.kind) {
    case 'request':
    case 'notice':
      return message.body.length
    case 'answer':
      return message.answer.body.length
    case 'gossip':
      return message.batch.length
    case 'cancel':
      return 0
  }
}

function nameOf(message: Message): string {
  return message.kind === 'request' || message.kind === 'notice'
    ? `${message.kind} ${message.method}`
    : message.kind
}

function contentOf(message: Message): Uint8Array | undefined {
  if (message.kind === 'answer') return message.answer.body
  if (message.kind === 'gossip') return message.batch
  return message.kind === 'cancel' ? undefined : message.body
}

export class Network {
  readonly timeline: Timeline
  readonly conditions: Conditions
  readonly hosts: Host[] = []
  readonly byPeer = new Map<PeerId, Host>()
  readonly traffic = new Map<string, MethodTraffic>()
  readonly trace: Trace
  /** Sees each message that arrives. */
  observe: ((from: Host, to: Host, message: Message) => void) | null = null
  readonly #random: Random

  constructor({ timeline, random, trace, conditions }: NetworkInit) {
    this.timeline = timeline
    this.conditions = conditions
    this.trace = trace
    this.#random = random
  }

  addHost(peer: PeerId, isNat: boolean): Host {
    const host = new Host(this.hosts.length, peer, isNat)
    this.hosts.push(host)
    this.byPeer.set(peer, host)
    return host
  }

  isApart(a: Host, b: Host): boolean {
    return a.side !== b.side
  }

  /** One way, for something that is not sent over a link. */
  latencyMs(isRelayed = false): number {
    const { latencyMs, jitterShare } = this.conditions
    return latencyMs * (1 + this.#random.unit() * jitterShare) * (isRelayed ? 2 : 1)
  }

  /** Finds nothing out: what is lost is lost without a word. */
  send(link: Link, from: Host, message: Message): void {
    if (!link.isOpen) return
    const to = link.far(from)
    const { timeline, conditions } = this
    const bytes = bytesOf(message) + FRAME_BYTES
    this.#count(from, message, bytes)
    link.lastUsedAtMs = timeline.nowMs
    if (this.isApart(from, to) || !to.isUp) {
      this.#dieLater(link)
      return
    }
    // It has restarted, and answers what it does not know with a reset.
    const isUnknown = to.links.get(from.peer) !== link
    if (isUnknown || this.#random.chance(conditions.resetShare)) {
      this.breakLink(link)
      return
    }
    from.sendFreeAtMs = Math.max(timeline.nowMs, from.sendFreeAtMs) + bytes / conditions.bytesPerMs
    let atMs = Math.max(from.sendFreeAtMs, from.cloggedUntilMs, to.cloggedUntilMs)
    atMs += this.latencyMs(link.isRelayed)
    if (this.#random.chance(conditions.lossShare)) atMs += 2 * conditions.latencyMs + 200
    to.receiveFreeAtMs = Math.max(atMs, to.receiveFreeAtMs + bytes / conditions.bytesPerMs)
    const arrivesAtMs = link.inOrder(from, to.receiveFreeAtMs)
    timeline.after(arrivesAtMs - timeline.nowMs, () => {
      if (!link.isOpen || to.attached === null) return
      if (this.isApart(from, to)) return
      to.receivedBytes += bytes
      this.trace.event(timeline.nowMs, nameOf(message), from.index, to.index, contentOf(message))
      this.observe?.(from, to, message)
      to.attached.receive(from, link, message)
    })
  }

  /** Joins the dial that is under way, if there is one. */
  dial(from: Host, peer: PeerId): Promise<Link> {
    const open = from.links.get(peer)
    if (open !== undefined) return Promise.resolve(open)
    const underWay = from.dialling.get(peer)
    if (underWay !== undefined) return underWay
    const dialling = this.#dial(from, peer)
    from.dialling.set(peer, dialling)
    const done = () => from.dialling.delete(peer)
    dialling.then(done, done)
    return dialling
  }

  /** Both ends learn of it at once. */
  breakLink(link: Link): void {
    if (!link.isOpen) return
    link.isOpen = false
    const { dialler, other } = link
    this.trace.event(this.timeline.nowMs, 'down', dialler.index, other.index)
    for (const [host, far] of [
      [dialler, other],
      [other, dialler],
    ] as const) {
      if (host.links.get(far.peer) === link) host.links.delete(far.peer)
      host.attached?.linkDown(link)
    }
  }

  /** `isSilent`: power was lost, and nobody hears of it until their monitors do. */
  detach(host: Host, isSilent: boolean): void {
    host.attached = null
    for (const link of [...host.links.values()]) {
      if (isSilent) this.#dieLater(link)
      else this.breakLink(link)
    }
    host.links.clear()
    host.dialling.clear()
    host.shards.clear()
  }

  #dial(from: Host, peer: PeerId): Promise<Link> {
    const { timeline } = this
    const to = this.byPeer.get(peer)
    const life = from.attached
    const isHopeless =
      to === undefined || to === from || to.attached === null || this.isApart(from, to)
    // Half of those that are away leave a closed port behind, the others leave nothing.
    const isRefused = to !== undefined && to.attached === null && this.#random.chance(0.5)
    const tripMs = 2 * this.latencyMs(to?.isNat)
    const failsAfterMs = isRefused ? tripMs : DIAL_TIMEOUT_MS
    return new Promise((resolve, reject) => {
      const fail = () => reject(new EzchatError('PEER_UNREACHABLE'))
      timeline.after(isHopeless ? failsAfterMs : DIAL_ROUND_TRIPS * tripMs, () => {
        if (isHopeless || from.attached !== life || to.attached === null) return fail()
        if (this.isApart(from, to)) return fail()
        const known = from.links.get(peer)
        if (known !== undefined) return resolve(known)
        if (!this.#makeRoom(from) || !this.#makeRoom(to)) return fail()
        resolve(this.#open(from, to))
      })
    })
  }

  #open(from: Host, to: Host): Link {
    const link = new Link(from, to)
    const stale = to.links.get(from.peer)
    if (stale !== undefined) this.breakLink(stale)
    link.lastUsedAtMs = this.timeline.nowMs
    this.trace.event(this.timeline.nowMs, 'up', from.index, to.index)
    from.links.set(to.peer, link)
    to.links.set(from.peer, link)
    from.known.add(to.peer)
    to.known.add(from.peer)
    from.attached?.linkUp(link)
    to.attached?.linkUp(link)
    return link
  }

  /** The connection that was idle for longest goes, unless all are in use. */
  #makeRoom(host: Host): boolean {
    if (host.links.size < LINKS_MAX) return true
    let idlest: Link | null = null
    for (const link of host.links.values()) {
      if (idlest === null || link.lastUsedAtMs < idlest.lastUsedAtMs) idlest = link
    }
    if (idlest === null || this.timeline.nowMs - idlest.lastUsedAtMs < 10_000) return false
    this.breakLink(idlest)
    return true
  }

  #dieLater(link: Link): void {
    if (link.isDying) return
    link.isDying = true
    this.timeline.after(SILENCE_MS, () => {
      link.isDying = false
      const { dialler, other } = link
      if (!dialler.isUp || !other.isUp || this.isApart(dialler, other) || !this.#isWhole(link)) {
        this.breakLink(link)
      }
    })
  }

  /** A host that restarted meanwhile knows nothing of the connection. */
  #isWhole(link: Link): boolean {
    const { dialler, other } = link
    return dialler.links.get(other.peer) === link && other.links.get(dialler.peer) === link
  }

  #count(from: Host, message: Message, bytes: number): void {
    from.sentBytes += bytes
    const name = nameOf(message)
    const known = this.traffic.get(name)
    if (known === undefined) this.traffic.set(name, { count: 1, bytes })
    else {
      known.count++
      known.bytes += bytes
    }
  }
}
