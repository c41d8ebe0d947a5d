// Two carriers that hold a million ids each: what it takes to find those that differ. Ours beside
// a plain exchange of sorted ids and a range reconciliation, on the same stores in the same process.
import assert from 'node:assert/strict'
import type { Exchange, SyncEffect, SyncEvent } from '@ezchat/protocol/sync/exchange.ts'
import { Initiator } from '@ezchat/protocol/sync/initiator.ts'
import { MemorySyncSet } from '@ezchat/protocol/sync/memory-sync-set.ts'
import { Responder } from '@ezchat/protocol/sync/responder.ts'
import { handleWith } from '@ezchat/protocol/sync/sync-set.ts'
import type { Context, CountedCase, Figures, Target } from '../frame/case.ts'
import { reconcileRanges } from '../peers/range-reconciliation.ts'
import { exchangeSortedIds } from '../peers/sorted-id-exchange.ts'
import {
  CpuAccounts,
  ID_BYTES,
  type IdStore,
  isExactly,
  makeStores,
  type Population,
  type SyncReport,
  type TwoStores,
} from '../peers/two-stores.ts'
import { native } from './implementations.ts'

const SHARD = 7
const DAY_SECONDS = 86_400

function setOf({ count, ids, timestamps }: IdStore): MemorySyncSet {
  const set = new MemorySyncSet()
  for (let item = 0; item < count; item++) {
    const id = ids.subarray(item * ID_BYTES, (item + 1) * ID_BYTES)
    set.add(Math.floor(timestamps[item]! / DAY_SECONDS), id)
  }
  return set
}

interface Side {
  readonly name: 'initiator' | 'responder'
  readonly exchange: Exchange
  readonly set: MemorySyncSet
  readonly effects: SyncEffect[]
}

/** Full ids that a side was told of: those it has itself, or those of the other, in hex. */
function found(
  effects: readonly SyncEffect[],
  kind: 'need' | 'have',
  holder: MemorySyncSet,
): string[] {
  const ids: string[] = []
  for (const effect of effects) {
    if (effect.kind !== kind) continue
    for (let at = 0; at < effect.shortIds.length; at += 16) {
      const id = holder.resolve(effect.shortIds.subarray(at, at + 16))
      ids.push(id === null ? 'held by nobody' : Buffer.from(id).toString('hex'))
    }
  }
  return ids
}

/** Both sides know exactly what differs, and both ended well. */
function isRight(stores: TwoStores, initiator: Side, responder: Side): boolean {
  const isDone = [initiator, responder].every(({ effects }) => effects.at(-1)?.kind === 'done')
  return (
    isDone &&
    isExactly(found(initiator.effects, 'have', initiator.set), stores.initiatorOnly) &&
    isExactly(found(initiator.effects, 'need', responder.set), stores.responderOnly) &&
    isExactly(found(responder.effects, 'have', responder.set), stores.responderOnly) &&
    isExactly(found(responder.effects, 'need', initiator.set), stores.initiatorOnly)
  )
}

/** Our exchange. The machines, reading the ids from the set, and coding are charged. */
function exchangeOurs(stores: TwoStores): SyncReport {
  const cpu = new CpuAccounts()
  const initiatorSet = setOf(stores.initiator)
  const responderSet = setOf(stores.responder)
  const init = (set: MemorySyncSet) => ({
    crypto: native,
    shard: SHARD,
    days: set.digests(),
    salt: native.randomBytes(16),
  })
  const initiator: Side = {
    name: 'initiator',
    exchange: new Initiator({ ...init(initiatorSet), auditPick: null }, 0),
    set: initiatorSet,
    effects: [],
  }
  const responder: Side = {
    name: 'responder',
    exchange: new Responder(init(responderSet), 0),
    set: responderSet,
    effects: [],
  }
  let bytes = 0
  const tell = (side: Side, event: SyncEvent): Uint8Array | null => {
    const effects = cpu.charge(side.name, () => handleWith(side.exchange, side.set, event, 0))
    side.effects.push(...effects)
    const sent = effects.find((effect) => effect.kind === 'send')
    if (sent === undefined) return null
    bytes += sent.bytes.length
    return sent.bytes
  }
  let roundTrips = 0
  let question = tell(initiator, { kind: 'start' })
  while (question !== null) {
    roundTrips++
    const answer = tell(responder, { kind: 'message', bytes: question })
    question = answer === null ? null : tell(initiator, { kind: 'message', bytes: answer })
  }
  return {
    bytes,
    roundTrips,
    cpuSecondsInitiator: cpu.seconds.initiator,
    cpuSecondsResponder: cpu.seconds.responder,
    ok: isRight(stores, initiator, responder),
  }
}

