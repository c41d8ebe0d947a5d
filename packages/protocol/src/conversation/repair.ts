// Asking for what is missing. conversation.md §7
import { compareBytes, equalBytes } from '../codec/bytes.ts'
import { ANSWER_ENTRIES_MAX, REQUEST_HASHES_MAX, REQUEST_RANGES_MAX } from '../constants.ts'
import { ASKS_PER_TURN_MAX } from '../limits.ts'
import { type Ask, askAgain, isDue, isGivenUp } from './ask.ts'
import { type Chain, gapsOf } from './chain.ts'
import { type Author, chainKey, isSameAuthor } from './entry.ts'
import { type ChainRange, sortRanges } from './kinds/chain-ranges.ts'
import type { RequestContent } from './kinds/history.ts'
import type { Change, LogState } from './log-state.ts'

export interface RepairTurn {
  /** Devices that may have what is missing: members of the conversation, the likeliest first. */
  readonly holders: readonly Author[]
  readonly nowMs: number
}

export interface Asking {
  readonly to: Author
  readonly request: RequestContent
}

export interface RepairOutcome {
  readonly changes: readonly Change[]
  readonly askings: readonly Asking[]
}

/** When to call `repair` next; null: nothing is missing, or nothing is asked for any more. */
export function repairAtMs(state: LogState): number | null {
  let earliest: number | null = null
  for (const ask of asksOf(state)) {
    if (isGivenUp(ask)) continue
    if (earliest === null || ask.atMs < earliest) earliest = ask.atMs
  }
  return earliest
}

function asksOf({ chains, margin }: LogState): Ask[] {
  const asks = [...chains.values()].map(({ ask }) => ask)
  return [...asks, margin.ask].filter((ask) => ask !== null)
}

/** The author first, then our own devices, then the others, one after the other. */
function holderFor(
  author: Author | null,
  { first, count }: Ask,
  { holders }: RepairTurn,
  own: Author,
): Author | null {
  const rank = (holder: Author): number => {
    if (author !== null && isSameAuthor(holder, author)) return 0
    return equalBytes(holder.identity, own.identity) ? 1 : 2
  }
  const others = holders.filter((holder) => !isSameAuthor(holder, own))
  if (others.length === 0) return null
  const ranked = [...others].sort((a, b) => rank(a) - rank(b))
  return ranked[(first + count) % ranked.length]!
}

interface Parcel {
  readonly to: Author
  readonly ranges: ChainRange[]
  readonly hashes: Uint8Array[]
}

class Parcels {
  readonly #byHolder = new Map<string, Parcel>()

  /** Null: enough has been asked in this turn; the rest is due in the next. */
  room(to: Author): Parcel | null {
    const key = chainKey(to)
    const parcel = this.#byHolder.get(key) ?? { to, ranges: [], hashes: [] }
    if (!this.#byHolder.has(key)) {
      if (this.#byHolder.size >= ASKS_PER_TURN_MAX) return null
      this.#byHolder.set(key, parcel)
    }
    return parcel.ranges.length < REQUEST_RANGES_MAX ? parcel : null
  }

  askings(): Asking[] {
    return [...this.#byHolder.values()].map(({ to, ranges, hashes }) => ({
      to,
      request: { kind: 'request', ranges: sortRanges(ranges), hashes },
    }))
  }
}

/** The highest entries of the highest gaps: their hashes are known from what comes after them. */
function rangesOf(chain: Chain, countMax: number): ChainRange[] {
  const ranges: ChainRange[] = []
  let left = ANSWER_ENTRIES_MAX
  for (const { from, to } of gapsOf(chain).reverse()) {
    if (left === 0 || ranges.length === countMax) break
    const least = Math.max(from, to - left + 1)
    left -= to - least + 1
    ranges.push({ author: chain.author, from: least, to })
  }
  return ranges
}

/** What to ask now, and whom. Call again when an answer came, or at `repairAtMs`. */
export function repair(state: LogState, turn: RepairTurn): RepairOutcome {
  const { nowMs } = turn
  const { own } = state.terms
  const parcels = new Parcels()
  const changes: Change[] = []
  for (const [key, chain] of state.chains) {
    if (chain.ask === null || !isDue(chain.ask, nowMs)) continue
    const holder = holderFor(chain.author, chain.ask, turn, own)
    const parcel = holder === null ? null : parcels.room(holder)
    if (parcel === null) continue
    parcel.ranges.push(...rangesOf(chain, REQUEST_RANGES_MAX - parcel.ranges.length))
    changes.push({ kind: 'chain', key, chain: { ...chain, ask: askAgain(chain.ask, nowMs) } })
  }
  const { ask } = state.margin
  if (ask !== null && isDue(ask, nowMs)) {
    const holder = holderFor(null, ask, turn, own)
    const parcel = holder === null ? null : parcels.room(holder)
    if (parcel !== null) {
      parcel.hashes.push(...missingHashes(state))
      changes.push({ kind: 'margin', margin: { ...state.margin, ask: askAgain(ask, nowMs) } })
    }
  }
  return { changes, askings: parcels.askings() }
}

function missingHashes({ missing }: LogState): Uint8Array[] {
  const hashes = [...missing.values()].map(({ hash }) => hash)
  return hashes.slice(-REQUEST_HASHES_MAX).sort(compareBytes)
}
