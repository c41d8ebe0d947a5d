// npm run bench -- <suite…> [--quick] [--json]
import type { Case, Context, Result, Suite } from './case.ts'
import { inUnit, measure, type Plan, WrongResult } from './measure.ts'
import { countedResults, printNumber, printTable, timedResults } from './results.ts'

export interface Host {
  readonly suites: () => Promise<readonly Suite[]>
  readonly out: (text: string) => void
  /** Progress and complaints, so that `--json` leaves nothing but JSON on the other one. */
  readonly report: (text: string) => void
  readonly nowNs: () => bigint
}

export const EXIT_OK = 0
export const EXIT_WRONG_RESULT = 1
export const EXIT_USAGE = 2

const FLAGS = ['--quick', '--json']

function planFor({ quick }: Context, nowNs: () => bigint): Plan {
  return quick ? { rounds: 3, roundNs: 20e6, nowNs } : { rounds: 7, roundNs: 100e6, nowNs }
}

async function runCase(suite: string, one: Case, plan: Plan, host: Host): Promise<Result[]> {
  if (one.kind === 'counted') return countedResults(suite, one, await one.count())
  const measurements = await measure(await one.contenders(), plan)
  for (const { contender, perPieceNs, noise } of measurements) {
    const value = `${printNumber(inUnit(perPieceNs, one.unit))} ${one.unit}`
    host.report(`    ${contender}: ${value} ± ${printNumber(noise * 100)} %\n`)
  }
  return timedResults(suite, one, measurements)
}

async function runSuite(suite: Suite, context: Context, host: Host): Promise<Result[]> {
  const plan = planFor(context, host.nowNs)
  const results: Result[] = []
  host.report(`${suite.name}: ${suite.describe}\n`)
  for await (const one of suite.cases(context)) {
    host.report(`  ${one.name}\n`)
    try {
      results.push(...(await runCase(suite.name, one, plan, host)))
    } catch (cause: unknown) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new WrongResult(`${suite.name}: ${one.name}: ${why}`, { cause })
    }
  }
  return results
}

function usage(suites: readonly Suite[]): string {
  const lines = suites.map(({ name, describe }) => `  ${name.padEnd(12)}${describe}`)
  // Without --silent, npm puts two lines of its own in front of the JSON.
  const pipe = 'npm run --silent bench -- <suite…> --json | …'
  return `npm run bench -- <suite…> [--quick] [--json]\n${pipe}\n\n${lines.join('\n')}\n`
}

/** Returns the exit code. */
export async function runBench(words: readonly string[], host: Host): Promise<number> {
  const suites = await host.suites()
  const names = words.filter((word) => !word.startsWith('--'))
  const unknown = words.filter((word) =>
    word.startsWith('--') ? !FLAGS.includes(word) : !suites.some(({ name }) => name === word),
  )
  if (names.length === 0 || unknown.length > 0) {
    for (const word of unknown) host.report(`bench: no such suite or flag: ${word}\n`)
    host.report(usage(suites))
    return EXIT_USAGE
  }
  const context: Context = { quick: words.includes('--quick'), check: false }
  const results: Result[] = []
  try {
    for (const name of new Set(names)) {
      results.push(...(await runSuite(suites.find((s) => s.name === name)!, context, host)))
    }
  } catch (error: unknown) {
    if (!(error instanceof WrongResult)) throw error
    host.report(`bench: wrong result, nothing is reported: ${error.message}\n`)
    return EXIT_WRONG_RESULT
  }
  host.out(`${words.includes('--json') ? JSON.stringify(results, null, 1) : printTable(results)}\n`)
  return EXIT_OK
}
