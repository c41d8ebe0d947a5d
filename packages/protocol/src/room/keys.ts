// A room's keys, one a day, each from the one before: room.md §3.
import { ROOM_FIRST_DAY } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { HASH_LABELS, KEY_LABELS, labelled } from '../crypto/labels.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { assert } from '../errors.ts'
import { deriveGroupLane, type GroupLane } from '../group/lane.ts'
import { ROOM_HISTORY_DAYS_MAX } from '../limits.ts'
import { laneDay } from '../mailbox/lane.ts'

export interface RoomKeys {
  readonly networkId: Uint8Array
  /** The same for all who are in it; shown to nobody else. */
  readonly roomId: Uint8Array
  /** Consecutive days, the oldest first; from each follow all later ones. */
  readonly days: readonly RoomDay[]
  readonly historyDays: number
}

export interface RoomDay {
  readonly day: number
  readonly key: Secret
  readonly lane: GroupLane
  /** Under which the day's messages are sealed. */
  readonly seal: Secret
}

function dayOf(crypto: Crypto, networkId: Uint8Array, day: number, key: Secret): RoomDay {
  return {
    day,
    key,
    lane: deriveGroupLane(crypto, key, networkId, day),
    seal: derive(crypto, KEY_LABELS.roomSender, key, [], KEY_BYTES),
  }
}

function nextKey(crypto: Crypto, key: Secret): Secret {
  return derive(crypto, KEY_LABELS.roomNextDay, key, [], KEY_BYTES)
}

/** The days that are open at a time: yesterday and tomorrow too, since clocks differ. */
function openDays(nowSeconds: number, historyDays: number): { first: number; last: number } {
  const today = Math.max(laneDay(nowSeconds), ROOM_FIRST_DAY)
  return { first: Math.max(ROOM_FIRST_DAY, today - 1 - historyDays), last: today + 1 }
}

export function openRoom(
  crypto: Crypto,
  secret: Secret,
  networkId: Uint8Array,
  nowSeconds: number,
  historyDays = 0,
): RoomKeys {
  assert(historyDays >= 0 && historyDays <= ROOM_HISTORY_DAYS_MAX, `expected days: ${historyDays}`)
  const roomId = crypto.sha256(labelled(HASH_LABELS.roomTag, networkId, secret.reveal()))
  const { first } = openDays(nowSeconds, historyDays)
  let key = derive(crypto, KEY_LABELS.roomDay, secret, [networkId], KEY_BYTES)
  for (let day = ROOM_FIRST_DAY; day < first; day++) {
    const before = key
    key = nextKey(crypto, before)
    before.wipe()
  }
  const days = [dayOf(crypto, networkId, first, key)]
  return advanceRoom(crypto, { networkId, roomId, days, historyDays }, nowSeconds)
}

/** What is over is gone: who takes these keys later reads no earlier day. */
export function advanceRoom(crypto: Crypto, keys: RoomKeys, nowSeconds: number): RoomKeys {
  const { first, last } = openDays(nowSeconds, keys.historyDays)
  const newest = keys.days.at(-1)!.day
  if (newest >= last && keys.days[0]!.day >= first) return keys
  const days = [...keys.days]
  for (let day = newest + 1; day <= last; day++) {
    const key = nextKey(crypto, days.at(-1)!.key)
    days.push(dayOf(crypto, keys.networkId, day, key))
  }
  // A clock that was ahead may have let the oldest day go already; it does not come back.
  return { ...keys, days: days.filter(({ day }) => day >= first) }
}
