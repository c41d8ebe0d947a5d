// What is held of one device's entries: stretches without gaps, by sequence. conversation.md §4
import { CHAIN_RUNS_MAX } from '../limits.ts'
import type { Ask } from './ask.ts'
import type { Author } from './entry.ts'
import type { Stamp } from './stamp.ts'

/** Entries `from` to `to`, all held. The two hashes are what its neighbours must fit. */
export interface Run {
  readonly from: number
  readonly to: number
  /** What `from` names as the entry before it. */
  readonly previous: Uint8Array
  readonly hash: Uint8Array
  readonly first: Stamp
  readonly last: Stamp
}

export interface Chain {
  readonly author: Author
  /** What is below is not kept track of: it was before we joined, or its gaps were given up. */
  readonly floor: number
  /** Ascending, with gaps between. */
  readonly runs: readonly Run[]
  readonly ask: Ask | null
}

export interface Range {
  readonly from: number
  readonly to: number
}

export type Spot =
  /** The store knows what is here, if anything is. */
  | { readonly kind: 'stored' }
  /** The last of a stretch. */
  | { readonly kind: 'end'; readonly hash: Uint8Array }
  | { readonly kind: 'free'; readonly below: Run | null; readonly above: Run | null }

export interface Link {
  readonly sequence: number
  readonly previous: Uint8Array
  readonly hash: Uint8Array
  readonly stamp: Stamp
}

export function newChain(author: Author, floor: number): Chain {
  const { identity, device } = author
  return {
    author: { identity: identity.slice(), device: device.slice() },
    floor,
    runs: [],
    ask: null,
  }
}

export function lastRun(chain: Chain): Run | null {
  return chain.runs.at(-1) ?? null
}

/** How many stretches end before a sequence. */
function runsBefore({ runs }: Chain, sequence: number): number {
  let count = runs.length
  while (count > 0 && runs[count - 1]!.to >= sequence) count--
  return count
}

export function spotOf(chain: Chain, sequence: number): Spot {
  if (sequence < chain.floor) return { kind: 'stored' }
  const at = runsBefore(chain, sequence)
  const next = chain.runs[at] ?? null
  if (next === null || sequence < next.from) {
    return { kind: 'free', below: chain.runs[at - 1] ?? null, above: next }
  }
  return sequence === next.to ? { kind: 'end', hash: next.hash } : { kind: 'stored' }
}

function joined(below: Run, above: Run): Run {
  return { ...below, to: above.to, hash: above.hash, last: above.last }
}

/**
 * Adds an entry at a free spot. With too many stretches, the oldest gap is given up: no stretch may
 * say that it is held, or a receipt would say so too, and its author would stop sending it.
 */
export function withLink(chain: Chain, { sequence, previous, hash, stamp }: Link): Chain {
  const at = runsBefore(chain, sequence)
  const below = chain.runs[at - 1]
  const above = chain.runs[at]
  let run: Run = { from: sequence, to: sequence, previous, hash, first: stamp, last: stamp }
  let start = at
  let end = at
  if (below?.to === sequence - 1) {
    run = joined(below, run)
    start--
  }
  if (above?.from === sequence + 1) {
    run = joined(run, above)
    end++
  }
  const runs = [...chain.runs.slice(0, start), run, ...chain.runs.slice(end)]
  if (runs.length <= CHAIN_RUNS_MAX) return { ...chain, runs }
  return { ...chain, floor: runs[1]!.from, runs: runs.slice(1) }
}

/** What is missing, ascending. */
export function gapsOf({ floor, runs }: Chain): Range[] {
  const gaps: Range[] = []
  let next = floor
  for (const { from, to } of runs) {
    if (from > next) gaps.push({ from: next, to: from - 1 })
    next = to + 1
  }
  return gaps
}
