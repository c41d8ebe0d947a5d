// What the peers that we are connected to say of themselves: who carries what, who takes part in
// the stem. carrier.md §1
import { isHint } from '@ezchat/protocol/codec/hints.ts'
import { HINTS_MAX } from '@ezchat/protocol/constants.ts'
import type { Clock, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import {
  type Duty,
  decodeDuty,
  decodeHello,
  encodeDuty,
  encodeHello,
  type Hello,
} from '@ezchat/protocol/request/hello.ts'
import type { Sharded } from '@ezchat/protocol/request/shard-map.ts'
import { within } from '../deadline.ts'
import {
  DUTY_TELL_MS,
  HELLO_ATTEMPT_COUNT_MAX,
  HELLO_MS_MAX,
  HELLO_RETRY_MS,
  NEIGHBOUR_COUNT_MAX,
} from '../limits.ts'
import { atCostOf, readNotice } from './serving.ts'
import { bitsOf, hasShard } from './shard-bits.ts'

/** What a neighbour has said of itself. */
export interface Presence {
  readonly isCarrier: boolean
  readonly isStem: boolean
  /** As `shard-bits.ts` has them. */
  readonly shards: Uint8Array
}

export type NeighbourChange =
  /** It has said who it is: for the first time on this connection, or again. */
  | { readonly kind: 'met' | 'changed'; readonly peer: PeerId; readonly isDialled: boolean }
  | { readonly kind: 'gone'; readonly peer: PeerId }

interface Neighbour {
  readonly isDialled: boolean
  said: Presence | null
  attemptCount: number
  /** When to ask; null when there is nothing to ask, or no use in it. */
  askAtMs: number | null
}

export interface NeighboursInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly network: Sharded
  /** What we say of ourselves. */
  readonly presence: () => Omit<Hello, 'addresses'>
}

export class Neighbours {
  readonly #init: NeighboursInit
  readonly #peers = new Map<PeerId, Neighbour>()
  readonly #listeners = new Set<(change: NeighbourChange) => void>()
  readonly #closing = new AbortController()
  readonly #unwatch: () => void
  #cancelTimer: (() => void) | null = null
  #cancelTelling: (() => void) | null = null
  /** How often our duty has changed. */
  #changeCount = 0

  constructor(init: NeighboursInit) {
    this.#init = init
    const { wire } = init
    wire.handle('hello', async (peer, body) => this.#answer(peer, body))
    wire.handleNotices('shards', (peer, body) => this.#hearShards(peer, body))
    this.#unwatch = wire.watchPeers((change) => {
      if (change.kind === 'up') this.#up(change.peer, change.isDialled)
      else this.#down(change.peer)
    })
    for (const { peer, isDialled } of wire.peers()) this.#up(peer, isDialled)
  }

  watch(listener: (change: NeighbourChange) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Null before it has said anything. */
  get(peer: PeerId): Presence | null {
    return this.#peers.get(peer)?.said ?? null
  }

  isDialled(peer: PeerId): boolean {
    return this.#peers.get(peer)?.isDialled ?? false
  }

  /** Those that have said who they are. */
  known(): PeerId[] {
    return this.#where(() => true)
  }

  carriers(): PeerId[] {
    return this.#where(({ isCarrier }) => isCarrier)
  }

  carriersOf(shard: number): PeerId[] {
    return this.#where(({ isCarrier, shards }) => isCarrier && hasShard(shards, shard))
  }

  stems(): PeerId[] {
    return this.#where(({ isStem }) => isStem)
  }

  /** After our duty has changed. Several changes in a row are told once. */
  tell(): void {
    this.#changeCount++
    if (this.#cancelTelling !== null || this.#closing.signal.aborted) return
    this.#cancelTelling = this.#init.clock.after(DUTY_TELL_MS, () => {
      this.#cancelTelling = null
      for (const peer of this.#peers.keys()) this.#tellDuty(peer)
    })
  }

  close(): void {
    this.#closing.abort()
    this.#unwatch()
    this.#cancelTimer?.()
    this.#cancelTelling?.()
    this.#peers.clear()
    this.#listeners.clear()
  }

  #where(test: (said: Presence) => boolean): PeerId[] {
    const found: PeerId[] = []
    for (const [peer, { said }] of this.#peers) if (said !== null && test(said)) found.push(peer)
    return found
  }

  #emit(change: NeighbourChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  /** Whoever has dialled speaks first; the other one asks when nothing comes. */
  #up(peer: PeerId, isDialled: boolean): void {
    if (this.#closing.signal.aborted || this.#peers.has(peer)) return
    if (this.#peers.size >= NEIGHBOUR_COUNT_MAX) return
    const now = this.#init.clock.monotonicMs()
    const askAtMs = isDialled ? now : now + HELLO_RETRY_MS
    this.#peers.set(peer, { isDialled, said: null, attemptCount: 0, askAtMs })
    this.#schedule()
  }

  #down(peer: PeerId): void {
    const neighbour = this.#peers.get(peer)
    if (neighbour === undefined) return
    this.#peers.delete(peer)
    if (neighbour.said !== null) this.#emit({ kind: 'gone', peer })
  }

  /** One timer for all of them, and none when everybody has answered. */
  #schedule(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    const times = [...this.#peers.values()].flatMap(({ askAtMs }) => askAtMs ?? [])
    if (times.length === 0 || this.#closing.signal.aborted) return
    const { clock } = this.#init
    const delayMs = Math.max(0, Math.min(...times) - clock.monotonicMs())
    this.#cancelTimer = clock.after(delayMs, () => this.#askDue())
  }

  #askDue(): void {
    const now = this.#init.clock.monotonicMs()
    for (const [peer, neighbour] of this.#peers) {
      if (neighbour.askAtMs === null || neighbour.askAtMs > now) continue
      neighbour.attemptCount++
      const isLast = neighbour.attemptCount >= HELLO_ATTEMPT_COUNT_MAX
      const waitMs = HELLO_MS_MAX + HELLO_RETRY_MS * 2 ** neighbour.attemptCount
      neighbour.askAtMs = isLast ? null : now + waitMs
      this.#ask(peer, neighbour)
    }
    this.#schedule()
  }

