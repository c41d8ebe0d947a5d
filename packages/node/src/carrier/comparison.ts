// One comparison with one carrier: which shards differ, an exchange for each that does, and what it
// showed to be missing. carrier.md §5
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import type { SyncBudget } from '@ezchat/protocol/sync/budget.ts'
import type { CatchUp, Comparing } from '../catch-up.ts'
import { within } from '../deadline.ts'
import { EzchatError } from '../errors.ts'
import {
  RECONCILE_AUDIT_PERIOD,
  RECONCILE_BROKEN_COUNT_MAX,
  RECONCILE_DROP_PAGE_COUNT_MAX,
  RECONCILE_LOAD_BYTES_MAX,
  RECONCILE_REQUEST_MS_MAX,
} from '../limits.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import type { Agreements } from './agreements.ts'
import type { Door } from './door.ts'
import { dropAt, dropsFrom } from './drop.ts'
import { type Initiated, runExchange } from './initiation.ts'
import type { NeededIds } from './needed-ids.ts'
import type { PeerHistory } from './peer-history.ts'
import { type Pulled, pull } from './puller.ts'
import { chooseBelow, shuffled } from './random.ts'
import { compareRoots } from './roots.ts'

export interface ComparisonInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  readonly network: Network
  readonly store: EnvelopeStore
  readonly door: Door
  readonly budget: SyncBudget
  readonly agreements: Agreements
  readonly catchUp: CatchUp
  /** False when somebody else is asked about the shard. */
  readonly claim: (shard: number) => boolean
  readonly release: (shard: number) => void
}

export interface ComparisonTerms {
  readonly peer: PeerId
  readonly history: PeerHistory
  readonly shards: readonly number[]
  readonly signal: AbortSignal
}

export interface ComparisonResult {
  readonly exchangeCount: number
  readonly storedCount: number
  readonly bytesLoaded: number
  readonly servedShards: readonly number[]
  /** Not all was done: it is to be asked again soon. */
  readonly hasMore: boolean
  /** Others are asked about shards of its own: its turn comes when they have answered. */
  readonly isWaiting: boolean
  readonly isLying: boolean
}

export class Comparison {
  readonly #init: ComparisonInit
  readonly #terms: ComparisonTerms
  readonly #served = new Set<number>()
  #comparing: Comparing
  #exchangeCount = 0
  #storedCount = 0
  #bytesLoaded = 0
  #askedCount = 0
  #deliveredCount = 0
  #hasMore = false
  #isWaiting = false
  #isLying = false

  constructor(init: ComparisonInit, terms: ComparisonTerms) {
    this.#init = init
    this.#terms = terms
    this.#comparing = init.catchUp.compare([...terms.history.owed.keys()])
  }

  async run(): Promise<ComparisonResult> {
    try {
      await this.#pullOwed()
      await this.#compare()
    } catch (error: unknown) {
      this.#note(error)
    }
    this.#comparing.end(this.#hasMore && !this.#isLying)
    this.#judge()
    return {
      exchangeCount: this.#exchangeCount,
      storedCount: this.#storedCount,
      bytesLoaded: this.#bytesLoaded,
      servedShards: [...this.#served],
      hasMore: this.#hasMore,
      isWaiting: this.#isWaiting,
      isLying: this.#isLying,
    }
  }

  #note(error: unknown): void {
    const isTheirs = error instanceof EzchatError && error.code.startsWith('PEER_')
    if (this.#terms.signal.aborted || isTheirs) {
      // The connection is lost, or the peer is busy or silent: the next turn comes by itself.
      return
    }
    if (!(error instanceof ProtocolError)) throw error
    this.#init.wire.penalise(this.#terms.peer, 'malformed')
  }

  /** What the peer's own exchanges with us have shown. */
  async #pullOwed(): Promise<void> {
    const { history } = this.#terms
    for (const [shard, needed] of history.owed) {
      history.owed.delete(shard)
      if (!this.#init.claim(shard)) continue
      try {
        await this.#pull(shard, needed)
      } finally {
        this.#init.release(shard)
      }
    }
  }

