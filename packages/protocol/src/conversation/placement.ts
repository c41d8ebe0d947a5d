// Where an entry is shown, decided once. conversation.md §5
import {
  compareStamps,
  earlierStamp,
  FIRST_STAMP,
  LAST_STAMP,
  laterStamp,
  latestBelieved,
  type Stamp,
  stampAfter,
  stampBefore,
} from './stamp.ts'

export interface Surroundings {
  /** Where the same device's nearest entries are that we hold. */
  readonly below: Stamp | null
  readonly above: Stamp | null
  readonly parents: readonly Stamp[]
  /** The first of the entries that name it as their parent, when these came before it. */
  readonly child: Stamp | null
  /** Up to where the reader has read. */
  readonly read: Stamp
  readonly nowMs: number
}

export interface Placement {
  readonly stamp: Stamp
  /** It claims a time that has not come. */
  readonly isClockSuspect: boolean
  /** It claims a time before what has been read, and is shown after it. */
  readonly isLate: boolean
}

export function place(claimed: Stamp, around: Surroundings): Placement {
  const believed = earlierStamp(claimed, latestBelieved(around.nowMs))
  let stamp = believed
  for (const parent of around.parents) stamp = laterStamp(stamp, stampAfter(parent))
  // What we hold comes after it, and names it or what names it: it was written before that, its
  // place was shown as a gap, and another text there would not fit the chain.
  const isAwaited = around.above !== null || around.child !== null
  const isLate = !isAwaited && compareStamps(stamp, around.read) <= 0
  if (isLate) stamp = laterStamp(stamp, stampAfter(around.read))
  if (around.child !== null) stamp = earlierStamp(stamp, stampBefore(around.child))
  // The device's own order comes last and so wins: whoever lies misplaces their own entries.
  stamp = laterStamp(stamp, around.below ?? FIRST_STAMP)
  stamp = earlierStamp(stamp, around.above ?? LAST_STAMP)
  return { stamp, isClockSuspect: compareStamps(claimed, believed) > 0, isLate }
}