export function syncCase(population: Population): SyncReport {
  return exchangeOurs(makeStores(population))
}

export function sortedIdCase(population: Population): SyncReport {
  return exchangeSortedIds(makeStores(population))
}

export function rangeCase(population: Population): SyncReport {
  return reconcileRanges(makeStores(population))
}

const METHODS = {
  ours: exchangeOurs,
  'sorted ids': exchangeSortedIds,
  'range reconciliation': reconcileRanges,
} as const

type Reports = { readonly [K in keyof typeof METHODS]: SyncReport }

const SEED = 20_260_000

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

/** Each method several times on the same stores, in turn; the middle of the processor times. */
function runAll(population: Population, rounds: number): Reports {
  const stores = makeStores(population)
  const runs = Array.from({ length: rounds }, () =>
    Object.entries(METHODS).map(([name, method]) => {
      const report = method(stores)
      assert.ok(report.ok, `${name} found something else`)
      return [name, report] as const
    }),
  )
  const middle = Object.keys(METHODS).map((name, at) => {
    const reports = runs.map((round) => round[at]![1])
    const cpu = (side: 'cpuSecondsInitiator' | 'cpuSecondsResponder'): number =>
      median(reports.map((report) => report[side]))
    const report: SyncReport = {
      ...reports[0]!,
      cpuSecondsInitiator: cpu('cpuSecondsInitiator'),
      cpuSecondsResponder: cpu('cpuSecondsResponder'),
    }
    return [name, report] as const
  })
  return Object.fromEntries(middle) as Reports
}

function figures(reports: Reports, of: (report: SyncReport) => number): Figures {
  const { ours, ...peers } = reports
  const measured = Object.entries(peers).map(([name, report]) => [name, of(report)] as const)
  return { ours: of(ours), peers: Object.fromEntries(measured) }
}

interface Targets {
  readonly bytes?: Target
  readonly roundTrips?: Target
  readonly cpu?: Target
}

function casesOf(population: Population, rounds: number, targets: Targets): CountedCase[] {
  let reports: Reports | null = null
  const counting = (
    what: string,
    unit: string,
    target: Target | undefined,
    of: (report: SyncReport) => number,
  ): CountedCase => ({
    kind: 'counted',
    name: `sync, ${population.n.toLocaleString('en')} ids, ${population.d.toLocaleString('en')} differ: ${what}`,
    unit,
    ...(target === undefined ? {} : { target }),
    count: () => {
      reports ??= runAll(population, rounds)
      return figures(reports, of)
    },
  })
  const busier = (report: SyncReport): number =>
    Math.max(report.cpuSecondsInitiator, report.cpuSecondsResponder)
  return [
    counting('traffic', 'B', targets.bytes, ({ bytes }) => bytes),
    counting('round trips', 'round trips', targets.roundTrips, ({ roundTrips }) => roundTrips),
    counting('CPU of the busier side', 's', targets.cpu, busier),
  ]
}

function sizeFor({ quick, check }: Context): { readonly n: number; readonly rounds: number } {
  if (check) return { n: 20_000, rounds: 1 }
  return quick ? { n: 100_000, rounds: 3 } : { n: 1_000_000, rounds: 5 }
}

export function* syncCases(context: Context): Iterable<CountedCase> {
  const { n, rounds } = sizeFor(context)
  yield* casesOf({ n, d: 0, seed: SEED }, rounds, {
    bytes: { most: 1023 },
    roundTrips: { most: 1 },
  })
  yield* casesOf({ n, d: 100, seed: SEED }, rounds, {
    bytes: { most: 16_384 },
    roundTrips: { most: 2 },
    cpu: { most: 1 },
  })
  yield* casesOf({ n, d: n / 100, seed: SEED }, rounds, {})
}
