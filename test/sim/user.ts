// A person at a daemon: writes when the daemon runs, and takes in what comes. The intake is what a
// messenger's is: an envelope counts when it was opened and is on disk.
import type { Courier } from '@ezchat/node/courier/courier.ts'
import { EzchatError } from '@ezchat/node/errors.ts'
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { openEnvelope } from '@ezchat/protocol/envelope/open.ts'
import { sealEnvelope } from '@ezchat/protocol/envelope/seal.ts'
import { type IntakeTerms, receiveFromCarriers, receiveFromStore } from './intake.ts'
import type { Message } from './model.ts'
import type { Daemon, Machine, Person, Scene } from './scene.ts'

const KIND_MESSAGE = 1
const KIND_ACKNOWLEDGEMENT = 2
const INBOX = Uint8Array.of(0x55, 1)
/** Acknowledgements of what comes within it share an envelope. */
const ACKNOWLEDGE_MS = 3000
const ACKNOWLEDGED_COUNT_MAX = 100

export interface UserInit {
  readonly world: Scene
  readonly number: number
  readonly shard: number
  readonly node: Machine
}

interface Pending {
  readonly message: Message
  readonly reference: Uint8Array
}

export class User implements Person {
  readonly number: number
  readonly shard: number
  readonly node: Machine
  /** To whom this user writes. */
  contacts: readonly Person[] = []
  readonly #world: Scene
  readonly #pending = new Map<number, Pending>()
  readonly #byReference = new Map<string, Pending>()
  /** By author: messages that are to be acknowledged. */
  readonly #owed = new Map<number, number[]>()
  #sequence = 0
  /** In this life of the daemon: what is in the intake, or on its way to it. */
  #taken = new Set<string>()

  constructor({ world, number, shard, node }: UserInit) {
    this.#world = world
    this.number = number
    this.shard = shard
    this.node = node
    node.onStart((daemon) => {
      void this.#started(daemon)
    })
  }

  /** False when the daemon does not run: then nothing was written. */
  async write(to: Person, isFirst: boolean): Promise<boolean> {
    const { daemon } = this.node
    if (daemon === null) return false
    const { model, plan } = this.#world
    const message = model.compose({
      author: this.number,
      recipient: to.number,
      isLight: to.node.init.isLight,
      isFirst,
      isRecipientUp: to.node.isUp,
      sequence: this.#sequence++,
    })
    const content = new Writer()
      .u8(KIND_MESSAGE)
      .u32(message.number)
      .bytes(new Uint8Array(plan.contentBytes))
    const envelope = this.#seal(to, content.finish())
    model.stamped(message, envelopeIdOf(this.node.crypto, this.#world.terms, envelope))
    const reference = await this.#send(daemon, envelope, (drafted) => {
      const pending = { message, reference: drafted }
      this.#pending.set(message.number, pending)
      this.#byReference.set(toHex(drafted), pending)
    })
    if (reference !== null) model.accepted(message)
    return reference !== null
  }

