// When a session is to be replaced, and how often. session.md §8
import { equalBytes } from '../codec/bytes.ts'
import { RESEND_REFERENCES_MAX } from '../constants.ts'
import { RENEWAL_SECONDS_MAX, RENEWAL_SECONDS_MIN } from '../limits.ts'

export interface Renewal {
  /** Something was broken, and no newer session has been answered yet. */
  readonly isWanted: boolean
  readonly attempts: number
  /** The rank of the session that was begun for it: it repeats its handshake until answered. */
  readonly attemptRank: number | null
  readonly notBeforeSeconds: number
  /** Messages that never opened, oldest first: each shows a loss once, its copies nothing. */
  readonly noted: readonly Uint8Array[]
  /** How many of them, at the end, are still to be asked for. */
  readonly unaskedCount: number
  /** Since when the peer writes in an older session only, though the newer one had worked. */
  readonly straySinceSeconds: number | null
  /** Something was asked for in the newer session, and nothing has come in it since. */
  readonly isAsked: boolean
}

export const NO_RENEWAL: Renewal = {
  isWanted: false,
  attempts: 0,
  attemptRank: null,
  notBeforeSeconds: 0,
  noted: [],
  unaskedCount: 0,
  straySinceSeconds: null,
  isAsked: false,
}

export function isNoted({ noted }: Renewal, reference: Uint8Array): boolean {
  return noted.some((known) => equalBytes(known, reference))
}

/** Beyond the limit the oldest goes; the conversation asks for what is still missing then. */
export function noteUnopened(renewal: Renewal, reference: Uint8Array): Renewal {
  if (isNoted(renewal, reference)) return renewal
  const noted = [...renewal.noted.slice(-(RESEND_REFERENCES_MAX - 1)), reference]
  return { ...renewal, noted, unaskedCount: Math.min(renewal.unaskedCount + 1, noted.length) }
}

/** What is to be asked for. */
export function unopenedOf({ noted, unaskedCount }: Renewal): readonly Uint8Array[] {
  return noted.slice(noted.length - unaskedCount)
}

export function wantRenewal(renewal: Renewal): Renewal {
  return renewal.isWanted ? renewal : { ...renewal, isWanted: true, attemptRank: null }
}

/** What is broken is the very session that was to mend it. */
export function failAttempt(renewal: Renewal, rank: number): Renewal {
  return renewal.attemptRank === rank ? { ...renewal, attemptRank: null } : renewal
}

/** Null when none is wanted; otherwise when the next attempt may be made. */
export function renewalDueSeconds(renewal: Renewal): number | null {
  return renewal.isWanted ? renewal.notBeforeSeconds : null
}

/** An attempt is made now: the next one waits twice as long. A quiet day forgives. */
export function attemptRenewal(renewal: Renewal, nowSeconds: number): Renewal {
  const isForgiven = nowSeconds >= renewal.notBeforeSeconds + RENEWAL_SECONDS_MAX
  const attempts = isForgiven ? 0 : renewal.attempts
  const waitSeconds = Math.min(RENEWAL_SECONDS_MIN * 2 ** attempts, RENEWAL_SECONDS_MAX)
  return {
    ...renewal,
    attempts: Math.min(attempts + 1, 32),
    notBeforeSeconds: nowSeconds + waitSeconds,
  }
}

/** A message came in an older session: it was under way, or the peer has lost the newer one. */
export function noteStray(renewal: Renewal, patienceSeconds: number, nowSeconds: number): Renewal {
  const since = renewal.straySinceSeconds
  if (since === null) return { ...renewal, straySinceSeconds: nowSeconds }
  return nowSeconds >= since + patienceSeconds ? wantRenewal(renewal) : renewal
}

/** A message came in the session that it should come in. The same value when nothing strayed. */
export function endStray(renewal: Renewal): Renewal {
  const isQuiet = renewal.straySinceSeconds === null && !renewal.isAsked
  return isQuiet ? renewal : { ...renewal, straySinceSeconds: null, isAsked: false }
}

/** All that is missing is asked for now. */
export function noteAsked(renewal: Renewal): Renewal {
  return { ...renewal, unaskedCount: 0 }
}

/** A newer session works. What was missing has been asked for in it. */
export function endRenewal({ attempts, notBeforeSeconds, noted }: Renewal): Renewal {
  return { ...NO_RENEWAL, attempts, notBeforeSeconds, noted }
}
