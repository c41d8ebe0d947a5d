// A courier among fakes: a network in memory, a clock that goes when told, carriers that behave as a
// test wants them to.

import { type Courier, type CourierInit, startCourier } from '@ezchat/node/courier/courier.ts'
import type { CourierEvent, CourierItem } from '@ezchat/node/courier/event.ts'
import type { CarrierSource, OwnCarrier, StemPeers } from '@ezchat/node/courier/seams.ts'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { EzchatError } from '@ezchat/node/errors.ts'
import { FaultyKeyValue } from '@ezchat/node/store/faulty-store.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { BucketBytes } from '@ezchat/protocol/constants.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { decodeEnvelope } from '@ezchat/protocol/envelope/decode.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { sealEnvelope } from '@ezchat/protocol/envelope/seal.ts'
import type { KeyValue, PeerId, PostageWorker } from '@ezchat/protocol/ports.ts'
import { startSearch, stepSearch } from '@ezchat/protocol/postage/search.ts'
import { signReceipt } from '@ezchat/protocol/receipt/receipt.ts'
import {
  decodePush,
  decodePushed,
  encodePush,
  encodePushed,
  type PushOutcome,
} from '@ezchat/protocol/request/push.ts'
import { FakeNetwork, type FakeWire, fakePeer } from '../fake-wire.ts'
import { ManualClock, settled } from '../manual-clock.ts'

export const FREE: EnvelopeRules = {
  id: new Uint8Array(32).fill(0x22),
  ...{ shardBits: 4, ttlDays: 30, price: 0, bucketsMask: 0b1111 },
}
export const NOW_MS = 1_800_000_000_000
export const SHARD = 5

/** The same numbers each time. */
export function seeded(seed: number): (length: number) => Uint8Array {
  let state = seed >>> 0
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state >>> 24
    })
}

export const crypto = nativeCrypto({ random: seeded(7) })

export type Manner =
  | 'honest'
  | 'away' // cannot be reached
  | 'mute' // takes the request and never answers
  | 'lies' // signs with a key that is not its own
  | 'full'
  | 'refuses'
  | 'busy'

export class FakeCarrier {
  readonly peer: PeerId
  readonly held = new Map<string, Uint8Array>()
  readonly pushes: number[] = []
  manner: Manner = 'honest'
  answer: ((envelope: Uint8Array) => PushOutcome | null) | null = null
  readonly #seed: Secret
  readonly #rig: Rig