  #seal(to: Person, content: Uint8Array): Uint8Array {
    const world = this.#world
    const lane = world.people.laneOf(this.number, to.number, world.nowSeconds())
    const address = { shard: to.shard, mailbox: lane.mailbox, key: lane.sealKey }
    const nowSeconds = Math.floor(this.node.clockNowMs() / 1000)
    return sealEnvelope(this.node.crypto, world.terms, { ...address, nowSeconds, content })
  }

  /** Null when the disk failed. Never returns when the daemon died over it. */
  async #send(
    { courier, courierDisk }: Daemon,
    envelope: Uint8Array,
    drafted: (reference: Uint8Array) => void,
  ): Promise<Uint8Array | null> {
    const reference = this.node.crypto.randomBytes(16)
    drafted(reference)
    try {
      await courierDisk.write(courier.draft([{ reference, envelope }]), { sync: true })
    } catch {
      return null
    }
    courier.accepted([reference])
    return reference
  }

  async #started(daemon: Daemon): Promise<void> {
    this.#taken = new Set()
    this.#listen(daemon.courier)
    const { people, timeline } = this.#world
    const terms: IntakeTerms = {
      isMine: (mailbox) => people.boxOf(mailbox)?.recipient === this.number,
      mailboxes: () => people.boxesOf(this.number).map(({ lane }) => lane.mailbox),
      take: (envelope) => this.#take(daemon, envelope),
    }
    if (this.node.init.isLight) {
      const random = this.node.init.random.split(`fetch ${timeline.nowMs}`)
      receiveFromCarriers(daemon, { ...terms, shard: this.shard, timeline, random })
      return
    }
    try {
      await receiveFromStore(daemon, terms)
    } catch (error: unknown) {
      if (!(error instanceof EzchatError)) throw error
      // Its disk cannot be read: it is started again.
      this.node.restartSoon()
    }
  }

  /** Of a message that nobody has acknowledged. */
  referenceOf(number: number): Uint8Array | null {
    return this.#pending.get(number)?.reference ?? null
  }

  #listen(courier: Courier): void {
    courier.watch((event) => {
      if (event.kind === 'failed') return this.node.restartSoon()
      const pending = this.#byReference.get(toHex(event.reference))
      if (event.kind === 'stored') {
        if (pending !== undefined) pending.message.storedAtMs ??= this.#world.timeline.nowMs
        // Nobody acknowledges an acknowledgement: it is left to its carriers.
        if (pending === undefined) this.#withdraw(courier, event.reference)
      }
      if (event.kind === 'expired' && pending !== undefined) {
        this.#world.model.violate(`message ${pending.message.number} expired`)
      }
    })
  }

  /** Where it fails the courier has failed, and says so. */
  #withdraw(courier: Courier, reference: Uint8Array): void {
    courier.withdraw(reference).catch((error: unknown) => {
      if (!(error instanceof EzchatError)) throw error
    })
  }

  async #take(daemon: Daemon, envelope: Uint8Array): Promise<void> {
    const { people, terms, model, plan } = this.#world
    const { crypto } = this.node
    const id = toHex(envelopeIdOf(crypto, terms, envelope))
    if (this.#taken.has(id)) return
    const opened = openEnvelope(crypto, terms, envelope, (mailbox) => {
      const box = people.boxOf(mailbox)
      return box?.recipient === this.number ? box.lane.sealKey : null
    })
    if (opened === null || opened.isDummy) return
    this.#taken.add(id)
    const key = concatBytes(INBOX, envelopeIdOf(crypto, terms, envelope))
    const author = people.boxOf(opened.header.mailbox)!.author
    try {
      const isKnown = (await daemon.courierDisk.get(key)) !== null
      if (isKnown && plan.mutation !== 'forgetful-intake') {
        this.#found(author, opened.content)
        return
      }
      await daemon.courierDisk.write([{ key, value: new Uint8Array(1) }], { sync: true })
    } catch {
      this.#taken.delete(id)
      // Nobody can say what is on a disk that has failed: it is started again, and read.
      this.node.restartSoon()
      return
    }
    const reader = new Reader(opened.content, 'CONTENT')
    if (reader.u8() === KIND_ACKNOWLEDGEMENT) {
      this.#acknowledged(daemon, reader)
      return
    }
    const number = reader.u32()
    model.delivered(author, this.number, number)
    this.#owe(author, number)
  }

  /** On disk from an earlier life, in which the write may have been said to have failed. */
  #found(author: number, content: Uint8Array): void {
    const reader = new Reader(content, 'CONTENT')
    if (reader.u8() !== KIND_MESSAGE) return
    const number = reader.u32()
    const { model } = this.#world
    if (model.isDelivered(number)) return
    model.delivered(author, this.number, number)
    this.#owe(author, number)
  }

  #owe(author: number, number: number): void {
    const owed = this.#owed.get(author)
    if (owed !== undefined) {
      owed.push(number)
      return
    }
    this.#owed.set(author, [number])
    this.#world.timeline.after(ACKNOWLEDGE_MS, () => this.#acknowledge(author))
  }

  #acknowledge(author: number): void {
    const { daemon } = this.node
    const owed = this.#owed.get(author) ?? []
    if (daemon === null) {
      this.#world.timeline.after(60_000, () => this.#acknowledge(author))
      return
    }
    this.#owed.delete(author)
    const numbers = owed.slice(0, ACKNOWLEDGED_COUNT_MAX)
    const content = new Writer().u8(KIND_ACKNOWLEDGEMENT).u16(numbers.length)
    for (const number of numbers) content.u32(number)
    for (const number of owed.slice(ACKNOWLEDGED_COUNT_MAX)) this.#owe(author, number)
    const envelope = this.#seal(this.#world.users[author]!, content.finish())
    void this.#send(daemon, envelope, () => undefined)
  }

  #acknowledged({ courier }: Daemon, reader: Reader): void {
    const count = reader.u16()
    for (let at = 0; at < count; at++) {
      const pending = this.#pending.get(reader.u32())
      if (pending === undefined) continue
      pending.message.acknowledgedAtMs ??= this.#world.timeline.nowMs
      this.#pending.delete(pending.message.number)
      this.#withdraw(courier, pending.reference)
    }
  }
}
