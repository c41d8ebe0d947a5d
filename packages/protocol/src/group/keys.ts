// All keys of one group that one device holds. A value: each step returns the next one, to be
// written before what the step made is used. group.md §7
import { compareBytes, equalBytes } from '../codec/bytes.ts'
import { ROTATION_PARENTS_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Secret } from '../crypto/secret.ts'
import {
  GROUP_EPOCH_KEEP_SECONDS,
  GROUP_EPOCHS_MAX,
  GROUP_PSK_KEEP_SECONDS,
  GROUP_ROTATION_MESSAGES,
  GROUP_ROTATION_SECONDS,
} from '../limits.ts'
import type { Epoch } from './epoch.ts'
import { pskIdOf } from './epoch.ts'
import { packedTags, type Roster, tagNumber, tagOf } from './roster.ts'

export interface GroupKeys {
  readonly groupId: Uint8Array
  /** In the order in which they came. */
  readonly epochs: readonly Epoch[]
}

export function emptyGroupKeys(groupId: Uint8Array): GroupKeys {
  return { groupId: Uint8Array.from(groupId), epochs: [] }
}

export function findEpoch(keys: GroupKeys, id: Uint8Array): Epoch | null {
  return keys.epochs.find((epoch) => equalBytes(epoch.id, id)) ?? null
}

/** Those that no other known epoch follows, the lowest id first. */
export function epochHeads(keys: GroupKeys): readonly Epoch[] {
  return keys.epochs
    .filter(({ id }) => !keys.epochs.some(({ parents }) => hasId(parents, id)))
    .sort((a, b) => compareBytes(a.id, b.id))
}

function hasId(ids: readonly Uint8Array[], id: Uint8Array): boolean {
  return ids.some((one) => equalBytes(one, id))
}

export function rotationParents(keys: GroupKeys): readonly Epoch[] {
  return epochHeads(keys).slice(0, ROTATION_PARENTS_MAX)
}

/** The key with that id, among those of the epochs. */
export function findPsk(crypto: Crypto, keys: GroupKeys, id: Uint8Array): Secret | null {
  const holder = keys.epochs.find(({ psk }) => psk !== null && equalBytes(pskIdOf(crypto, psk), id))
  return holder?.psk ?? null
}

/** What it follows is superseded from now on, and so is it if what follows it came first. */
export function withEpoch(keys: GroupKeys, epoch: Epoch, nowSeconds: number): GroupKeys {
  const isFollowed = keys.epochs.some(({ parents }) => hasId(parents, epoch.id))
  const added = isFollowed ? { ...epoch, supersededSeconds: nowSeconds } : epoch
  const epochs = keys.epochs.map((one) =>
    one.supersededSeconds === null && hasId(epoch.parents, one.id)
      ? { ...one, supersededSeconds: nowSeconds }
      : one,
  )
  return forgetEpochs({ ...keys, epochs: [...epochs, added] }, nowSeconds)
}

export function replaceEpoch(keys: GroupKeys, epoch: Epoch): GroupKeys {
  const at = keys.epochs.findIndex(({ id }) => equalBytes(id, epoch.id))
  return { ...keys, epochs: keys.epochs.with(at, epoch) }
}

/** Keys that nothing can arrive for any more. The same value when there are none. */
export function forgetEpochs(keys: GroupKeys, nowSeconds: number): GroupKeys {
  const oldest = nowSeconds - GROUP_EPOCH_KEEP_SECONDS
  let epochs = keys.epochs.filter(
    ({ supersededSeconds }) => supersededSeconds === null || supersededSeconds >= oldest,
  )
  while (epochs.length > GROUP_EPOCHS_MAX) {
    // Without a superseded one somebody makes branches on purpose: the oldest branch goes.
    const at = epochs.findIndex(({ supersededSeconds }) => supersededSeconds !== null)
    epochs = epochs.toSpliced(Math.max(0, at), 1)
  }
  const spent = nowSeconds - GROUP_PSK_KEEP_SECONDS
  const isSpent = ({ psk, supersededSeconds }: Epoch) =>
    psk !== null && supersededSeconds !== null && supersededSeconds < spent
  if (epochs.some(isSpent)) {
    epochs = epochs.map((epoch) => (isSpent(epoch) ? { ...epoch, psk: null } : epoch))
  } else if (epochs.length === keys.epochs.length) {
    return keys
  }
  return { ...keys, epochs }
}

function includesGone(crypto: Crypto, keys: GroupKeys, epoch: Epoch, roster: Roster): boolean {
  const tags = packedTags(epoch.tags)
  return roster.gone.some((one) => tags.has(tagNumber(tagOf(crypto, keys.groupId, one))))
}

/** The epoch to send in: null means that a rotation must come first. */
export function sendingEpoch(crypto: Crypto, keys: GroupKeys, roster: Roster): Epoch | null {
  const may = epochHeads(keys).filter(
    (epoch) =>
      epoch.maySend && epoch.ownIndex !== null && !includesGone(crypto, keys, epoch, roster),
  )
  return may[0] ?? null
}

/** `removed`, `none`: nothing may be sent before. The others: it is due, and sending goes on. */
export type RotationReason = 'none' | 'removed' | 'added' | 'age' | 'count'

export function rotationReason(
  crypto: Crypto,
  keys: GroupKeys,
  roster: Roster,
  nowSeconds: number,
): RotationReason | null {
  const epoch = sendingEpoch(crypto, keys, roster)
  if (epoch === null) {
    const heads = epochHeads(keys)
    const isRemoved = heads.some((head) => includesGone(crypto, keys, head, roster))
    return isRemoved ? 'removed' : 'none'
  }
  const tags = packedTags(epoch.tags)
  const isMissing = roster.active.some(
    (one) => !tags.has(tagNumber(tagOf(crypto, keys.groupId, one))),
  )
  if (isMissing) return 'added'
  if (nowSeconds - epoch.receivedSeconds >= GROUP_ROTATION_SECONDS) return 'age'
  const messages = epoch.chains.reduce((sum, { counter }) => sum + counter, 0)
  return messages >= GROUP_ROTATION_MESSAGES ? 'count' : null
}

/**
 * For a state that came out of a backup, or may have: what it would send under its next number
 * was perhaps sent already. It receives as before, and rotates before it sends.
 */
export function retireSending(keys: GroupKeys): GroupKeys {
  return { ...keys, epochs: keys.epochs.map((epoch) => ({ ...epoch, maySend: false })) }
}
