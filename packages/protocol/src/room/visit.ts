// One visit to a room: who else is there, and what is said, each thing once. A value; each step
// returns the next one. room.md §5
import { toHex } from '../codec/bytes.ts'
import {
  ROOM_HERE_SECONDS,
  ROOM_SILENT_SECONDS,
  TIMESTAMP_AHEAD_SECONDS_MAX,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { ROOM_SENDERS_MAX, ROOM_WINDOW_MESSAGES } from '../limits.ts'
import { laneDay } from '../mailbox/lane.ts'
import { advanceRoom, type RoomDay, type RoomKeys } from './keys.ts'
import { openRoomMessage, type RoomMessage, type RoomSaying, sealRoomMessage } from './message.ts'
import { NOTHING_SEEN, type SeenNumbers, withSeen } from './window.ts'

export interface Visitor {
  readonly key: Uint8Array
  /** The one of its newest message. */
  readonly alias: string
  readonly lastSeconds: number
  readonly lastDay: number
  readonly newest: number
  readonly seen: SeenNumbers
  readonly isHere: boolean
}

export interface RoomVisit {
  readonly keys: RoomKeys
  /** Of this visit only, so that two visits have nothing in common. */
  readonly seed: Secret
  readonly self: Uint8Array
  readonly alias: string
  readonly counter: number
  /** When we last said anything, and nothing before we entered. */
  readonly saidSeconds: number | null
  /** By the hex of their keys. */
  readonly visitors: ReadonlyMap<string, Visitor>
}

export function startVisit(crypto: Crypto, keys: RoomKeys, alias: string): RoomVisit {
  return startVisitWith(crypto, keys, alias, Secret.adopt(crypto.randomBytes(KEY_BYTES)))
}

export function startVisitWith(
  crypto: Crypto,
  keys: RoomKeys,
  alias: string,
  seed: Secret,
): RoomVisit {
  const self = crypto.ed25519Public(seed)
  const visitors = new Map<string, Visitor>()
  return { keys, seed, self, alias, counter: 0, saidSeconds: null, visitors }
}

export interface Said {
  readonly visit: RoomVisit
  readonly bytes: Uint8Array
  /** Whose lane it goes to. */
  readonly day: RoomDay
}

export function say(
  crypto: Crypto,
  before: RoomVisit,
  saying: RoomSaying,
  nowSeconds: number,
): Said {
  const keys = advanceRoom(crypto, before.keys, nowSeconds)
  const today = laneDay(nowSeconds)
  const day = keys.days.find((one) => one.day >= today) ?? keys.days.at(-1)!
  const { self: sender, counter, alias, seed } = before
  const timeSeconds = Math.floor(nowSeconds)
  const message: RoomMessage = { sender, counter, timeSeconds, alias, saying }
  const bytes = sealRoomMessage(crypto, keys, day, message, seed)
  const saidSeconds = saying.kind === 'leave' ? null : timeSeconds
  return { visit: { ...before, keys, counter: counter + 1, saidSeconds }, bytes, day }
}

export function rename(visit: RoomVisit, alias: string): RoomVisit {
  return { ...visit, alias }
}

export interface Heard {
  readonly visit: RoomVisit
  readonly message: RoomMessage
  /** Whether this brought the visitor in, or back. */
  readonly hasEntered: boolean
  /** Whether somebody else who is here has the same alias. */
  readonly isAliasShared: boolean
}

/** Null for what no open day's key opens, and for what we said ourselves. */
export function hear(
  crypto: Crypto,
  before: RoomVisit,
  bytes: Uint8Array,
  nowSeconds: number,
): Heard | null {
  const visit = passTime(crypto, before, nowSeconds).visit
  const opened = openRoomMessage(crypto, visit.keys, bytes)
  if (opened === null) return null
  const { message, day } = opened
  const name = toHex(message.sender)
  if (name === toHex(visit.self)) return null
  if (message.timeSeconds > nowSeconds + TIMESTAMP_AHEAD_SECONDS_MAX) {
    throw new ProtocolError('ROOM_FUTURE')
  }
  const known = visit.visitors.get(name)
  if (known === undefined && visit.visitors.size >= ROOM_SENDERS_MAX) {
    throw new ProtocolError('ROOM_LIMIT', `${ROOM_SENDERS_MAX} visitors`)
  }
  const seen = withSeen(known?.seen ?? NOTHING_SEEN, message.counter, ROOM_WINDOW_MESSAGES)
  if (seen === null) throw new ProtocolError('ROOM_STALE')
  const next = after(known, message, { day, seen, nowSeconds })
  const visitors = new Map(visit.visitors).set(name, next)
  const isAliasShared =
    (next.alias === visit.alias && visit.saidSeconds !== null) ||
    [...visitors].some(([id, one]) => id !== name && one.isHere && one.alias === next.alias)
  const hasEntered = next.isHere && !(known?.isHere ?? false)
  return { visit: { ...visit, visitors }, message, hasEntered, isAliasShared }
}

/** A late message tells what was said, not who is here or under which name. */
function after(
  known: Visitor | undefined,
  message: RoomMessage,
  at: { readonly day: number; readonly seen: SeenNumbers; readonly nowSeconds: number },
): Visitor {
  const lastDay = Math.max(at.day, known?.lastDay ?? 0)
  if (known !== undefined && message.counter < known.newest) {
    return { ...known, seen: at.seen, lastDay }
  }
  const isRecent = at.nowSeconds - message.timeSeconds < ROOM_SILENT_SECONDS
  return {
    key: message.sender,
    alias: message.alias,
    // A clock ahead of ours does not make anybody stay longer.
    lastSeconds: Math.min(message.timeSeconds, at.nowSeconds),
    lastDay,
    newest: message.counter,
    seen: at.seen,
    isHere: isRecent && message.saying.kind !== 'leave',
  }
}

export interface TimePassed {
  readonly visit: RoomVisit
  /** From whom nothing has come for too long. */
  readonly fellSilent: readonly Visitor[]
  /** Whether to say `here`. */
  readonly isDue: boolean
}

/** Also forgets those of whose days no key is left: nothing of them can come again. */
export function passTime(crypto: Crypto, before: RoomVisit, nowSeconds: number): TimePassed {
  const keys = advanceRoom(crypto, before.keys, nowSeconds)
  const oldest = keys.days[0]!.day
  const fellSilent: Visitor[] = []
  let visitors: Map<string, Visitor> | null = null
  for (const [name, visitor] of before.visitors) {
    if (visitor.lastDay < oldest) {
      visitors ??= new Map(before.visitors)
      visitors.delete(name)
      if (visitor.isHere) fellSilent.push(visitor)
    } else if (visitor.isHere && nowSeconds - visitor.lastSeconds >= ROOM_SILENT_SECONDS) {
      visitors ??= new Map(before.visitors)
      visitors.set(name, { ...visitor, isHere: false })
      fellSilent.push(visitor)
    }
  }
  const isDue = before.saidSeconds !== null && nowSeconds - before.saidSeconds >= ROOM_HERE_SECONDS
  return { visit: { ...before, keys, visitors: visitors ?? before.visitors }, fellSilent, isDue }
}

/** Who is here, besides us. */
export function present(visit: RoomVisit): readonly Visitor[] {
  return [...visit.visitors.values()].filter(({ isHere }) => isHere)
}
