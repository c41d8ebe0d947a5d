// Which of its mailboxes an owner still has to know: mailbox.md §7.
import { DAY_SECONDS, TIMESTAMP_AHEAD_SECONDS_MAX } from '../constants.ts'
import { doorPeriod, doorPeriodStartSeconds } from './door.ts'
import { laneDay } from './lane.ts'

export type MailboxKind = 'door' | 'lane'

/** A lane's day or a door's period, both ends included. */
export interface MailboxWindow {
  readonly first: number
  readonly last: number
}

function numberAt(kind: MailboxKind, seconds: number): number {
  return kind === 'door' ? doorPeriod(seconds) : laneDay(seconds)
}

/** Every mailbox in which an envelope may still lie that has not expired anywhere. */
export function readableWindow(
  kind: MailboxKind,
  nowSeconds: number,
  ttlDays: number,
): MailboxWindow {
  const oldest = nowSeconds - ttlDays * DAY_SECONDS - TIMESTAMP_AHEAD_SECONDS_MAX
  return {
    first: numberAt(kind, Math.max(0, oldest)),
    last: numberAt(kind, nowSeconds + TIMESTAMP_AHEAD_SECONDS_MAX),
  }
}

/** From this second on, nothing can arrive for the mailbox of this day. */
export function unreadableFromSeconds(kind: MailboxKind, day: number, ttlDays: number): number {
  const end = kind === 'door' ? doorPeriodStartSeconds(day + 1) : (day + 1) * DAY_SECONDS
  return end + ttlDays * DAY_SECONDS + TIMESTAMP_AHEAD_SECONDS_MAX
}
