// Carriers of one shard come to hold the same: at connect, and then every minute. carrier.md §5
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import { SyncBudget } from '@ezchat/protocol/sync/budget.ts'
import type { CatchUp } from '../catch-up.ts'
import {
  RECONCILE_ACTIVE_COUNT_MAX,
  RECONCILE_AGREED_COUNT_MIN,
  RECONCILE_CONNECT_MS_MAX,
  RECONCILE_NEED_COUNT_MAX,
  RECONCILE_PERIOD_MS,
  RECONCILE_REST_MS_MAX,
  RECONCILE_TURN_COUNT_MAX,
  RECONCILE_WAIT_MS,
} from '../limits.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { Agreements } from './agreements.ts'
import { Comparison, type ComparisonResult } from './comparison.ts'
import type { Door } from './door.ts'
import { NeededIds } from './needed-ids.ts'
import type { NeighbourChange, Neighbours } from './neighbours.ts'
import { PeerHistory } from './peer-history.ts'
import { chance, jittered } from './random.ts'
import { rootsHandler } from './roots.ts'
import { hasShard, shardsOf } from './shard-bits.ts'
import { SyncAnswers } from './sync-answers.ts'

export interface ReconcilerInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  readonly network: Network
  readonly store: EnvelopeStore
  readonly door: Door
  readonly neighbours: Neighbours
  readonly catchUp: CatchUp
  readonly isCarried: (shard: number) => boolean
  readonly served: (peer: PeerId, shard: number) => void
  readonly report: (error: unknown) => void
}

export interface ReconcilerCounts {
  /** Comparisons that came to an end. */
  comparisons: number
  exchanges: number
  envelopesStored: number
  bytesLoaded: number
}

export class Reconciler {
  readonly counts: ReconcilerCounts = {
    ...{ comparisons: 0, exchanges: 0, envelopesStored: 0, bytesLoaded: 0 },
  }
  readonly #init: ReconcilerInit
  readonly #budget = new SyncBudget()
  readonly #answers: SyncAnswers
  readonly #agreements = new Agreements()
  readonly #peers = new Map<PeerId, PeerHistory>()
  /** Shards of which we are asking somebody. Two answers would bring the same envelopes. */
  readonly #busyShards = new Map<number, PeerId>()
  readonly #unwatch: () => void
  #activeCount = 0
  #isClosed = false
  #cancelTimer: (() => void) | null = null

