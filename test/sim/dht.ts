// The DHT as its users see it: tables of hints that come late, are old, or lie.
import { EzchatError } from '@ezchat/node/errors.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import type { Host } from './host.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'

const PROVIDER_MS = 48 * 3_600_000
const RECORD_MS = 48 * 3_600_000
const ANSWER_COUNT_MAX = 20
/** A lookup asks some twenty peers for some 300 bytes each. */
const LOOKUP_BYTES = 6000

interface Provided {
  readonly peer: PeerId
  expiresAtMs: number
}

interface Kept {
  readonly record: Uint8Array
  readonly expiresAtMs: number
}

export class Dht {
  readonly #network: Network
  readonly #random: Random
  readonly #providers = new Map<number, Map<PeerId, Provided>>()
  readonly #records = new Map<string, Kept[]>()
  /** Nothing works while it is dead. */
  isDead = false
  /** Share of the answers to who carries a shard in which liars put themselves first. */
  lieShare = 0
  liars: readonly PeerId[] = []

  constructor(network: Network, random: Random) {
    this.#network = network
    this.#random = random
  }

  async carriersOf(host: Host, shard: number, signal: AbortSignal): Promise<readonly PeerId[]> {
    await this.#lookup(host, signal)
    const nowMs = this.#network.timeline.nowMs
    const found: PeerId[] = []
    for (const provided of this.#providers.get(shard)?.values() ?? []) {
      if (provided.expiresAtMs > nowMs) found.push(provided.peer)
    }
    const answer = this.#random.sample(found, ANSWER_COUNT_MAX)
    if (!this.#random.chance(this.lieShare)) return answer
    const lies = this.#random.sample(this.liars, ANSWER_COUNT_MAX / 2)
    return [...new Set([...lies, ...answer])].slice(0, ANSWER_COUNT_MAX)
  }

  async announce(host: Host, shard: number, signal: AbortSignal): Promise<void> {
    await this.#lookup(host, signal)
    this.enter(host, shard)
  }

  /** At once, as if it had been announced before the run. */
  enter(host: Host, shard: number): void {
    const providers = this.#providers.get(shard) ?? new Map<PeerId, Provided>()
    this.#providers.set(shard, providers)
    const expiresAtMs = this.#network.timeline.nowMs + PROVIDER_MS
    providers.set(host.peer, { peer: host.peer, expiresAtMs })
  }

  /** Some of those who were there first keep an old one: nobody checks for them. */
  async findRecord(host: Host, name: Uint8Array, signal: AbortSignal): Promise<Uint8Array[]> {
    await this.#lookup(host, signal)
    const nowMs = this.#network.timeline.nowMs
    const kept = (this.#records.get(toHex(name)) ?? []).filter(
      ({ expiresAtMs }) => expiresAtMs > nowMs,
    )
    const answer = kept.slice(-3).map(({ record }) => record)
    if (this.#random.chance(this.lieShare)) answer.unshift(this.#random.bytes(200))
    return this.#random.shuffled(answer)
  }

  async publishRecord(
    host: Host,
    { name, record }: { readonly name: Uint8Array; readonly record: Uint8Array },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#lookup(host, signal)
    const kept = this.#records.get(toHex(name)) ?? []
    kept.push({ record, expiresAtMs: this.#network.timeline.nowMs + RECORD_MS })
    this.#records.set(toHex(name), kept.slice(-4))
  }

  /** The addresses of somebody who is known by name only. */
  async findPeer(host: Host, peer: PeerId, signal: AbortSignal): Promise<void> {
    await this.#lookup(host, signal)
    if (!this.#network.byPeer.has(peer)) throw new EzchatError('PEER_UNREACHABLE')
    host.known.add(peer)
  }

  /** Peers met on the way, some of them long gone. */
  walk(host: Host, count: number): PeerId[] {
    const { hosts } = this.#network
    const met: PeerId[] = []
    for (let step = 0; step < count * 4 && met.length < count; step++) {
      const candidate = this.#random.pick(hosts)!
      const isStale = !candidate.isUp && !this.#random.chance(0.2)
      if (isStale || candidate.isNat || candidate === host) continue
      met.push(candidate.peer)
    }
    host.sentBytes += LOOKUP_BYTES / 10
    return met
  }

  #lookup(host: Host, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { timeline, conditions } = this.#network
    host.sentBytes += LOOKUP_BYTES
    const hopsMs = conditions.latencyMs * 2 * this.#random.between(3, 8)
    const isLost = this.isDead || host.links.size === 0
    return new Promise((resolve, reject) => {
      const abort = () => {
        cancel()
        reject(signal.reason)
      }
      const cancel = timeline.after(isLost ? 10_000 : hopsMs, () => {
        signal.removeEventListener('abort', abort)
        if (isLost) reject(new EzchatError('PEER_UNREACHABLE'))
        else resolve()
      })
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}
