// Our own entries. conversation.md §6
import { compareBytes, equalBytes } from '../codec/bytes.ts'
import { ENTRY_ID_BYTES, ENTRY_PARENTS_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { assert } from '../errors.ts'
import { lastRun, newChain, withLink } from './chain.ts'
import {
  chainKey,
  decodeEntry,
  type Entry,
  encodeEntry,
  hashEntry,
  isPassing,
  NO_HASH,
} from './entry.ts'
import type { ConversationEffect, PlacedEntry } from './log-event.ts'
import type { Change, Head, LogState } from './log-state.ts'
import { marginChanges } from './parents.ts'
import { compareStamps, laterStamp, nextStamp, orderKey, type Stamp, stampAfter } from './stamp.ts'
import { NO_PROOF } from './witness.ts'

export interface Draft {
  /** The caller's, so that a second try is the same entry. `drawEntryId` makes one. */
  readonly id: Uint8Array
  readonly kind: number
  readonly quiet: boolean
  readonly content: Uint8Array
  readonly nowMs: number
}

export interface Composed {
  readonly bytes: Uint8Array
  readonly hash: Uint8Array
  readonly changes: readonly Change[]
  readonly effects: readonly ConversationEffect[]
}

export function drawEntryId(crypto: Pick<Crypto, 'randomBytes'>): Uint8Array {
  return crypto.randomBytes(ENTRY_ID_BYTES)
}

/** conversation.md §1: what two identities, or one with itself, call their conversation. */
export function directConversationId(
  crypto: Pick<Crypto, 'sha256'>,
  networkId: Uint8Array,
  a: Uint8Array,
  b: Uint8Array,
): Uint8Array {
  const [lower, higher] = compareBytes(a, b) <= 0 ? [a, b] : [b, a]
  return crypto.sha256(labelled(HASH_LABELS.directConversation, networkId, lower, higher))
}

/**
 * The next entry of our chain. `stored` is what the store has under the draft's id: with that, it is
 * the answer and nothing changes. The caller writes entry and changes in one batch, then sends.
 */
export function compose(
  state: LogState,
  crypto: Pick<Crypto, 'sha256'>,
  draft: Draft,
  stored: Uint8Array | null,
): Composed {
  assert(!isPassing(draft.kind), 'what passes by is not composed into a chain')
  if (stored !== null) return composedBefore(crypto, draft, stored)
  const { terms, margin, chains } = state
  const key = chainKey(terms.own)
  const chain = chains.get(key) ?? newChain(terms.own, 1)
  const last = lastRun(chain)
  const heads = margin.heads.slice(-ENTRY_PARENTS_MAX)
  const claimed = nextStamp(margin.own, draft.nowMs)
  const sequence = (last?.to ?? 0) + 1
  const entry = entryOf(state, draft, {
    sequence,
    previous: last?.hash ?? NO_HASH,
    parents: heads.map(({ hash }) => hash).sort(compareBytes),
    stamp: claimed,
  })
  const bytes = encodeEntry(entry)
  const hash = hashEntry(crypto, bytes)
  const stamp = ownPlace(claimed, { heads, last: last?.last ?? null, read: margin.read })
  const placed = placedOwn({ bytes, hash, entry, stamp })
  const linked = withLink(chain, { sequence, previous: entry.previous, hash, stamp })
  const { changes } = marginChanges(state, {
    entry,
    hash,
    stamp,
    missing: [],
    nowMs: draft.nowMs,
  })
  return {
    bytes,
    hash,
    changes: [{ kind: 'chain', key, chain: linked }, ...withOwnClock(changes, claimed, stamp)],
    effects: [{ kind: 'append', placed }],
  }
}

type Position = Pick<Entry, 'sequence' | 'previous' | 'parents' | 'stamp'>

function entryOf({ terms }: LogState, draft: Draft, position: Position): Entry {
  const { id, kind, quiet, content } = draft
  return {
    conversation: terms.conversation,
    id,
    author: terms.own,
    ...position,
    kind,
    quiet,
    content,
  }
}

function composedBefore(
  crypto: Pick<Crypto, 'sha256'>,
  draft: Draft,
  stored: Uint8Array,
): Composed {
  const { id, kind, content } = decodeEntry(stored)
  assert(
    equalBytes(id, draft.id) && kind === draft.kind && equalBytes(content, draft.content),
    'an entry id was given to two different entries',
  )
  return { bytes: stored, hash: hashEntry(crypto, stored), changes: [], effects: [] }
}

interface Before {
  readonly heads: readonly Head[]
  readonly last: Stamp | null
  readonly read: Stamp
}

/** After all that it follows, even when our clock was set back. */
function ownPlace(claimed: Stamp, { heads, last, read }: Before): Stamp {
  let stamp = claimed
  for (const head of heads) stamp = laterStamp(stamp, stampAfter(head.stamp))
  if (last !== null) stamp = laterStamp(stamp, stampAfter(last))
  return compareStamps(stamp, read) > 0 ? stamp : stampAfter(read)
}

/** Our clock goes on from what we claimed, or it would never come back from a jump. */
function withOwnClock(changes: readonly Change[], claimed: Stamp, stamp: Stamp): Change[] {
  const own = compareStamps(stamp, claimed) > 0 ? claimed : stamp
  return changes.map((change) =>
    change.kind === 'margin' ? { ...change, margin: { ...change.margin, own } } : change,
  )
}

function placedOwn(own: {
  readonly bytes: Uint8Array
  readonly hash: Uint8Array
  readonly entry: Entry
  readonly stamp: Stamp
}): PlacedEntry {
  const { bytes, hash, entry, stamp } = own
  const { author, sequence } = entry
  return {
    bytes,
    hash,
    entry,
    proof: NO_PROOF,
    order: orderKey(stamp, { author: author.identity, device: author.device, sequence }),
    isClockSuspect: false,
    isLate: false,
    isUnlinked: false,
    isRelayed: false,
  }
}

/** What passes by: sent once, kept by nobody. */
export function composePassing(state: LogState, draft: Draft): Uint8Array {
  assert(isPassing(draft.kind), 'what is kept is composed into a chain')
  const stamp: Stamp = nextStamp(state.margin.own, draft.nowMs)
  return encodeEntry(entryOf(state, draft, { sequence: 0, previous: NO_HASH, parents: [], stamp }))
}

/** The reader has seen everything up to here: nothing is put above it any more. */
export function markRead(state: LogState, read: Stamp): readonly Change[] {
  if (compareStamps(read, state.margin.read) <= 0) return []
  return [{ kind: 'margin', margin: { ...state.margin, read } }]
}
