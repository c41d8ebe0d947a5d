// Several carriers on one wire in memory, on a clock that the test moves.
import { type Carrier, type CarrierInit, startCarrier } from '@ezchat/node/carrier/carrier.ts'
import { Ownership } from '@ezchat/node/carrier/ownership.ts'
import { CatchUp } from '@ezchat/node/catch-up.ts'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import type { EnvelopeStore } from '@ezchat/node/store/envelope-store.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { openEnvelopeStore } from '@ezchat/node/store/open-envelope-store.ts'
import { type BucketBytes, TIMESTAMP_STEP_SECONDS } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { decodeEnvelope, type Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { encodeEnvelope } from '@ezchat/protocol/envelope/layout.ts'
import { type DropScope, encodeDrop } from '@ezchat/protocol/mailbox/drop.ts'
import { createNetwork } from '@ezchat/protocol/network/descriptor.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import { FakeNetwork, type FakeWire, fakePeer } from '../fake-wire.ts'
import { ManualClock } from '../manual-clock.ts'

export const START_SECONDS = 1_800_000_000

/** The same draws in each run. */
export function seededCrypto(seed: number): Crypto {
  const native = nativeCrypto()
  let drawn = 0
  const randomBytes = (length: number) => {
    const pieces: number[] = []
    while (pieces.length < length) {
      drawn++
      const block = Uint8Array.of(seed >> 8, seed, drawn >> 24, drawn >> 16, drawn >> 8, drawn)
      pieces.push(...native.sha256(block))
    }
    return Uint8Array.from(pieces.slice(0, length))
  }
  return new Proxy(native, {
    get: (target, name) => (name === 'randomBytes' ? randomBytes : target[name as keyof Crypto]),
  })
}

export const NETWORK_TERMS = { name: 'test', ttlDays: 30, price: 0, bucketsMask: 0b1111 }

export interface CarrierNode {
  readonly number: number
  readonly peer: PeerId
  readonly wire: FakeWire
  readonly carrier: Carrier
  readonly store: EnvelopeStore
  readonly ownership: Ownership
  readonly catchUp: CatchUp
  readonly keyValue: MemoryKeyValue
  readonly errors: unknown[]
}

export interface NodeTerms {
  readonly mode?: CarrierInit['mode']
  readonly quotaBytes?: number
  readonly own?: readonly number[]
}

export class CarrierNetwork {
  readonly crypto = nativeCrypto()
  readonly clock = new ManualClock(START_SECONDS * 1000)
  readonly fabric = new FakeNetwork()
  readonly network
  readonly nodes: CarrierNode[] = []
  #written = 0

  constructor(shardBits = 2) {
    const terms = { ...NETWORK_TERMS, shardBits, keyCheck: null }
    this.network = createNetwork(this.crypto, terms)
  }

  get nowSeconds(): number {
    return Math.floor(this.clock.nowMs() / 1000)
  }

  async add(terms: NodeTerms = {}, disks?: Pick<CarrierNode, 'keyValue'>): Promise<CarrierNode> {
    const number = this.nodes.length
    const crypto = seededCrypto(number)
    const { seed, peer } = fakePeer(this.crypto, number)
    const wire = this.fabric.add(peer)
    const ownership = new Ownership()
    ownership.claim({ isOwn: () => false, shards: terms.own ?? [] })
    const { network, clock } = this
    const quotaBytes = terms.quotaBytes ?? 2 ** 32
    const store = await openEnvelopeStore(new MemoryKeyValue(), {
      ...{ crypto, network, quotaBytes, isOwn: ownership.isOwn },
    })
    const keyValue = disks?.keyValue ?? new MemoryKeyValue()
    const errors: unknown[] = []
    const catchUp = new CatchUp(clock)
    const carrier = await startCarrier({
      ...{ wire, clock, crypto, network, store, keyValue, peerSeed: seed, ownership },
      ...{
        mode: terms.mode ?? 'all',
        isStem: true,
        catchUp,
        report: (error) => errors.push(error),
      },
    })
    const node = { number, peer, wire, carrier, store, ownership, catchUp, keyValue, errors }
    this.nodes.push(node)
    return node
  }

  async several(count: number, terms: NodeTerms = {}): Promise<CarrierNode[]> {
    const added: CarrierNode[] = []
    for (let at = 0; at < count; at++) added.push(await this.add(terms))
    return added
  }

  link(a: CarrierNode, b: CarrierNode): void {
    this.fabric.link(a.peer, b.peer)
  }

  linkAll(nodes: readonly CarrierNode[] = this.nodes): void {
    for (const a of nodes) for (const b of nodes) if (a.number < b.number) this.link(a, b)
  }

  unlinkAll(node: CarrierNode): void {
    for (const { peer } of node.wire.peers()) this.fabric.unlink(node.peer, peer)
  }

  /** Until those that are connected know each other and have taken up their shards. */
  async settle(): Promise<void> {
    await this.clock.advance(15_000)
  }

  envelope(terms: Partial<{ shard: number; bytes: BucketBytes; mailbox: Uint8Array }> = {}) {
    const { shard = 1, bytes = 1024, mailbox = ownerOf(this.crypto, 0xb0).mailbox } = terms
    const body = new Uint8Array(bytes - 47)
    new DataView(body.buffer).setUint32(0, this.#written++)
    const step = TIMESTAMP_STEP_SECONDS
    const timestampSeconds = Math.floor(this.nowSeconds / step) * step
    const fields = { shard, mailbox, timestampSeconds, nonce: 0n, body }
    const clock = { network: this.network, nowSeconds: this.nowSeconds }
    return decodeEnvelope(this.crypto, clock, encodeEnvelope(this.network, fields))
  }

  envelopes(count: number, terms: { shard?: number; bytes?: BucketBytes } = {}): Envelope[] {
    return Array.from({ length: count }, () => this.envelope(terms))
  }

  /** Straight into a store, as if it had come long ago. */
  async fill(node: CarrierNode, envelopes: readonly Envelope[]): Promise<void> {
    for (let at = 0; at < envelopes.length; at += 100) {
      await Promise.all(envelopes.slice(at, at + 100).map((envelope) => node.store.put(envelope)))
    }
  }

  drop(byte: number, scope: DropScope): Uint8Array {
    const owner = ownerOf(this.crypto, byte)
    const terms = { networkId: this.network.id, mailbox: owner.mailbox, scope, warrant: null }
    return encodeDrop(terms, (message) => this.crypto.ed25519Sign(owner.seed, message))
  }

  async close(): Promise<void> {
    for (const { carrier, store } of this.nodes) {
      await carrier.close()
      await store.close()
    }
  }
}

export function ownerOf(crypto: Crypto, byte: number) {
  const seed = Secret.adopt(new Uint8Array(32).fill(byte))
  return { seed, mailbox: crypto.ed25519Public(seed) }
}

export async function holdsAll(
  { store }: CarrierNode,
  envelopes: readonly Envelope[],
): Promise<boolean> {
  for (const { id } of envelopes) if (!(await store.has(id))) return false
  return true
}

/** Runs with a network, and ends it whatever happens. */
export function withNetwork(
  run: (network: CarrierNetwork) => Promise<void>,
  shardBits?: number,
): () => Promise<void> {
  return async () => {
    const network = new CarrierNetwork(shardBits)
    try {
      await run(network)
    } finally {
      await network.close()
    }
  }
}

/** Body bytes of requests and answers that pass, both ways. */
export interface Traffic {
  requestCount: number
  bytes: number
  readonly byMethod: Map<string, number>
}

export function countTraffic(fabric: FakeNetwork): Traffic {
  const traffic: Traffic = { requestCount: 0, bytes: 0, byMethod: new Map() }
  fabric.intercept = (from, to, method, body) => {
    const answering = fabric.wireOf(to)!.answer(from, method, body)
    traffic.requestCount++
    traffic.bytes += body.length
    traffic.byMethod.set(method, (traffic.byMethod.get(method) ?? 0) + 1)
    return answering.then((answer) => {
      traffic.bytes += answer.length
      return answer
    })
  }
  return traffic
}
