// The rows of the report: what is run, what is read off it, and what is asked of that.
import type { Target } from '../../bench/frame/case.ts'
import type { Outcome } from './outcome.ts'
import { CALM, type Plan, shardBitsFor } from './plan.ts'

export interface Figure {
  readonly what: string
  readonly unit: string
  readonly value: number
  readonly target?: Target
}

export interface ReportRow {
  readonly name: string
  readonly plan: Plan
  /** Begun first: it takes long, and the others run beside it. */
  readonly isLong?: boolean
  /** Of a run alone, beside what every row shows. */
  readonly figures: (outcome: Outcome) => readonly Figure[]
}

/** A row that is read off two others. */
export interface Comparison {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly figures: (from: Outcome, to: Outcome) => readonly Figure[]
}

type Mode = 'direct' | 'stem'

const ALL: Target = { least: 100, most: 100 }
/** A shard's worth of nodes, in the same number of shards as the largest network has for more. */
const GROWTH = 8
const RATE = { messagesPerUserHour: 12 } as const
/** The same for each user, whatever the size: two networks differ in nothing else. */
const EVEN: Partial<Plan> = { messagesEach: 0.1, minutes: 2, warmUpMinutes: 1, calmMinutes: 1 }
const EVEN_NAME = 'one user in ten writes once'
/** Connections to carriers of contacts' shards are there after some minutes. */
const BUSY: Partial<Plan> = { ...RATE, minutes: 4, warmUpMinutes: 3 }
/** What is to be seen takes its time, and some hundreds of messages see it. */
const LONG: Partial<Plan> = { messagesEach: 0.4, minutes: 12, warmUpMinutes: 1 }
const WATCHED: Partial<Plan> = { messagesEach: 0.4, minutes: 3, warmUpMinutes: 2 }

function planOf(nodeCount: number, change: Partial<Plan>): Plan {
  const bits = shardBitsFor(nodeCount)
  return { ...CALM, nodeCount, shardBits: bits, isGrown: nodeCount >= 20, ...change }
}

/** What every row shows, and the row's own in the middle. */
export function figuresOf(row: ReportRow, outcome: Outcome): Figure[] {
  const { latencyMs, acceptedCount, deliveredCount } = outcome
  const share = acceptedCount === 0 ? 0 : (100 * deliveredCount) / acceptedCount
  return [
    { what: `delivered of ${acceptedCount}`, unit: '%', value: share, target: ALL },
    ...row.figures(outcome),
    { what: 'p99', unit: 'ms', value: latencyMs.p99 },
    { what: 'sent', unit: 'KiB/node/h', value: outcome.sentBytesPerNodeHour / 1024 },
    { what: 'on disk', unit: 'KiB/node', value: outcome.diskBytesPerNode / 1024 },
  ]
}

function latencies({ latencyMs }: Outcome, p50?: Target, p95?: Target): Figure[] {
  return [
    { what: 'p50', unit: 'ms', value: latencyMs.p50, ...(p50 && { target: p50 }) },
    { what: 'p95', unit: 'ms', value: latencyMs.p95, ...(p95 && { target: p95 }) },
  ]
}

function sizeRow(nodeCount: number, mode: Mode): ReportRow {
  const isJudged = nodeCount === 1000
  const p50 = { most: mode === 'direct' ? 500 : 2000 }
  const p95 = mode === 'direct' ? { most: 650 } : undefined
  return {
    name: `${nodeCount} nodes, ${mode}`,
    plan: planOf(nodeCount, { ...BUSY, mode }),
    figures: (outcome) => latencies(outcome, ...(isJudged ? [p50, p95] : [])),
  }
}

function evenName(nodeCount: number, mode: Mode): string {
  return `${nodeCount} nodes, ${EVEN_NAME}, ${mode}`
}

/** One side of a comparison of sizes. */
function evenRow(nodeCount: number, mode: Mode): ReportRow {
  return {
    name: evenName(nodeCount, mode),
    plan: planOf(nodeCount, { ...EVEN, mode }),
    isLong: nodeCount > 5000,
    figures: (outcome) => latencies(outcome),
  }
}