  async #compare(): Promise<void> {
    const { clock, crypto, agreements } = this.#init
    const { peer, history, shards, signal } = this.#terms
    const asked = { peer, shards }
    const comparing = (limit: AbortSignal) => compareRoots(this.#init, asked, { signal: limit })
    const differing = await within(clock, RECONCILE_REQUEST_MS_MAX, comparing, signal)
    const differs = new Set(differing)
    const equal = shards.filter((shard) => !differs.has(shard))
    agreements.set(peer, equal, clock.monotonicMs())
    for (const shard of equal) history.wake(shard)
    if (differing.length === 0) {
      const isAudit = chooseBelow(crypto, RECONCILE_AUDIT_PERIOD) === 0
      if (isAudit) await this.#reconcile(shards[chooseBelow(crypto, shards.length)]!, true)
      return
    }
    const nowMs = clock.monotonicMs()
    const turn = differing.filter((shard) => !history.isResting(shard, nowMs))
    this.#comparing.end(false)
    this.#comparing = this.#init.catchUp.compare(turn)
    await this.#pullDrops()
    for (const shard of shuffled(crypto, differing)) {
      if (history.isResting(shard, clock.monotonicMs())) continue
      if (this.#isLying) return
      if (this.#bytesLoaded >= RECONCILE_LOAD_BYTES_MAX) {
        this.#hasMore = true
        return
      }
      await this.#reconcile(shard, false)
    }
  }

  async #reconcile(shard: number, isAudit: boolean): Promise<void> {
    const { claim, release } = this.#init
    if (!claim(shard)) {
      this.#isWaiting ||= !isAudit
      return
    }
    try {
      const { peer, history, signal } = this.#terms
      this.#exchangeCount++
      history.exchangeNumber = (history.exchangeNumber + 1) >>> 0
      const number = history.exchangeNumber
      const terms = { peer, number, shard, isAudit, signal }
      const initiated = await runExchange(this.#init, terms)
      await this.#act(shard, initiated, isAudit)
    } finally {
      release(shard)
    }
  }

  async #act(shard: number, { end, need, haveCount }: Initiated, isAudit: boolean): Promise<void> {
    const { clock, agreements, wire } = this.#init
    const { peer, history } = this.#terms
    const nowMs = clock.monotonicMs()
    // It is busy with others, or asks us about the same: its turn comes again.
    if (end.kind === 'refused') return
    if (end.kind === 'fail') {
      history.rest(shard, nowMs)
      if (end.failure === 'malformed' || end.failure === 'version') {
        wire.penalise(peer, 'malformed')
      } else if (end.failure === 'forged') {
        this.#isLying = true
      }
      return
    }
    if (end.isComplete && haveCount === 0) agreements.add(peer, shard, nowMs)
    if (!end.isComplete) this.#hasMore = true
    const storedBefore = this.#storedCount
    await this.#pull(shard, need)
    if (this.#storedCount > storedBefore) history.wake(shard)
    // One of us is full, or has dropped it, or the roots were false: it will differ for a while.
    else if (!isAudit) history.rest(shard, clock.monotonicMs())
  }

  async #pull(shard: number, needed: NeededIds): Promise<void> {
    const { peer, signal, history } = this.#terms
    const bytesMax = RECONCILE_LOAD_BYTES_MAX - this.#bytesLoaded
    const comparing = this.#comparing
    comparing.missing(shard, needed.count)
    const pulling = { ...this.#init, comparing }
    const pulled = await pull(pulling, { peer, shard, bytesMax, signal }, needed)
    if (!pulled.hasMore) comparing.done(shard)
    this.#storedCount += pulled.storedCount
    this.#bytesLoaded += pulled.bytes
    this.#askedCount += pulled.askedCount
    this.#deliveredCount += pulled.deliveredCount
    if (pulled.storedCount > 0) this.#served.add(shard)
    if (pulled.isFalse) this.#isLying = true
    if (pulled.isFull) history.rest(shard, this.#init.clock.monotonicMs())
    else if (pulled.hasMore) this.#hasMore = true
    await this.#tellDrops(pulled)
  }

  /** It offered what its owner has dropped: with the proof it can forget it as well. */
  async #tellDrops({ drops }: Pulled): Promise<void> {
    const { wire, clock } = this.#init
    const { peer, signal } = this.#terms
    for (const drop of drops.values()) {
      const telling = (limit: AbortSignal) => dropAt(wire, peer, drop, { signal: limit })
      await within(clock, RECONCILE_REQUEST_MS_MAX, telling, signal)
    }
  }

  /** Before anything is loaded that is dropped already. A peer whose pages never end is left. */
  async #pullDrops(): Promise<void> {
    const { clock } = this.#init
    const { history } = this.#terms
    if (!history.areDropsDue(clock.monotonicMs())) return
    for (let count = 0; count < RECONCILE_DROP_PAGE_COUNT_MAX; count++) {
      await this.#pullDropsPage()
      if (history.dropsPosition === null) return
    }
    this.#hasMore = true
  }

  async #pullDropsPage(): Promise<void> {
    const { wire, clock, door } = this.#init
    const { peer, history, signal } = this.#terms
    const position = history.dropsPosition
    const asking = (limit: AbortSignal) => dropsFrom(wire, peer, position, { signal: limit })
    const page = await within(clock, RECONCILE_REQUEST_MS_MAX, asking, signal)
    history.noteDrops(page.position, clock.monotonicMs())
    const receptions = await door.takeDrops(page.drops, peer)
    // It was penalised when its drop was refused.
    if (receptions.some(({ kind }) => kind === 'wrong')) throw new EzchatError('PEER_INVALID')
  }

  /** An honest carrier lacks little of what it has just said it holds: what has gone meanwhile. */
  #judge(): void {
    const { history } = this.#terms
    if (this.#askedCount === 0) return
    if (this.#deliveredCount * 2 >= this.#askedCount) {
      history.brokenCount = 0
      return
    }
    history.brokenCount++
    if (history.brokenCount < RECONCILE_BROKEN_COUNT_MAX) return
    history.brokenCount = 0
    this.#isLying = true
  }
}
