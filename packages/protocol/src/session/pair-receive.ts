// A message for a pair of devices: which session opens it, and what follows. session.md §7 and §8
import { equalBytes } from '../codec/bytes.ts'
import { REFERENCE_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { ProtocolError } from '../errors.ts'
import { CROSSING_SECONDS } from '../limits.ts'
import { decodeFrame } from './frame.ts'
import { isSameParty } from './handshake.ts'
import { hasHeard, isNews, type Mark } from './incarnation.ts'
import {
  forgetOld,
  outranks,
  type Pair,
  type RenewEffect,
  rankAbove,
  sessionsOf,
  withSession,
} from './pair.ts'
import { showLoss, showPresence } from './pair-loss.ts'
import { answerHandshake, findGeneration, type PrekeyRing, wasAnswered } from './prekey-ring.ts'
import { type EarlyPlace, openMessage, type Received, type ReceiveOptions } from './receive.ts'
import { endRenewal, isNoted, unopenedOf } from './renewal.ts'
import { splitMessage } from './sealed-message.ts'
import { isConfirmed, type Session } from './session.ts'
import { answerFirstContact, type FirstContact, type Responder } from './start.ts'
import { coveredBy, digestOf, openTrace } from './trace.ts'

export type PairEffect =
  | RenewEffect
  | { readonly kind: 'content'; readonly content: Uint8Array; readonly sessionId: Uint8Array }
  /** The peer could not open these messages of ours: send what was in them again. */
  | { readonly kind: 'resend'; readonly references: readonly Uint8Array[] }
  /** One line for the user, in the conversation. */
  | { readonly kind: 'line'; readonly line: 'session-renewed' }

export interface PairReceived {
  /** early: nothing has changed; those before it are expected first, and then it again. */
  readonly outcome: 'opened' | 'repeated' | 'unopened' | 'early'
  /** Of an early one. */
  readonly place?: EarlyPlace
  /** To be written before the effects are carried out. */
  readonly pair: Pair
  readonly effects: readonly PairEffect[]
}

interface Outcome {
  readonly pair: Pair
  readonly effects: readonly PairEffect[]
}

function frameEffects(content: Uint8Array, session: Session): PairEffect[] {
  const frame = decodeFrame(content)
  switch (frame?.kind) {
    case 'content':
      return [{ kind: 'content', content: frame.content, sessionId: session.id }]
    case 'resend':
      return [{ kind: 'resend', references: frame.references }]
    default:
      return []
  }
}

const RENEWED: PairEffect = { kind: 'line', line: 'session-renewed' }

/** What the newer session brings: one line, and a request for what was missing. */
function endWith(pair: Pair, isToBeAsked: boolean): Outcome {
  const references = isToBeAsked ? unopenedOf(pair.renewal) : []
  const asks: PairEffect[] =
    references.length > 0 ? [{ kind: 'send', frame: { kind: 'resend', references } }] : []
  return { pair: { ...pair, renewal: endRenewal(pair.renewal) }, effects: [RENEWED, ...asks] }
}

/** The session that we renewed with has been answered for the first time. */
function confirmRenewal(pair: Pair, was: Session, session: Session): Outcome {
  const isAnswer = pair.active === session && session.isInitiator && !isConfirmed(was)
  // Its first message has asked for what was missing.
  return isAnswer && pair.renewal.isWanted ? endWith(pair, false) : { pair, effects: [] }
}

function opened(
  before: Pair,
  was: Session,
  received: Received & { readonly kind: 'opened' },
  nowSeconds: number,
): PairReceived {
  const { session, content, isOwnRollback, mark } = received
  const placed = withSession(before, session, nowSeconds)
  const confirmed = confirmRenewal(placed, was, session)
  const sign = { session, incarnation: mark.incarnation, reference: null }
  const after = isOwnRollback
    ? showLoss(confirmed.pair, sign, nowSeconds)
    : showPresence(confirmed.pair, sign, nowSeconds)
  const effects = [...confirmed.effects, ...frameEffects(content, session), ...after.effects]
  return { outcome: 'opened', pair: after.pair, effects }
}

interface Attempt {
  readonly session: Session
  readonly received: Received | null
  readonly error: ProtocolError | null
}

/** The first session that a message belongs to. */
function tryAll(
  crypto: Crypto,
  pair: Pair,
  message: Uint8Array,
  options: ReceiveOptions,
): Attempt | null {
  for (const session of sessionsOf(pair)) {
    try {
      const received = openMessage(crypto, session, message, options)
      if (received !== null) return { session, received, error: null }
    } catch (error: unknown) {
      if (!(error instanceof ProtocolError)) throw error
      return { session, received: null, error }
    }
  }
  return null
}

/** A message that does not open, and that nobody changed on its way. */
interface Genuine extends Mark {
  readonly reference: Uint8Array
}

/** By the trace alone: what a header says may stand in front of anything. session.md §7 */
function genuineOf(
  crypto: Crypto,
  { traceKey, isInitiator }: Session,
  message: Uint8Array,
  { associated }: ReceiveOptions,
): Genuine | null {
  const parts = splitMessage(message)
  if (parts === null) return null
  const digest = digestOf(crypto, parts.sealed)
  const mark = openTrace(crypto, traceKey, coveredBy(digest, !isInitiator, associated), parts.trace)
  return mark && { ...mark, reference: digest.slice(0, REFERENCE_BYTES) }
}

const REPEATED = { outcome: 'repeated', effects: [] } as const
const EARLY = { outcome: 'early', effects: [] } as const

/** It will never open. Shows that once: a carrier may repeat it for weeks. */
function lost(
  pair: Pair,
  session: Session,
  { incarnation, reference }: Genuine,
  { nowSeconds }: ReceiveOptions,
): PairReceived {
  if (isNoted(pair.renewal, reference)) return { ...REPEATED, pair }
  const sign = { session, incarnation, reference }
  return { outcome: 'unopened', ...showLoss(pair, sign, nowSeconds) }
}

/** Of no key that we have. Null when it is of no session either. */
function unopened(
  crypto: Crypto,
  pair: Pair,
  message: Uint8Array,
  options: ReceiveOptions,
): PairReceived | null {
  for (const session of sessionsOf(pair)) {
    const genuine = genuineOf(crypto, session, message, options)
    if (genuine === null) continue
    const isOld = !isNews(session.incarnations, genuine)
    return isOld ? { ...REPEATED, pair } : lost(pair, session, genuine, options)
  }
  return null
}

/**
 * A message without a handshake. Null when it is of no session of this pair. Throws for one that
 * is, and was changed on its way; nothing has to be done about it, the genuine one may still come.
 */
export function receiveInPair(
  crypto: Crypto,
  before: Pair,
  message: Uint8Array,
  options: ReceiveOptions,
): PairReceived | null {
  const pair = forgetOld(before, options)
  const attempt = tryAll(crypto, pair, message, options)
  const received = attempt?.received ?? null
  if (attempt !== null && received !== null) {
    const { session } = attempt
    if (received.kind === 'opened') return opened(pair, session, received, options.nowSeconds)
    if (received.kind === 'early') return { ...EARLY, pair: before, place: received.place }
    if (received.kind === 'used' && !received.isPeerRollback) return { ...REPEATED, pair }
    const genuine = genuineOf(crypto, session, message, options)
    if (genuine === null) throw new ProtocolError('SESSION_SEAL', 'trace')
    return lost(pair, session, genuine, options)
  }
  const failed = unopened(crypto, pair, message, options)
  if (failed === null && attempt !== null) throw attempt.error
  return failed
}

/** A session that the peer began, though it has the active one, or has it by now. */
function isLate(active: Session, fresh: Session, { incarnation }: Mark): boolean {
  const isOlder = !active.isInitiator && fresh.createdSeconds < active.createdSeconds
  // The start of its program that sends this has sent in the active one too, and lost nothing; nor
  // did it begin this one to replace it.
  const isBeside = hasHeard(active.incarnations, incarnation) && fresh.rank <= active.peerRank
  return isOlder || isBeside
}

/** Where a session that the peer began belongs. session.md §8 */
function placeAnswered({ active }: Pair, fresh: Session, mark: Mark): Session {
  if (active === null || !isConfirmed(active) || outranks(fresh, active)) return fresh
  // The peer no longer has the active session, or says so late: this one must win on both sides.
  return isLate(active, fresh, mark) ? fresh : { ...fresh, rank: rankAbove(active.rank) }
}

/** Whether a new session is worth a line, or two people only wrote to each other at once. */
function isBreak(active: Session, fresh: Session, mark: Mark, nowSeconds: number): boolean {
  if (!isConfirmed(active) || isLate(active, fresh, mark)) return false
  const isYoung = nowSeconds - active.createdSeconds < CROSSING_SECONDS
  return !(active.isInitiator && isYoung && fresh.rank === active.rank)
}

/** A session that the peer began takes the place of the active one. */
function replaceActive(
  before: Pair,
  placed: Pair,
  received: Received & { readonly kind: 'opened' },
  nowSeconds: number,
): Outcome {
  const { session: fresh, mark } = received
  const was = before.active
  if (was === null || placed.active?.id !== fresh.id) return { pair: placed, effects: [] }
  // Whatever we wanted a renewal for, this is one.
  const isRenewal = before.renewal.isWanted || isBreak(was, fresh, mark, nowSeconds)
  return isRenewal ? endWith(placed, true) : { pair: placed, effects: [] }
}

export interface FirstReceived extends PairReceived {
  /** To be written together with the pair. */
  readonly ring: PrekeyRing
}

/**
 * A first message, or a later one that still carries its handshake. The caller has shown that the
 * introduction's device is the identity's, and gives the pair with it, or a new one.
 */
export function receiveFirstContact(
  crypto: Crypto,
  before: Pair,
  responder: Responder,
  contact: FirstContact,
  options: ReceiveOptions,
): FirstReceived {
  const { introduction, handshakeId, prekeyId, message } = contact
  const { ring } = responder
  if (!isSameParty(introduction.party, before.peer)) throw new ProtocolError('SESSION_PERMISSION')
  const pair = forgetOld(before, options)
  const known = sessionsOf(pair).find((one) => equalBytes(one.handshakeId, handshakeId))
  if (known !== undefined) {
    const received = receiveInPair(crypto, pair, message, options)
    if (received === null) throw new ProtocolError('SESSION_SEAL')
    return { ...received, ring }
  }
  const generation = findGeneration(ring, prekeyId)
  if (generation === null || wasAnswered(generation, handshakeId)) {
    throw new ProtocolError('SESSION_STALE', 'handshake')
  }
  const { nowSeconds } = options
  const fresh = answerFirstContact(crypto, responder, contact, nowSeconds)
  const received = openMessage(crypto, fresh, message, options)
  if (received?.kind === 'early') return { ...EARLY, pair: before, place: received.place, ring }
  if (received?.kind !== 'opened') throw new ProtocolError('SESSION_SEAL', 'first message')
  const session = placeAnswered(pair, received.session, received.mark)
  const after = replaceActive(pair, withSession(pair, session, nowSeconds), received, nowSeconds)
  const used = { id: prekeyId, oneTimeId: introduction.oneTimeId, handshake: handshakeId }
  return {
    outcome: 'opened',
    pair: after.pair,
    effects: [...after.effects, ...frameEffects(received.content, session)],
    ring: answerHandshake(ring, used),
  }
}
