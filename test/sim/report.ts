// npm run sim -- --report: the table of what a network of so many does, and what it withstands.
import type { Result, Target } from '../../bench/frame/case.ts'
import { countedResults, printTable } from '../../bench/frame/results.ts'
import type { Outcome } from './outcome.ts'
import { CALM, type Plan, shardBitsFor } from './plan.ts'

export interface ReportInit {
  readonly runOne: (plan: Plan, base: 'calm') => Promise<Outcome>
  /** A tenth of the nodes: to see that it works. */
  readonly isQuick: boolean
}

interface Row {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly target?: Target
}

const BUSY: Partial<Plan> = { minutes: 4, warmUpMinutes: 1, messagesPerUserHour: 12 }
function sized(nodeCount: number): Partial<Plan> {
  return { ...BUSY, nodeCount, shardBits: shardBitsFor(nodeCount), isGrown: true }
}

const ALL: Target = { least: 100, most: 100 }

export async function report({ runOne, isQuick }: ReportInit): Promise<Result[]> {
  const scale = isQuick ? 10 : 1
  const results: Result[] = []
  const add = (row: Row) => {
    const { name, unit, value, target } = row
    const counted = { kind: 'counted', name, unit, count: () => ({ ours: value }) } as const
    const judged = target === undefined ? counted : { ...counted, target }
    results.push(...countedResults('sim', judged, { ours: value }))
  }
  const run = async (name: string, change: Partial<Plan>) => {
    const plan = { ...CALM, ...change }
    const startedAtMs = performance.now()
    const outcome = await runOne(plan, 'calm')
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0)
    console.error(`${name}: ${outcome.eventCount} events in ${seconds} s`)
    for (const violation of outcome.violations.slice(0, 5)) console.error(`  ${violation}`)
    return outcome
  }
  const sizes = [100, 1000, 10_000].map((count) => count / scale)
  const bySize = new Map<number, Outcome>()
  for (const nodeCount of sizes) {
    for (const mode of ['direct', 'stem'] as const) {
      const name = `${nodeCount} nodes, ${mode}`
      const outcome = await run(name, { ...sized(nodeCount), mode })
      for (const row of rowsOf(name, outcome, targetsOf(nodeCount, mode))) add(row)
      if (mode === 'stem') bySize.set(nodeCount, outcome)
    }
  }
  // An eighth of the largest, with an eighth of its shards.
  const [, , largest] = sizes
  const eighth = largest! / 8
  const small = await run(`${eighth} nodes, stem`, { ...sized(eighth), mode: 'stem' })
  for (const row of growthRows(small, bySize.get(largest!)!, `${eighth} to ${largest} nodes`))
    add(row)
  const nodeCount = sizes[1]!
  for (const [name, change] of hardships()) {
    const outcome = await run(name, { ...sized(nodeCount), ...change })
    for (const row of rowsOf(name, outcome, {})) add(row)
  }
  for (const spyShare of [0.1, 0.2]) {
    for (const mode of ['direct', 'stem'] as const) {
      const name = `${spyShare * 100} % first spies, ${mode}`
      const { spies, acceptedCount } = await run(name, { ...sized(nodeCount), mode, spyShare })
      const value = (100 * spies.rightCount) / Math.max(1, spies.seenCount)
      add({ name: `${name}: authors named, of messages seen`, unit: '%', value })
      const ofAll = (100 * spies.rightCount) / Math.max(1, acceptedCount)
      add({ name: `${name}: authors named, of all messages`, unit: '%', value: ofAll })
    }
  }
  add(await absenceRow(run, isQuick))
  return results
}

export function printReport(results: readonly Result[]): string {
  return printTable(results)
}

function targetsOf(nodeCount: number, mode: 'direct' | 'stem'): { p50?: Target; p95?: Target } {
  if (nodeCount !== 1000) return {}
  return mode === 'direct' ? { p50: { most: 500 }, p95: { most: 650 } } : { p50: { most: 2000 } }
}

function rowsOf(
  name: string,
  outcome: Outcome,
  { p50, p95 }: { readonly p50?: Target; readonly p95?: Target },
): Row[] {
  const { latencyMs, acceptedCount, deliveredCount } = outcome
  const share = acceptedCount === 0 ? 0 : (100 * deliveredCount) / acceptedCount
  return [
    { name: `${name}: delivered of ${acceptedCount}`, unit: '%', value: share, target: ALL },
    { name: `${name}: p50`, unit: 'ms', value: latencyMs.p50, ...(p50 && { target: p50 }) },
    { name: `${name}: p95`, unit: 'ms', value: latencyMs.p95, ...(p95 && { target: p95 }) },
    {
      name: `${name}: p50 after the first of a talk`,
      unit: 'ms',
      value: outcome.latencyLaterMs.p50,
    },
    { name: `${name}: p99`, unit: 'ms', value: latencyMs.p99 },
    { name: `${name}: sent`, unit: 'KiB/node/h', value: outcome.sentBytesPerNodeHour / 1024 },
    { name: `${name}: on disk`, unit: 'KiB/node', value: outcome.diskBytesPerNode / 1024 },
  ]
}

function growthRows(small: Outcome, large: Outcome, from: string): Row[] {
  const change = (of: (outcome: Outcome) => number) => 100 * (of(large) / of(small) - 1)
  const target: Target = { least: -10, most: 10 }
  const sent = change(({ sentBytesPerNodeHour }) => sentBytesPerNodeHour)
  const disk = change(({ diskBytesPerNode }) => diskBytesPerNode)
  return [
    { name: `${from}: sent per node changes by`, unit: '%', value: sent, target },
    { name: `${from}: disk per node changes by`, unit: '%', value: disk, target },
  ]
}

function hardships(): readonly [string, Partial<Plan>][] {
  const long = { minutes: 20 } as const
  return [
    ['25 % replaced per hour, stem', { ...long, churnPerHour: 0.25 }],
    ['50 % replaced per hour, stem', { ...long, churnPerHour: 0.5 }],
    ['50 % replaced per hour, direct', { ...long, churnPerHour: 0.5, mode: 'direct' }],
    ['30 % of nodes sign and drop, stem', { ...long, liarShare: 0.3 }],
    ['30 % of nodes dead, stem', { ...long, deadShare: 0.3 }],
    ['50 % replaced, 30 % dead, stem', { ...long, churnPerHour: 0.5, deadShare: 0.3 }],
    ['partition of 5 minutes and heal, stem', { ...long, partitionMinutes: 5 }],
  ]
}

async function absenceRow(
  run: (name: string, change: Partial<Plan>) => Promise<Outcome>,
  isQuick: boolean,
): Promise<Row> {
  const days = isQuick ? 1 : 7
  const name = `a carrier is back after ${days} days: complete`
  const { absentShare } = await run(name, {
    ...{ nodeCount: 10, minutes: days * 1440, messagesPerUserHour: 2 },
    isOneAbsent: true,
  })
  return { name, unit: '%', value: 100 * absentShare, target: ALL }
}
