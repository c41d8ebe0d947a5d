// What an entry follows: others' entries, and where they are. conversation.md §5
import { equalBytes } from '../codec/bytes.ts'
import { HEADS_MAX, MISSING_PARENTS_MAX } from '../limits.ts'
import { askAfterChange } from './ask.ts'
import { type Entry, isSameAuthor } from './entry.ts'
import type { ConversationEffect, Found } from './log-event.ts'
import { type Change, type Head, hashKey, type LogState } from './log-state.ts'
import { compareStamps, earlierStamp, observeStamp, type Stamp } from './stamp.ts'

export interface ParentPlaces {
  readonly known: readonly Stamp[]
  /** Not in memory, and not looked up. */
  readonly unknown: readonly Uint8Array[]
  /** Looked up, and not held. */
  readonly missing: readonly Uint8Array[]
}

export function parentPlaces(state: LogState, entry: Entry, found: Found | null): ParentPlaces {
  const known: Stamp[] = []
  const unknown: Uint8Array[] = []
  const missing: Uint8Array[] = []
  for (const parent of entry.parents) {
    const key = hashKey(parent)
    const stamp = state.places.get(key) ?? found?.places.get(key)
    if (stamp !== undefined) known.push(stamp)
    else if (found === null && !state.missing.has(key)) unknown.push(parent)
    else missing.push(parent)
  }
  return { known, unknown, missing }
}

interface Follower {
  readonly entry: Entry
  readonly hash: Uint8Array
  readonly stamp: Stamp
  readonly missing: readonly Uint8Array[]
  readonly nowMs: number
}

interface MarginChanges {
  readonly changes: readonly Change[]
  readonly effects: readonly ConversationEffect[]
}

/** What follows from an entry for everything beside its chain. */
export function marginChanges(state: LogState, follower: Follower): MarginChanges {
  const { hash, stamp, nowMs } = follower
  const key = hashKey(hash)
  const missing = missingChanges(state, follower, key)
  const { own, read, ask } = state.margin
  const changes: Change[] = [
    ...missing,
    {
      kind: 'margin',
      margin: {
        own: observeStamp(own, stamp, nowMs),
        read,
        heads: headsAfter(state, follower, state.missing.has(key)),
        ask: missing.length === 0 ? ask : askAfter(state, missing, nowMs),
      },
    },
    { kind: 'place', key, stamp },
  ]
  if (missing.length === 0) return { changes, effects: [] }
  const count = countAfter(state, missing)
  return { changes, effects: [{ kind: 'missing-parents', count }] }
}

type MissingChange = Extract<Change, { kind: 'missing' }>

function missingChanges(state: LogState, follower: Follower, key: string): MissingChange[] {
  const changes: MissingChange[] = []
  if (state.missing.has(key)) changes.push({ kind: 'missing', key, parent: null })
  let count = state.missing.size - changes.length
  const added: string[] = []
  for (const hash of follower.missing) {
    const parentKey = hashKey(hash)
    const known = state.missing.get(parentKey)
    const child = earlierStamp(known?.child ?? follower.stamp, follower.stamp)
    added.push(parentKey)
    if (known !== undefined && compareStamps(known.child, child) === 0) continue
    if (known === undefined) count++
    changes.push({ kind: 'missing', key: parentKey, parent: { hash: hash.slice(), child } })
  }
  if (count > MISSING_PARENTS_MAX) {
    changes.push(...givenUp(state, [key, ...added], count - MISSING_PARENTS_MAX))
  }
  return changes
}

/** The children that were placed first have waited longest. */
function givenUp(state: LogState, except: readonly string[], count: number): MissingChange[] {
  return [...state.missing]
    .filter(([key]) => !except.includes(key))
    .sort((a, b) => compareStamps(a[1].child, b[1].child) || (a[0] < b[0] ? -1 : 1))
    .slice(0, count)
    .map(([key]) => ({ kind: 'missing', key, parent: null }))
}

function countAfter(state: LogState, changes: readonly MissingChange[]): number {
  let count = state.missing.size
  for (const { key, parent } of changes) {
    if (parent === null) count--
    else if (!state.missing.has(key)) count++
  }
  return count
}

function askAfter(
  state: LogState,
  changes: readonly MissingChange[],
  nowMs: number,
): LogState['margin']['ask'] {
  return countAfter(state, changes) === 0 ? null : askAfterChange(state.margin.ask, nowMs)
}

/** Our own entries are no heads: the next one names the last as its previous. */
function headsAfter(state: LogState, follower: Follower, isFollowed: boolean): readonly Head[] {
  const { entry, hash, stamp } = follower
  const heads = state.margin.heads.filter(
    (head) =>
      !equalBytes(head.hash, entry.previous) &&
      !entry.parents.some((parent) => equalBytes(parent, head.hash)),
  )
  if (isFollowed || isSameAuthor(entry.author, state.terms.own)) return heads
  heads.push({ hash, stamp })
  heads.sort((a, b) => compareStamps(a.stamp, b.stamp))
  return heads.slice(-HEADS_MAX)
}
