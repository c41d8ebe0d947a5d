// An entry comes in. conversation.md §4
import { equalBytes } from '../codec/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assert, ProtocolError } from '../errors.ts'
import { CHAINS_MAX, SET_BACK_ENTRIES_MAX } from '../limits.ts'
import { askAfterChange } from './ask.ts'
import {
  type Chain,
  gapsOf,
  lastRun,
  newChain,
  type Range,
  type Spot,
  spotOf,
  withLink,
} from './chain.ts'
import { chainKey, decodeEntry, type Entry, hashEntry, isPassing, isSameAuthor } from './entry.ts'
import type {
  AlarmKind,
  Arrival,
  ConversationEffect,
  Found,
  HeldEntry,
  Outcome,
  PlacedEntry,
} from './log-event.ts'
import { type Change, hashKey, type LogState } from './log-state.ts'
import { marginChanges, parentPlaces } from './parents.ts'
import { place } from './placement.ts'
import { orderKey, type Stamp } from './stamp.ts'
import { type EntryStanding, proofOf, standingOf } from './witness.ts'

interface Candidate {
  readonly entry: Entry
  readonly hash: Uint8Array
  readonly key: string
  readonly chain: Chain
  readonly standing: EntryStanding
  readonly raw: HeldEntry
  readonly nowMs: number
}

const done = (changes: readonly Change[], effects: readonly ConversationEffect[]): Outcome => ({
  kind: 'done',
  changes,
  effects,
})

/**
 * Null: of another conversation. Throws ENTRY_* for what is malformed, or not shown to be its
 * author's. The arrival's bytes are kept: they must not change afterwards.
 */
export function receive(
  state: LogState,
  crypto: Pick<Crypto, 'sha256'>,
  arrival: Arrival,
  found: Found | null = null,
): Outcome | null {
  const { bytes, witness } = arrival
  const entry = decodeEntry(bytes)
  const { conversation, own, authority } = state.terms
  if (!equalBytes(entry.conversation, conversation)) return null
  const standing = standingOf(entry, witness, own, authority)
  if (isPassing(entry.kind)) {
    if (standing !== 'author') throw new ProtocolError('ENTRY_PERMISSION', 'passed on')
    return done([], [{ kind: 'passing', entry, standing }])
  }
  const candidate: Candidate = {
    entry,
    hash: hashEntry(crypto, bytes),
    key: chainKey(entry.author),
    chain: chainOf(state, entry),
    standing,
    raw: { bytes, proof: proofOf(witness) },
    nowMs: arrival.nowMs,
  }
  checkSetBack(state, candidate)
  const spot = spotOf(candidate.chain, entry.sequence)
  return spot.kind === 'free'
    ? receiveNew(state, candidate, spot, found)
    : receiveOld(state, candidate, spot, found)
}

function chainOf({ chains, terms }: LogState, { author, sequence }: Entry): Chain {
  const known = chains.get(chainKey(author))
  if (known !== undefined) return known
  if (chains.size >= CHAINS_MAX) throw new ProtocolError('ENTRY_LIMIT', 'devices')
  return newChain(author, terms.history === 'whole' ? 1 : sequence)
}

/** Whoever could make us count on from the highest sequence that there is would silence us. */
function checkSetBack({ terms }: LogState, { entry, chain }: Candidate): void {
  if (!isSameAuthor(entry.author, terms.own)) return
  const known = lastRun(chain)?.to ?? 0
  if (entry.sequence > known + SET_BACK_ENTRIES_MAX) {
    throw new ProtocolError('ENTRY_LIMIT', 'far beyond what this device has written')
  }
}

function alarm(candidate: Candidate, kind: AlarmKind, first: HeldEntry | null): ConversationEffect {
  const { author, sequence } = candidate.entry
  return { kind: 'alarm', alarm: kind, author, sequence, first, second: candidate.raw }
}