  constructor(rig: Rig, number: number) {
    const { seed, peer } = fakePeer(crypto, number)
    this.#seed = seed
    this.#rig = rig
    this.peer = peer
    rig.network.add(peer).handle('push', async (_, body) => this.#push(decodePush(body)))
  }

  take(envelope: Uint8Array): PushOutcome {
    const nowSeconds = Math.floor(this.#rig.clock.nowMs() / 1000)
    const read = decodeEnvelope(crypto, { network: this.#rig.rules, nowSeconds }, envelope)
    const other = this.answer?.(envelope) ?? null
    if (other !== null) return other
    if (this.manner === 'full') return { kind: 'refused', status: 4 }
    if (this.manner === 'refuses') return { kind: 'refused', status: 8 * 256 + 18 }
    const seed = this.manner === 'lies' ? Secret.adopt(crypto.randomBytes(32)) : this.#seed
    if (this.manner !== 'lies') this.held.set(toHex(read.id), envelope.slice())
    const terms = { envelopeId: read.id, keptUntil: read.expiresAtSeconds }
    return { kind: 'receipt', receipt: signReceipt(crypto, seed, this.#rig.rules.id, terms) }
  }

  #push(envelopes: readonly Uint8Array[]): Promise<Uint8Array> | Uint8Array {
    this.pushes.push(envelopes.length)
    if (this.manner === 'mute') return new Promise(() => undefined)
    if (this.manner === 'busy') throw new EzchatError('PEER_BUSY')
    return encodePushed(envelopes.map((envelope) => this.take(envelope)))
  }
}

export class Book implements CarrierSource {
  peers: PeerId[] = []
  askedCount = 0
  readonly servedBy: PeerId[] = []
  readonly failedBy: PeerId[] = []

  async carriersOf(): Promise<readonly PeerId[]> {
    this.askedCount += 1
    return [...this.peers]
  }

  known(): readonly PeerId[] {
    return [...this.peers]
  }

  served(peer: PeerId): void {
    this.servedBy.push(peer)
  }

  failed(peer: PeerId): void {
    this.failedBy.push(peer)
  }
}

export class Postage implements PostageWorker {
  searchCount = 0
  isHeld = false

  async search({
    contentHash,
    trialsExpected,
  }: {
    contentHash: Uint8Array
    trialsExpected: number
  }) {
    this.searchCount += 1
    await null
    while (this.isHeld) await settled()
    let state = startSearch(contentHash, trialsExpected, 5n)
    for (;;) {
      const step = stepSearch(state, 10_000)
      if (step.found !== null) return step.found
      state = step.state
    }
  }
}

export interface NodeOptions extends Partial<CourierInit> {
  readonly number?: number
}

/** One node with a courier that can be restarted on the same disk. */
export class Node {
  readonly rig: Rig
  readonly wire: FakeWire
  readonly book = new Book()
  readonly postage = new Postage()
  readonly events: CourierEvent[] = []
  readonly bugs: unknown[] = []
  readonly stems = new Set<PeerId>()
  disk: KeyValue & Partial<FaultyKeyValue> = new FaultyKeyValue(3)
  courier!: Courier
  readonly #listeners = new Set<(peer: PeerId) => void>()
  readonly #options: NodeOptions

  constructor(rig: Rig, wire: FakeWire, options: NodeOptions) {
    this.rig = rig
    this.wire = wire
    this.#options = options
  }

  get faulty(): FaultyKeyValue {
    return this.disk as FaultyKeyValue
  }

  readonly stemPeers: StemPeers = {
    isStem: (peer) => this.stems.has(peer),
    watch: (listener) => {
      this.#listeners.add(listener)
      return () => this.#listeners.delete(listener)
    },
  }

  /** The same node after its process has died: the disk is all that is left. */
  reborn(change: NodeOptions = {}): Node {
    const node = new Node(this.rig, this.rig.network.add(this.wire.self), {
      ...this.#options,
      ...change,
    })
    node.disk = this.disk
    node.book.peers = [...this.book.peers]
    for (const peer of this.stems) node.stems.add(peer)
    return node
  }

  befriend(...others: readonly PeerId[]): void {
    for (const peer of others) {
      this.stems.add(peer)
      for (const listener of this.#listeners) listener(peer)
    }
  }

  async start(change: Partial<CourierInit> = {}): Promise<Courier> {
    const { wire, rig, book, postage, stemPeers } = this
    const { number: _, ...options } = this.#options
    this.courier = await startCourier({
      ...{ wire, clock: rig.clock, crypto, postage, stemPeers, network: rig.rules },
      keyValue: this.disk,
      carriers: book,
      push: async (peer, envelopes, { signal }) =>
        decodePushed(await wire.request(peer, 'push', encodePush(envelopes), { signal })),
      onBug: (error) => this.bugs.push(error),
      ...options,
      ...change,
    })
    this.courier.watch((event) => this.events.push(event))
    return this.courier
  }

  /** Drafts, writes and says so, as a messenger does. */
  async send(items: readonly CourierItem[], sync = true): Promise<void> {
    await this.disk.write(this.courier.draft(items), { sync })
    this.courier.accepted(items.map(({ reference }) => reference))
  }

  kinds(reference?: Uint8Array): string[] {
    return this.events.flatMap((event) => {
      if (reference === undefined) return event.kind
      return event.kind !== 'failed' && toHex(event.reference) === toHex(reference)
        ? event.kind
        : []
    })
  }

  count(kind: CourierEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length
  }
}

export class Rig {
  readonly clock = new ManualClock(NOW_MS)
  readonly network = new FakeNetwork()
  readonly rules: EnvelopeRules
  readonly carriers: FakeCarrier[] = []
  #made = 0

  constructor(rules: EnvelopeRules = FREE) {
    this.rules = rules
  }

  carrier(manner: Manner = 'honest'): FakeCarrier {
    const carrier = new FakeCarrier(this, 100 + this.carriers.length)
    carrier.manner = manner
    this.network.wireOf(carrier.peer)!.isReachable = manner !== 'away'
    this.carriers.push(carrier)
    return carrier
  }

  set(carrier: FakeCarrier, manner: Manner): void {
    carrier.manner = manner
    this.network.wireOf(carrier.peer)!.isReachable = manner !== 'away'
    if (manner !== 'away') return
    for (const { peer } of this.network.linksOf(carrier.peer)) {
      this.network.unlink(carrier.peer, peer)
    }
  }

  /** Not started yet. */
  node(options: NodeOptions = {}): Node {
    const { peer } = fakePeer(crypto, options.number ?? 1)
    const node = new Node(this, this.network.add(peer), options)
    node.book.peers = this.carriers.map((carrier) => carrier.peer)
    return node
  }

  /** A real courier between others, which carries nothing and delivers what it is handed. */
  async relay(number: number): Promise<Node> {
    const node = this.node({ number })
    await node.start()
    return node
  }

  link(a: Node, b: Node): void {
    this.network.link(a.wire.self, b.wire.self)
    a.befriend(b.wire.self)
    b.befriend(a.wire.self)
  }

  items(count: number, bucketBytes: BucketBytes = 1024): CourierItem[] {
    return Array.from({ length: count }, () => this.item(bucketBytes))
  }

  item(bucketBytes: BucketBytes = 1024): CourierItem {
    this.#made += 1
    const reference = new Uint8Array(16)
    new DataView(reference.buffer).setUint32(12, this.#made)
    const content = reference.slice()
    const nowSeconds = Math.floor(this.clock.nowMs() / 1000)
    const to = { ...ADDRESS, nowSeconds }
    return {
      reference,
      envelope: sealEnvelope(crypto, this.rules, { ...to, content, bucketBytes }),
    }
  }
}

export const ADDRESS = {
  shard: SHARD,
  mailbox: crypto.ed25519Public(Secret.adopt(new Uint8Array(32).fill(9))),
  key: Secret.adopt(new Uint8Array(32).fill(8)),
}

/** This node's own store. */
export function ownCarrier(carrier: FakeCarrier): OwnCarrier {
  return {
    carries: () => true,
    take: async (envelopes) => envelopes.map((envelope) => carrier.take(envelope)),
  }
}
