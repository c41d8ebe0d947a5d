// What happens to one item of the window, from its stamp until it leaves: docs/state-machines/courier.md
import type { PeerId } from '@ezchat/protocol/ports.ts'
import type { DeliveryReason } from '@ezchat/protocol/stem/event.ts'
import {
  CLOCK_SURE_MS,
  COURIER_ALL_MS,
  COURIER_ALONE_MS,
  COURIER_SETTLE_MS,
  COURIER_SLEEP_MS_MAX,
  COURIER_TURN_MS,
} from '../limits.ts'
import { SureTime } from '../sure-time.ts'
import { Checks } from './checks.ts'
import type { Delivery } from './delivery.ts'
import { Departures, type DeparturesInit } from './departures.ts'
import type { CourierEvent, CourierMode } from './event.ts'
import { type ActiveItem, addReceipt, carrierKeyOf, type ItemState } from './item.ts'
import type { Queue } from './layout.ts'
import { Pace } from './pace.ts'
import type { DeliveryEnd } from './parcel.ts'
import { Reach, type ReachInit } from './reach.ts'
import { hasEnough, type Schedule } from './schedule.ts'
import type { Stamping } from './stamping.ts'
import type { StemHost } from './stem-host.ts'
import { addHop, type Hop } from './story.ts'

export interface ConductInit extends DeparturesInit, ReachInit {
  readonly schedule: Schedule
  readonly neverDelivers: boolean
  /** Whether others wait on disk for a place in the window. */
  readonly isCrowded: () => boolean
  /** Of a write, which the courier has heard of, or a bug. */
  readonly onError: (error: unknown) => void
}

/** Parts that tell the conduct what they did, and so exist after it. */
export interface ConductParts {
  readonly stamping: Stamping
  readonly stem: StemHost
  readonly delivery: Delivery
}

const NEVER = Number.POSITIVE_INFINITY
const NOBODY: ReadonlySet<PeerId> = new Set()

export class Conduct {
  readonly #init: ConductInit
  #parts: ConductParts | null = null
  #mode: CourierMode
  readonly #checks: Checks
  readonly #departures: Departures
  readonly #pace: Pace
  readonly #reach: Reach
  readonly #sureTime: SureTime
  #isClosed = false

  constructor(init: ConductInit, mode: CourierMode) {
    const { clock, active } = init
    this.#init = init
    this.#mode = mode
    this.#checks = new Checks({ clock, active, onDue: (item) => this.#check(item) })
    this.#departures = new Departures(init)
    this.#pace = new Pace(clock)
    this.#reach = new Reach(init)
    this.#sureTime = new SureTime(clock)
  }

  connect(parts: ConductParts): void {
    this.#parts = parts
  }

  get mode(): CourierMode {
    return this.#mode
  }

