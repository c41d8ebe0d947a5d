// Two carriers that hold a million ids each, compared by what carriers run: the question about all
// shards, and the exchange about the one that differs, with requests and answers as on the wire.
// Ids are real, and in memory; there are no envelopes behind them, and nothing is loaded.
import assert from 'node:assert/strict'
import { runExchange } from '@ezchat/node/carrier/initiation.ts'
import { compareRoots, rootsHandler } from '@ezchat/node/carrier/roots.ts'
import { SyncAnswers } from '@ezchat/node/carrier/sync-answers.ts'
import { nodeClock } from '@ezchat/node/node-clock.ts'
import type { RequestHandler, Wire } from '@ezchat/protocol/ports.ts'
import { SyncBudget } from '@ezchat/protocol/sync/budget.ts'
import { MemorySyncSet } from '@ezchat/protocol/sync/memory-sync-set.ts'
import type { Context, CountedCase } from '../frame/case.ts'
import { ID_BYTES, type IdStore, makeStores } from '../peers/two-stores.ts'
import { native } from './implementations.ts'

const SHARD = 3
const NETWORK = { shardBits: 2 }
const DAY_SECONDS = 86_400
const SHORT_ID_BYTES = 16
const SEED = 20_260_001
const { signal } = new AbortController()

interface Ids {
  readonly digests: (shard: number) => ReturnType<MemorySyncSet['digests']>
  readonly shortIds: (shard: number, days: readonly number[]) => AsyncGenerator<Uint8Array>
}

function storeOf({ count, ids, timestamps }: IdStore): Ids {
  const set = new MemorySyncSet()
  for (let item = 0; item < count; item++) {
    const id = ids.subarray(item * ID_BYTES, (item + 1) * ID_BYTES)
    set.add(Math.floor(timestamps[item]! / DAY_SECONDS), id)
  }
  return {
    digests: (shard) => (shard === SHARD ? set.digests() : []),
    async *shortIds(_shard, days) {
      yield* set.shortIds(days)
    },
  }
}

interface Compared {
  readonly bytes: number
  readonly roundTrips: number
  readonly seconds: number
  /** Of the processor, for the one of the two that used more: what a carrier pays. */
  readonly busierCpuSeconds: number
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

const fail = () => assert.fail('nobody did anything wrong')

async function compare(idCount: number, differing: number): Promise<Compared> {
  const stores = makeStores({ n: idCount, d: differing, seed: SEED })
  const [ours, theirs] = [storeOf(stores.initiator), storeOf(stores.responder)]
  let toldCount = 0
  const common = { crypto: native, clock: nodeClock, network: NETWORK }
  const answering = {
    ...{ ...common, store: theirs, wire: { penalise: fail }, isAllowed: () => true },
    onEqual: () => undefined,
  }
  const answers = new SyncAnswers({
    ...{ ...answering, budget: new SyncBudget(), isAsking: () => false },
    onNeed: (_peer, _shard, shortIds) => {
      for (const packed of shortIds) toldCount += packed.length / SHORT_ID_BYTES
    },
  })
  const handlers: { readonly [method: string]: RequestHandler } = {
    roots: rootsHandler(answering),
    sync: answers.handler,
  }
  let bytes = 0
  let roundTrips = 0
  let answererCpuSeconds = 0
  // Whoever asks does nothing until it is answered, so what is used meanwhile is the other one's.
  const request: Wire['request'] = async (_peer, method, body, options) => {
    const cpuFrom = cpuSeconds()
    const answer = await handlers[method]!('alice', body, options)
    answererCpuSeconds += cpuSeconds() - cpuFrom
    bytes += body.length + answer.length
    roundTrips++
    return answer
  }
  const wire = { request } as Wire
  const asking = { ...common, store: ours, wire, budget: new SyncBudget() }
  const shards = [0, 1, 2, 3]
  const from = performance.now()
  const cpuFrom = cpuSeconds()
  const found = await compareRoots(asking, { peer: 'bob', shards }, { signal })
  assert.deepEqual(found, differing === 0 ? [] : [SHARD])
  if (differing > 0) {
    const terms = { peer: 'bob', number: 1, shard: SHARD, isAudit: false, signal }
    const { end, need, haveCount } = await runExchange(asking, terms)
    assert.deepEqual(end, { kind: 'done', isComplete: true })
    assert.equal(need.count, stores.responderOnly.length)
    assert.equal(haveCount, stores.initiatorOnly.length)
    assert.equal(toldCount, stores.initiatorOnly.length)
  }
  answers.close()
  const askerCpuSeconds = cpuSeconds() - cpuFrom - answererCpuSeconds
  const busierCpuSeconds = Math.max(askerCpuSeconds, answererCpuSeconds)
  return { bytes, roundTrips, seconds: (performance.now() - from) / 1000, busierCpuSeconds }
}

export function* exchangeCases({ quick, check }: Context): Generator<CountedCase> {
  const idCount = check ? 20_000 : quick ? 100_000 : 1_000_000
  const whole = `compare two carriers, ${idCount.toLocaleString('en')} ids`
  let measured: Promise<Compared> | null = null
  const differ = () => {
    measured ??= compare(idCount, 100)
    return measured
  }
  yield {
    ...{ kind: 'counted', unit: 'B', target: { most: 16_384 } },
    name: `${whole}, 100 differ: traffic`,
    count: async () => ({ ours: (await differ()).bytes }),
  }
  yield {
    // One of them asks which of the shards differ, and two are the exchange's.
    ...{ kind: 'counted', unit: 'round trips', target: { most: 2 } },
    name: `${whole}, 100 differ: round trips, the question about all shards included`,
    count: async () => ({ ours: (await differ()).roundTrips }),
  }
  yield {
    ...{ kind: 'counted', unit: 's', target: { most: 1 } },
    name: `${whole}, 100 differ: CPU of the busier of the two carriers`,
    count: async () => ({ ours: (await differ()).busierCpuSeconds }),
  }
  yield {
    ...{ kind: 'counted', unit: 's' },
    name: `${whole}, 100 differ: both carriers, one after the other in one process`,
    count: async () => ({ ours: (await differ()).seconds }),
  }
  yield {
    ...{ kind: 'counted', unit: 'B', target: { most: 1023 } },
    name: `${whole}, nothing new at reconnect, one round trip for all shards: traffic`,
    count: async () => {
      const { bytes, roundTrips } = await compare(idCount, 0)
      assert.equal(roundTrips, 1)
      return { ours: bytes }
    },
  }
}
