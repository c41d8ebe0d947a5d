// A few seeds of everything at once. More of them: npm run sim -- --soak 200
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outcome, outcomeOf } from './outcome.ts'
import { CALM, commandOf, type Mutation, type Plan, STORM } from './plan.ts'
import { World } from './world.ts'

async function runOf(plan: Plan): Promise<Outcome> {
  const world = new World(plan)
  await world.run()
  return outcomeOf(world)
}

function isClean(outcome: Outcome, plan: Plan, base: 'calm' | 'storm'): void {
  const { violations } = outcome
  assert.deepEqual(violations, [], `\n${violations.join('\n')}\nagain: ${commandOf(plan, base)}`)
  assert.ok(outcome.acceptedCount > 20, `only ${outcome.acceptedCount} messages were written`)
  assert.equal(outcome.deliveredCount, outcome.acceptedCount)
}

for (const [seed, mode] of [
  [1, 'stem'],
  [2, 'direct'],
] as const) {
  test(`all faults and adversaries at once, seed ${seed}, ${mode}: nothing is lost, twice, or from nobody`, async () => {
    const plan: Plan = { ...STORM, seed, mode }
    isClean(await runOf(plan), plan, 'storm')
  })
}

test('one seed is one run', async () => {
  const plan: Plan = { ...STORM, seed: 3, nodeCount: 20, minutes: 5, settleMinutes: 5 }
  const [first, second] = [await runOf(plan), await runOf(plan)]
  assert.equal(second.traceHash, first.traceHash)
  assert.equal(second.eventCount, first.eventCount)
  const other = await runOf({ ...plan, seed: 4 })
  assert.notEqual(other.traceHash, first.traceHash)
})

const ABSENCE: Plan = {
  ...CALM,
  ...{ nodeCount: 8, minutes: 40, messagesPerUserHour: 10, isOneAbsent: true },
}

test('a carrier that was away has in the end what the others have', async () => {
  const plan: Plan = { ...ABSENCE, settleMinutes: 1440 }
  const outcome = await runOf(plan)
  isClean(outcome, plan, 'calm')
  assert.equal(outcome.absentShare, 1)
})

/** Many crashes, and nobody is replaced: what a node has signed for it has to show. */
const CRASHES = {
  nodeCount: 16,
  minutes: 10,
  settleMinutes: 5,
  churnPerHour: 0,
  crashesPerHour: 30,
}

const PLANTED: readonly [Mutation, Partial<Plan>, RegExp][] = [
  ['early-sync', CRASHES, /signed for .*lost it/],
  ['forgetful-intake', CRASHES, /was taken in twice/],
  // With so many shards that authors seldom carry what they write to.
  [
    'empty-promises',
    { nodeCount: 40, shardBits: 4, isGrown: true, minutes: 5, settleMinutes: 6 },
    /is stored, and .* lacks it/,
  ],
  ['no-reconciliation', { ...ABSENCE, settleMinutes: 30 }, /was away, and is not complete/],
]

/** What a crash meets is chance: a bug need not show in each of them. */
const SEEDS = [5, 6, 7, 8, 9, 10, 11, 12]

for (const [mutation, change, says] of PLANTED) {
  test(`finds a bug that was planted: ${mutation}`, async () => {
    const others: string[] = []
    for (const seed of SEEDS) {
      const { violations } = await runOf({ ...STORM, seed, ...change, mutation })
      if (violations.some((violation) => says.test(violation))) return
      others.push(...violations)
    }
    assert.fail(`not found; violations: ${others.join('\n')}`)
  })
}
