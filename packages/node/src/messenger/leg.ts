// One envelope that carries a message of ours to one device, and what became of it.
import type { LedgerStatus } from '@ezchat/protocol/conversation/ledger.ts'
import type { CourierEvent } from '../courier/event.ts'

/**
 * dropped: whoever holds the mailbox removed all that was older than a moment, this one perhaps
 * unread. lost: the disk changed what the outbox kept of it; another leg takes its place.
 */
type Stage = 'queued' | 'stored' | 'expired' | 'dropped' | 'lost'

/** It carries others beside it, and has no name until it is sealed. */
export interface Leg {
  /** Identity and device in hex. */
  readonly device: string
  reference: string
  stage: Stage
  receipts: number
  /** When it was seen that it was lost. */
  lostAtMs?: number
}

/** What a message has come to; refused: nothing more is done, and nobody has said to have it. */
export type SentStatus = LedgerStatus | 'refused'

export const isLost = ({ stage }: Leg): boolean => stage === 'lost'
const isOver = ({ stage }: Leg): boolean => stage === 'expired' || stage === 'dropped'

/** False where there is nothing to be written: the courier has it on disk, and is asked at a start. */
export function hearOfLeg(
  leg: Leg,
  event: Exclude<CourierEvent, { kind: 'failed' }>,
  nowMs: number,
): boolean {
  switch (event.kind) {
    case 'receipt':
      leg.receipts = Math.max(leg.receipts, event.count)
      return false
    case 'stored':
      leg.receipts = Math.max(leg.receipts, event.count)
      if (leg.stage === 'queued') leg.stage = 'stored'
      return true
    case 'expired':
      leg.stage = 'expired'
      return true
    case 'dropped':
      // By its name: it had come that far, and whether it was opened its reader says.
      if (!event.isNamed) leg.stage = 'dropped'
      else if (leg.stage === 'queued') leg.stage = 'stored'
      return true
    case 'damaged':
      if (leg.stage !== 'queued' && leg.stage !== 'stored') return false
      leg.stage = 'lost'
      leg.lostAtMs = nowMs
      return true
    default:
      return false
  }
}

/** What other devices of our own have is not what the other side has. */
export function statusOfLegs(legs: readonly Leg[], peer: string): SentStatus {
  const theirs = legs.filter((leg) => leg.device.startsWith(peer) && !isLost(leg))
  if (theirs.length === 0) return 'queued'
  if (theirs.every(isOver)) {
    return theirs.some(({ stage }) => stage === 'dropped') ? 'refused' : 'expired'
  }
  return theirs.every(({ stage }) => stage !== 'queued') ? 'stored' : 'queued'
}

/** Nothing more is done for any of them. */
export function haveEnded(legs: readonly Leg[]): boolean {
  const kept = legs.filter((leg) => !isLost(leg))
  return kept.length > 0 && kept.every(isOver)
}

/** Lost, and none after it goes to the same device. */
export function isToBeReplaced(legs: readonly Leg[], leg: Leg): boolean {
  return isLost(leg) && !legs.some((other) => other.device === leg.device && !isLost(other))
}

/** For the author, where something happened that a state alone does not tell. */
export function noteOfLegs(legs: readonly Leg[]): string | null {
  if (legs.some(({ stage }) => stage === 'dropped')) {
    return 'removed from the network for its recipient, perhaps unread'
  }
  return legs.some(isLost) ? LOST_NOTE : null
}

export const LOST_NOTE = 'the disk had changed it while it waited: it was written again'
