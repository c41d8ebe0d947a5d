// npm run sim: one run, many seeds, or the report.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type Asked, MODES, OPTION_DEFINITIONS, parsePlan } from './command.ts'
import { describeLost } from './lost.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { commandOf, type Plan } from './plan.ts'
import { type Cost, report } from './report.ts'
import { World } from './world.ts'

const { values } = parseArgs({ options: OPTION_DEFINITIONS })

/** Runs of a report at the same time: the largest takes 10 GiB. */
const JOBS_MAX = 2

let running = 'npm run sim'
for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (error: unknown) => {
    console.error(error)
    console.error(`again: ${running}`)
    process.exit(1)
  })
}

async function runOne(plan: Plan, base: Asked['base']): Promise<Outcome> {
  running = commandOf(plan, base)
  const world = new World(plan)
  await world.run()
  if (values.stories === true) {
    for (const line of await describeLost(world)) console.error(line)
  }
  return outcomeOf(world)
}

function describe(outcome: Outcome): string {
  const { latencyMs, spies } = outcome
  const ms = (value: number) => `${Math.round(value)} ms`
  return [
    `${outcome.deliveredCount} of ${outcome.acceptedCount} accepted messages delivered`,
    `${outcome.storedCount} stored`,
    `p50 ${ms(latencyMs.p50)}, p95 ${ms(latencyMs.p95)}, p99 ${ms(latencyMs.p99)}`,
    `within a conversation p50 ${ms(outcome.latencyLaterMs.p50)}`,
    `${Math.round(outcome.sentBytesPerNodeHour / 1024)} KiB sent per node and hour`,
    `${Math.round(outcome.diskBytesPerNode / 1024)} KiB on disk per node`,
    ...(spies.seenCount > 0 ? [`authors named: ${spies.rightCount} of ${spies.seenCount}`] : []),
    `${outcome.eventCount} events, trace ${outcome.traceHash}`,
  ].join('; ')
}

function fail(outcome: Outcome, command: string): void {
  for (const violation of outcome.violations) console.error(violation)
  console.error(`again: ${command}`)
  process.exitCode = 1
}

/** Each of the ways to send in its turn, unless one is asked for. */
async function soak({ plan, base }: Asked, count: number): Promise<void> {
  const failed: number[] = []
  for (let at = 0; at < count; at++) {
    const seed = plan.seed + at
    const mode = values.mode === undefined ? MODES[seed % MODES.length]! : plan.mode
    const seeded = { ...plan, seed, mode }
    const outcome = await runOne(seeded, base)
    console.log(`seed ${seed}, ${mode}: ${describe(outcome)}`)
    if (outcome.violations.length === 0) continue
    fail(outcome, commandOf(seeded, base))
    failed.push(seed)
  }
  const isClean = failed.length === 0
  console.log(`${count} seeds: ${isClean ? 'nothing lost, nothing twice' : `failed: ${failed}`}`)
}

/** The table as it comes, or at its end an array in the shape of the bench's. */
async function printReport(jobCount: number): Promise<void> {
  const isJson = values.json === true
  const print = isJson ? console.error : console.log
  print('| what | figures | cost |\n|---|---|---|')
  const results = await report({ isQuick: values.quick === true, jobCount, print })
  if (isJson) console.log(JSON.stringify(results, null, 2))
  const judged = results.filter(({ met }) => met !== null)
  const missedCount = judged.filter(({ met }) => met === false).length
  print(`${judged.length - missedCount} of ${judged.length} targets met`)
  if (missedCount > 0) process.exitCode = 1
}

function cost(): Cost {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMib: maxRSS / 1024 }
}

async function main(): Promise<void> {
  const asked = parsePlan(values)
  if (values.report === true) {
    await printReport(Number(values.jobs ?? Math.min(JOBS_MAX, availableParallelism())))
    return
  }
  if (values.soak !== undefined) return soak(asked, Number(values.soak))
  const outcome = await runOne(asked.plan, asked.base)
  const costly = { ...outcome, ...cost() }
  console.log(values.json === true ? JSON.stringify(costly, null, 2) : describe(outcome))
  if (outcome.violations.length > 0) fail(outcome, commandOf(asked.plan, asked.base))
}

await main()
