// One peer's place in the simulated network: what is there whether its process runs or not.
import type { PeerId } from '@ezchat/protocol/ports.ts'

export type Deliver = (from: Host, link: Link, message: Message) => void

export type Message =
  | {
      readonly kind: 'request'
      readonly number: number
      readonly method: string
      readonly body: Uint8Array
    }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: Answer }
  | { readonly kind: 'notice'; readonly method: string; readonly body: Uint8Array }
  | {
      readonly kind: 'gossip'
      readonly shard: number
      readonly name: string
      readonly batch: Uint8Array
    }
  | { readonly kind: 'cancel'; readonly number: number }

/** Status 0 has a body; see docs/spec/channel.md. */
export interface Answer {
  readonly status: number
  readonly body: Uint8Array
}

/** What runs on a host: told of messages and of connections. */
export interface Attached {
  receive: Deliver
  linkUp(link: Link): void
  linkDown(link: Link): void
}

export class Host {
  readonly index: number
  readonly peer: PeerId
  /** Cannot be dialled, except through a relay. */
  readonly isNat: boolean
  /** Which part of a partition it is in. */
  side = 0
  /** Messages from and to it wait until then. */
  cloggedUntilMs = 0
  attached: Attached | null = null
  readonly links = new Map<PeerId, Link>()
  readonly dialling = new Map<PeerId, Promise<Link>>()
  readonly known = new Set<PeerId>()
  readonly shards = new Set<number>()
  sendFreeAtMs = 0
  receiveFreeAtMs = 0
  sentBytes = 0
  receivedBytes = 0

  constructor(index: number, peer: PeerId, isNat: boolean) {
    this.index = index
    this.peer = peer
    this.isNat = isNat
  }

  get isUp(): boolean {
    return this.attached !== null
  }
}

/** One connection between two hosts: in order in each direction, until it breaks. */
export class Link {
  readonly dialler: Host
  readonly other: Host
  readonly isRelayed: boolean
  isOpen = true
  /** Both directions at once: a message never overtakes the one before it. */
  readonly #lastAtMs: [number, number] = [0, 0]
  lastUsedAtMs = 0
  isDying = false

  constructor(dialler: Host, other: Host) {
    this.dialler = dialler
    this.other = other
    this.isRelayed = other.isNat
  }

  far(from: Host): Host {
    return from === this.dialler ? this.other : this.dialler
  }

  isDialledBy(host: Host): boolean {
    return host === this.dialler
  }

  inOrder(from: Host, atMs: number): number {
    const direction = from === this.dialler ? 0 : 1
    const arrivesAtMs = Math.max(atMs, this.#lastAtMs[direction] + 0.001)
    this.#lastAtMs[direction] = arrivesAtMs
    return arrivesAtMs
  }
}
