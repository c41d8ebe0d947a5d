// Each start of a program draws a number and puts it into every header. What one start sends has
// ascending counts, and its state never goes back: so a peer can tell a copy, or a late message,
// from a state that went back in time. session.md §7
import { INCARNATIONS_MAX } from '../limits.ts'

/** A start of the peer's program. */
export interface Incarnation {
  readonly value: number
  /** The highest count of a message of it that opened. */
  readonly most: number
}

/** Of one message: which start of the sender's program sent it, and as which of the session's. */
export interface Mark {
  readonly incarnation: number
  readonly count: number
}

const isOf =
  (incarnation: number) =>
  ({ value }: Incarnation): boolean =>
    value === incarnation

/** Beyond the limit the oldest goes: a copy of what it sent may then look new, once. */
export function noteMark(known: readonly Incarnation[], mark: Mark): readonly Incarnation[] {
  const { incarnation: value, count } = mark
  const at = known.findIndex(isOf(value))
  if (at < 0) return [...known.slice(-(INCARNATIONS_MAX - 1)), { value, most: count }]
  return count <= known[at]!.most ? known : known.with(at, { value, most: count })
}

/** Whether a message that does not open was never here: neither a copy nor merely late. */
export function isNews(known: readonly Incarnation[], mark: Mark): boolean {
  const heard = known.find(isOf(mark.incarnation))
  return heard === undefined || mark.count > heard.most
}

export function hasHeard(known: readonly Incarnation[], incarnation: number): boolean {
  return known.some(isOf(incarnation))
}
