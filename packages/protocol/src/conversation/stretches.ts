// A set of sequence numbers as stretches, ascending and apart.
import { RECEIPT_STRETCHES_MAX } from '../limits.ts'
import type { Range } from './chain.ts'

export function includesSequence(stretches: readonly Range[], sequence: number): boolean {
  return stretches.some(({ from, to }) => from <= sequence && sequence <= to)
}

/** The same value when nothing is new. Beyond the limit the lowest go. */
export function withStretch(stretches: readonly Range[], { from, to }: Range): readonly Range[] {
  if (stretches.some((held) => held.from <= from && to <= held.to)) return stretches
  const apart = stretches.filter((held) => held.to < from - 1 || held.from > to + 1)
  const touching = stretches.filter((held) => held.to >= from - 1 && held.from <= to + 1)
  const joined = {
    from: Math.min(from, ...touching.map((held) => held.from)),
    to: Math.max(to, ...touching.map((held) => held.to)),
  }
  return [...apart, joined].sort((a, b) => a.from - b.from).slice(-RECEIPT_STRETCHES_MAX)
}
