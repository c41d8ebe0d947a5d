// From an envelope in one of our mailboxes to what its session says: the state first, then the rest.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ENVELOPE_BOUND_BYTES, ENVELOPE_HEADER_BYTES } from '@ezchat/protocol/constants.ts'
import { PUBLIC_KEY_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import { openDeviceProof } from '@ezchat/protocol/device/proof.ts'
import { checkSender } from '@ezchat/protocol/device/roster.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import {
  type PairReceived,
  receiveFirstContact,
  receiveInPair,
} from '@ezchat/protocol/session/pair-receive.ts'
import type { Party } from '@ezchat/protocol/session/party.ts'
import type { EarlyPlace, ReceiveOptions } from '@ezchat/protocol/session/receive.ts'
import { type FirstContact, readFirstContact } from '@ezchat/protocol/session/start.ts'
import { EARLY_SKIP_MAX, HELD_ENVELOPES_COUNT_MAX, REQUESTS_COUNT_MAX } from '../limits.ts'
import type { Draft } from './desk.ts'
import type { Parts } from './household.ts'
import { type PairKey, pairKeyOf } from './pairs.ts'
import { TABLE, u64 } from './table.ts'
import { nowSecondsOf, ttlSecondsOf } from './terms.ts'

export interface Opened {
  readonly party: Party
  readonly received: PairReceived
}

export type Opening =
  | { readonly kind: 'opened'; readonly opened: Opened }
  /** Its device is not in the log that we have: it waits for a newer one. */
  | { readonly kind: 'held'; readonly identityKey: Uint8Array }
  /** Those before it in its session are expected first. */
  | { readonly kind: 'early'; readonly pair: PairKey; readonly place: EarlyPlace }
  /** Not ours, a copy, or of nobody we listen to. */
  | { readonly kind: 'nothing' }

const NOTHING: Opening = { kind: 'nothing' }

export class Opener {
  readonly #parts: Parts
  readonly #heldCounts = new Map<string, number>()
  readonly #associated: Uint8Array

  constructor(parts: Parts) {
    this.#parts = parts
    const { id } = parts.terms.network
    this.#associated = new Uint8Array(id.length + ENVELOPE_BOUND_BYTES)
    this.#associated.set(id)
  }

  /** Throws ProtocolError for bytes that somebody changed on their way: no state has changed then. */
  async open(
    draft: Draft,
    mailbox: Uint8Array,
    envelope: Uint8Array,
    isPatient: boolean,
  ): Promise<Opening> {
    const { mailboxes, pairs, terms } = this.#parts
    const owner = mailboxes.find(mailbox)
    if (owner === null) return NOTHING
    this.#associated.set(envelope.subarray(0, ENVELOPE_BOUND_BYTES), terms.network.id.length)
    const options: ReceiveOptions = {
      nowSeconds: nowSecondsOf(terms),
      ttlSeconds: ttlSecondsOf(terms),
      associated: this.#associated,
      ...(isPatient ? { skipPatience: this.#skipPatience } : {}),
    }
    const message = envelope.subarray(ENVELOPE_HEADER_BYTES)
    if (owner.kind === 'door') return this.#openFirst(draft, envelope, message, options)
    const pair = pairs.get(owner.pair)
    if (pair === null) return NOTHING
    const received = receiveInPair(terms.crypto, pair, message, options)
    if (received === null) return NOTHING
    if (received.place !== undefined) {
      return { kind: 'early', pair: owner.pair, place: received.place }
    }
    if (received.pair !== pair) pairs.set(draft, received.pair)
    return { kind: 'opened', opened: { party: pair.peer, received } }
  }

  async #openFirst(
    draft: Draft,
    envelope: Uint8Array,
    message: Uint8Array,
    options: ReceiveOptions,
  ): Promise<Opening> {
    const { terms, self, pairs } = this.#parts
    const own = self.party
    if (own === null) return NOTHING
    const responder = { own, ring: self.ring, networkId: terms.network.id }
    const contact = readFirstContact(terms.crypto, responder, message)
    if (contact === null) return NOTHING
    const { party } = contact.introduction
    const verdict = this.#judge(contact)
    if (verdict === 'ignored') return NOTHING
    if (verdict === 'unknown') {
      this.#hold(draft, party.identityKey, envelope)
      return { kind: 'held', identityKey: party.identityKey }
    }
    const pair = pairs.of(party)
    const received = receiveFirstContact(terms.crypto, pair, responder, contact, options)
    if (received.place !== undefined) {
      return { kind: 'early', pair: pairKeyOf(party), place: received.place }
    }
    if (received.pair !== pair) pairs.set(draft, received.pair)
    self.setRing(draft, received.ring)
    return { kind: 'opened', opened: { party, received } }
  }

  /** While what waited elsewhere comes, in no order, whatever is missing is about to come too. */
  get #skipPatience(): number {
    return this.#parts.catchUp.isUnderWay ? 0 : EARLY_SKIP_MAX
  }

  #judge({ introduction }: FirstContact): 'known' | 'unknown' | 'ignored' {
    const { people, terms } = this.#parts
    const { party, proof } = introduction
    const standing = people.standing(party.identityKey)
    if (standing === 'blocked') return 'ignored'
    const roster = people.roster(party.identityKey)
    if (roster !== null) return checkSender(roster, party) === null ? 'unknown' : 'known'
    openDeviceProof(terms.crypto, proof, party)
    if (standing !== 'stranger') return 'known'
    const requestCount = people.all().filter(({ isRequest }) => isRequest).length
    return requestCount >= REQUESTS_COUNT_MAX ? 'ignored' : 'known'
  }

  #hold(draft: Draft, identityKey: Uint8Array, envelope: Uint8Array): void {
    const name = toHex(identityKey)
    const count = this.#heldCounts.get(name) ?? 0
    if (count >= HELD_ENVELOPES_COUNT_MAX) return
    this.#heldCounts.set(name, count + 1)
    const key = concatBytes(this.#heldPrefix(identityKey), u64(count))
    draft.put(key, concatBytes(identityKey, envelope))
  }

  /** Counts what is held from before this start. */
  async start(): Promise<void> {
    const { vault } = this.#parts
    for await (const [, value] of vault.under(vault.key(TABLE.held))) {
      const name = toHex(value.subarray(0, PUBLIC_KEY_BYTES))
      this.#heldCounts.set(name, (this.#heldCounts.get(name) ?? 0) + 1)
    }
  }

  isHolding(identityKey: Uint8Array): boolean {
    return this.#heldCounts.has(toHex(identityKey))
  }

  async #held(identityKey: Uint8Array): Promise<Uint8Array[]> {
    const envelopes: Uint8Array[] = []
    for await (const [, value] of this.#parts.vault.under(this.#heldPrefix(identityKey))) {
      envelopes.push(value.subarray(PUBLIC_KEY_BYTES))
    }
    return envelopes
  }

  async release(draft: Draft, identityKey: Uint8Array): Promise<Uint8Array[]> {
    const envelopes = await this.#held(identityKey)
    for (const at of envelopes.keys()) {
      draft.remove(concatBytes(this.#heldPrefix(identityKey), u64(at)))
    }
    this.#heldCounts.delete(toHex(identityKey))
    return envelopes
  }

  #heldPrefix(identityKey: Uint8Array): Uint8Array {
    const { vault } = this.#parts
    return vault.key(TABLE.held, vault.name(TABLE.held, identityKey))
  }
}

/** Whoever sends such bytes gains nothing by it; anything else is a bug of ours. */
export function isTheirs(error: unknown): error is ProtocolError {
  return error instanceof ProtocolError
}
