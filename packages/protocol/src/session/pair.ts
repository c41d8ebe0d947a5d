// All sessions between one of our devices and one of a peer's. session.md §8
import { compareBytes, equalBytes } from '../codec/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assert } from '../errors.ts'
import {
  LATE_SLACK_SECONDS,
  OLD_SESSIONS_MAX,
  PREKEY_CACHE_SECONDS,
  SILENCE_SECONDS,
} from '../limits.ts'
import { encodeFrame, type Frame } from './frame.ts'
import { isSameParty } from './handshake.ts'
import type { OwnParty, Party } from './party.ts'
import type { Prekeys } from './prekeys.ts'
import {
  attemptRenewal,
  NO_RENEWAL,
  type Renewal,
  renewalDueSeconds,
  unopenedOf,
} from './renewal.ts'
import { overheadBytes, type SendOptions, sealMessage } from './send.ts'
import type { Session } from './session.ts'
import { startSession } from './start.ts'

export interface OldSession {
  readonly session: Session
  readonly retiredSeconds: number
}

export interface Pair {
  readonly peer: Party
  /** The one that we send in. */
  readonly active: Session | null
  /** To receive only; the last retired first. */
  readonly old: readonly OldSession[]
  readonly renewal: Renewal
}

export function newPair(peer: Party): Pair {
  return { peer, active: null, old: [], renewal: NO_RENEWAL }
}

export function sessionsOf(pair: Pair): readonly Session[] {
  const old = pair.old.map(({ session }) => session)
  return pair.active === null ? old : [pair.active, ...old]
}

type Ranked = Pick<Session, 'id' | 'rank'>

/** Both sides rank the same sessions alike: the higher rank, then the lower id. */
export function outranks(a: Ranked, b: Ranked): boolean {
  return a.rank === b.rank ? compareBytes(a.id, b.id) < 0 : a.rank > b.rank
}

/** A peer may claim any rank; that it leaves none above is its own harm, and not our end. */
export function rankAbove(rank: number): number {
  return Math.min(rank + 1, 0xffffffff)
}

export function withOld(pair: Pair, session: Session, nowSeconds: number): Pair {
  const old = [{ session, retiredSeconds: nowSeconds }, ...pair.old].slice(0, OLD_SESSIONS_MAX)
  return { ...pair, old }
}

/** Adds a session, or puts the next state of one in its place. */
export function withSession(pair: Pair, session: Session, nowSeconds: number): Pair {
  const { active, old } = pair
  if (active === null) return { ...pair, active: session }
  if (equalBytes(active.id, session.id)) return { ...pair, active: session }
  const rest = old.filter((other) => !equalBytes(other.session.id, session.id))
  if (outranks(session, active)) {
    return withOld({ ...pair, active: session, old: rest }, active, nowSeconds)
  }
  if (rest.length === old.length) return withOld(pair, session, nowSeconds)
  const replaced = old.map((other) =>
    equalBytes(other.session.id, session.id) ? { ...other, session } : other,
  )
  return { ...pair, old: replaced }
}

/** Forgets sessions that no message can still come for. The same value when there are none. */
export function forgetOld(
  pair: Pair,
  times: { readonly nowSeconds: number; readonly ttlSeconds: number },
): Pair {
  const since = times.nowSeconds - times.ttlSeconds - LATE_SLACK_SECONDS
  const old = pair.old.filter(({ retiredSeconds }) => retiredSeconds >= since)
  return old.length === pair.old.length ? pair : { ...pair, old }
}

/**
 * To be asked before each message of the user's: `startPair` first. A peer that says nothing may be
 * away, or the two have lost each other's sessions and neither can notice. session.md §8
 */
export function isStartDue({ active }: Pair, nowSeconds: number): boolean {
  if (active === null) return true
  const { unansweredSeconds } = active
  // One that still carries its handshake can be opened by whoever has lost everything.
  if (active.handshake !== null || unansweredSeconds === null) return false
  return nowSeconds >= unansweredSeconds + SILENCE_SECONDS
}

