// Everybody who is known here, in memory, and on disk when something changed. Contacts and settings
// are registers, so that all devices of one person have the same; the rest is this device's own.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import {
  type Contact,
  decodeContact,
  encodeContact,
  NEW_CONTACT,
} from '@ezchat/protocol/device/contact.ts'
import { decodeRegister, encodeRegister, type Register } from '@ezchat/protocol/device/register.ts'
import { encodeRegisterKey } from '@ezchat/protocol/device/register-key.ts'
import {
  mergeRegisters,
  NO_REGISTERS,
  type Registers,
  registerValue,
  writeRegister,
} from '@ezchat/protocol/device/registers.ts'
import type { Roster } from '@ezchat/protocol/device/roster.ts'
import { decodeRoster, encodeRoster } from '@ezchat/protocol/device/roster-state.ts'
import { decodeSetting, encodeSetting, type Setting } from '@ezchat/protocol/device/setting.ts'
import type { Draft } from './desk.ts'
import { decodePerson, encodePerson, newPerson, type Person } from './person.ts'
import { TABLE } from './table.ts'
import { nowSecondsOf, type Terms } from './terms.ts'
import type { Vault } from './vault.ts'

export type Standing = 'contact' | 'request' | 'blocked' | 'stranger'

export class People {
  readonly #terms: Terms
  readonly #vault: Vault
  readonly #deviceId: Uint8Array
  readonly #persons = new Map<string, Person>()
  readonly #rosters = new Map<string, Roster>()
  /** Keys that come with every message, and their hex. */
  readonly #names = new WeakMap<Uint8Array, string>()
  readonly #contacts = new Map<string, Contact | null>()
  #registers: Registers = NO_REGISTERS

  private constructor(terms: Terms, vault: Vault, deviceId: Uint8Array) {
    this.#terms = terms
    this.#vault = vault
    this.#deviceId = deviceId
  }

  static async load(terms: Terms, vault: Vault, deviceId: Uint8Array): Promise<People> {
    const people = new People(terms, vault, deviceId)
    const words: Register[] = []
    for await (const [, value] of vault.under(vault.key(TABLE.register))) {
      words.push(decodeRegister(value))
    }
    people.#registers = mergeRegisters(NO_REGISTERS, words, terms.clock.nowMs()).registers
    for await (const [, value] of vault.under(vault.key(TABLE.person))) {
      const person = decodePerson(value)
      people.#persons.set(toHex(person.identityKey), person)
    }
    for await (const [, value] of vault.under(vault.key(TABLE.roster))) {
      const roster = decodeRoster(terms.crypto, value)
      people.#rosters.set(toHex(roster.log.identityKey), roster)
    }
    return people
  }

  #nameOf(identityKey: Uint8Array): string {
    let name = this.#names.get(identityKey)
    if (name === undefined) {
      name = toHex(identityKey)
      this.#names.set(identityKey, name)
    }
    return name
  }

  all(): readonly Person[] {
    return [...this.#persons.values()]
  }

  get(identityKey: Uint8Array): Person | null {
    return this.#persons.get(this.#nameOf(identityKey)) ?? null
  }

  /** As known, or as one of whom nothing is known yet. */
  of(identityKey: Uint8Array): Person {
    return this.get(identityKey) ?? newPerson(identityKey, nowSecondsOf(this.#terms))
  }

  set(draft: Draft, person: Person): void {
    this.#persons.set(toHex(person.identityKey), person)
    draft.put(this.#nameKey(TABLE.person, person.identityKey), encodePerson(person))
  }

  roster(identityKey: Uint8Array): Roster | null {
    return this.#rosters.get(this.#nameOf(identityKey)) ?? null
  }

  setRoster(draft: Draft, roster: Roster): void {
    const { identityKey } = roster.log
    if (this.#rosters.get(toHex(identityKey)) === roster) return
    this.#rosters.set(toHex(identityKey), roster)
    draft.put(this.#nameKey(TABLE.roster, identityKey), encodeRoster(roster))
  }

  /** Null for whom the owner has neither added nor blocked. */
  contact(identityKey: Uint8Array): Contact | null {
    const name = this.#nameOf(identityKey)
    const known = this.#contacts.get(name)
    if (known !== undefined) return known
    const key = encodeRegisterKey({ area: 'contact', identityKey })
    const value = registerValue(this.#registers, key, this.#terms.clock.nowMs())
    const contact = value === null ? null : decodeContact(value)
    this.#contacts.set(name, contact)
    return contact
  }

  setContact(draft: Draft, identityKey: Uint8Array, change: Partial<Contact> | null): void {
    const key = encodeRegisterKey({ area: 'contact', identityKey })
    const before = this.contact(identityKey) ?? {
      ...NEW_CONTACT,
      addedSeconds: nowSecondsOf(this.#terms),
    }
    const value = change === null ? null : encodeContact({ ...before, ...change })
    this.#write(draft, key, value)
    this.#contacts.delete(toHex(identityKey))
  }

  standing(identityKey: Uint8Array): Standing {
    const contact = this.contact(identityKey)
    if (contact !== null) return contact.isBlocked ? 'blocked' : 'contact'
    return this.get(identityKey)?.isRequest ? 'request' : 'stranger'
  }

  setting(name: string): Setting | null {
    const key = encodeRegisterKey({ area: 'setting', name })
    const value = registerValue(this.#registers, key, this.#terms.clock.nowMs())
    return value === null ? null : decodeSetting(value)
  }

  isOn(name: string): boolean {
    const setting = this.setting(name)
    return setting?.kind === 'flag' && setting.value
  }

  setFlag(draft: Draft, name: string, value: boolean): void {
    const key = encodeRegisterKey({ area: 'setting', name })
    this.#write(draft, key, encodeSetting({ kind: 'flag', value }))
  }

  #write(draft: Draft, key: Uint8Array, value: Register['value']): void {
    const write = { key, value, device: this.#deviceId }
    const step = writeRegister(this.#registers, write, this.#terms.clock.nowMs())
    this.#registers = step.registers
    for (const word of step.put) draft.put(this.#wordKey(word), encodeRegister(word))
    for (const word of step.removed) draft.remove(this.#wordKey(word))
  }

  #wordKey({ key, device }: Register): Uint8Array {
    return this.#nameKey(TABLE.register, concatBytes(device, key))
  }

  #nameKey(table: number, name: Uint8Array): Uint8Array {
    return this.#vault.key(table, this.#vault.name(table, name))
  }
}