  constructor(init: ReconcilerInit) {
    this.#init = init
    const { wire, neighbours } = init
    const isAllowed = (peer: PeerId, work: number) => this.#isAllowed(peer, work)
    this.#answers = new SyncAnswers({
      ...init,
      budget: this.#budget,
      // Both ask at once: the one with the lower name goes on, and the other one waits.
      isAllowed,
      isAsking: (peer, shard) => this.#busyShards.get(shard) === peer && wire.self < peer,
      onNeed: (peer, shard, shortIds) => this.#owe(peer, shard, shortIds),
    })
    wire.handle('sync', this.#answers.handler)
    const onEqual = (peer: PeerId, shards: readonly number[]) => this.#heardEqual(peer, shards)
    wire.handle('roots', rootsHandler({ ...init, onEqual, isAllowed }))
    this.#unwatch = neighbours.watch((change) => this.#changed(change))
  }

  get answeringCount(): number {
    return this.#answers.count
  }

  /** Others hold all that we hold of the shard: it may be left. */
  isHandedOver(shard: number): boolean {
    const nowMs = this.#init.clock.monotonicMs()
    return this.#agreements.countOf(shard, nowMs) >= RECONCILE_AGREED_COUNT_MIN
  }

  /** Our duty has grown: those who carry the same are compared with soon. */
  wake(shards: readonly number[]): void {
    if (shards.length === 0) return
    const { neighbours } = this.#init
    for (const peer of neighbours.carriers()) {
      const said = neighbours.get(peer)
      if (said === null || !shards.some((shard) => hasShard(said.shards, shard))) continue
      const history = this.#peers.get(peer)
      if (history === undefined) this.#meet(peer, neighbours.isDialled(peer))
      else this.#postpone(history, this.#soonMs())
    }
    this.#schedule()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#unwatch()
    this.#cancelTimer?.()
    for (const { active } of this.#peers.values()) active?.abort()
    this.#answers.close()
    this.#peers.clear()
  }

  #changed(change: NeighbourChange): void {
    const { peer } = change
    if (change.kind === 'gone') {
      this.#peers.get(peer)?.active?.abort()
      this.#peers.delete(peer)
      this.#answers.forget(peer)
      this.#agreements.forget(peer)
    } else if (!this.#peers.has(peer)) {
      this.#meet(peer, change.isDialled)
    }
    this.#schedule()
  }

  /** Whoever has dialled asks first; the other one hears of it, and need not ask. */
  #meet(peer: PeerId, isDialled: boolean): void {
    if (this.#sharedWith(peer).length === 0) return
    // Who comes back asks the first one at once: what waited for its owner is there.
    const isFirst = isDialled && this.#peers.size === 0
    const delayMs = isFirst ? 0 : isDialled ? this.#soonMs() : this.#periodMs()
    this.#peers.set(peer, new PeerHistory(this.#init.clock, delayMs))
  }

  #sharedWith(peer: PeerId): number[] {
    const said = this.#init.neighbours.get(peer)
    return said?.isCarrier ? shardsOf(said.shards).filter(this.#init.isCarried) : []
  }

  /** Carriers of our shards only, and no more than they need: hashing is work. */
  #isAllowed(peer: PeerId, work: number): boolean {
    return this.#peers.get(peer)?.work.take(work) ?? false
  }

  #soonMs(): number {
    return chance(this.#init.crypto) * RECONCILE_CONNECT_MS_MAX
  }

  /** With many carriers around, each has its turn less often. */
  #periodMs(): number {
    const turns = Math.max(1, this.#peers.size / RECONCILE_TURN_COUNT_MAX)
    return jittered(this.#init.crypto, RECONCILE_PERIOD_MS * turns, 0.2)
  }

  #postpone(history: PeerHistory, delayMs: number): void {
    history.dueAtMs = this.#init.clock.monotonicMs() + delayMs
  }

  #schedule(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    if (this.#isClosed || this.#activeCount >= RECONCILE_ACTIVE_COUNT_MAX) return
    const idle = [...this.#peers.values()].filter(({ active }) => active === null)
    if (idle.length === 0) return
    const { clock } = this.#init
    const dueAtMs = Math.min(...idle.map((history) => history.dueAtMs))
    const delayMs = Math.max(0, dueAtMs - clock.monotonicMs())
    this.#cancelTimer = clock.after(delayMs, () => this.#runDue())
  }

  #runDue(): void {
    const nowMs = this.#init.clock.monotonicMs()
    const due = [...this.#peers]
      .filter(([, { active, dueAtMs }]) => active === null && dueAtMs <= nowMs)
      .sort(([, a], [, b]) => a.dueAtMs - b.dueAtMs)
    for (const [peer, history] of due) {
      if (this.#activeCount >= RECONCILE_ACTIVE_COUNT_MAX) break
      this.#run(peer, history).catch(this.#init.report)
    }
    this.#schedule()
  }

  async #run(peer: PeerId, history: PeerHistory): Promise<void> {
    const shards = this.#sharedWith(peer)
    this.#postpone(history, this.#periodMs())
    if (shards.length === 0) return
    const abort = new AbortController()
    history.active = abort
    this.#activeCount++
    try {
      const terms = { peer, history, shards, signal: abort.signal }
      this.#settle(peer, history, await this.#compare(terms))
    } finally {
      history.active = null
      this.#activeCount--
      for (const [shard, other] of this.#busyShards) {
        if (other === peer) this.#busyShards.delete(shard)
      }
      this.#schedule()
    }
  }

  #compare(terms: {
    readonly peer: PeerId
    readonly history: PeerHistory
    readonly shards: readonly number[]
    readonly signal: AbortSignal
  }): Promise<ComparisonResult> {
    const comparison = new Comparison(
      {
        ...this.#init,
        budget: this.#budget,
        agreements: this.#agreements,
        claim: (shard) => this.#claim(terms.peer, shard),
        release: (shard) => this.#busyShards.delete(shard),
      },
      terms,
    )
    return comparison.run()
  }

  /** False while somebody else is asked about it, or this peer is asking us. */
  #claim(peer: PeerId, shard: number): boolean {
    if (this.#busyShards.has(shard) || this.#answers.isAnswering(peer, shard)) return false
    this.#busyShards.set(shard, peer)
    return true
  }

  #settle(peer: PeerId, history: PeerHistory, result: ComparisonResult): void {
    this.counts.comparisons++
    this.counts.exchanges += result.exchangeCount
    this.counts.envelopesStored += result.storedCount
    this.counts.bytesLoaded += result.bytesLoaded
    for (const shard of result.servedShards) this.#init.served(peer, shard)
    if (result.isLying) {
      this.#init.wire.penalise(peer, 'lies')
      this.#postpone(history, RECONCILE_REST_MS_MAX)
    } else if (result.hasMore) {
      this.#postpone(history, this.#soonMs())
    } else if (result.isWaiting) {
      this.#postpone(history, jittered(this.#init.crypto, RECONCILE_WAIT_MS, 0.5))
    }
  }

  #owe(peer: PeerId, shard: number, shortIds: readonly Uint8Array[]): void {
    const history = this.#peers.get(peer)
    // It may be no carrier, or have gone: whoever else has them will be asked.
    if (history === undefined || !this.#init.isCarried(shard)) return
    const owed = history.owed.get(shard) ?? new NeededIds(RECONCILE_NEED_COUNT_MAX)
    history.owed.set(shard, owed)
    for (const packed of shortIds) owed.add(packed)
    if (!history.isResting(shard, this.#init.clock.monotonicMs())) this.#postpone(history, 0)
    this.#schedule()
  }

  /** The peer has asked, and we hold the same: nothing to ask for a while. */
  #heardEqual(peer: PeerId, shards: readonly number[]): void {
    const history = this.#peers.get(peer)
    if (history === undefined) return
    this.#agreements.set(peer, shards, this.#init.clock.monotonicMs())
    if (shards.length < this.#sharedWith(peer).length) return
    this.#postpone(history, this.#periodMs())
    this.#schedule()
  }
}
