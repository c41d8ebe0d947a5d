// From measurements to results, and results as text.
import type { Case, CountedCase, Figures, Result, Target, TimedCase } from './case.ts'
import { inUnit, type Measurement } from './measure.ts'

interface Place {
  readonly suite: string
  readonly name: string
  readonly unit: string
  readonly target?: Target
}

function printTarget(target: Target | undefined): string | null {
  if (target === undefined) return null
  const bounds = [
    target.least === undefined ? '' : `>= ${target.least}`,
    target.most === undefined ? '' : `<= ${target.most}`,
    target.ratioLeast === undefined ? '' : `>= ${printNumber(target.ratioLeast)} ×`,
  ]
  return bounds.filter((bound) => bound !== '').join(', ')
}

/** A peer that could not be had leaves its ratio, and so a target for it, unjudged. */
function isMet(value: number, ratio: number | null, target: Target | undefined): boolean | null {
  if (target === undefined) return null
  const { least = -Infinity, most = Infinity, ratioLeast = -Infinity } = target
  return value >= least && value <= most && (ratio ?? Infinity) >= ratioLeast
}

function rows(place: Place, { ours, peers = {} }: Figures): Result[] {
  const { suite, name, unit, target } = place
  const common = { suite, name, value: ours, unit }
  const row = (peer: string | null, ratio: number | null): Result => ({
    ...common,
    peer,
    ratio,
    target: printTarget(target),
    met: isMet(ours, ratio, target),
  })
  const beside = Object.entries(peers)
  if (beside.length === 0) return [row(null, null)]
  return beside.map(([peer, value]) => row(peer, value === 0 ? null : ours / value))
}

export function timedResults(
  suite: string,
  timed: TimedCase,
  measurements: readonly Measurement[],
): Result[] {
  const [ours, ...others] = measurements
  if (ours === undefined) throw new Error(`${timed.name}: nobody to time`)
  const value = (of: Measurement) => inUnit(of.perPieceNs, timed.unit)
  const peers = Object.fromEntries(others.map((other) => [other.contender, value(other)]))
  return rows(placeOf(suite, timed), { ours: value(ours), peers })
}

export function countedResults(suite: string, counted: CountedCase, figures: Figures): Result[] {
  return rows(placeOf(suite, counted), figures)
}

function placeOf(suite: string, { name, unit, target }: Case): Place {
  return target === undefined ? { suite, name, unit } : { suite, name, unit, target }
}

/** Three significant digits, and no more zeros than a reader can count. */
export function printNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

function printRatio({ peer, ratio }: Result): string {
  if (peer === null) return ''
  if (ratio === null) return `beside ${peer}`
  const isTiny = ratio > 0 && ratio < 0.01
  return isTiny ? `1/${printNumber(1 / ratio)} of ${peer}` : `${printNumber(ratio)} × ${peer}`
}

function printVerdict({ target, met }: Result): string {
  return target === null ? '' : `${met === true ? 'met' : 'NOT MET'} ${target}`
}

export function printTable(results: readonly Result[]): string {
  const cells = results.map((result, at) => {
    // A case with several peers is one value and several comparisons.
    const isSame = at > 0 && results[at - 1]!.name === result.name
    return isSame
      ? ['', '', '', printRatio(result), '']
      : [
          result.name,
          printNumber(result.value),
          result.unit,
          printRatio(result),
          printVerdict(result),
        ]
  })
  const head = ['what', 'value', 'unit', 'beside', 'target']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at === 1 ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd()
  return [head, widths.map((width) => '-'.repeat(width)), ...cells].map(line).join('\n')
}
