// Who is known here, and what the owner thinks of them.
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { ContactView } from '@ezchat/protocol/control/values.ts'
import type { Contact } from '@ezchat/protocol/device/contact.ts'
import { settleFork } from '@ezchat/protocol/device/roster.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import {
  checkInviteNetwork,
  decodeInviteLink,
  encodeInviteLink,
  type Invite,
} from '@ezchat/protocol/identity/invite.ts'
import { safetyNumber } from '@ezchat/protocol/identity/safety-number.ts'
import type { Draft } from './desk.ts'
import type { History } from './history.ts'
import { momentOf } from './history.ts'
import type { Parts } from './household.ts'
import { pairKeyOf } from './pairs.ts'
import { addressIn, checkPetname, petnameFor, resolvePeer } from './petnames.ts'
import { nowSecondsOf } from './terms.ts'

const INVITE_SECONDS = 30 * 86_400

export interface ContactsHooks {
  readonly lookUp: (identityKey: Uint8Array) => void
  /** Lanes that are open again, and may hold something. */
  readonly reopen: (identityKey: Uint8Array) => void
  readonly oweReceipts: (identityKey: Uint8Array) => void
  readonly hints: () => readonly string[]
}

export class Contacts {
  readonly #parts: Parts
  readonly #history: History
  readonly #hooks: ContactsHooks

  constructor(parts: Parts, history: History, hooks: ContactsHooks) {
    this.#parts = parts
    this.#history = history
    this.#hooks = hooks
  }

  invite(terms: {
    readonly isOnce?: boolean
    readonly expiresSeconds?: number
  }): Promise<{ readonly invite: string; readonly expiresAt: string }> {
    const { desk, invites, self, terms: own } = this.#parts
    return desk.run((draft) => {
      const nowSeconds = nowSecondsOf(own)
      const expiresSeconds = nowSeconds + (terms.expiresSeconds ?? INVITE_SECONDS)
      const token = invites.give(draft, { isOnce: terms.isOnce ?? false, expiresSeconds })
      const invite = encodeInviteLink(own.crypto, {
        networkId: own.network.id,
        identityKey: self.identityKey,
        doorSecret: self.keys.doorSecret,
        homeShard: self.own.homeShard,
        expiresSeconds,
        hints: this.#hooks.hints(),
        suggestedName: self.own.profileName,
        token,
      })
      return { invite, expiresAt: momentOf(expiresSeconds * 1000) }
    })
  }

