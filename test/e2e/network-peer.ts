// A peer in the test's own process, without a disk: pushes, fetches and watches as a light client.
import { once } from 'node:events'
import { fetchFrom } from '@ezchat/node/carrier/fetch.ts'
import { Neighbours } from '@ezchat/node/carrier/neighbours.ts'
import { pushTo } from '@ezchat/node/carrier/push.ts'
import { Watcher } from '@ezchat/node/carrier/watching.ts'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { openWire } from '@ezchat/node/net/open-wire.ts'
import { PROFILES } from '@ezchat/node/net/profiles.ts'
import type { Libp2pWire } from '@ezchat/node/net/wire.ts'
import { nodeClock } from '@ezchat/node/node-clock.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { openEnvelope } from '@ezchat/protocol/envelope/open.ts'
import { sealEnvelope } from '@ezchat/protocol/envelope/seal.ts'
import { postageTaskOf, stampEnvelope } from '@ezchat/protocol/envelope/stamp.ts'
import { deriveLane, type Lane, laneDay } from '@ezchat/protocol/mailbox/lane.ts'
import { createNetwork, type Network } from '@ezchat/protocol/network/descriptor.ts'
import { encodeNetworkLink } from '@ezchat/protocol/network/invite.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import { startSearch, stepSearch } from '@ezchat/protocol/postage/search.ts'
import type { PushOutcome } from '@ezchat/protocol/request/push.ts'
import type { Selector } from '@ezchat/protocol/request/selector.ts'
import { PATIENCE_MS } from './process.ts'

export const crypto = nativeCrypto()
const BUCKETS_ALL = 15
const HOUR_SECONDS = 3600

export const nowSeconds = () => Math.floor(Date.now() / 1000)
/** Only a failure ever waits for so long. */
export const soon = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) })

/** Two shards, and postage that takes a millisecond. */
export function networkNamed(name: string, keyCheck: Uint8Array | null = null): Network {
  return createNetwork(crypto, {
    ...{ name, shardBits: 1, ttlDays: 30, price: 2, bucketsMask: BUCKETS_ALL },
    keyCheck,
  })
}

export function linkTo(network: Network, key: Secret | null = null): string {
  const expiresAt = nowSeconds() + HOUR_SECONDS
  return encodeNetworkLink(crypto, { network, key, bootstraps: [], expiresAt })
}

export interface Postbox extends Lane {
  readonly shard: number
  readonly selector: Selector
}

/** Of somebody who is not there. */
export function drawPostbox({ id }: Network, shard = 0): Postbox {
  const secret = Secret.adopt(crypto.randomBytes(32))
  const day = laneDay(nowSeconds())
  const lane = deriveLane(crypto, secret, { networkId: id, direction: 0, day })
  return { ...lane, shard, selector: { kind: 'mailboxes', mailboxes: [lane.mailbox] } }
}

/** `times` the price, for what is worth more than others. */
export function letter(network: Network, to: Postbox, text: string, times = 1): Uint8Array {
  const { shard, mailbox, sealKey: key } = to
  const content = new TextEncoder().encode(text)
  const terms = { shard, mailbox, key, content, nowSeconds: nowSeconds() }
  return stamped(network, sealEnvelope(crypto, network, terms), times)
}

export function stamped(network: Network, envelope: Uint8Array, times = 1): Uint8Array {
  const { contentHash, trialsExpected } = postageTaskOf(crypto, network, envelope)
  let state = startSearch(contentHash, trialsExpected * times, 0n)
  for (;;) {
    const step = stepSearch(state, 100_000)
    if (step.found !== null) return stampEnvelope(envelope, step.found)
    state = step.state
  }
}

/** As the owner of the postbox reads it. */
export function textOf(network: Network, { sealKey }: Postbox, { bytes }: Envelope): string {
  const opened = openEnvelope(crypto, network, bytes, () => sealKey)
  return new TextDecoder().decode(opened?.content)
}

export function idOf(network: Network, envelope: Uint8Array): string {
  return toHex(envelopeIdOf(crypto, network, envelope))
}

export interface GuestTerms {
  readonly network: Network
  readonly key?: Secret | null
}

/** What a watch has brought so far. */
export interface Stream {
  readonly envelopes: readonly Envelope[]
  /** Resolves when so many have come. */
  until(count: number): Promise<readonly Envelope[]>
}

export class Guest {
  readonly wire: Libp2pWire
  readonly neighbours: Neighbours
  readonly failures: unknown[]
  readonly #asking: { wire: Libp2pWire; network: Network } & typeof SURROUNDINGS
  readonly #watcher: Watcher

  private constructor(wire: Libp2pWire, network: Network, failures: unknown[]) {
    this.wire = wire
    this.failures = failures
    this.#asking = { ...SURROUNDINGS, wire, network }
    const presence = () => ({ isCarrier: false, isStem: false, shards: [] })
    this.neighbours = new Neighbours({ ...this.#asking, presence })
    this.#watcher = new Watcher(this.#asking)
  }

  static async open({ network, key = null }: GuestTerms): Promise<Guest> {
    const failures: unknown[] = []
    const wire = await openWire({
      ...{ ...SURROUNDINGS, network, networkKey: key, listen: ['/ip4/127.0.0.1/tcp/0'] },
      peerSeed: Secret.adopt(crypto.randomBytes(32)),
      keyValue: new MemoryKeyValue(),
      profile: PROFILES.test,
      onFailure: (error) => failures.push(error),
    })
    return new Guest(wire, network, failures)
  }

  connect(address: string): Promise<PeerId> {
    return this.wire.connect(address, soon())
  }

  async push(peer: PeerId, envelope: Uint8Array): Promise<PushOutcome> {
    const [outcome] = await pushTo(this.#asking, peer, [envelope], soon())
    return outcome!
  }

  /** All that a carrier holds of it. */
  async fetch(peer: PeerId, selector: Selector): Promise<Envelope[]> {
    const all: Envelope[] = []
    let cursor: Uint8Array | null = null
    for (;;) {
      const page = await fetchFrom(this.#asking, peer, { selector, cursor }, soon())
      all.push(...page.envelopes)
      if (page.isEnd) return all
      cursor = page.cursor
    }
  }

  /** All that a carrier holds of it, and what comes. */
  async watch(peer: PeerId, selector: Selector): Promise<Stream> {
    const envelopes: Envelope[] = []
    const waiting = new EventTarget()
    let end: Error | null = null
    const question = {
      selector,
      cursor: null,
      onArrived: async (arrived: readonly Envelope[]) => {
        envelopes.push(...arrived)
        waiting.dispatchEvent(new Event('more'))
      },
      onEnd: (error: Error | null) => {
        end = error ?? new Error('the carrier is gone')
        waiting.dispatchEvent(new Event('more'))
      },
    }
    await this.#watcher.watchAt(peer, question, soon())
    const until = async (count: number) => {
      const { signal } = soon()
      while (envelopes.length < count) {
        if (end !== null) throw end
        await once(waiting, 'more', { signal })
      }
      return envelopes
    }
    return { envelopes, until }
  }

  /** Resolves when the peer has said who it is. */
  async met(peer: PeerId): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const unwatch = this.neighbours.watch((change) => {
      if (change.kind === 'met' && change.peer === peer) resolve()
    })
    if (this.neighbours.get(peer) !== null) resolve()
    await promise
    unwatch()
  }

  async close(): Promise<void> {
    this.#watcher.close()
    this.neighbours.close()
    await this.wire.close()
  }
}

const SURROUNDINGS = { crypto, clock: nodeClock }
