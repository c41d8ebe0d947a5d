// Seals what is to be said for one device, and hands it to the courier, in the caller's draft.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { BUCKETS_BYTES, TIMESTAMP_STEP_SECONDS } from '@ezchat/protocol/constants.ts'
import { encodeParcel, type ParcelItem } from '@ezchat/protocol/device/parcel.ts'
import { activeDevices } from '@ezchat/protocol/device/roster.ts'
import {
  associatedData,
  bodyBytesOf,
  type EnvelopeHeader,
  encodeHeader,
  envelopeHeader,
} from '@ezchat/protocol/envelope/layout.ts'
import { isAllowedSize } from '@ezchat/protocol/envelope/rules.ts'
import { wrapBody } from '@ezchat/protocol/envelope/seal.ts'
import { assert, ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Device } from '@ezchat/protocol/identity/device-log.ts'
import { headOf } from '@ezchat/protocol/identity/device-log.ts'
import { PREKEY_CACHE_SECONDS } from '@ezchat/protocol/limits.ts'
import { doorPeriod } from '@ezchat/protocol/mailbox/door.ts'
import { encodeFrame, type Frame } from '@ezchat/protocol/session/frame.ts'
import {
  isStartDue,
  type Pair,
  pairOverheadBytes,
  sendInPair,
  startPair,
} from '@ezchat/protocol/session/pair.ts'
import type { Party } from '@ezchat/protocol/session/party.ts'
import { openPrekeys, type Prekeys } from '@ezchat/protocol/session/prekeys.ts'
import type { Draft } from './desk.ts'
import type { Parts } from './household.ts'
import { Loads, type OnSealed } from './loads.ts'
import { nowSecondsOf } from './terms.ts'

/** Between two messages that grow by a bucket to carry a key for the next KEM step. */
const KEM_ROOM_EVERY = 50

export interface PostHooks {
  /** A session began: its lanes are ours. */
  readonly onSession: (pair: Pair) => void
  /** Where carriers of our shard are: whoever hears of us first may know of none. */
  readonly hints: () => readonly string[]
}

