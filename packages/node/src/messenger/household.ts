// The parts of one messenger, as the others of them see each other.
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { LogReader } from '@ezchat/protocol/device/log-change.ts'
import type { Roster } from '@ezchat/protocol/device/roster.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import { encodeAddress } from '@ezchat/protocol/identity/address.ts'
import type { RootKeys } from '@ezchat/protocol/identity/root.ts'
import type { OwnParty } from '@ezchat/protocol/session/party.ts'
import type { PrekeyRing } from '@ezchat/protocol/session/prekey-ring.ts'
import { encodePrekeyRing } from '@ezchat/protocol/session/prekey-ring-state.ts'
import type { CatchUp } from '../catch-up.ts'
import type { SureTime } from '../sure-time.ts'
import type { Alarms } from './alarms.ts'
import type { Conversations } from './conversations.ts'
import type { CourierPort } from './courier-port.ts'
import type { Desk, Draft } from './desk.ts'
import type { Events } from './events.ts'
import type { Invites } from './invites.ts'
import type { Ledger } from './ledger.ts'
import type { Mailboxes } from './mailboxes.ts'
import { encodeOwnIdentity, type OwnIdentity, ownPartyOf } from './own-identity.ts'
import type { Pairs } from './pairs.ts'
import type { People } from './people.ts'
import { TABLE } from './table.ts'
import type { Terms } from './terms.ts'
import type { Vault } from './vault.ts'

export interface Parts {
  readonly terms: Terms
  readonly vault: Vault
  readonly desk: Desk
  readonly alarms: Alarms
  /** For what cannot be taken back. */
  readonly sureTime: SureTime
  readonly people: People
  readonly pairs: Pairs
  readonly mailboxes: Mailboxes
  readonly conversations: Conversations
  readonly ledger: Ledger
  readonly events: Events
  readonly invites: Invites
  readonly courier: CourierPort
  /** Told of what is opened of that which waited. */
  readonly catchUp: CatchUp
  readonly self: Self
}

/** This device, with what of it changes. */
export class Self {
  readonly keys: RootKeys
  /** Drawn at this start, for every header. */
  readonly incarnation: number
  readonly address: string
  readonly #people: People
  readonly #vault: Vault
  #own: OwnIdentity
  #ring: PrekeyRing
  #party: { readonly roster: Roster; readonly party: OwnParty } | null = null

  constructor(init: {
    readonly own: OwnIdentity
    readonly keys: RootKeys
    readonly ring: PrekeyRing
    readonly incarnation: number
    readonly people: People
    readonly vault: Vault
  }) {
    this.#own = init.own
    this.keys = init.keys
    this.address = encodeAddress(init.keys.identityKey)
    this.#ring = init.ring
    this.incarnation = init.incarnation
    this.#people = init.people
    this.#vault = init.vault
  }

  get own(): OwnIdentity {
    return this.#own
  }

  get identityKey(): Uint8Array {
    return this.keys.identityKey
  }

  get ring(): PrekeyRing {
    return this.#ring
  }

  get roster(): Roster {
    const roster = this.#people.roster(this.identityKey)
    assert(roster !== null, 'expected the own device log')
    return roster
  }

  /** Null where the log does not name this device any more. */
  get party(): OwnParty | null {
    const { roster } = this
    if (this.#party?.roster.log === roster.log) return this.#party.party
    const party = ownPartyOf(this.#own, roster.log)
    if (party !== null) this.#party = { roster, party }
    return party
  }

  /** As whom a device log is read. */
  logReader(identityKey: Uint8Array): LogReader {
    const isOwn = equalBytes(identityKey, this.identityKey)
    return { ownDeviceId: isOwn ? toHex(this.#own.deviceId) : null, holdsIdentityKey: isOwn }
  }

  setRing(draft: Draft, ring: PrekeyRing): void {
    if (ring === this.#ring) return
    this.#ring = ring
    draft.put(this.#vault.key(TABLE.ring), encodePrekeyRing(ring))
  }

  setOwn(draft: Draft, change: Partial<OwnIdentity>): void {
    this.#own = { ...this.#own, ...change }
    draft.put(this.#vault.key(TABLE.identity), encodeOwnIdentity(this.#own))
  }
}

/** Whether they may notice that we are there: contacts, and our own devices. */
export function isAnswered({ people, self }: Parts, identityKey: Uint8Array): boolean {
  return equalBytes(identityKey, self.identityKey) || people.standing(identityKey) === 'contact'
}