export interface StartPairOptions {
  readonly networkId: Uint8Array
  readonly nowSeconds: number
}

export interface StartedPair {
  readonly pair: Pair
  /** To be sent first, when there is something to ask for; otherwise any message will do. */
  readonly frame: Frame
}

/** First contact, and every renewal: a new session, above all that we know of. */
export function startPair(
  crypto: Crypto,
  pair: Pair,
  own: OwnParty,
  prekeys: Prekeys,
  options: StartPairOptions,
): StartedPair {
  assert(isSameParty(prekeys.party, pair.peer), 'expected the prekeys of the pair’s peer')
  const ranks = sessionsOf(pair).map(({ rank }) => rank)
  const rank = ranks.length === 0 ? 0 : rankAbove(Math.max(...ranks))
  const session = startSession(crypto, own, prekeys, { ...options, rank })
  const { renewal } = pair
  const after = renewal.isWanted ? { ...pair, renewal: { ...renewal, attemptRank: rank } } : pair
  return { pair: withSession(after, session, options.nowSeconds), frame: askFor(renewal) }
}

/** What is sent first in a session that mends another. */
function askFor(renewal: Renewal): Frame {
  const references = unopenedOf(renewal)
  return references.length > 0 ? { kind: 'resend', references } : { kind: 'nothing' }
}

export interface PairSent {
  /** To be written before `message` is used. */
  readonly pair: Pair
  readonly message: Uint8Array
  readonly reference: Uint8Array
  readonly sessionId: Uint8Array
  /** Begins with a handshake: it goes where strangers write, not to the session's lane. */
  readonly isFirstContact: boolean
}

/** Null while there is no session: `startPair` first. */
export function sendInPair(
  crypto: Crypto,
  pair: Pair,
  frame: Frame,
  options: SendOptions,
): PairSent | null {
  const { active } = pair
  if (active === null) return null
  const sent = sealMessage(crypto, active, encodeFrame(frame), options)
  return {
    pair: { ...pair, active: sent.session },
    message: sent.message,
    reference: sent.reference,
    sessionId: active.id,
    isFirstContact: active.handshake !== null,
  }
}

/** What the next message has besides the frame's bytes. Null while there is no session. */
export function pairOverheadBytes(
  pair: Pair,
  nowSeconds: number,
): ReturnType<typeof overheadBytes> | null {
  return pair.active && overheadBytes(pair.active, nowSeconds)
}

export type RenewEffect =
  /** Fetch the peer's prekeys, call `startPair`, and send its frame. */
  | { readonly kind: 'renew' }
  /** Send this in the active session. */
  | { readonly kind: 'send'; readonly frame: Frame }

/** A session that was begun for the renewal, and may still be answered: one more would not help. */
function isUnderWay({ active, renewal }: Pair, nowSeconds: number): boolean {
  if (active === null || active.handshake === null || active.rank !== renewal.attemptRank) {
    return false
  }
  return nowSeconds - active.createdSeconds < PREKEY_CACHE_SECONDS
}

/**
 * To be asked at `renewalDueSeconds`, and by the machine itself. Counts as an attempt: it either
 * begins a session, or repeats the handshake of the one that was begun.
 */
export function tryRenewal(
  pair: Pair,
  nowSeconds: number,
): { readonly pair: Pair; readonly effects: readonly RenewEffect[] } {
  const dueSeconds = renewalDueSeconds(pair.renewal)
  if (dueSeconds === null || nowSeconds < dueSeconds) return { pair, effects: [] }
  const after = { ...pair, renewal: attemptRenewal(pair.renewal, nowSeconds) }
  if (!isUnderWay(pair, nowSeconds)) return { pair: after, effects: [{ kind: 'renew' }] }
  return { pair: after, effects: [{ kind: 'send', frame: askFor(pair.renewal) }] }
}
