import { toHex } from '../codec/bytes.ts'
import { assert } from '../errors.ts'
import { DROPS_REMEMBERED_BYTES_MAX } from '../limits.ts'
import { dropForgetAtSeconds, type VerifiedDrop } from './drop.ts'
import { boundOf, MailboxDrops } from './mailbox-drops.ts'

/** What a carrier knows of an envelope when it asks whether the owner dropped it. */
export interface DropSubject {
  readonly mailbox: Uint8Array
  readonly id: Uint8Array
  readonly timestamp: number
}

/** What a drop does for this carrier: who sends one that does nothing has paid nothing. */
export interface DropCoverage {
  /**
   * Whether it holds, or has held, an envelope of this id in the drop's mailbox. In another
   * mailbox it does not count, or anybody could name what somebody else has paid for.
   */
  readonly isHeld: (id: Uint8Array) => boolean
  /** How many it holds in the drop's mailbox whose timestamps are below the bound. */
  readonly heldBelowBound: number
}

const NOTHING: DropCoverage = { isHeld: () => false, heldBelowBound: 0 }

interface Remembered {
  readonly drop: VerifiedDrop
  readonly heldCount: number
  readonly order: number
}

/**
 * The drops that still matter, so that a dropped envelope does not come back from a carrier
 * that has not heard: mailbox.md §6. A mailbox costs nothing, so a drop is worth what it covers.
 */
export class DropMemory {
  readonly #mailboxes = new Map<string, MailboxDrops>()
  /** Those that cover least per byte come first, of equal ones the oldest. */
  #ranked: Remembered[] = []
  readonly #bounds = new Map<string, Remembered>()
  readonly #ttlDays: number
  readonly #bytesMax: number
  #bytes = 0
  #learntCount = 0

  constructor(ttlDays: number, bytesMax: number = DROPS_REMEMBERED_BYTES_MAX) {
    this.#ttlDays = ttlDays
    this.#bytesMax = bytesMax
  }

  get size(): number {
    return this.#ranked.length
  }

  /** Of the drops alone, which is what the limit counts. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * 'new' is to be acted on and passed on; 'known' adds nothing, so gossip ends there. 'full':
   * the envelopes stay until they expire, which loses nothing. `onEvicted` hears of each drop
   * that went to make room; without a coverage a drop makes none.
   */
  learn(
    drop: VerifiedDrop,
    coverage: DropCoverage = NOTHING,
    onEvicted: (drop: VerifiedDrop) => void = () => undefined,
  ): 'new' | 'known' | 'full' {
    const key = toHex(drop.mailbox)
    const news = this.#newsOf(drop, this.#mailboxes.get(key), coverage)
    if (news === null) return 'known'
    const replaced = drop.scope.kind === 'before' ? (this.#bounds.get(key) ?? null) : null
    const heldCount = news + (replaced?.heldCount ?? 0)
    const learnt = { drop, heldCount, order: this.#learntCount++ }
    const evicted = this.#roomFor(learnt, replaced)
    if (evicted === null) return 'full'
    if (replaced !== null) this.#forget(replaced)
    for (const other of evicted) {
      this.#forget(other)
      onEvicted(other.drop)
    }
    this.#remember(learnt)
    return 'new'
  }

  /** The drop that covers the envelope, to be handed to whoever still offers it. */
  covering({ mailbox, id, timestamp }: DropSubject): VerifiedDrop | null {
    return this.#mailboxes.get(toHex(mailbox))?.covering(id, timestamp) ?? null
  }

  expire(nowSeconds: number): number {
    const isPast = ({ drop }: Remembered): boolean =>
      nowSeconds >= dropForgetAtSeconds(drop, this.#ttlDays)
    const gone = this.#ranked.filter(isPast)
    this.#ranked = this.#ranked.filter((other) => !isPast(other))
    for (const other of gone) this.#release(other)
    return gone.length
  }

  /**
   * What it covers that nothing has covered yet: null for nothing at all, else how much of it the
   * carrier holds. An id that is covered already counts for the drop that named it first, so that
   * one envelope does not pay for many drops.
   */
  #newsOf(
    { scope }: VerifiedDrop,
    known: MailboxDrops | undefined,
    { isHeld, heldBelowBound }: DropCoverage,
  ): number | null {
    if (scope.kind === 'before') {
      assert(heldBelowBound >= 0, `expected a count, got ${heldBelowBound}`)
      return scope.before > boundOf(known?.before ?? null) ? heldBelowBound : null
    }
    const ids = scope.ids.filter((id) => known?.covers(id) !== true)
    return ids.length === 0 ? null : ids.filter(isHeld).length
  }

  /** Who must go for it, or null when too few cover less per byte than it does. */
  #roomFor(learnt: Remembered, replaced: Remembered | null): readonly Remembered[] | null {
    const freed = replaced?.drop.bytes.length ?? 0
    let excess = this.#bytes - freed + learnt.drop.bytes.length - this.#bytesMax
    const evicted: Remembered[] = []
    for (const other of this.#ranked) {
      if (excess <= 0) return evicted
      if (compareWorth(other, learnt) >= 0) return null
      if (other === replaced) continue
      evicted.push(other)
      excess -= other.drop.bytes.length
    }
    return excess <= 0 ? evicted : null
  }

  #remember(learnt: Remembered): void {
    const { drop } = learnt
    const key = toHex(drop.mailbox)
    const drops = this.#mailboxes.get(key) ?? new MailboxDrops()
    this.#mailboxes.set(key, drops)
    drops.add(drop)
    if (drop.scope.kind === 'before') this.#bounds.set(key, learnt)
    this.#ranked.splice(this.#placeOf(learnt), 0, learnt)
    this.#bytes += drop.bytes.length
  }

  #forget(other: Remembered): void {
    this.#ranked.splice(this.#placeOf(other), 1)
    this.#release(other)
  }

  #release(other: Remembered): void {
    const { drop } = other
    const key = toHex(drop.mailbox)
    if (this.#bounds.get(key) === other) this.#bounds.delete(key)
    const drops = this.#mailboxes.get(key)
    drops?.remove(drop)
    if (drops?.isEmpty) this.#mailboxes.delete(key)
    this.#bytes -= drop.bytes.length
  }

  /** Where it is, or belongs. */
  #placeOf(sought: Remembered): number {
    let [from, to] = [0, this.#ranked.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (compareRank(this.#ranked[middle]!, sought) < 0) from = middle + 1
      else to = middle
    }
    return from
  }
}

/** Below zero when `a` covers less per byte. Whole numbers, so that every carrier agrees. */
function compareWorth(a: Remembered, b: Remembered): number {
  return a.heldCount * b.drop.bytes.length - b.heldCount * a.drop.bytes.length
}

function compareRank(a: Remembered, b: Remembered): number {
  return compareWorth(a, b) || a.order - b.order
}
