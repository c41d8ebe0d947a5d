// A device with a disk: it writes what the machine says before it uses anything, and may stop
// between any two steps, lose what was not written, or come back from an old copy of its disk.
import assert from 'node:assert/strict'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { encodeFrame, type Frame } from '@ezchat/protocol/session/frame.ts'
import {
  isStartDue,
  newPair,
  type Pair,
  pairOverheadBytes,
  sendInPair,
  startPair,
  tryRenewal,
} from '@ezchat/protocol/session/pair.ts'
import {
  type PairEffect,
  type PairReceived,
  receiveFirstContact,
  receiveInPair,
} from '@ezchat/protocol/session/pair-receive.ts'
import { decodePair, pairChanges, type StateRecord } from '@ezchat/protocol/session/pair-state.ts'
import type { PrekeyRing } from '@ezchat/protocol/session/prekey-ring.ts'
import { decodePrekeyRing, encodePrekeyRing } from '@ezchat/protocol/session/prekey-ring-state.ts'
import { readFirstContact } from '@ezchat/protocol/session/start.ts'
import {
  associated,
  NOW,
  networkId,
  type Person,
  ROOM_1K,
  ROOM_4K,
  TTL_SECONDS,
  text,
  words,
} from './people.ts'

/** All that survives a crash. */
interface Disk {
  readonly records: ReadonlyMap<string, StateRecord>
  readonly ring: Uint8Array
  /** What was sent, by its reference: the outbox. */
  readonly sent: ReadonlyMap<string, string>
  readonly shown: readonly string[]
  readonly lines: number
}

export interface World {
  nowSeconds: number
  incarnations: number
  /** In the network: nothing leaves by itself. */
  readonly mail: { readonly to: string; readonly bytes: Uint8Array; readonly number: number }[]
  posted: number
}

export const newWorld = (): World => ({ nowSeconds: NOW, incarnations: 0, mail: [], posted: 0 })

/** Thrown in the middle of a step. */
export class Crash extends Error {}

export class Device {
  disk: Disk
  crashAt: 'before-write' | 'after-write' | null = null
  readonly history: Disk[] = []
  bytesWritten: number[] = []
  unopened = 0
  #pair: Pair | null = null
  #ring!: PrekeyRing
  #incarnation = 0
  readonly name: string
  readonly person: Person
  readonly peer: Person
  readonly #peerName: string
  readonly #world: World
  readonly #crypto: Crypto