/** Something was at this sequence before, or was given up or not ours: the store knows which. */
function receiveOld(
  state: LogState,
  candidate: Candidate,
  spot: Exclude<Spot, { kind: 'free' }>,
  found: Found | null,
): Outcome {
  const { entry, hash, standing } = candidate
  const { author, sequence } = entry
  if (spot.kind === 'end' && equalBytes(spot.hash, hash)) {
    return done([], [{ kind: 'duplicate', author, sequence }])
  }
  // Nothing that we hold says what a stranger's bytes should be here.
  if (standing === 'holder') throw new ProtocolError('ENTRY_PERMISSION', 'not asked for')
  const slot = found?.slot ?? null
  const places = parentPlaces(state, entry, found)
  if (slot === null || places.unknown.length > 0) {
    return { kind: 'look-up', need: { slot: { author, sequence }, hashes: places.unknown } }
  }
  if (slot.held !== null) {
    if (equalBytes(slot.held.bytes, candidate.raw.bytes)) {
      return done([], [{ kind: 'duplicate', author, sequence }])
    }
    return done([], [alarm(candidate, 'equivocation', slot.held)])
  }
  assert(spot.kind !== 'end', 'the store lacks an entry that the log holds')
  return append(
    state,
    candidate,
    { ...slot, chain: candidate.chain, isUnlinked: false, isFree: false },
    found,
  )
}

function receiveNew(
  state: LogState,
  candidate: Candidate,
  { below, above }: Extract<Spot, { kind: 'free' }>,
  found: Found | null,
): Outcome {
  const { entry, hash, standing, chain } = candidate
  const { sequence, previous } = entry
  const next = above?.from === sequence + 1 ? above.previous : null
  const isNextFitting = next === null || equalBytes(next, hash)
  if (standing === 'holder' && (next === null || !isNextFitting)) {
    throw new ProtocolError(next === null ? 'ENTRY_PERMISSION' : 'ENTRY_LINKAGE')
  }
  const { unknown } = parentPlaces(state, entry, found)
  if (unknown.length > 0) return { kind: 'look-up', need: { slot: null, hashes: unknown } }
  const isPreviousFitting = below?.to !== sequence - 1 || equalBytes(below.hash, previous)
  return append(
    state,
    candidate,
    {
      below: below?.last ?? null,
      above: above?.first ?? null,
      chain,
      isUnlinked: !isNextFitting || !isPreviousFitting,
      isFree: true,
    },
    found,
  )
}

interface Slot {
  readonly below: Stamp | null
  readonly above: Stamp | null
  readonly chain: Chain
  readonly isUnlinked: boolean
  /** The log had no entry there; otherwise it had given the place up. */
  readonly isFree: boolean
}

function append(state: LogState, candidate: Candidate, slot: Slot, found: Found | null): Outcome {
  const { entry, hash, key, standing, raw, nowMs } = candidate
  const { author, sequence, previous } = entry
  const parents = parentPlaces(state, entry, found)
  const missing = state.missing.get(hashKey(hash)) ?? null
  const { stamp, isClockSuspect, isLate } = place(entry.stamp, {
    below: slot.below,
    above: slot.above,
    parents: parents.known,
    child: missing?.child ?? null,
    read: state.margin.read,
    nowMs,
  })
  const placed: PlacedEntry = {
    ...raw,
    entry,
    hash,
    order: orderKey(stamp, { author: author.identity, device: author.device, sequence }),
    isClockSuspect,
    isLate,
    isUnlinked: slot.isUnlinked,
    isRelayed: standing !== 'author',
  }
  const link = { sequence, previous: previous.slice(), hash, stamp }
  const after = slot.isFree ? withLink(slot.chain, link) : slot.chain
  const gaps = gapEffects(slot.chain, after)
  const chain = { ...after, ask: askAfter(after, gaps.length > 0, nowMs) }
  const margin = marginChanges(state, { entry, hash, stamp, missing: parents.missing, nowMs })
  const effects: ConversationEffect[] = [{ kind: 'append', placed }, ...gaps, ...margin.effects]
  if (slot.isUnlinked) effects.push(alarm(candidate, 'broken-chain', null))
  if (isSameAuthor(author, state.terms.own)) effects.push(alarm(candidate, 'set-back', null))
  return done([{ kind: 'chain', key, chain }, ...margin.changes], effects)
}

const isWhole = ({ runs, floor }: Chain): boolean =>
  runs.length === 0 || (runs.length === 1 && runs[0]!.from === floor)

function gapEffects(before: Chain, after: Chain): ConversationEffect[] {
  if (isWhole(before) && isWhole(after)) return []
  const was = gapsOf(before)
  const gaps = gapsOf(after)
  const isSame = (gap: Range, at: number) => gap.from === gaps[at]?.from && gap.to === gaps[at]?.to
  if (was.length === gaps.length && was.every(isSame)) return []
  return [{ kind: 'gaps', author: after.author, gaps }]
}

function askAfter(chain: Chain, isChanged: boolean, nowMs: number): Chain['ask'] {
  if (!isChanged) return chain.ask
  return gapsOf(chain).length === 0 ? null : askAfterChange(chain.ask, nowMs)
}
