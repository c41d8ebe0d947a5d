// When a session is to be replaced, and how often. session.md §8
import { equalBytes } from '../codec/bytes.ts'
import { RESEND_REFERENCES_MAX } from '../constants.ts'
import { RENEWAL_SECONDS_MAX, RENEWAL_SECONDS_MIN, STRAY_SECONDS } from '../limits.ts'

export interface Renewal {
  /** Something was broken, and no newer session has been answered yet. */
  readonly isWanted: boolean
  readonly attempts: number
  /** The rank of the session that was begun for it: it repeats its handshake until answered. */
  readonly attemptRank: number | null
  readonly notBeforeSeconds: number
  /** Messages to ask for again, oldest first. */
  readonly unopened: readonly Uint8Array[]
  /** Since when the peer writes in an older session only, though the newer one had worked. */
  readonly straySinceSeconds: number | null
}

export const NO_RENEWAL: Renewal = {
  isWanted: false,
  attempts: 0,
  attemptRank: null,
  notBeforeSeconds: 0,
  unopened: [],
  straySinceSeconds: null,
}

/** Beyond the limit the oldest goes; the conversation asks for what is still missing then. */
export function noteUnopened(renewal: Renewal, reference: Uint8Array): Renewal {
  if (renewal.unopened.some((known) => equalBytes(known, reference))) return renewal
  const unopened = [...renewal.unopened.slice(-(RESEND_REFERENCES_MAX - 1)), reference]
  return { ...renewal, unopened }
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
export function noteStray(renewal: Renewal, nowSeconds: number): Renewal {
  const since = renewal.straySinceSeconds
  if (since === null) return { ...renewal, straySinceSeconds: nowSeconds }
  return nowSeconds >= since + STRAY_SECONDS ? wantRenewal(renewal) : renewal
}

/** A message came in the session that it should come in: now it can be asked for what strayed. */
export function endStray(renewal: Renewal): {
  readonly renewal: Renewal
  readonly references: readonly Uint8Array[]
} {
  const ended = { ...renewal, straySinceSeconds: null }
  // What a renewal is wanted for is asked for in the session that it brings.
  if (renewal.isWanted) return { renewal: ended, references: [] }
  return { renewal: { ...ended, unopened: [] }, references: renewal.unopened }
}

/** A newer session was answered. What was asked for has been asked in it. */
export function endRenewal(renewal: Renewal): Renewal {
  return { ...NO_RENEWAL, attempts: renewal.attempts, notBeforeSeconds: renewal.notBeforeSeconds }
}
