// Which mailboxes are ours: the lanes of every session, and our doors, of each day on which
// something may still come. mailbox.md §7
import { concatBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import { DAY_SECONDS } from '@ezchat/protocol/constants.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { recordMailbox } from '@ezchat/protocol/identity/record.ts'
import { MailboxBook } from '@ezchat/protocol/mailbox/book.ts'
import { doorPeriodStartSeconds, doorSecretIn } from '@ezchat/protocol/mailbox/door.ts'
import { type Direction, deriveLane, laneDay } from '@ezchat/protocol/mailbox/lane.ts'
import { type MailboxKind, readableWindow } from '@ezchat/protocol/mailbox/window.ts'
import { type Pair, sessionsOf } from '@ezchat/protocol/session/pair.ts'
import type { Session } from '@ezchat/protocol/session/session.ts'
import { type PairKey, pairKeyOf } from './pairs.ts'
import { nowSecondsOf, type Terms } from './terms.ts'

export type MailboxOwner =
  | { readonly kind: 'lane'; readonly pair: PairKey }
  | { readonly kind: 'door' }

export interface Door {
  readonly identityKey: Uint8Array
  readonly doorSecret: Secret | null
}

interface KnownSession {
  readonly session: Session
  readonly owner: MailboxOwner
  lastDay: number
}

/** Lanes that were used for sending, by session and day. */
const LANES_REMEMBERED_MAX = 4096
const DOORS_REMEMBERED_MAX = 4096

export class Mailboxes {
  readonly #terms: Terms
  readonly #book: MailboxBook<MailboxOwner>
  readonly #sessions = new Map<string, KnownSession>()
  readonly #pairs = new Map<PairKey, MailboxOwner>()
  readonly #doors: Door[] = []
  readonly #doorOwner: MailboxOwner = { kind: 'door' }
  readonly #lanes = new Map<string, Uint8Array>()
  readonly #peerDoors = new Map<string, Uint8Array>()
  /** The same bytes come with every state of a session. */
  #knownIds = new WeakSet<Uint8Array>()
  readonly #ownDoors = new Map<string, Uint8Array>()
  #isDoorNew = false
  #doorLast = -1
  #turnAtSeconds = 0

  constructor(terms: Terms) {
    this.#terms = terms
    this.#book = new MailboxBook(terms.network.ttlDays)
  }

  find(mailbox: Uint8Array): MailboxOwner | null {
    return this.#book.find(mailbox)?.owner ?? null
  }

  /** Mailboxes of our doors that were computed before: each costs a multiplication on the curve. */
  recall(remembered: Uint8Array): void {
    const reader = new Reader(remembered, 'STATE')
    while (reader.left > 0) {
      const name = `${toHex(reader.bytes(32))} ${reader.u32()}`
      this.#ownDoors.set(name, reader.bytes(32).slice())
    }
  }

  /** For `recall` at the next start; null when nothing was added. */
  remember(): Uint8Array | null {
    if (!this.#isDoorNew) return null
    this.#isDoorNew = false
    const { first } = this.#window('door')
    const writer = new Writer(4096)
    for (const [name, mailbox] of this.#ownDoors) {
      const [door, period] = name.split(' ')
      if (Number(period) < first) this.#ownDoors.delete(name)
      else writer.bytes(fromHex(door!)).u32(Number(period)).bytes(mailbox, 32)
    }
    return writer.finish()
  }

  openDoor(door: Door): void {
    this.#doors.push(door)
    const { first, last } = this.#window('door')
    for (let period = first; period <= last; period++) this.#addDoor(door, period)
    this.#doorLast = Math.max(this.#doorLast, last)
  }

  /** The mailboxes that are new by it: something may lie there already. */
  addPair(pair: Pair): Uint8Array[] {
    const key = pairKeyOf(pair.peer)
    const owner = this.#pairs.get(key) ?? { kind: 'lane', pair: key }
    this.#pairs.set(key, owner)
    const fresh: Uint8Array[] = []
    for (const session of sessionsOf(pair)) {
      const name = toHex(session.id)
      if (this.#sessions.has(name)) continue
      const { first, last } = this.#window('lane')
      this.#sessions.set(name, { session, owner, lastDay: last })
      const since = Math.max(first, this.#firstDay(session))
      for (let day = since; day <= last; day++) fresh.push(this.#addLane(session, owner, day))
    }
    return fresh
  }

  isKnown({ id }: Session): boolean {
    if (this.#knownIds.has(id)) return true
    const isKnown = this.#sessions.has(toHex(id))
    if (isKnown) this.#knownIds.add(id)
    return isKnown
  }

  /** Of somebody who is blocked, or a device that was revoked. */
  removePair(key: PairKey): void {
    const owner = this.#pairs.get(key)
    if (owner === undefined) return
    this.#book.remove(owner)
    this.#pairs.delete(key)
    this.#knownIds = new WeakSet()
    for (const [name, known] of this.#sessions) {
      if (known.owner === owner) this.#sessions.delete(name)
    }
  }

  /** A day has begun: its mailboxes open, and those of the oldest close. When to call next, in s. */
  turn(): number {
    const nowSeconds = nowSecondsOf(this.#terms)
    const lanes = this.#window('lane')
    for (const known of this.#sessions.values()) {
      for (let day = known.lastDay + 1; day <= lanes.last; day++) {
        this.#addLane(known.session, known.owner, day)
      }
      known.lastDay = lanes.last
    }
    const doors = this.#window('door')
    for (let period = this.#doorLast + 1; period <= doors.last; period++) {
      for (const door of this.#doors) this.#addDoor(door, period)
    }
    this.#doorLast = doors.last
    this.#book.expire(nowSeconds)
    const nextLane = lanes.last * DAY_SECONDS
    this.#turnAtSeconds = Math.min(nextLane, doorPeriodStartSeconds(doors.last + 1) - DAY_SECONDS)
    return this.#turnAtSeconds
  }

  /** A machine that slept, or whose clock was set, is in another day before any timer says so. */
  turnIfDue(): void {
    if (nowSecondsOf(this.#terms) >= this.#turnAtSeconds) this.turn()
  }

  /** All of them, doors first: whoever begins a session does so there. */
  all(): Uint8Array[] {
    const { first, last } = this.#window('door')
    const doors: Uint8Array[] = []
    for (let period = first; period <= last; period++) {
      for (const door of this.#doors) doors.push(this.#ownDoor(door, period))
    }
    const lanes: Uint8Array[] = []
    for (const { session } of this.#sessions.values()) {
      const window = this.#window('lane')
      const since = Math.max(window.first, this.#firstDay(session))
      for (let day = since; day <= window.last; day++) lanes.push(this.#incoming(session, day))
    }
    return [...doors, ...lanes]
  }

  doorOf(door: Door, period: number): Uint8Array {
    const { crypto, network } = this.#terms
    const secret = door.doorSecret
    const secretName = secret === null ? '' : this.#nameOf(secret)
    const name = `${toHex(door.identityKey)} ${secretName} ${period}`
    const known = this.#peerDoors.get(name)
    if (known !== undefined) return known
    const mailbox = recordMailbox(crypto, { networkId: network.id, ...door }, period)
    forgetOldest(this.#peerDoors, DOORS_REMEMBERED_MAX)
    this.#peerDoors.set(name, mailbox)
    return mailbox
  }

  /** Where we write in a session on the day of a timestamp. */
  outgoing(session: Session, timestampSeconds: number): Uint8Array {
    return this.#lane(session, session.isInitiator ? 0 : 1, laneDay(timestampSeconds))
  }

  #incoming(session: Session, day: number): Uint8Array {
    return this.#lane(session, session.isInitiator ? 1 : 0, day)
  }

  #lane(session: Session, direction: Direction, day: number): Uint8Array {
    const name = `${toHex(session.id)} ${direction} ${day}`
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const { crypto, network } = this.#terms
    const terms = { networkId: network.id, direction, day }
    const lane = deriveLane(crypto, session.laneSecret, terms)
    lane.signSeed.wipe()
    lane.sealKey.wipe()
    forgetOldest(this.#lanes, LANES_REMEMBERED_MAX)
    this.#lanes.set(name, lane.mailbox)
    return lane.mailbox
  }

  #addLane(session: Session, owner: MailboxOwner, day: number): Uint8Array {
    const mailbox = this.#incoming(session, day)
    this.#book.add(mailbox, { owner, kind: 'lane', day })
    return mailbox
  }

  #addDoor(door: Door, period: number): void {
    const mailbox = this.#ownDoor(door, period)
    this.#book.add(mailbox, { owner: this.#doorOwner, kind: 'door', day: period })
  }

  #ownDoor(door: Door, period: number): Uint8Array {
    const { crypto, network } = this.#terms
    const own = doorSecretIn(crypto, network.id, door.doorSecret)
    const name = `${toHex(crypto.sha256(concatBytes(door.identityKey, own)))} ${period}`
    const known = this.#ownDoors.get(name)
    if (known !== undefined) return known
    const mailbox = recordMailbox(crypto, { networkId: network.id, ...door }, period)
    this.#ownDoors.set(name, mailbox)
    this.#isDoorNew = true
    return mailbox
  }

  /** Nothing came in a session before it began; clocks differ by a day, or are wrong altogether. */
  #firstDay({ createdSeconds }: Session): number {
    const isPlausible = createdSeconds <= nowSecondsOf(this.#terms) + DAY_SECONDS
    return isPlausible ? Math.max(0, laneDay(createdSeconds) - 1) : 0
  }

  #window(kind: MailboxKind) {
    return readableWindow(kind, nowSecondsOf(this.#terms), this.#terms.network.ttlDays)
  }

  /** A name for the cache, which is in memory only and shows nothing. */
  #nameOf(secret: Secret): string {
    const digest = this.#terms.crypto.sha256(secret.reveal())
    return toHex(digest.subarray(0, 8))
  }
}

function forgetOldest<T>(map: Map<string, T>, countMax: number): void {
  if (map.size >= countMax) map.delete(map.keys().next().value!)
}
