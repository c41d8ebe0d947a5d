// What a conversation's log remembers, and how that changes. conversation.md §4
import { toHex } from '../codec/bytes.ts'
import { RECENT_PLACES_MAX } from '../limits.ts'
import type { Ask } from './ask.ts'
import type { Chain } from './chain.ts'
import type { Author } from './entry.ts'
import { FIRST_STAMP, type Stamp } from './stamp.ts'
import type { Authority } from './witness.ts'

/** An entry that nothing we hold follows. */
export interface Head {
  readonly hash: Uint8Array
  readonly stamp: Stamp
}

/** Named as a parent and not held. */
export interface MissingParent {
  readonly hash: Uint8Array
  /** The first of its children. */
  readonly child: Stamp
}

export interface Margin {
  /** Our hybrid clock. */
  readonly own: Stamp
  readonly read: Stamp
  /** Others' entries, the oldest first. */
  readonly heads: readonly Head[]
  /** About missing parents. */
  readonly ask: Ask | null
}

export interface LogTerms {
  readonly conversation: Uint8Array
  readonly own: Author
  readonly authority: Authority
  /** `joining`: what a device wrote before the first that we see of it is not ours to ask for. */
  readonly history: 'whole' | 'joining'
}

/** Read it; only `applyChanges` writes to it. */
export interface LogState {
  readonly terms: LogTerms
  readonly chains: ReadonlyMap<string, Chain>
  readonly missing: ReadonlyMap<string, MissingParent>
  readonly margin: Margin
  /** Where recent entries are. Spares look-ups, and changes no result. */
  readonly places: ReadonlyMap<string, Stamp>
}

/** To be written in one batch with what is appended, before anything of it is shown. */
export type Change =
  | { readonly kind: 'chain'; readonly key: string; readonly chain: Chain }
  | { readonly kind: 'missing'; readonly key: string; readonly parent: MissingParent | null }
  | { readonly kind: 'margin'; readonly margin: Margin }
  /** The host's index from hash to place. */
  | { readonly kind: 'place'; readonly key: string; readonly stamp: Stamp }

export const hashKey = (hash: Uint8Array): string => toHex(hash)

interface WritableState {
  readonly terms: LogTerms
  readonly chains: Map<string, Chain>
  readonly missing: Map<string, MissingParent>
  margin: Margin
  readonly places: Map<string, Stamp>
}

export function newLog(terms: LogTerms): LogState {
  return {
    terms,
    chains: new Map(),
    missing: new Map(),
    margin: { own: FIRST_STAMP, read: FIRST_STAMP, heads: [], ask: null },
    places: new Map(),
  }
}

/** A host whose write failed drops the state and loads it again. */
export function applyChanges(state: LogState, changes: readonly Change[]): void {
  for (const change of changes) applyChange(state as WritableState, change)
}

function applyChange(state: WritableState, change: Change): void {
  switch (change.kind) {
    case 'chain':
      state.chains.set(change.key, change.chain)
      return
    case 'missing':
      if (change.parent === null) state.missing.delete(change.key)
      else state.missing.set(change.key, change.parent)
      return
    case 'margin':
      state.margin = change.margin
      return
    case 'place':
      state.places.set(change.key, change.stamp)
      if (state.places.size > RECENT_PLACES_MAX) {
        state.places.delete(state.places.keys().next().value!)
      }
  }
}
