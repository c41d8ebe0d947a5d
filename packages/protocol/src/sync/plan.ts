// What the initiator makes of both sides' digests: which days to code, which to list. sync.md §4
import {
  SHORT_ID_BYTES,
  SYNC_BATCH_SYMBOLS_MAX,
  SYNC_DAYS_MAX,
  SYNC_SYMBOL_BYTES,
} from '../constants.ts'
import { ProtocolError } from '../errors.ts'
import {
  SYNC_AUDIT_SYMBOLS,
  SYNC_FIRST_SYMBOLS_MIN,
  SYNC_ITEMS_MAX,
  SYNC_LIST_FRACTION,
} from '../limits.ts'

/** One day on both sides; a side that has nothing of it has a count of 0. */
export interface DayPair {
  readonly day: number
  readonly countHere: number
  readonly countThere: number
  readonly isEqual: boolean
}

export interface CodePlan {
  /** Ascending. */
  readonly days: readonly number[]
  readonly symbolsFirst: number
  /** More than these would be more bytes than the ids themselves. */
  readonly symbolsWorth: number
}

export interface Plan {
  readonly code: CodePlan | null
  /** Ascending. */
  readonly list: readonly number[]
  /** False when days were left out because they are more than one exchange may hold. */
  readonly isComplete: boolean
}

/** `auditPick` chooses one of the days that look equal, or is null. */
export function makePlan(pairs: readonly DayPair[], auditPick: number | null): Plan {
  const differing = pairs.filter(({ isEqual }) => !isEqual)
  const audited = auditPick === null ? [] : pickDay(pairs, auditPick)
  const wanted = [...differing, ...audited]
  if (wanted.length === 0) throw new ProtocolError('SYNC_FIELD', 'unequal, but no day differs')
  const chosen = withinLimit(wanted)
  if (chosen.length === 0) throw new ProtocolError('SYNC_LIMIT', 'no day is small enough')
  const isComplete = chosen.length === wanted.length

  const coded = chosen.filter((pair) => !isCheaperListed(pair))
  const code = planCode(coded)
  const list = code === null ? chosen : chosen.filter(isCheaperListed)
  return { code, list: daysOf(list), isComplete }
}

function pickDay(pairs: readonly DayPair[], pick: number): DayPair[] {
  const equal = pairs.filter(({ isEqual }) => isEqual)
  return equal.length === 0 ? [] : [equal[pick % equal.length]!]
}

function sizeOf({ countHere, countThere }: DayPair): number {
  return Math.max(countHere, countThere)
}

function surplusOf({ countHere, countThere }: DayPair): number {
  return Math.abs(countHere - countThere)
}

/**
 * The newest first: old days have the least time left, new ones are what people wait for. Each side
 * has no more days than a message holds, but both together may have twice as many.
 */
function withinLimit(pairs: readonly DayPair[]): DayPair[] {
  let room = SYNC_ITEMS_MAX
  return [...pairs]
    .sort((a, b) => b.day - a.day)
    .filter((pair) => {
      const isIn = sizeOf(pair) <= room
      if (isIn) room -= sizeOf(pair)
      return isIn
    })
    .slice(0, SYNC_DAYS_MAX)
}

function isCheaperListed(pair: DayPair): boolean {
  return surplusOf(pair) * SYNC_LIST_FRACTION >= sizeOf(pair)
}

/** Null where symbols would cost more than listing from the start. */
function planCode(pairs: readonly DayPair[]): CodePlan | null {
  const items = pairs.reduce((sum, pair) => sum + sizeOf(pair), 0)
  const surplus = pairs.reduce((sum, pair) => sum + surplusOf(pair), 0)
  const isAuditOnly = pairs.every(({ isEqual }) => isEqual)
  const symbolsFirst = isAuditOnly ? SYNC_AUDIT_SYMBOLS : firstBatch(surplus)
  const symbolsWorth = Math.floor((items * SHORT_ID_BYTES) / SYNC_SYMBOL_BYTES)
  return symbolsFirst > symbolsWorth ? null : { days: daysOf(pairs), symbolsFirst, symbolsWorth }
}

/** A difference of d ids takes about 1.4 d symbols; the counts show only its least size. */
function firstBatch(surplus: number): number {
  const wanted = Math.max(SYNC_FIRST_SYMBOLS_MIN, Math.ceil(surplus * 1.5) + 64)
  return Math.min(wanted, SYNC_BATCH_SYMBOLS_MAX)
}

function daysOf(pairs: readonly DayPair[]): number[] {
  return pairs.map(({ day }) => day).sort((a, b) => a - b)
}
