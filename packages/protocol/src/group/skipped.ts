// Keys of messages that have not come: group.md §7. Oldest first; each change is a new list.
import {
  GROUP_EPOCH_KEEP_SECONDS,
  GROUP_SKIPPED_MAX,
  GROUP_SKIPPED_PER_SENDER_MAX,
} from '../limits.ts'
import type { SkippedSenderKey } from './epoch.ts'

type Skipped = readonly SkippedSenderKey[]

export function findSkippedKey(
  skipped: Skipped,
  index: number,
  counter: number,
): SkippedSenderKey | null {
  return skipped.find((one) => one.index === index && one.counter === counter) ?? null
}

export function takeSkippedKey(
  skipped: Skipped,
  taken: SkippedSenderKey,
  nowSeconds: number,
): Skipped {
  return forgetSkippedKeys(
    skipped.filter((one) => one !== taken),
    nowSeconds,
  )
}

export function forgetSkippedKeys(skipped: Skipped, nowSeconds: number): Skipped {
  const oldest = nowSeconds - GROUP_EPOCH_KEEP_SECONDS
  const isOld = ({ storedSeconds }: SkippedSenderKey) => storedSeconds < oldest
  return skipped.some(isOld) ? skipped.filter((one) => !isOld(one)) : skipped
}

/** Of one sender; where there are too many, its oldest go first, then the oldest of all. */
export function addSkippedKeys(skipped: Skipped, added: Skipped, nowSeconds: number): Skipped {
  const [first] = added
  if (first === undefined) return forgetSkippedKeys(skipped, nowSeconds)
  const all = [...forgetSkippedKeys(skipped, nowSeconds), ...added]
  const ofSender = all.filter(({ index }) => index === first.index)
  const excess = new Set(
    ofSender.slice(0, Math.max(0, ofSender.length - GROUP_SKIPPED_PER_SENDER_MAX)),
  )
  const left = excess.size === 0 ? all : all.filter((one) => !excess.has(one))
  return left.slice(Math.max(0, left.length - GROUP_SKIPPED_MAX))
}
