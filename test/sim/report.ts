// npm run sim -- --report: the table of what a network of so many does, and what it withstands. Each
// row is a process of its own, the one that its command starts: none takes another's memory along,
// and whatever fails fails alone.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Result } from '../../bench/frame/case.ts'
import { countedResults, printNumber } from '../../bench/frame/results.ts'
import type { Outcome } from './outcome.ts'
import { commandOf, type Plan, wordsOf } from './plan.ts'
import { type Figure, figuresOf, type ReportRow, reportOf } from './rows.ts'

export interface ReportInit {
  readonly isQuick: boolean
  /** Runs at the same time. */
  readonly jobCount: number
  /** One line per row, when it is there. */
  readonly print: (line: string) => void
}

/** What a run took, beside what came of it. */
export interface Cost {
  readonly cpuSeconds: number
  readonly peakMib: number
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const HEAP_MIB = 16_384
const YOUNG_MIB = 64
const ROW_MS_MAX = 3_600_000

export async function report({ isQuick, jobCount, print }: ReportInit): Promise<Result[]> {
  const { rows, comparisons } = reportOf(isQuick)
  const outcomes = new Map<string, Outcome>()
  const results = new Map<string, readonly Result[]>()
  const show = (name: string, figures: readonly Figure[], cost: string) => {
    results.set(
      name,
      figures.map((figure) => resultOf(name, figure)),
    )
    print(lineOf(name, figures, results.get(name)!, cost))
  }
  /** As soon as both sides are there. */
  const compare = () => {
    for (const { name, from, to, figures } of comparisons) {
      const [first, second] = [outcomes.get(from), outcomes.get(to)]
      if (results.has(name) || first === undefined || second === undefined) continue
      show(name, figures(first, second), '')
    }
  }
  const runRow = async (row: ReportRow) => {
    const { name, plan } = row
    try {
      const outcome = await runAlone(plan)
      outcomes.set(name, outcome)
      show(name, figuresOf(row, outcome), costOf(outcome))
      compare()
      if (outcome.violations.length > 0) print(`  again: ${commandOf(plan, 'calm')}`)
    } catch (error: unknown) {
      if (!(error instanceof Error)) throw error
      show(name, [FAILED], error.message)
      print(`  again: ${commandOf(plan, 'calm')}`)
    }
  }
  const waiting = [...rows].sort((a, b) => Number(b.isLong ?? false) - Number(a.isLong ?? false))
  const work = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) await runRow(row)
  }
  await Promise.all(Array.from({ length: jobCount }, work))
  for (const { name } of comparisons) if (!results.has(name)) show(name, [FAILED], '')
  return [...rows, ...comparisons].flatMap(({ name }) => results.get(name) ?? [])
}

const FAILED: Figure = { what: 'came to an end', unit: '%', value: 0, target: { least: 100 } }

/** By the command that anybody can type. */
function runAlone(plan: Plan): Promise<Outcome & Cost> {
  const flags = [`--max-old-space-size=${HEAP_MIB}`, `--max-semi-space-size=${YOUNG_MIB}`]
  const child = spawn(process.execPath, [...flags, MAIN, ...wordsOf(plan, 'calm'), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: ROW_MS_MAX,
  })
  const pieces: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const text = Buffer.concat(pieces).toString()
      // It ends with 1 where something was violated, and says what.
      if (text.trim() === '') reject(new Error(`no outcome: ${signal ?? `exit ${code}`}`))
      else resolve(JSON.parse(text))
    })
  })
}

function resultOf(name: string, { what, unit, value, target }: Figure): Result {
  const counted = { kind: 'counted', name: `${name}: ${what}`, unit } as const
  const count = () => ({ ours: value })
  const judged = target === undefined ? { ...counted, count } : { ...counted, count, target }
  return countedResults('sim', judged, { ours: value })[0]!
}

/** `what 12 ms (met <= 20)`, and the next, and the next. */
function lineOf(
  name: string,
  figures: readonly Figure[],
  results: readonly Result[],
  cost: string,
): string {
  const parts = results.map(({ value, unit, target, met }, at) => {
    const verdict = target === null ? '' : ` (${target}: ${met === true ? 'met' : 'NOT MET'})`
    return `${figures[at]!.what} ${printNumber(value)} ${unit}${verdict}`
  })
  return `| ${name} | ${parts.join('; ')} | ${cost} |`
}

function costOf({ cpuSeconds, peakMib, virtualMinutes }: Outcome & Cost): string {
  const gib = (peakMib / 1024).toFixed(1)
  return `${Math.round(virtualMinutes)} virtual minutes, ${Math.round(cpuSeconds)} s, ${gib} GiB`
}
