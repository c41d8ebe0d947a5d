// What follows when a message shows that a state was lost: in the session that we send in, or in
// an older one while the newer one works. session.md §8
import { STRAY_SECONDS, STRAY_UNSURE_SECONDS } from '../limits.ts'
import type { Frame } from './frame.ts'
import { hasHeard } from './incarnation.ts'
import { outranks, type Pair, type RenewEffect, tryRenewal } from './pair.ts'
import {
  endStray,
  failAttempt,
  noteAsked,
  noteStray,
  noteUnopened,
  unopenedOf,
  wantRenewal,
} from './renewal.ts'
import { isConfirmed, type Session } from './session.ts'

/** A message, as far as it says something about the sessions. */
export interface Sign {
  readonly session: Session
  readonly incarnation: number
  /** Null when it opened. */
  readonly reference: Uint8Array | null
}

export interface Outcome {
  readonly pair: Pair
  readonly effects: readonly RenewEffect[]
}

/** What we send in instead, when that is newer and has worked. */
function newerThan({ active }: Pair, session: Session): Session | null {
  return active !== null && isConfirmed(active) && outranks(active, session) ? active : null
}

/** How long messages in an older session may be under way. Null: the peer cannot know better. */
function patienceSeconds(newer: Session, { session, incarnation }: Sign): number | null {
  const isAgreed = outranks({ id: newer.id, rank: newer.peerRank }, session)
  // What one start of its program has sent in both was merely late: it has not lost the newer one.
  if (isAgreed && !hasHeard(newer.incarnations, incarnation)) return STRAY_SECONDS
  // Until we have written in the newer one, the peer may not know that it is the one to use.
  return isAgreed || newer.sentCount > 0 ? STRAY_UNSURE_SECONDS : null
}

/** What is missing is asked for in the newer session. */
function stray(pair: Pair, newer: Session, sign: Sign, nowSeconds: number): Outcome {
  const { reference } = sign
  const missing = reference === null ? pair.renewal : noteUnopened(pair.renewal, reference)
  const patience = patienceSeconds(newer, sign)
  const renewal = patience === null ? missing : noteStray(missing, patience, nowSeconds)
  const after = renewal === pair.renewal ? pair : { ...pair, renewal }
  if (renewal.isWanted) return tryRenewal(after, nowSeconds)
  // A peer that answers in the older session would be asked again, for the answer, without end.
  if (reference === null || renewal.isAsked) return { pair: after, effects: [] }
  return ask({ ...after, renewal: { ...renewal, isAsked: true } })
}

function ask(pair: Pair): Outcome {
  const references = unopenedOf(pair.renewal)
  if (references.length === 0) return { pair, effects: [] }
  const frame: Frame = { kind: 'resend', references }
  const renewal = noteAsked(pair.renewal)
  return { pair: { ...pair, renewal }, effects: [{ kind: 'send', frame }] }
}

/** Something in the session is not as it should be. */
export function showLoss(pair: Pair, sign: Sign, nowSeconds: number): Outcome {
  const { session, reference } = sign
  const newer = newerThan(pair, session)
  if (newer !== null) return stray(pair, newer, sign, nowSeconds)
  const noted = reference === null ? pair.renewal : noteUnopened(pair.renewal, reference)
  const renewal = failAttempt(wantRenewal(noted), session.rank)
  return tryRenewal({ ...pair, renewal }, nowSeconds)
}

/** A message opened as it should. */
export function showPresence(pair: Pair, sign: Sign, nowSeconds: number): Outcome {
  const newer = newerThan(pair, sign.session)
  if (newer !== null) return stray(pair, newer, sign, nowSeconds)
  const renewal = pair.active === sign.session ? endStray(pair.renewal) : pair.renewal
  if (renewal === pair.renewal) return { pair, effects: [] }
  const after = { ...pair, renewal }
  // What a renewal is wanted for is asked for in the session that it brings.
  return renewal.isWanted ? { pair: after, effects: [] } : ask(after)
}