  #ask(peer: PeerId, neighbour: Neighbour): void {
    const { wire, clock } = this.#init
    const body = this.#hello()
    const changeCount = this.#changeCount
    const asking = within(
      clock,
      HELLO_MS_MAX,
      (signal) => wire.request(peer, 'hello', body, { signal }),
      this.#closing.signal,
    )
    asking.then(
      (answer) => {
        if (this.#peers.get(peer) !== neighbour) return
        this.#hearAnswer(peer, answer)
        if (this.#changeCount !== changeCount) this.#tellDuty(peer)
      },
      // It is asked again, or it is none of ours.
      () => undefined,
    )
  }

  /** Whoever it does not reach finds out when we refuse, or at the next hello. */
  #tellDuty(peer: PeerId): void {
    const { wire, network, presence } = this.#init
    const { isCarrier, shards } = presence()
    wire.notify(peer, 'shards', encodeDuty(network, { isCarrier, shards }))
  }

  #answer(peer: PeerId, body: Uint8Array): Uint8Array {
    const { wire, network } = this.#init
    const hello = atCostOf(wire, peer, () => decodeHello(network, body))
    this.#hearHello(peer, hello)
    return this.#hello()
  }

  #hearAnswer(peer: PeerId, answer: Uint8Array): void {
    const { wire, network } = this.#init
    const hello = readNotice(wire, peer, () => decodeHello(network, answer))
    if (hello !== null) this.#hearHello(peer, hello)
  }

  #hearHello(peer: PeerId, hello: Hello): void {
    this.#init.wire.learn(peer, hello.addresses)
    // It may ask before the wire says that it is there.
    if (!this.#peers.has(peer)) {
      const found = this.#init.wire.peers().find((other) => other.peer === peer)
      if (found !== undefined) this.#up(peer, found.isDialled)
    }
    this.#accept(peer, hello, hello.isStem)
  }

  #hearShards(peer: PeerId, body: Uint8Array): void {
    const said = this.#peers.get(peer)?.said
    const { wire, network } = this.#init
    const notice = readNotice(wire, peer, () => decodeDuty(network, body))
    if (notice !== null && said) this.#accept(peer, notice, said.isStem)
  }

  #accept(peer: PeerId, { isCarrier, shards }: Duty, isStem: boolean): void {
    const neighbour = this.#peers.get(peer)
    if (neighbour === undefined) return
    const isNew = neighbour.said === null
    neighbour.said = { isCarrier, isStem, shards: bitsOf(shards) }
    neighbour.askAtMs = null
    const { isDialled } = neighbour
    this.#emit({ kind: isNew ? 'met' : 'changed', peer, isDialled })
  }

  #hello(): Uint8Array {
    const { wire, network, presence } = this.#init
    return encodeHello(network, { ...presence(), addresses: hintsOf(wire.addresses()) })
  }
}

/**
 * As many as a message holds, the best first. An address through a relay is too long with the name
 * of the peer at its end, and whoever reads it here knows whose it is.
 */
export function hintsOf(addresses: readonly string[]): string[] {
  const short = (text: string) => (isHint(text) ? text : text.replace(/\/p2p\/[^/]+$/, ''))
  return [...new Set(addresses.map(short).filter(isHint))].slice(0, HINTS_MAX)
}
