// Each start of a program draws a number and puts it into every header, so that a peer can tell
// a replay from a state that went back in time. session.md §7
import { INCARNATIONS_MAX } from '../limits.ts'

/** The numbers of one chain that one incarnation sent, as far as they were received. */
export interface Incarnation {
  readonly value: number
  readonly least: number
  readonly most: number
}

export function noteSpan(
  spans: readonly Incarnation[],
  value: number,
  number: number,
): readonly Incarnation[] {
  const at = spans.findIndex((span) => span.value === value)
  if (at < 0) {
    if (spans.length >= INCARNATIONS_MAX) return spans
    return [...spans, { value, least: number, most: number }]
  }
  const span = spans[at]!
  if (number >= span.least && number <= span.most) return spans
  const least = Math.min(span.least, number)
  const most = Math.max(span.most, number)
  return spans.length === 1 ? [{ value, least, most }] : spans.with(at, { value, least, most })
}

/** Whether a used number proves a second message under it: a replay has its first sender's span. */
export function contradicts(spans: readonly Incarnation[], value: number, number: number): boolean {
  const span = spans.find((known) => known.value === value)
  if (span === undefined) return spans.length < INCARNATIONS_MAX
  return number < span.least || number > span.most
}

export function noteIncarnation(known: readonly number[], value: number): readonly number[] {
  if (known.includes(value)) return known
  return [...known.slice(-(INCARNATIONS_MAX - 1)), value]
}
