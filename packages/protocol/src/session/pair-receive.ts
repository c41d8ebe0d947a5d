// A message for a pair of devices: which session opens it, and what follows. session.md §7 and §8
import { equalBytes } from '../codec/bytes.ts'
import { REFERENCE_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { ProtocolError } from '../errors.ts'
import { CROSSING_SECONDS } from '../limits.ts'
import { decodeFrame, type Frame } from './frame.ts'

import { isSameParty } from './handshake.ts'
import {
  forgetOld,
  outranks,
  type Pair,
  type RenewEffect,
  sessionsOf,
  tryRenewal,
  withSession,
} from './pair.ts'
import { answerHandshake, findGeneration, type PrekeyRing, wasAnswered } from './prekey-ring.ts'
import { openMessage, type Received, type ReceiveOptions } from './receive.ts'
import {
  endRenewal,
  endStray,
  failAttempt,
  noteStray,
  noteUnopened,
  wantRenewal,
} from './renewal.ts'
import { splitMessage } from './sealed-message.ts'
import { isConfirmed, type Session } from './session.ts'
import { answerFirstContact, type FirstContact, type Responder } from './start.ts'
import { coveredBy, digestOf, openTrace, referenceOf } from './trace.ts'

export type PairEffect =
  | RenewEffect
  | { readonly kind: 'content'; readonly content: Uint8Array; readonly sessionId: Uint8Array }
  /** The peer could not open these messages of ours: send what was in them again. */
  | { readonly kind: 'resend'; readonly references: readonly Uint8Array[] }
  /** One line for the user, in the conversation. */
  | { readonly kind: 'line'; readonly line: 'session-renewed' }

export interface PairReceived {
  readonly outcome: 'opened' | 'repeated' | 'unopened'
  /** To be written before the effects are carried out. */
  readonly pair: Pair
  readonly effects: readonly PairEffect[]
}

interface Outcome {
  readonly pair: Pair
  readonly effects: readonly PairEffect[]
}

const isOutdated = ({ active }: Pair, session: Session): boolean =>
  active !== null && isConfirmed(active) && outranks(active, session)

/** A newer session works, as far as we know: what is missing is asked for in that one. */
function stray(pair: Pair, reference: Uint8Array | null, nowSeconds: number): Outcome {
  // Until we have written in the newer one, the peer may not know that it is the one to use.
  const isKnown = pair.active !== null && pair.active.sentCount > 0
  const renewal = isKnown ? noteStray(pair.renewal, nowSeconds) : pair.renewal
  if (renewal.isWanted) {
    const noted = reference === null ? renewal : noteUnopened(renewal, reference)
    return tryRenewal({ ...pair, renewal: noted }, nowSeconds)
  }
  const after = renewal === pair.renewal ? pair : { ...pair, renewal }
  if (reference === null) return { pair: after, effects: [] }
  // A peer that answers in the older session would be asked again, for the answer, without end.
  const isAsked = pair.renewal.straySinceSeconds !== null
  if (isAsked) return { pair: { ...pair, renewal: noteUnopened(renewal, reference) }, effects: [] }
  const frame: Frame = { kind: 'resend', references: [reference] }
  return { pair: after, effects: [{ kind: 'send', frame }] }
}

/** Something in `session` is not as it should be. */
function broken(
  pair: Pair,
  session: Session,
  reference: Uint8Array | null,
  nowSeconds: number,
): Outcome {
  if (isOutdated(pair, session)) return stray(pair, reference, nowSeconds)
  const noted = reference === null ? pair.renewal : noteUnopened(pair.renewal, reference)
  const renewal = failAttempt(wantRenewal(noted), session.rank)
  return tryRenewal({ ...pair, renewal }, nowSeconds)
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

/** The session that we renewed with has been answered for the first time. */
function confirmRenewal(pair: Pair, was: Session, session: Session): [Pair, PairEffect[]] {
  const isAnswer = session.isInitiator && !isConfirmed(was)
  if (!isAnswer || !pair.renewal.isWanted) return [pair, []]
  const renewed: PairEffect = { kind: 'line', line: 'session-renewed' }
  return [{ ...pair, renewal: endRenewal(pair.renewal) }, [renewed]]
}

/** The peer has renewed, for a reason of its own; what we wanted comes with it. */
function acceptRenewal(pair: Pair): [Pair, PairEffect[]] {
  const { unopened } = pair.renewal
  const renewed: PairEffect = { kind: 'line', line: 'session-renewed' }
  const frame: Frame = { kind: 'resend', references: unopened }
  const asks: PairEffect[] = unopened.length > 0 ? [{ kind: 'send', frame }] : []
  return [{ ...pair, renewal: endRenewal(pair.renewal) }, [renewed, ...asks]]
}

function opened(
  before: Pair,
  was: Session,
  received: Received & { readonly kind: 'opened' },
  nowSeconds: number,
): PairReceived {
  const { session, content, isOwnRollback } = received
  const placed = withSession(before, session, nowSeconds)
  const [confirmed, lines] = confirmRenewal(placed, was, session)
  const after = observe(confirmed, session, isOwnRollback, nowSeconds)
  const effects = [...lines, ...frameEffects(content, session), ...after.effects]
  return { outcome: 'opened', pair: after.pair, effects }
}

/** What a message says about the sessions, beside what is in it. */
function observe(
  pair: Pair,
  session: Session,
  isOwnRollback: boolean,
  nowSeconds: number,
): Outcome {
  if (isOwnRollback) return broken(pair, session, null, nowSeconds)
  if (isOutdated(pair, session)) return stray(pair, null, nowSeconds)
  if (pair.active !== session || pair.renewal.straySinceSeconds === null) {
    return { pair, effects: [] }
  }
  const { renewal, references } = endStray(pair.renewal)
  const frame: Frame = { kind: 'resend', references }
  const asks: PairEffect[] = references.length > 0 ? [{ kind: 'send', frame }] : []
  return { pair: { ...pair, renewal }, effects: asks }
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

/** What the trace says about a message that does not open. */
function unopened(
  crypto: Crypto,
  pair: Pair,
  message: Uint8Array,
  options: ReceiveOptions,
): PairReceived | null {
  const parts = splitMessage(message)
  if (parts === null) return null
  const digest = digestOf(crypto, parts.sealed)
  for (const session of sessionsOf(pair)) {
    const covered = coveredBy(digest, !session.isInitiator, options.associated)
    const trace = openTrace(crypto, session.traceKey, covered, parts.trace)
    if (trace === null) continue
    const isNew =
      trace.count > session.openedCount || !session.incarnations.includes(trace.incarnation)
    if (!isNew) return { outcome: 'repeated', pair, effects: [] }
    const reference = digest.slice(0, REFERENCE_BYTES)
    return { outcome: 'unopened', ...broken(pair, session, reference, options.nowSeconds) }
  }
  return null
}

/** Genuine, and it will never open: either side's state went back in time. */
function lost(
  crypto: Crypto,
  pair: Pair,
  session: Session,
  message: Uint8Array,
  nowSeconds: number,
): PairReceived {
  const reference = referenceOf(crypto, message)
  return { outcome: 'unopened', ...broken(pair, session, reference, nowSeconds) }
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
    const isReplay = received.kind === 'used' && !received.isPeerRollback
    if (isReplay) return { outcome: 'repeated', pair, effects: [] }
    return lost(crypto, pair, session, message, options.nowSeconds)
  }
  const failed = unopened(crypto, pair, message, options)
  if (failed === null && attempt !== null) throw attempt.error
  return failed
}

/** Where a session that the peer began belongs. session.md §8 */
function placeAnswered(pair: Pair, session: Session): Session {
  const { active } = pair
  if (active === null || session.rank > active.rank || !isConfirmed(active)) return session
  const isLate = !active.isInitiator && session.createdSeconds < active.createdSeconds
  // The peer no longer has the active session, or says so late: this one must win on both sides.
  return isLate ? session : { ...session, rank: active.rank + 1 }
}

/** Whether a new session is worth a line, or two people only wrote to each other at once. */
function isBreak(active: Session, rank: number, nowSeconds: number): boolean {
  if (!isConfirmed(active)) return false
  const isYoung = nowSeconds - active.createdSeconds < CROSSING_SECONDS
  return !(active.isInitiator && isYoung && rank === active.rank)
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
  if (received?.kind !== 'opened') throw new ProtocolError('SESSION_SEAL', 'first message')
  const session = placeAnswered(pair, received.session)
  const placed = withSession(pair, session, nowSeconds)
  const isRenewal = pair.active !== null && isBreak(pair.active, introduction.rank, nowSeconds)
  const [after, lines] = isRenewal ? acceptRenewal(placed) : [placed, []]
  const used = { id: prekeyId, oneTimeId: introduction.oneTimeId, handshake: handshakeId }
  return {
    outcome: 'opened',
    pair: after,
    effects: [...lines, ...frameEffects(received.content, session)],
    ring: answerHandshake(ring, used),
  }
}
