// Between disk and window: fills the window from what waits, in its order, and looks at what is due
// again. One timer for all of it, and none where nothing waits.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Clock, KeyValueOperation } from '@ezchat/protocol/ports.ts'
import { COURIER_CLOCK_JUMP_MS, COURIER_SLEEP_MS_MAX, COURIER_STEP_COUNT_MAX } from '../limits.ts'
import type { ActiveItems } from './active-items.ts'
import type { Conduct } from './conduct.ts'
import type { ActiveItem } from './item.ts'
import type { Queue } from './layout.ts'
import type { Loaded, Outbox, Row } from './outbox.ts'
import { addHop } from './story.ts'
import type { WriteQueue } from './write-queue.ts'

export interface KeeperInit {
  readonly clock: Clock
  readonly active: ActiveItems
  readonly outbox: Outbox
  readonly writes: WriteQueue
  readonly conduct: Conduct
  readonly onDamaged: (reference: Uint8Array) => void
  readonly onError: (error: unknown) => void
}

interface Withdrawal {
  readonly reference: Uint8Array
  readonly resolve: (isThere: boolean) => void
  readonly reject: (reason: unknown) => void
}

const FOREVER_US = Number.MAX_SAFE_INTEGER - 1

export class Keeper {
  readonly #init: KeeperInit
  /** The last row of `trying` that was looked at. */
  #after: Row | null = null
  /** Every row counts as due, until the last one has been looked at. */
  #isNudged = false
  /** There may be rows that are due and not in the window. */
  #isCrowded = false
  /** Something was added while the disk was being read. */
  #hasMore = false
  /** One moment for a whole pass, or what falls due during it would be passed over. */
  #passUs = 0
  #isPassing = false
  #isWanted = false
  #isClosed = false
  /** What left the window while the disk was being read: what was read of it is old. */
  readonly #left = new Set<string>()
  #withdrawals: Withdrawal[] = []
  #cancelTimer: (() => void) | null = null
  #timerAtMs = Number.POSITIVE_INFINITY
  #clockSkewMs: number

  constructor(init: KeeperInit) {
    this.#init = init
    this.#clockSkewMs = skewOf(init.clock)
  }

  get isCrowded(): boolean {
    return this.#isCrowded
  }

  /** Everything that is not done is tried now, whenever it was due. */
  nudge(): Promise<void> {
    this.#isNudged = true
    this.#after = null
    this.#isCrowded = true
    return this.#pass()
  }

