// Many machines in virtual time, one seed one run. Links take their time, and so does pushing to
// carriers; nodes may swallow what they are handed.
import { toHex } from '../../src/codec/bytes.ts'
import type { DeliveryReason, PenaltyReason, StemEffect } from '../../src/stem/event.ts'
import { Stem } from '../../src/stem/machine.ts'
import { decodeStemMessage } from '../../src/stem/message.ts'
import {
  bytesOfUnits,
  readEnvelope,
  receiptOf,
  seededUnit,
  sha256,
  verifyReceipt,
} from './seeded.ts'
import { Timeline } from './timeline.ts'

export interface NetworkOptions {
  readonly nodes: number
  readonly seed: number
  /** How many peers each node connects to; as many again, on average, connect to it. */
  readonly dials?: number
  readonly linkMs?: number
  /** Share of nodes that take envelopes and do nothing. */
  readonly blackHoles?: number
  /** Share of nodes whose deliveries reach no carrier. */
  readonly stranded?: number
}

/** One envelope on one link. */
export interface Relay {
  readonly id: string
  readonly from: number
  readonly to: number
  readonly atMs: number
}

export interface Delivery {
  readonly id: string
  readonly node: number
  readonly why: DeliveryReason
  readonly own: boolean
  readonly atMs: number
}

type Action =
  | { readonly kind: 'tick'; readonly node: number }
  | {
      readonly kind: 'arrive'
      readonly from: number
      readonly to: number
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'pushed'; readonly node: number; readonly id: Uint8Array }
  | { readonly kind: 'submit'; readonly node: number; readonly envelope: Uint8Array }

const nameOf = (node: number): string => `node-${node}`
const numberOf = (peer: string): number => Number(peer.slice('node-'.length))

export class StemNetwork {
  nowMs = 0
  readonly relays: Relay[] = []
  readonly deliveries: Delivery[] = []
  /** Per envelope, when its author had receipts, and from how many carriers. */
  readonly receipts = new Map<string, { readonly atMs: number; readonly count: number }>()
  readonly penalties: {
    readonly by: number
    readonly peer: number
    readonly why: PenaltyReason
  }[] = []
  readonly neighbours: readonly ReadonlySet<number>[]
  readonly blackHoles: ReadonlySet<number>
  readonly stems: readonly Stem[]
  readonly #stranded: ReadonlySet<number>
  readonly #linkMs: number
  readonly #unit: () => number
  readonly #timeline = new Timeline<Action>()
  readonly #timerAtMs: number[]

  constructor(options: NetworkOptions) {
    const { nodes, seed, dials = 6, linkMs = 100, blackHoles = 0, stranded = 0 } = options
    this.#unit = seededUnit(seed)
    this.#linkMs = linkMs
    this.blackHoles = this.#someOf(nodes, blackHoles)
    this.#stranded = this.#someOf(nodes, stranded)
    this.#timerAtMs = Array.from({ length: nodes }, () => Number.POSITIVE_INFINITY)
    const random = bytesOfUnits(this.#unit)
    this.stems = Array.from(
      { length: nodes },
      () => new Stem({ random, readEnvelope, verifyReceipt }),
    )
    for (const node of this.stems.keys()) this.#perform(node, { kind: 'start' })
    this.neighbours = this.#connect(nodes, Math.min(dials, nodes - 1))
  }

  submit(node: number, envelope: Uint8Array, atMs: number = this.nowMs): string {
    this.#timeline.push(atMs, { kind: 'submit', node, envelope })
    return toHex(sha256(envelope))
  }

  run(untilMs: number): void {
    for (;;) {
      const next = this.#timeline.pop(untilMs)
      if (next === null) break
      this.nowMs = next.atMs
      this.#act(next.value)
    }
    this.nowMs = untilMs
  }

  /** The node at the other end is gone, for both. */
  disconnect(a: number, b: number): void {
    this.#perform(a, { kind: 'peer-down', peer: nameOf(b) })
    this.#perform(b, { kind: 'peer-down', peer: nameOf(a) })
  }

  /** A whole number of nodes below `count`. */
  anyOf(count: number): number {
    return Math.floor(this.#unit() * count)
  }

  #someOf(nodes: number, share: number): Set<number> {
    const some = new Set<number>()
    while (some.size < Math.round(nodes * share)) some.add(this.anyOf(nodes))
    return some
  }

  #connect(nodes: number, dials: number): Set<number>[] {
    const links = Array.from({ length: nodes }, () => new Set<number>())
    for (let node = 0; node < nodes; node++) {
      let dialled = 0
      while (dialled < dials && links[node]!.size < nodes - 1) {
        const other = this.anyOf(nodes)
        if (other === node || links[node]!.has(other)) continue
        dialled += 1
        links[node]!.add(other)
        links[other]!.add(node)
        this.#meet(node, other, true)
        this.#meet(other, node, false)
      }
    }
    return links
  }

  #meet(node: number, other: number, dialled: boolean): void {
    this.#perform(node, { kind: 'peer-up', peer: nameOf(other), capable: true, dialled })
  }

  #act(action: Action): void {
    switch (action.kind) {
      case 'tick':
        if (this.#timerAtMs[action.node] !== this.nowMs) return
        this.#timerAtMs[action.node] = Number.POSITIVE_INFINITY
        this.#perform(action.node, { kind: 'tick' })
        break
      case 'arrive':
        if (this.blackHoles.has(action.to)) return
        this.#perform(action.to, {
          kind: 'inbound',
          peer: nameOf(action.from),
          bytes: action.bytes,
        })
        break
      case 'pushed': {
        const { node, id } = action
        const carriers = new Set([this.anyOf(1000), this.anyOf(1000), this.anyOf(1000)])
        const receipts = [...carriers].map((carrier) => receiptOf(carrier, id))
        if (this.#stranded.has(node)) this.#perform(node, { kind: 'undelivered', id })
        else this.#perform(node, { kind: 'delivered', id, receipts })
        break
      }
      case 'submit':
        this.#perform(action.node, { kind: 'submit', envelope: action.envelope })
    }
  }

  #perform(node: number, event: Parameters<Stem['handle']>[0]): void {
    for (const effect of this.stems[node]!.handle(event, this.nowMs)) this.#apply(node, effect)
  }

  #apply(node: number, effect: StemEffect): void {
    const { nowMs } = this
    switch (effect.kind) {
      case 'set-timer':
        this.#timerAtMs[node] = effect.atMs
        this.#timeline.push(effect.atMs, { kind: 'tick', node })
        break
      case 'send': {
        const to = numberOf(effect.peer)
        const message = decodeStemMessage(effect.bytes)
        if (message.kind === 'relay') {
          this.relays.push({ id: toHex(sha256(message.envelope)), from: node, to, atMs: nowMs })
        }
        const atMs = nowMs + this.#linkMs
        this.#timeline.push(atMs, { kind: 'arrive', from: node, to, bytes: effect.bytes })
        break
      }
      case 'deliver': {
        const { id, why, own } = effect
        this.deliveries.push({ id: toHex(id), node, why, own, atMs: nowMs })
        this.#timeline.push(nowMs + 2 * this.#linkMs, { kind: 'pushed', node, id })
        break
      }
      case 'receipts': {
        const key = toHex(effect.id)
        const { count, atMs } = this.receipts.get(key) ?? { count: 0, atMs: nowMs }
        this.receipts.set(key, { atMs, count: count + effect.receipts.length })
        break
      }
      case 'penalise':
        this.penalties.push({ by: node, peer: numberOf(effect.peer), why: effect.why })
        break
      case 'forget':
        break
    }
  }
}