  constructor(names: [string, string], people: [Person, Person], world: World, crypto: Crypto) {
    ;[this.name, this.#peerName] = names
    ;[this.person, this.peer] = people
    this.#world = world
    this.#crypto = crypto
    const ring = encodePrekeyRing(this.person.ring)
    this.disk = { records: new Map(), ring, sent: new Map(), shown: [], lines: 0 }
    this.history.push(this.disk)
    this.restart()
  }

  get pair(): Pair | null {
    return this.#pair
  }

  restart(): void {
    this.#pair = decodePair(this.disk.records.values())
    this.#ring = decodePrekeyRing(this.disk.ring)
    this.#incarnation = ++this.#world.incarnations
  }

  restore(disk: Disk): void {
    this.disk = disk
    this.restart()
  }

  forgetEverything(): void {
    this.restore({ ...this.disk, records: new Map() })
  }

  #write(pair: Pair, ring: PrekeyRing, change: Partial<Disk> = {}): void {
    const crash = this.crashAt
    this.crashAt = null
    if (crash === 'before-write') throw new Crash()
    const records = new Map(this.disk.records)
    const { put, removed } = pairChanges(this.#pair, pair)
    for (const [key, value] of put) records.set(toHex(key), [key, value])
    for (const key of removed) records.delete(toHex(key))
    this.bytesWritten.push(put.reduce((sum, [key, value]) => sum + key.length + value.length, 0))
    const ringBytes = ring === this.#ring ? this.disk.ring : encodePrekeyRing(ring)
    this.disk = { ...this.disk, ...change, records, ring: ringBytes }
    this.history.push(this.disk)
    this.#pair = pair
    this.#ring = ring
    if (crash === 'after-write') throw new Crash()
  }

  #start(): Frame {
    const { nowSeconds } = this.#world
    const before = this.#pair ?? newPair(this.peer.own.party)
    const own = this.person.own
    const options = { networkId, nowSeconds }
    const { pair, frame } = startPair(this.#crypto, before, own, this.peer.prekeys, options)
    this.#write(pair, this.#ring)
    return frame
  }

  send(what: string): void {
    const { nowSeconds } = this.#world
    if (this.#pair === null || isStartDue(this.#pair, nowSeconds)) this.#start()
    this.#sendFrame({ kind: 'content', content: text(what) }, what)
  }

  #sendFrame(frame: Frame, what: string | null): void {
    const { nowSeconds } = this.#world
    const pair = this.#pair!
    const overhead = pairOverheadBytes(pair, nowSeconds)!
    const least = overhead.leastBytes + encodeFrame(frame).length
    const roomBytes = least <= ROOM_1K && overhead.wantedBytes <= ROOM_1K ? ROOM_1K : ROOM_4K
    const incarnation = this.#incarnation
    const options = { roomBytes, nowSeconds, associated, incarnation }
    const sent = sendInPair(this.#crypto, pair, frame, options)!
    const outbox = new Map(this.disk.sent)
    if (what !== null) outbox.set(toHex(sent.reference), what)
    this.#write(sent.pair, this.#ring, { sent: outbox })
    const number = this.#world.posted++
    this.#world.mail.push({ to: this.#peerName, bytes: sent.message, number })
  }

  /** The peer's device is written to when its effects are carried out: never before the write. */
  receive(bytes: Uint8Array): PairReceived['outcome'] | 'nothing' | 'refused' {
    const options = { nowSeconds: this.#world.nowSeconds, ttlSeconds: TTL_SECONDS, associated }
    try {
      const received = this.#pair && receiveInPair(this.#crypto, this.#pair, bytes, options)
      if (received !== null) return this.#carryOut(received, this.#ring)
      const responder = { own: this.person.own, ring: this.#ring, networkId }
      const contact = readFirstContact(this.#crypto, responder, bytes)
      if (contact === null) return 'nothing'
      const pair = this.#pair ?? newPair(contact.introduction.party)
      const first = receiveFirstContact(this.#crypto, pair, responder, contact, options)
      return this.#carryOut(first, first.ring)
    } catch (error: unknown) {
      if (error instanceof ProtocolError) return 'refused'
      throw error
    }
  }

  #carryOut(
    received: {
      outcome: PairReceived['outcome']
      pair: Pair
      effects: readonly PairEffect[]
    },
    ring: PrekeyRing,
  ): PairReceived['outcome'] {
    const { effects, outcome, pair } = received
    const contents = effects.filter((effect) => effect.kind === 'content')
    const lines = effects.filter((effect) => effect.kind === 'line').length
    const shown = [...this.disk.shown, ...contents.map(({ content }) => words(content))]
    this.#write(pair, ring, { shown, lines: this.disk.lines + lines })
    if (outcome === 'unopened') this.unopened++
    for (const effect of effects) this.#carryOutOne(effect)
    return outcome
  }

  #carryOutOne(effect: PairEffect): void {
    if (effect.kind === 'renew') this.#sendFrame(this.#start(), null)
    if (effect.kind === 'send') this.#sendFrame(effect.frame, null)
    if (effect.kind !== 'resend') return
    for (const reference of effect.references) {
      const what = this.disk.sent.get(toHex(reference))
      if (what !== undefined) this.send(what)
    }
  }

  /** What the host's timer does. */
  tick(): void {
    if (this.#pair === null) return
    const { pair, effects } = tryRenewal(this.#pair, this.#world.nowSeconds)
    if (effects.length === 0) return
    this.#write(pair, this.#ring)
    for (const effect of effects) this.#carryOutOne(effect)
  }
}

export interface Couple {
  readonly world: World
  readonly alice: Device
  readonly bob: Device
}

export function couple(alice: Person, bob: Person, crypto: Crypto): Couple {
  const world = newWorld()
  return {
    world,
    alice: new Device(['alice', 'bob'], [alice, bob], world, crypto),
    bob: new Device(['bob', 'alice'], [bob, alice], world, crypto),
  }
}

/** A device that stops in the middle of a step comes back from its disk. */
export function survive(device: Device, step: () => void): boolean {
  try {
    step()
    return true
  } catch (error: unknown) {
    assert.ok(error instanceof Crash, String(error))
    device.restart()
    return false
  }
}

/** Everything in the network arrives, and what that brings about, until nothing moves. */
export function settle({ world, alice, bob }: Couple): void {
  for (let steps = 0; world.mail.length > 0; steps++) {
    assert.ok(steps < 500, 'the two never come to rest')
    const { to, bytes } = world.mail.shift()!
    ;(to === 'alice' ? alice : bob).receive(bytes)
  }
}

export function same(a: Device, b: Device): boolean {
  const [one, two] = [a.pair?.active, b.pair?.active]
  return one != null && two != null && toHex(one.id) === toHex(two.id)
}