  /** After the caller has written what was drafted. */
  accepted(references: readonly Uint8Array[]): void {
    const { active, outbox, conduct } = this.#init
    for (const reference of references) {
      const name = toHex(reference)
      if (this.#isClosed || active.has(name)) continue
      const item = this.#isCrowded || active.roomCount === 0 ? null : outbox.takeDraft(name)
      if (item !== null) conduct.begin(item)
      else this.#crowd()
    }
    if (this.#isCrowded && active.wantsMore) this.#start()
  }

  left(item: ActiveItem, dueMs: number): void {
    if (this.#isClosed) return
    if (this.#isPassing) this.#left.add(item.name)
    this.#wakeAt(dueMs)
    if (this.#isCrowded && this.#init.active.wantsMore) this.#start()
  }

  /** False when nothing is known of it, or it has ended. */
  withdraw(reference: Uint8Array): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#withdrawals.push({ reference, resolve, reject })
      this.#start()
    })
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
    for (const { resolve } of this.#withdrawals.splice(0)) resolve(false)
  }

  #start(): void {
    this.#pass().catch(this.#init.onError)
  }

  /** One at a time; whoever asks meanwhile gets another one afterwards. */
  async #pass(): Promise<void> {
    this.#isWanted = true
    if (this.#isPassing) return
    this.#isPassing = true
    try {
      await null
      while (this.#isWanted && !this.#isClosed) {
        this.#isWanted = false
        this.#noticeClock()
        this.#passUs = Math.floor(this.#init.clock.nowMs() * 1000)
        await this.#withdrawAll()
        await this.#fill()
        await this.#lookAtResting()
        await this.#sleep()
      }
    } finally {
      this.#isPassing = false
      this.#left.clear()
    }
  }

  /** Moments on disk are the wall clock's, which somebody may have set. */
  #noticeClock(): void {
    const skewMs = skewOf(this.#init.clock)
    if (Math.abs(skewMs - this.#clockSkewMs) <= COURIER_CLOCK_JUMP_MS) return
    this.#clockSkewMs = skewMs
    this.#isNudged = true
    this.#after = null
    this.#isCrowded = true
  }

  #crowd(): void {
    this.#isCrowded = true
    this.#hasMore = true
  }

  async #fill(): Promise<void> {
    const { active, outbox } = this.#init
    while (active.roomCount > 0 && !this.#isClosed) {
      const untilUs = this.#isNudged ? FOREVER_US : this.#passUs
      const countMax = Math.min(COURIER_STEP_COUNT_MAX, active.roomCount)
      this.#left.clear()
      this.#hasMore = false
      const rows = await outbox.rows('trying', this.#after, untilUs, countMax)
      if (rows.length === 0) {
        this.#after = null
        this.#isNudged = false
        this.#isCrowded = this.#hasMore
        this.#isWanted ||= this.#hasMore
        return
      }
      this.#after = await this.#take('trying', rows)
    }
    this.#isCrowded = true
  }

  /** The row up to which all are in the window, or need not be. */
  async #take(queue: Queue, rows: readonly Row[]): Promise<Row | null> {
    const { active, outbox, writes } = this.#init
    const { drafts, absent } = this.#sort(queue, rows)
    const loaded = absent.length > 0 ? await outbox.load(queue, absent) : []
    const found = new Map<Row, Loaded>(drafts)
    for (const [at, row] of absent.entries()) found.set(row, loaded[at]!)
    const operations: KeyValueOperation[] = []
    let last: Row | null = this.#after
    for (const row of rows) {
      if (this.#isClosed) break
      last = row
      const item = found.get(row)
      const name = toHex(row.reference)
      if (item === undefined || active.has(name) || this.#left.has(name)) continue
      operations.push(...this.#act(queue, row, item))
    }
    if (operations.length > 0) await writes.write(operations)
    return last
  }

  #sort(
    queue: Queue,
    rows: readonly Row[],
  ): { drafts: Map<Row, ActiveItem>; absent: readonly Row[] } {
    const { active, outbox } = this.#init
    const drafts = new Map<Row, ActiveItem>()
    const absent = rows.filter((row) => {
      const name = toHex(row.reference)
      if (active.has(name)) return false
      const draft = queue === 'trying' ? outbox.takeDraft(name) : null
      if (draft?.place.atUs !== row.atUs) return true
      drafts.set(row, draft)
      return false
    })
    return { drafts, absent }
  }

  #act(queue: Queue, row: Row, item: Loaded): readonly KeyValueOperation[] {
    const { outbox, conduct, onDamaged } = this.#init
    if (item === 'stale') return outbox.unrow(queue, row)
    if (item === 'damaged') {
      onDamaged(row.reference)
      return outbox.forgotten(row.reference, { queue, atUs: row.atUs })
    }
    if (item.state !== 'trying' && item.state !== 'stored') {
      return outbox.forgotten(row.reference, item.place)
    }
    conduct.begin(item)
    return []
  }

  async #lookAtResting(): Promise<void> {
    const { active, outbox } = this.#init
    let after: Row | null = null
    while (!this.#isClosed) {
      const countMax = Math.min(COURIER_STEP_COUNT_MAX, active.roomCount)
      if (countMax === 0) {
        this.#isCrowded = true
        return
      }
      this.#left.clear()
      const rows: Row[] = await outbox.rows('resting', after, this.#passUs, countMax)
      if (rows.length === 0) return
      await this.#take('resting', rows)
      after = rows.at(-1)!
    }
  }

  async #withdrawAll(): Promise<void> {
    while (this.#withdrawals.length > 0) {
      const asked = this.#withdrawals.splice(0, COURIER_STEP_COUNT_MAX)
      try {
        await this.#withdrawSome(asked)
      } catch (error: unknown) {
        for (const { reject } of asked) reject(error)
        throw error
      }
    }
  }

  async #withdrawSome(asked: readonly Withdrawal[]): Promise<void> {
    const { active, outbox, conduct, clock, writes } = this.#init
    const absent = asked.filter(({ reference, resolve, reject }) => {
      const item = active.get(toHex(reference))
      if (item !== undefined) conduct.withdraw(item).then(() => resolve(true), reject)
      return item === undefined
    })
    this.#left.clear()
    const records = await outbox.records(absent.map(({ reference }) => reference))
    const operations: KeyValueOperation[] = []
    const found = new Set<Withdrawal>()
    for (const [at, withdrawal] of absent.entries()) {
      const record = records[at] ?? null
      const { reference } = withdrawal
      const begun = active.get(toHex(reference))
      if (begun !== undefined) {
        conduct.withdraw(begun).then(() => withdrawal.resolve(true), withdrawal.reject)
        continue
      }
      if (record === null || (record.state !== 'trying' && record.state !== 'stored')) continue
      outbox.takeDraft(toHex(reference))
      addHop(record.hops, { kind: 'withdrawn', atMs: Math.floor(clock.nowMs()) })
      operations.push(...outbox.ended(reference, record, 'done', clock.nowMs()))
      found.add(withdrawal)
    }
    if (operations.length > 0) await writes.write(operations)
    for (const withdrawal of absent) {
      if (!active.has(toHex(withdrawal.reference))) withdrawal.resolve(found.has(withdrawal))
    }
  }

  async #sleep(): Promise<void> {
    const { outbox } = this.#init
    const now = this.#passUs
    const next = await Promise.all([outbox.nextUs('trying', now), outbox.nextUs('resting', now)])
    for (const atUs of next) if (atUs !== null) this.#wakeAt(atUs / 1000)
  }

  #wakeAt(atMs: number): void {
    if (this.#isClosed || atMs >= this.#timerAtMs) return
    const { clock } = this.#init
    this.#cancelTimer?.()
    const delayMs = Math.max(1, Math.min(atMs - clock.nowMs(), COURIER_SLEEP_MS_MAX))
    this.#timerAtMs = clock.nowMs() + delayMs
    this.#cancelTimer = clock.after(delayMs, () => {
      this.#cancelTimer = null
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.#start()
    })
  }
}

function skewOf(clock: Clock): number {
  return clock.nowMs() - clock.monotonicMs()
}
