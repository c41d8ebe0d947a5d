// Devices of a group's members with their keys, and everything that passes between them.
import assert from 'node:assert/strict'
import { equalBytes, toHex, utf8 } from '../../src/codec/bytes.ts'
import { giveEpoch, takeEpoch } from '../../src/group/catch-up.ts'
import { emptyGroupKeys, type GroupKeys } from '../../src/group/keys.ts'
import {
  type OpenedGroupMessage,
  openGroupMessage,
  sealGroupMessage,
} from '../../src/group/message.ts'
import { type Roster, type RosterDevice, rosterOf } from '../../src/group/roster.ts'
import { type Rotated, rotate, takeRotation } from '../../src/group/rotate.ts'
import { crypto, hashed, type Person, person, Replica } from './people.ts'

export const networkId = hashed('network')
export const NOW_SECONDS = 1_800_000_000

export function real(name: string, device = 'laptop'): Person {
  return person(name, device, crypto)
}

/** Which devices each identity has, as its device log would say. */
export class DeviceLogs {
  readonly active = new Map<string, RosterDevice[]>()
  readonly revoked = new Map<string, RosterDevice[]>()

  enter(one: Person): this {
    const id = toHex(one.identity)
    this.active.set(id, [...(this.active.get(id) ?? []), one])
    return this
  }

  revoke(one: Person): this {
    const id = toHex(one.identity)
    this.active.set(
      id,
      (this.active.get(id) ?? []).filter(({ device }) => !equalBytes(device, one.device)),
    )
    this.revoked.set(id, [...(this.revoked.get(id) ?? []), one])
    return this
  }

  of = (identity: Uint8Array) => {
    const id = toHex(identity)
    return { active: this.active.get(id) ?? [], revoked: this.revoked.get(id) ?? [] }
  }
}

export class GroupDevice {
  readonly self: Person
  replica: Replica
  keys: GroupKeys
  readonly logs: DeviceLogs
  nowSeconds = NOW_SECONDS
  readonly read: string[] = []

  constructor(self: Person, replica: Replica, logs: DeviceLogs) {
    this.self = self
    this.replica = replica
    this.logs = logs
    this.keys = emptyGroupKeys(replica.graph.groupId)
  }

  get roster(): Roster {
    return rosterOf(this.replica.view, this.logs.of)
  }

  get place() {
    return { networkId, conversationId: this.keys.groupId }
  }

  rotate(): Rotated {
    const rotated = rotate(crypto, this.keys, {
      networkId,
      graphHeads: this.replica.view.heads,
      roster: this.roster,
      self: this.self,
      signSeed: this.self.seed,
      nowSeconds: this.nowSeconds,
    })
    this.keys = rotated.keys
    return rotated
  }

  takeRotation(bytes: Uint8Array, via: 'lane' | 'session' = 'lane') {
    const taken = takeRotation(crypto, this.keys, bytes, {
      networkId,
      graph: this.replica.graph,
      roster: this.roster,
      self: this.self,
      exchange: this.self.exchange,
      nowSeconds: this.nowSeconds,
      via,
    })
    if (taken?.kind === 'taken') this.keys = taken.keys
    return taken
  }

  send(text: string): Uint8Array {
    const sealed = sealGroupMessage(crypto, this.keys, this.roster, {
      ...this.place,
      content: utf8(text),
      self: this.self,
      signSeed: this.self.seed,
    })
    assert.ok(sealed !== null, 'a rotation must come first')
    this.keys = sealed.keys
    return sealed.bytes
  }

  open(bytes: Uint8Array): OpenedGroupMessage | null {
    return openGroupMessage(crypto, this.keys, bytes, {
      ...this.place,
      roster: this.roster,
      self: this.self,
      nowSeconds: this.nowSeconds,
    })
  }

  receive(bytes: Uint8Array): string | null {
    const opened = this.open(bytes)
    if (opened?.kind !== 'opened') return null
    this.keys = opened.keys
    const text = new TextDecoder().decode(opened.content)
    this.read.push(text)
    return text
  }

  askFor(epochId: Uint8Array, from: GroupDevice, mayHaveSent = false): boolean {
    const bytes = giveEpoch(crypto, from.keys, epochId, this.self, from.roster)
    if (bytes === null) return false
    const { networkId: network, graph } = { networkId, graph: this.replica.graph }
    const keys = takeEpoch(crypto, this.keys, bytes, {
      networkId: network,
      graph,
      roster: this.roster,
      self: this.self,
      nowSeconds: this.nowSeconds,
      mayHaveSent,
    })
    assert.ok(keys !== null)
    this.keys = keys
    return true
  }

  /** What somebody has who took the disk. */
  copy(): GroupDevice {
    const copy = new GroupDevice(this.self, this.replica.copy(), this.logs)
    copy.keys = this.keys
    return copy
  }
}

/** Hands a rotation to whoever it is for, by lane and by session. */
export function deliver(rotated: Rotated, to: readonly GroupDevice[]): void {
  for (const device of to) {
    for (const { to: recipient, content } of rotated.pairwise) {
      if (equalBytes(recipient.device, device.self.device)) device.takeRotation(content, 'session')
    }
    for (const bytes of rotated.laneMessages) device.takeRotation(bytes)
  }
}

export function founding(founder: Person, members: readonly Person[]) {
  const logs = new DeviceLogs().enter(founder)
  const replica = Replica.create(founder, crypto)
  const identities = new Map(members.map((one) => [toHex(one.identity), one]))
  identities.delete(toHex(founder.identity))
  for (const one of members) logs.enter(one)
  const added = [...identities.values()]
  for (let at = 0; at < added.length; at += 64) {
    replica.add(founder, ...added.slice(at, at + 64))
  }
  const devices = [founder, ...members].map((one) => new GroupDevice(one, replica.copy(), logs))
  return { logs, devices }
}

/** Everybody has seen what everybody did. */
export function align(devices: readonly GroupDevice[]): void {
  for (const one of devices) one.replica.merge(...devices.map(({ replica }) => replica))
}