function hardship(name: string, nodeCount: number, change: Partial<Plan>): ReportRow {
  return {
    name: `${nodeCount} nodes, ${name}`,
    plan: planOf(nodeCount, { ...LONG, ...change }),
    figures: (outcome) => latencies(outcome),
  }
}

function spyRow(nodeCount: number, spyShare: number, mode: Mode): ReportRow {
  return {
    name: `${spyShare * 100} % of ${nodeCount} nodes are first spies, ${mode}`,
    plan: planOf(nodeCount, { ...WATCHED, mode, spyShare }),
    figures: (outcome) => {
      const { seenCount, rightCount } = outcome.spies
      const value = (100 * rightCount) / Math.max(1, seenCount)
      const authors = { what: `authors named, of ${seenCount} messages`, unit: '%', value }
      return [...latencies(outcome), authors]
    },
  }
}

function absenceRow(days: number): ReportRow {
  return {
    name: `a carrier is back after ${days} days, stem`,
    plan: planOf(10, { minutes: days * 1440, messagesPerUserHour: 1, isOneAbsent: true }),
    figures: (outcome) => [
      ...latencies(outcome),
      { what: 'complete', unit: '%', value: 100 * outcome.absentShare, target: ALL },
    ],
  }
}

export interface Report {
  readonly rows: readonly ReportRow[]
  readonly comparisons: readonly Comparison[]
}

/** `isQuick`: a tenth of the nodes, to see that it works. */
export function reportOf(isQuick: boolean): Report {
  const scale = isQuick ? 10 : 1
  const many = 1000 / scale
  const most = 10_000 / scale
  const some = most / GROWTH
  const modes = ['direct', 'stem'] as const
  const rows = [
    ...[100, 1000].flatMap((nodeCount) => modes.map((mode) => sizeRow(nodeCount, mode))),
    ...[some, most].flatMap((nodeCount) => modes.map((mode) => evenRow(nodeCount, mode))),
  ]
  rows.push(
    hardship('25 % replaced per hour, stem', many, { churnPerHour: 0.25 }),
    hardship('50 % replaced per hour, stem', many, { churnPerHour: 0.5 }),
    hardship('50 % replaced per hour, direct', many, { churnPerHour: 0.5, mode: 'direct' }),
    hardship('50 % replaced, 30 % dead, stem', many, { churnPerHour: 0.5, deadShare: 0.3 }),
    hardship('30 % dead, direct', many, { deadShare: 0.3, mode: 'direct' }),
    hardship('30 % sign and drop, stem', many, { liarShare: 0.3 }),
    hardship('30 % sign and drop, direct', many, { liarShare: 0.3, mode: 'direct' }),
    hardship('apart for 5 minutes, stem', many, { partitionMinutes: 5 }),
    absenceRow(7),
  )
  for (const share of [0.1, 0.2]) {
    rows.push(spyRow(many, share, 'direct'), spyRow(many, share, 'stem'))
  }
  const comparisons = modes.map((mode) => growth(some, most, mode))
  return { rows, comparisons }
}

function growth(some: number, most: number, mode: Mode): Comparison {
  const target: Target = { least: -10, most: 10 }
  return {
    name: `from ${some} to ${most} nodes, as many per shard, ${mode}`,
    from: evenName(some, mode),
    to: evenName(most, mode),
    figures: (from, to) => {
      const change = (of: (outcome: Outcome) => number) => 100 * (of(to) / of(from) - 1)
      const sent = change(({ sentBytesPerNodeHour }) => sentBytesPerNodeHour)
      const disk = change(({ diskBytesPerNode }) => diskBytesPerNode)
      return [
        { what: 'sent per node changes by', unit: '%', value: sent, target },
        { what: 'disk per node changes by', unit: '%', value: disk, target },
      ]
    },
  }
}