export class Post {
  readonly #parts: Parts
  readonly #hooks: PostHooks
  readonly #loads = new Loads({
    roomsFor: (draft, party) => this.#roomsFor(draft, party),
    seal: (draft, party, items) => this.#seal(draft, party, items),
  })

  constructor(parts: Parts, hooks: PostHooks) {
    this.#parts = parts
    this.#hooks = hooks
  }

  /** Devices of somebody to write to; empty while their log is not known. */
  devicesOf(identityKey: Uint8Array): Device[] {
    const { people, self } = this.#parts
    const roster = people.roster(identityKey)
    if (roster === null) return []
    const own = toHex(self.own.deviceId)
    return activeDevices(roster).filter(({ id }) => toHex(id) !== own)
  }

  /**
   * The item leaves with this write, together with what else goes to the same device. False where
   * there is no session, and no prekeys to begin one with.
   */
  send(draft: Draft, party: Party, item: ParcelItem, onSealed: OnSealed = ignore): boolean {
    return this.#loads.add(draft, party, item, onSealed)
  }

  #seal(draft: Draft, party: Party, items: readonly ParcelItem[]): Uint8Array | null {
    const pair = this.#open(draft, party)
    if (pair === null) return null
    return this.sendFrame(draft, pair, this.#frame(pair, items))
  }

  #frame({ active, peer }: Pair, items: readonly ParcelItem[]): Frame {
    const isFirst = active?.handshake != null
    const said = isFirst ? [this.#introduction(peer), ...items] : items
    return { kind: 'content', content: this.#parcel(peer, said) }
  }

  #roomsFor(draft: Draft, party: Party): number[] | null {
    const pair = this.#open(draft, party)
    if (pair === null) return null
    const overhead = pairOverheadBytes(pair, nowSecondsOf(this.#parts.terms))
    assert(overhead !== null, 'expected a session')
    const taken = overhead.leastBytes + encodeFrame(this.#frame(pair, [])).length
    return this.#rooms().map((room) => Math.max(0, room - taken))
  }

  /** Begins a session beside those that there are. Null without prekeys. */
  renew(draft: Draft, pair: Pair): Uint8Array | null {
    const started = this.#start(draft, pair)
    return started === null ? null : this.sendFrame(draft, started.pair, started.frame)
  }

  sendFrame(draft: Draft, pair: Pair, frame: Frame): Uint8Array {
    const { terms, pairs, courier, self } = this.#parts
    const { crypto, network } = terms
    const nowSeconds = nowSecondsOf(terms)
    const header = this.#headerOf(pair, nowSeconds)
    const associated = associatedData(network, encodeHeader(network, header))
    const roomBytes = this.#roomFor(pair, encodeFrame(frame).length, nowSeconds)
    const { incarnation } = self
    const options = { roomBytes, nowSeconds, associated, incarnation }
    const sent = sendInPair(crypto, pair, frame, options)
    assert(sent !== null, 'expected a session to send in')
    pairs.set(draft, sent.pair)
    const envelope = wrapBody(network, header, sent.message)
    const { reference } = sent
    draft.raw(courier.draft([{ reference, envelope }]))
    draft.after(() => courier.accepted([reference]))
    return reference
  }

  #open(draft: Draft, party: Party): Pair | null {
    const pair = this.#parts.pairs.of(party)
    if (!isStartDue(pair, nowSecondsOf(this.#parts.terms))) return pair
    const started = this.#start(draft, pair)
    // A session that may be lost over there is better than none.
    return started?.pair ?? (pair.active === null ? null : pair)
  }

  #start(draft: Draft, pair: Pair): ReturnType<typeof startPair> | null {
    const { terms, self, pairs } = this.#parts
    const own = self.party
    const prekeys = this.#prekeysOf(pair.peer)
    if (prekeys === null || own === null) return null
    const options = { networkId: terms.network.id, nowSeconds: nowSecondsOf(terms) }
    const started = startPair(terms.crypto, pair, own, prekeys, options)
    pairs.set(draft, started.pair)
    draft.after(() => this.#hooks.onSession(started.pair))
    return started
  }

  /** Null where none were published, or they are no longer good. */
  #prekeysOf({ identityKey, deviceId, signKey }: Party): Prekeys | null {
    const { people, terms } = this.#parts
    const person = people.get(identityKey)
    const name = toHex(deviceId)
    const known = person?.prekeys.find(({ deviceId: id }) => toHex(id) === name)
    const nowSeconds = nowSecondsOf(terms)
    if (known === undefined || nowSeconds - person!.fetchedSeconds > PREKEY_CACHE_SECONDS)
      return null
    const device = { identityKey, deviceId, signKey }
    try {
      const reader = { networkId: terms.network.id, device, nowSeconds }
      return openPrekeys(terms.crypto, known.bundle, reader)
    } catch (error: unknown) {
      if (error instanceof ProtocolError) return null
      throw error
    }
  }

  #headerOf({ peer, active }: Pair, nowSeconds: number): EnvelopeHeader {
    const { people, mailboxes, terms } = this.#parts
    const { identityKey } = peer
    const person = people.of(identityKey)
    const shard = person.homeShard ?? 0
    assert(active !== null, 'expected a session')
    const rounded = nowSeconds - (nowSeconds % TIMESTAMP_STEP_SECONDS)
    const isDoor = active.handshake !== null
    const doorSecret = people.contact(identityKey)?.doorSecret ?? person.doorSecret
    const mailbox = isDoor
      ? mailboxes.doorOf({ identityKey, doorSecret }, doorPeriod(rounded))
      : mailboxes.outgoing(active, rounded)
    assert(shard >> terms.network.shardBits === 0, 'expected a shard of this network')
    return envelopeHeader({ shard, mailbox, nowSeconds })
  }

  /** The smallest bucket; now and then a larger one, or short messages would never step the KEM. */
  #roomFor(pair: Pair, frameBytes: number, nowSeconds: number): number {
    const overhead = pairOverheadBytes(pair, nowSeconds)
    assert(overhead !== null, 'expected a session')
    const { chain, number } = pair.active!.sending
    const isTurn = chain === null || number % KEM_ROOM_EVERY === 0
    const rooms = this.#rooms()
    const least = rooms.find((room) => room >= overhead.leastBytes + frameBytes)
    const wanted = rooms.find((room) => room >= overhead.wantedBytes + frameBytes)
    assert(least !== undefined, 'expected a message that some envelope of this network holds')
    return isTurn && wanted !== undefined ? wanted : least
  }

  /** Of the envelopes that this network takes, the smallest first. */
  #rooms(): number[] {
    const { network } = this.#parts.terms
    const allowed = BUCKETS_BYTES.filter((bytes) => isAllowedSize(network, bytes))
    return allowed.map((bytes) => bodyBytesOf(bytes))
  }

  #parcel({ identityKey }: Party, items: readonly ParcelItem[]): Uint8Array {
    const { people, self } = this.#parts
    const theirs = people.roster(identityKey)
    const yours = theirs === null ? null : headOf(theirs.log)
    return encodeParcel({ heads: { own: headOf(self.roster.log), yours }, items })
  }

  #introduction({ identityKey }: Party): ParcelItem {
    const { people, self } = this.#parts
    const { homeShard, profileName } = self.own
    const introduction = {
      token: people.of(identityKey).token,
      doorSecret: self.keys.doorSecret,
      homeShard,
      hints: this.#hooks.hints(),
      name: profileName,
    }
    return { kind: 'introduction', introduction }
  }
}

function ignore(): void {}

/** What tells two devices of all identities apart. */
export function deviceName(identityKey: Uint8Array, device: Device): string {
  return toHex(concatBytes(identityKey, device.id))
}
