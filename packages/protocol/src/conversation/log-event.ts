// What goes into a log and what comes out. conversation.md §4
import type { Range } from './chain.ts'
import type { Author, Entry } from './entry.ts'
import type { Change } from './log-state.ts'
import type { Stamp } from './stamp.ts'
import type { EntryStanding, Witness } from './witness.ts'

export interface Arrival {
  readonly bytes: Uint8Array
  readonly witness: Witness
  readonly nowMs: number
}

export interface HeldEntry {
  readonly bytes: Uint8Array
  readonly proof: Uint8Array
}

/** What the store has at one device's sequence, and where that device's nearest others are. */
export interface SlotFound {
  readonly held: HeldEntry | null
  readonly below: Stamp | null
  readonly above: Stamp | null
}

export interface Found {
  readonly slot: SlotFound | null
  /** By `hashKey`. What is not here is not held. */
  readonly places: ReadonlyMap<string, Stamp>
}

/**
 * What the host reads before it hands the same arrival in again. Nothing else of the conversation
 * comes in between: what was found would be old.
 */
export interface Need {
  readonly slot: { readonly author: Author; readonly sequence: number } | null
  readonly hashes: readonly Uint8Array[]
}

export interface PlacedEntry {
  readonly bytes: Uint8Array
  readonly proof: Uint8Array
  readonly entry: Entry
  readonly hash: Uint8Array
  /** Sorts as bytes do, among all entries of the conversation, for ever. */
  readonly order: Uint8Array
  readonly isClockSuspect: boolean
  readonly isLate: boolean
  /** It does not continue what its device said before. */
  readonly isUnlinked: boolean
  readonly isRelayed: boolean
}

export type AlarmKind =
  /** One device, one sequence, two entries. The first one stays. */
  | 'equivocation'
  /** An entry does not fit its device's entry before or after it. */
  | 'broken-chain'
  /** Others have entries of ours that we do not know: this device was set back. */
  | 'set-back'

export type ConversationEffect =
  | { readonly kind: 'append'; readonly placed: PlacedEntry }
  /** What is missing of a device now. */
  | { readonly kind: 'gaps'; readonly author: Author; readonly gaps: readonly Range[] }
  | { readonly kind: 'missing-parents'; readonly count: number }
  /** Held already. Its author may not know, and is told again. */
  | { readonly kind: 'duplicate'; readonly author: Author; readonly sequence: number }
  | { readonly kind: 'passing'; readonly entry: Entry; readonly standing: EntryStanding }
  | {
      readonly kind: 'alarm'
      readonly alarm: AlarmKind
      readonly author: Author
      readonly sequence: number
      readonly first: HeldEntry | null
      readonly second: HeldEntry
    }

export type Outcome =
  | { readonly kind: 'look-up'; readonly need: Need }
  | {
      readonly kind: 'done'
      readonly changes: readonly Change[]
      readonly effects: readonly ConversationEffect[]
    }