  /** By invite or by address. The same again changes the name, if one is given. */
  add(target: string, name?: string): Promise<ContactView> {
    const { terms } = this.#parts
    const invite = this.#inviteIn(target)
    const identityKey = invite?.identityKey ?? addressIn(target.trim())
    if (identityKey === null) throw new Failure('INVITE_BAD', 'neither an invite nor an address')
    if (invite !== null) checkNetwork(invite, terms.network)
    return this.#parts.desk.run((draft) => {
      const { people, self } = this.#parts
      if (equalBytes(identityKey, self.identityKey)) throw new Failure('SELF')
      if (name !== undefined) checkPetname(people, name, identityKey)
      const known = people.contact(identityKey)
      const suggested = invite?.suggestedName ?? people.of(identityKey).profileName
      const petname = name ?? known?.petname ?? petnameFor(people, suggested, identityKey)
      this.#learnInvite(draft, identityKey, invite)
      const { doorSecret, homeShard } = people.of(identityKey)
      people.setContact(draft, identityKey, { petname, doorSecret, homeShard, isBlocked: false })
      return this.#changed(draft, identityKey)
    })
  }

  list(standing?: ContactView['standing']): Promise<readonly ContactView[]> {
    const { desk, people, self } = this.#parts
    return desk.run(() => {
      const all = people
        .all()
        .filter(({ identityKey }) => !equalBytes(identityKey, self.identityKey))
        .filter(({ identityKey }) => people.standing(identityKey) !== 'stranger')
        .map(({ identityKey }) => this.#history.contact(identityKey))
        .filter((contact) => standing === undefined || contact.standing === standing)
      return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    })
  }

  show(peer: string): Promise<{ readonly contact: ContactView; readonly safetyNumber: string }> {
    return this.#parts.desk.run(() => {
      const identityKey = this.resolve(peer)
      const contact = this.#history.contact(identityKey)
      return { contact, safetyNumber: this.#safetyNumber(identityKey) }
    })
  }

  rename(peer: string, name: string): Promise<ContactView> {
    return this.#change(peer, (identityKey) => {
      checkPetname(this.#parts.people, name, identityKey)
      return { petname: name }
    })
  }

  /** Refuses a number that differs: somebody may be in between. */
  verify(
    peer: string,
    terms: { readonly safetyNumber?: string; readonly isVerified?: boolean } = {},
  ): Promise<ContactView> {
    return this.#change(peer, (identityKey) => {
      const { safetyNumber: read, isVerified = true } = terms
      const isSame = read === undefined || digits(read) === digits(this.#safetyNumber(identityKey))
      if (!isSame) throw new Failure('NOT_TRUSTED')
      return { isVerified }
    })
  }

  /** A request becomes a contact. */
  accept(peer: string): Promise<ContactView> {
    return this.#parts.desk.run((draft) => this.acceptNow(draft, this.resolve(peer)))
  }

  acceptNow(draft: Draft, identityKey: Uint8Array): ContactView {
    const { people } = this.#parts
    const person = people.of(identityKey)
    if (people.contact(identityKey) === null) {
      const petname = petnameFor(people, person.profileName, identityKey)
      people.set(draft, { ...person, isRequest: false })
      people.setContact(draft, identityKey, { petname })
      draft.after(() => this.#hooks.oweReceipts(identityKey))
    }
    return this.#changed(draft, identityKey)
  }

  block(peer: string, isBlocked = true): Promise<ContactView> {
    const { people, pairs, mailboxes } = this.#parts
    return this.#parts.desk.run((draft) => {
      const identityKey = this.resolve(peer)
      people.setContact(draft, identityKey, { isBlocked })
      if (isBlocked) {
        for (const pair of pairs.ofIdentity(identityKey)) mailboxes.removePair(pairKeyOf(pair.peer))
      } else draft.after(() => this.#hooks.reopen(identityKey))
      return this.#changed(draft, identityKey)
    })
  }

  /** What was written stays; what comes from now on is a stranger's. */
  remove(peer: string): Promise<void> {
    return this.#parts.desk.run((draft) => {
      const { people, events } = this.#parts
      const identityKey = this.resolve(peer)
      const person = people.of(identityKey)
      people.setContact(draft, identityKey, null)
      people.set(draft, { ...person, isRequest: false })
      events.add(draft, { kind: 'contact', identity: toHex(identityKey) })
    })
  }

  /** The safety number was compared: whose devices these are is decided. */
  settle(peer: string, chosen: 'ours' | 'theirs'): Promise<ContactView> {
    return this.#parts.desk.run((draft) => {
      const { people, self } = this.#parts
      const identityKey = this.resolve(peer)
      const roster = people.roster(identityKey)
      if (roster?.fork) {
        people.setRoster(draft, settleFork(roster, chosen, self.logReader(identityKey)).roster)
      }
      return this.#changed(draft, identityKey)
    })
  }

  /** Where what is written to them goes; null while that is not known. */
  homeShard(peer: string): number | null {
    return this.#parts.people.of(this.resolve(peer)).homeShard
  }

  resolve(peer: string): Uint8Array {
    const { people, self } = this.#parts
    const identityKey = resolvePeer(people, peer)
    if (equalBytes(identityKey, self.identityKey)) throw new Failure('SELF')
    return identityKey
  }

  #change(peer: string, change: (identityKey: Uint8Array) => Partial<Contact>) {
    return this.#parts.desk.run((draft) => {
      const identityKey = this.resolve(peer)
      this.#parts.people.setContact(draft, identityKey, change(identityKey))
      return this.#changed(draft, identityKey)
    })
  }

  #changed(draft: Draft, identityKey: Uint8Array): ContactView {
    this.#parts.events.add(draft, { kind: 'contact', identity: toHex(identityKey) })
    draft.after(() => this.#hooks.lookUp(identityKey))
    return this.#history.contact(identityKey)
  }

  #learnInvite(draft: Draft, identityKey: Uint8Array, invite: Invite | null): void {
    const { people } = this.#parts
    const person = people.of(identityKey)
    if (invite === null) {
      people.set(draft, { ...person, isRequest: false })
      return
    }
    const { doorSecret, homeShard, hints, suggestedName, token } = invite
    const profileName = person.profileName === '' ? suggestedName : person.profileName
    const isNewer = person.fetchedSeconds > 0
    people.set(draft, {
      ...person,
      isRequest: false,
      doorSecret,
      token,
      hints: hints.length > 0 ? hints : person.hints,
      homeShard: isNewer ? person.homeShard : homeShard,
      profileName,
    })
  }

  #inviteIn(target: string): Invite | null {
    const { terms } = this.#parts
    try {
      return decodeInviteLink(terms.crypto, target, nowSecondsOf(terms))
    } catch (cause: unknown) {
      if (!(cause instanceof ProtocolError)) throw cause
      const code = cause.code === 'INVITE_EXPIRED' ? 'INVITE_EXPIRED' : 'INVITE_BAD'
      throw new Failure(code, cause.message, { cause })
    }
  }

  #safetyNumber(identityKey: Uint8Array): string {
    const { terms, self } = this.#parts
    return safetyNumber(terms.crypto, self.identityKey, identityKey)
  }
}

function checkNetwork(invite: Invite, network: Parameters<typeof checkInviteNetwork>[1]): void {
  try {
    checkInviteNetwork(invite, network)
  } catch (cause: unknown) {
    if (!(cause instanceof ProtocolError)) throw cause
    const code = cause.code === 'INVITE_NETWORK' ? 'INVITE_ELSEWHERE' : 'INVITE_BAD'
    throw new Failure(code, cause.message, { cause })
  }
}

function digits(text: string): string {
  return text.replaceAll(/\D/g, '')
}