  /** What waits in the stem does not go on waiting when its author has asked for speed. */
  setMode(mode: CourierMode): void {
    this.#mode = mode
    if (!this.#isDirect) return
    for (const item of this.#init.active.all()) {
      if (item.stage !== 'stem' && item.stage !== 'waits' && item.stage !== 'paced') continue
      this.#takeFromStem(item)
      this.#deliver(item)
    }
  }

  begin(item: ActiveItem): void {
    this.#init.active.add(item)
    item.sinceMs = this.#init.clock.monotonicMs()
    if (!this.#isLate(item)) this.#stamp(item)
  }

  #stamp(item: ActiveItem): void {
    if (item.state === 'stored') {
      this.#hop(item, { kind: 'resent' })
      this.#emit(item, { kind: 'resent', reference: item.reference })
    }
    this.#parts!.stamping.add(item)
  }

  stamped(item: ActiveItem, id: Uint8Array): void {
    if (this.#isClosed) return
    this.#init.active.identify(item, id)
    if (!this.#isLate(item)) this.#send(item, id)
  }

  #send(item: ActiveItem, id: Uint8Array): void {
    if (item.hasNews) {
      item.hasNews = false
      this.#emit(item, { kind: 'stamped', reference: item.reference, id })
    }
    if (this.#isDirect) this.#deliver(item)
    else if (this.#isAccompanied) this.#submit(item)
    else this.#wait(item)
  }

  /** From the stem, which has verified them. */
  receipts(id: Uint8Array, receipts: readonly Uint8Array[]): void {
    const item = this.#init.active.byId(id)
    if (item?.stage === 'stem') this.#receive(item, receipts)
  }

  delivering(id: Uint8Array, why: DeliveryReason): void {
    const item = this.#init.active.byId(id)
    if (item === undefined) return
    this.#hop(item, { kind: 'delivering', why })
    this.#emit(item, { kind: 'delivering', reference: item.reference })
  }

  turnedAway(id: Uint8Array): void {
    const item = this.#init.active.byId(id)
    if (item?.stage === 'stem') this.#rest(item, true)
  }

  /** There is somebody to hand envelopes to. */
  accompanied(): void {
    for (const item of this.#init.active.all()) if (item.stage === 'waits') this.#submit(item)
  }

  /** There is somebody, who may be a carrier and no stem peer. */
  connected(): void {
    for (const item of this.#init.active.all()) if (item.stage === 'waits') this.#wait(item)
  }

  withdraw(item: ActiveItem): Promise<void> {
    if (item.stage === 'leaving') return Promise.resolve()
    this.#hop(item, { kind: 'withdrawn' })
    return this.#end(item, 'done')
  }

  close(): void {
    this.#isClosed = true
    this.#checks.close()
    this.#departures.close()
    for (const item of this.#init.active.all()) item.cancel?.()
  }

  get #isDirect(): boolean {
    return this.#mode === 'direct' && !this.#init.neverDelivers
  }

  /** A browser's stem waits by itself. */
  get #isAccompanied(): boolean {
    return this.#init.neverDelivers || this.#parts!.stem.hasPeers
  }

  /** At the pace at which the stem takes things. */
  #submit(item: ActiveItem): void {
    const waitMs = this.#pace.reserve(item.bytesLength)
    if (waitMs === 0) {
      this.#hand(item)
      return
    }
    item.stage = 'paced'
    this.#checks.checkIn(item, waitMs)
  }

  #hand(item: ActiveItem): void {
    item.stage = 'stem'
    item.sinceMs = this.#init.clock.monotonicMs()
    this.#hop(item, { kind: 'handed' })
    this.#emit(item, { kind: 'handed', reference: item.reference })
    this.#checks.checkIn(item, COURIER_TURN_MS)
    this.#parts!.stem.handle({ kind: 'submit', envelope: item.envelope })
  }

  /** An author alone with carriers would be known to them; a stem peer may be about to come. */
  #wait(item: ActiveItem): void {
    item.stage = 'waits'
    this.#checks.checkIn(
      item,
      this.#reach.hasSomebody(item) ? COURIER_ALONE_MS : COURIER_SLEEP_MS_MAX,
    )
  }

  #deliver(item: ActiveItem): void {
    item.stage = 'delivery'
    item.checkAtMs = NEVER
    this.#hop(item, { kind: 'delivering', why: 'direct' })
    this.#emit(item, { kind: 'delivering', reference: item.reference })
    const { id, envelope, shard, expiresAtSeconds } = item
    // Nobody has confirmed it: perhaps those who signed have lied.
    const isResent = item.state === 'stored'
    const signers = this.#reach.signersOf(item)
    const terms = isResent ? { signed: [], lastly: signers } : { signed: signers, lastly: NOBODY }
    item.cancel = this.#parts!.delivery.deliver(
      { id: id!, envelope, shard, expiresAtSeconds, ...terms },
      {
        receipt: (receipt) => this.#receive(item, [receipt]),
        ended: (end) => this.#delivered(item, end),
      },
    )
  }

  #receive(item: ActiveItem, receipts: readonly Uint8Array[]): void {
    const { names, emit } = this.#init
    if (this.#isClosed || item.stage === 'leaving') return
    if (item.receipts.length === 0) item.attemptCount = 0
    for (const receipt of receipts) {
      if (!addReceipt(item, receipt)) continue
      const carrier = carrierKeyOf(receipt).slice()
      this.#hop(item, { kind: 'receipt', carrier })
      const { reference } = item
      const count = item.receipts.length
      if (!item.isDummy) emit({ kind: 'receipt', reference, carrier: names.of(carrier), count })
    }
    if (item.stage !== 'stem') return
    const reached = this.#reach.of(item)
    if (item.state === 'trying' && hasEnough(reached)) this.#store(item)
    else {
      this.#checks.checkIn(
        item,
        this.#reach.isAllAlive(reached) ? COURIER_ALL_MS : COURIER_SETTLE_MS,
      )
    }
  }

  #delivered(item: ActiveItem, end: DeliveryEnd): void {
    if (this.#isClosed || item.stage !== 'delivery') return
    item.cancel = null
    if (end.dropped !== null) this.#dropped(item, end.dropped)
    else if (item.state === 'stored') this.#restStored(item)
    else if (hasEnough(end) || this.#reach.isAllAlive(end)) this.#store(item)
    else {
      if (end.refusedStatus !== null) this.#refused(item, end.refusedStatus)
      else this.#hop(item, { kind: 'unanswered' })
      this.#rest(item)
    }
  }

  #refused(item: ActiveItem, status: number): void {
    this.#hop(item, { kind: 'refused', status })
    this.#emit(item, { kind: 'refused', reference: item.reference, status })
  }

  #dropped(item: ActiveItem, why: 'named' | 'before'): void {
    this.#hop(item, { kind: 'dropped', why })
    const { reference } = item
    this.#run(this.#end(item, 'dropped', { kind: 'dropped', reference, isNamed: why === 'named' }))
  }

  #check(item: ActiveItem): void {
    if (this.#isLate(item)) return
    if (item.stage === 'unsure') this.#resume(item)
    else if (item.stage === 'waits') this.#checkWaiting(item)
    else if (item.stage === 'paced') this.#checkPaced(item)
    else if (item.stage === 'stem') this.#checkStem(item)
  }

  #checkWaiting(item: ActiveItem): void {
    if (this.#reach.hasSomebody(item)) this.#submit(item)
    else this.#wait(item)
  }

  #checkPaced(item: ActiveItem): void {
    if (this.#isAccompanied) this.#hand(item)
    else this.#wait(item)
  }

  #checkStem(item: ActiveItem): void {
    const reached = this.#reach.of(item)
    if (item.state === 'stored') this.#restStored(item)
    else if (this.#reach.isAllAlive(reached)) this.#store(item)
    else if (reached.carriers.size > 0) this.#rest(item)
    else if (this.#init.isCrowded()) {
      this.#hop(item, { kind: 'unanswered' })
      this.#rest(item)
    } else this.#checks.checkIn(item, COURIER_TURN_MS)
  }

  #store(item: ActiveItem): void {
    if (item.isDummy) {
      this.#run(this.#end(item, 'done'))
      return
    }
    item.state = 'stored'
    item.attemptCount = 0
    this.#hop(item, { kind: 'stored' })
    const { reference, receipts } = item
    const delayMs = this.#init.schedule.resendMs(0)
    this.#leave(item, 'resting', delayMs, { kind: 'stored', reference, count: receipts.length })
  }

  #rest(item: ActiveItem, wasTurnedAway = false): void {
    const { schedule } = this.#init
    const { attemptCount, receipts, stage } = item
    item.attemptCount += 1
    const isKnown = stage === 'stem' && !wasTurnedAway
    if (receipts.length > 0) this.#leave(item, 'trying', schedule.moreMs(this.#mode, attemptCount))
    else if (isKnown) this.#leave(item, 'trying', schedule.anotherWayMs())
    else this.#leave(item, 'trying', schedule.retryMs(attemptCount))
  }

  #restStored(item: ActiveItem): void {
    item.attemptCount += 1
    this.#leave(item, 'resting', this.#init.schedule.resendMs(item.attemptCount))
  }

  #expire(item: ActiveItem): void {
    const wasStored = item.state === 'stored'
    this.#hop(item, { kind: 'expired' })
    const { reference } = item
    this.#run(this.#end(item, 'expired', { kind: 'expired', reference, wasStored }))
  }

  #leave(item: ActiveItem, queue: Queue, delayMs: number, event: CourierEvent | null = null): void {
    this.#release(item)
    this.#run(this.#departures.rest(item, queue, delayMs, event))
  }

  #end(item: ActiveItem, state: ItemState, event: CourierEvent | null = null): Promise<void> {
    this.#release(item)
    return this.#departures.end(item, state, event)
  }

  /** From whoever is busy with it. */
  #release(item: ActiveItem): void {
    const { stage } = item
    this.#takeFromStem(item)
    item.stage = 'leaving'
    if (stage === 'stamping' || stage === 'stamped') this.#parts!.stamping.remove(item)
    else item.cancel?.()
    item.cancel = null
    item.checkAtMs = NEVER
  }

  #takeFromStem(item: ActiveItem): void {
    if (item.stage !== 'stem') return
    item.stage = 'stamped'
    this.#parts!.stem.handle({ kind: 'withdraw', id: item.id! })
  }

  /** By the clock, which may be wrong: until that is sure it stays, and is handed to nobody. */
  #isLate(item: ActiveItem): boolean {
    const expiresMs = item.expiresAtSeconds * 1000
    if (this.#init.clock.nowMs() < expiresMs) return false
    if (this.#sureTime.nowMs() >= expiresMs) this.#expire(item)
    else {
      if (item.stage !== 'stem') item.stage = 'unsure'
      this.#checks.checkIn(item, CLOCK_SURE_MS)
    }
    return true
  }

  /** The clock was wrong. */
  #resume(item: ActiveItem): void {
    if (item.id === null) this.#stamp(item)
    else this.#send(item, item.id)
  }

  #hop(item: ActiveItem, hop: Pick<Hop, 'kind'> & Partial<Hop>): void {
    addHop(item.hops, { ...hop, atMs: Math.floor(this.#init.clock.nowMs()) })
  }

  #emit(item: ActiveItem, event: CourierEvent): void {
    if (!item.isDummy) this.#init.emit(event)
  }

  #run(work: Promise<void>): void {
    work.catch(this.#init.onError)
  }
}
