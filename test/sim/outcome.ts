// A run in figures.
import { completeShares } from './completeness.ts'
import type { Message } from './model.ts'
import type { World } from './world.ts'

export interface Outcome {
  readonly messageCount: number
  readonly acceptedCount: number
  readonly deliveredCount: number
  readonly storedCount: number
  /** To recipients whose daemon ran when the message was written. */
  readonly latencyMs: Percentiles
  /** Of these, the ones that were not the first of several in a row: connections are there. */
  readonly latencyLaterMs: Percentiles
  /** While users wrote. */
  readonly sentBytesPerNodeHour: number
  readonly diskBytesPerNode: number
  readonly envelopesPerNode: number
  readonly spies: { readonly seenCount: number; readonly rightCount: number }
  /** Of what carriers hold of a shard, what one that carries it has: the mean of all. */
  readonly completeShare: number
  /** The same of the last node alone, which may have been away. */
  readonly absentShare: number
  readonly traceHash: string
  readonly eventCount: number
  readonly virtualMinutes: number
  readonly violations: readonly string[]
}

export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

export function outcomeOf(world: World): Outcome {
  const { model, timeline, trace, plan } = world
  const accepted = model.messages.filter(({ acceptedAtMs }) => acceptedAtMs !== null)
  const delivered = accepted.filter(({ deliveredAtMs }) => deliveredAtMs !== null)
  const present = delivered.filter(({ isRecipientUp }) => isRecipientUp)
  const latency = (message: Message) => message.deliveredAtMs! - message.composedAtMs
  const daemons = world.nodes.flatMap(({ daemon }) => daemon ?? [])
  const carrying = daemons.filter(({ carrier }) => carrier.shards.length > 0)
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  const shares = completeShares(world)
  return {
    messageCount: model.messages.length,
    acceptedCount: accepted.length,
    deliveredCount: delivered.length,
    storedCount: accepted.filter(({ storedAtMs }) => storedAtMs !== null).length,
    latencyMs: percentilesOf(present.map(latency)),
    latencyLaterMs: percentilesOf(present.filter(({ isFirst }) => !isFirst).map(latency)),
    sentBytesPerNodeHour: world.sentBytes / plan.nodeCount / (plan.minutes / 60),
    diskBytesPerNode: sum(carrying.map(({ store }) => store.usage.bytesCharged)) / carrying.length,
    envelopesPerNode: sum(carrying.map(({ store }) => store.usage.count)) / carrying.length,
    spies: world.spies.score,
    completeShare: sum(shares) / shares.length,
    absentShare: shares.at(-1) ?? 0,
    traceHash: trace.hash,
    eventCount: timeline.eventCount,
    virtualMinutes: timeline.nowMs / 60_000,
    violations: model.violations.map(
      ({ atMs, what }) => `at ${(atMs / 1000).toFixed(1)} s: ${what}`,
    ),
  }
}
