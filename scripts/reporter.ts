// A reporter for node:test: a line per file, every failure and every skip in full, then coverage
// and the runner's own counts.
import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

type Data<T extends TestEvent['type']> = Extract<TestEvent, { type: T }>['data']

const root = new URL('../', import.meta.url).pathname
const shortPath = (path: string | undefined) => (path === undefined ? '?' : relative(root, path))

/** Names of the suites around the test now reported; suites are announced before their tests. */
class Outline {
  readonly #names: string[] = []

  enter({ nesting, name }: Data<'test:start'>): void {
    this.#names.length = nesting
    this.#names[nesting] = name
  }

  fullName(nesting: number, name: string): string {
    return [...this.#names.slice(0, nesting), name].join(' › ')
  }
}

/** The error that the test threw; the runner wraps it. */
function printError(error: Data<'test:fail'>['details']['error']): string {
  const thrown = error.cause instanceof Error ? error.cause : error
  return inspect(thrown, { depth: 6, colors: false }).replaceAll(/^/gm, '    ')
}

function printSummary({ counts, duration_ms, file, success }: Data<'test:summary'>): string {
  const mark = success ? 'ok  ' : 'FAIL'
  const tests = `${counts.passed}/${counts.tests}`.padStart(9)
  const seconds = `${(duration_ms / 1000).toFixed(1)} s`.padStart(8)
  return `${mark}${tests}${seconds}  ${shortPath(file)}\n`
}

/** For whoever runs failed files again. */
function noteFailed(what: string): void {
  const list = process.env.EZCHAT_FAILED_FILES
  if (list !== undefined) appendFileSync(list, `${what}\n`)
}

function ranges(lines: readonly number[]): string {
  const runs: string[] = []
  for (let i = 0; i < lines.length; i++) {
    const from = lines[i]!
    while (lines[i + 1] === lines[i]! + 1) i++
    runs.push(lines[i] === from ? `${from}` : `${from}-${lines[i]}`)
  }
  return runs.join(' ')
}

export function printCoverage({ summary }: Data<'test:coverage'>): string {
  const percent = (value: number) => `${value.toFixed(1)} %`.padStart(8)
  const row = (lines: number, branches: number, what: string) =>
    `${percent(lines)}${percent(branches)}  ${what}\n`
  const { files, totals } = summary
  let text = '\ncoverage\n   lines branches (files below 100 % of lines)\n'
  for (const file of files) {
    if (file.coveredLinePercent >= 100) continue
    const missed = file.lines.filter(({ count }) => count === 0).map(({ line }) => line)
    const what = `${shortPath(file.path)}  not run: ${ranges(missed)}`
    text += row(file.coveredLinePercent, file.coveredBranchPercent, what)
  }
  const all = `all ${files.length} files, ${totals.totalLineCount} lines`
  return `${text}${row(totals.coveredLinePercent, totals.coveredBranchPercent, all)}\n`
}

function printResult(event: TestEvent, outline: Outline): string {
  if (event.type === 'test:fail') {
    const { details, nesting, name, file, line } = event.data
    // A suite fails because of a test inside, which has been reported.
    const isEcho = details.type === 'suite' && details.error.message.includes('subtest')
    if (isEcho) return ''
    const where = `${shortPath(file)}:${line ?? 0}`
    return `\nFAIL ${outline.fullName(nesting, name)}\n  ${where}\n${printError(details.error)}\n\n`
  }
  if (event.type === 'test:pass' && event.data.skip !== undefined) {
    const { nesting, name, skip } = event.data
    const reason = typeof skip === 'string' && skip !== '' ? skip : 'no reason given'
    return `SKIPPED ${outline.fullName(nesting, name)}: ${reason}\n`
  }
  return ''
}

function print(event: TestEvent, outline: Outline): string {
  switch (event.type) {
    case 'test:start':
      outline.enter(event.data)
      return ''
    case 'test:pass':
    case 'test:fail':
      return printResult(event, outline)
    case 'test:summary':
      if (event.data.file === undefined) return ''
      if (!event.data.success) noteFailed(shortPath(event.data.file))
      return printSummary(event.data)
    case 'test:coverage': {
      const { totals, thresholds } = event.data.summary
      if (totals.coveredLinePercent < thresholds.line) noteFailed('coverage')
      return printCoverage(event.data)
    }
    case 'test:stdout':
    case 'test:stderr':
      return event.data.message
    default:
      return ''
  }
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const outline = new Outline()
  const counts: string[] = []
  for await (const event of source) {
    const text = print(event, outline)
    if (text !== '') yield text
    if (event.type === 'test:diagnostic' && event.data.nesting === 0) {
      counts.push(`# ${event.data.message}\n`)
    }
  }
  // Last, so that they are what is left on the screen.
  yield counts.join('')
}
