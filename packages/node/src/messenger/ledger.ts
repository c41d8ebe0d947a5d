// What became of each message of ours: queued, stored, delivered, read, or expired.
import { equalBytes, fromHex, fromUtf8, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { Chain } from '@ezchat/protocol/conversation/chain.ts'
import type { Author } from '@ezchat/protocol/conversation/entry.ts'
import type { ChainRange } from '@ezchat/protocol/conversation/kinds/chain-ranges.ts'
import type { ReceiptContent } from '@ezchat/protocol/conversation/kinds/receipt.ts'
import { includesSequence, withStretch } from '@ezchat/protocol/conversation/stretches.ts'
import type { CourierEvent } from '../courier/event.ts'
import type { Conversation } from './conversation.ts'
import type { Conversations } from './conversations.ts'
import type { CourierPort } from './courier-port.ts'
import type { Draft, Savable } from './desk.ts'
import type { Events } from './events.ts'
import { haveEnded, hearOfLeg, type Leg, type SentStatus, statusOfLegs } from './leg.ts'
import { OpenMarks } from './open-marks.ts'
import { numberIn, TABLE, u32, u64 } from './table.ts'
import type { Vault } from './vault.ts'

export interface SentRow {
  readonly hash: string
  readonly id: string
  readonly atMs: number
  readonly untilMs: number
  readonly legs: Leg[]
  /** Devices are not known yet, or their prekeys are not: it goes when they are. */
  isWaiting: boolean
  isGivenUp: boolean
}

export interface MessageName {
  readonly conversation: number
  readonly sequence: number
}

export interface SentMessageRow {
  readonly name: MessageName
  readonly row: SentRow
}

type AboutOne = Exclude<CourierEvent, { kind: 'failed' }>

export interface LedgerInit {
  readonly vault: Vault
  readonly conversations: Conversations
  readonly courier: CourierPort
  readonly events: Events
  readonly nowMs: () => number
}

export class Ledger implements Savable {
  readonly #init: LedgerInit
  /** Those that are not delivered, by conversation and sequence. */
  readonly #open = new Map<string, SentRow>()
  /** What an envelope carried that is still open. */
  readonly #references = new Map<string, readonly MessageName[]>()
  /** Of the open ones, those that wait for a device. */
  readonly #waiting = new Map<string, SentRow>()
  /** Since the last write. */
  readonly #changed = new Map<string, SentRow>()

  readonly #marks: OpenMarks

  private constructor(init: LedgerInit, marks: OpenMarks) {
    this.#init = init
    this.#marks = marks
  }

  static async load(init: LedgerInit): Promise<Ledger> {
    const marks = await OpenMarks.load(init.vault)
    const ledger = new Ledger(init, marks)
    for (const name of marks.all()) {
      const row = await ledger.#read(name)
      if (row !== null) ledger.#remember(name, row)
    }
    return ledger
  }

  get openCount(): number {
    return this.#open.size
  }

  /** The oldest first. */
  open(): readonly (readonly [MessageName, SentRow])[] {
    const all = [...this.#open].map(([key, row]) => [parseName(key), row] as const)
    return all.sort((a, b) => a[1].atMs - b[1].atMs)
  }

  /** Those that wait for a device, or for its prekeys; the oldest first. */
  waiting(): readonly (readonly [MessageName, SentRow])[] {
    return [...this.#waiting].map(([key, row]) => [parseName(key), row] as const)
  }

  add(draft: Draft, name: MessageName, row: SentRow): void {
    this.#remember(name, row)
    this.#write(draft, name, row)
    this.#marks.mark(name, true)
  }

  expectLeg(draft: Draft, { name, row }: SentMessageRow, device: string): Leg {
    const leg: Leg = { device, reference: '', stage: 'queued', receipts: 0 }
    row.legs.push(leg)
    this.#write(draft, name, row)
    return leg
  }

  sealedLeg(name: MessageName, leg: Leg, reference: Uint8Array): void {
    leg.reference = toHex(reference)
    const beside = this.#references.get(leg.reference) ?? []
    this.#refer(leg.reference, [...beside, name])
  }

  dropLeg(draft: Draft, { name, row }: SentMessageRow, leg: Leg): void {
    row.legs.splice(row.legs.indexOf(leg), 1)
    this.#write(draft, name, row)
  }

  setWaiting(draft: Draft, name: MessageName, row: SentRow, isWaiting: boolean): void {
    row.isWaiting = isWaiting
    if (isWaiting) this.#waiting.set(textOf(name), row)
    else this.#waiting.delete(textOf(name))
    this.#write(draft, name, row)
  }

  /** What an envelope of ours carried that is still open, by the session's name for it. */
  messagesOf(reference: Uint8Array): readonly MessageName[] {
    return this.#references.get(toHex(reference)) ?? []
  }

  async row(name: MessageName): Promise<SentRow | null> {
    const key = textOf(name)
    return this.#open.get(key) ?? this.#changed.get(key) ?? (await this.#read(name))
  }

  statusOf(row: SentRow, { conversation, sequence }: MessageName): SentStatus {
    if (row.isGivenUp) return 'expired'
    const readers = this.#init.conversations.byNumber(conversation)?.summary.readers ?? []
    if (readers.some(({ read }) => includesSequence(read, sequence))) return 'read'
    if (readers.some(({ delivered }) => includesSequence(delivered, sequence))) return 'delivered'
    const { peer } = this.#init.conversations.byNumber(conversation)!.summary
    return statusOfLegs(row.legs, peer)
  }

  receiptsOf({ legs }: SentRow): number {
    return Math.max(0, ...legs.map(({ receipts }) => receipts))
  }

  /** What the courier says, after it wrote it. */
  hear(draft: Draft, event: CourierEvent): void {
    if (event.kind === 'failed') return
    const reference = toHex(event.reference)
    for (const name of this.#references.get(reference) ?? []) {
      const row = this.#open.get(textOf(name))
      if (row !== undefined) this.#hearOne(draft, event, name, row)
    }
  }

  #hearOne(draft: Draft, event: AboutOne, name: MessageName, row: SentRow): void {
    const reference = toHex(event.reference)
    const leg = row.legs.find((one) => one.reference === reference)
    if (leg === undefined) return
    const before = event.kind === 'receipt' ? null : this.statusOf(row, name)
    if (!hearOfLeg(leg, event, this.#init.nowMs())) return
    this.#write(draft, name, row)
    if (this.statusOf(row, name) !== before) this.#tell(draft, name, row)
    if (haveEnded(row.legs)) this.#close(draft, name, row, false)
  }

  /** Those that wait for a device that never showed itself. */
  giveUp(draft: Draft, nowMs: number): void {
    for (const [name, row] of this.waiting()) {
      if (row.untilMs > nowMs) continue
      row.isGivenUp = true
      this.setWaiting(draft, name, row, false)
      this.#tell(draft, name, row)
      this.#close(draft, name, row, false)
    }
  }

  /** A receipt of the other side's device about our own chain. */
  async hearReceipt(
    draft: Draft,
    conversation: Conversation,
    reader: Author,
    { state, ranges }: ReceiptContent,
  ): Promise<void> {
    const chain = conversation.ownChain()
    if (chain === null || conversation.isOwn(reader)) return
    const most = chain.runs.at(-1)?.to ?? 0
    const highest = Math.max(0, ...ranges.filter(isOfChain(chain)).map(({ to }) => to))
    if (highest > most) {
      this.#setBack(draft, conversation, highest)
      return
    }
    const marks = conversation.marksOf(reader)
    const settled: number[] = []
    for (const range of ranges.filter(isOfChain(chain))) {
      const before = marks[state]
      marks[state] = withStretch(before, range)
      for (let sequence = range.from; sequence <= range.to; sequence++) {
        if (!includesSequence(before, sequence)) settled.push(sequence)
      }
    }
    if (settled.length === 0) return
    conversation.changeSummary(draft, {})
    for (const sequence of settled) {
      const name = { conversation: conversation.number, sequence }
      const row = await this.row(name)
      if (row === null) continue
      this.#tell(draft, name, row)
      if (this.#open.has(textOf(name))) this.#close(draft, name, row, true)
    }
  }

  /**
   * Somebody has more of ours than we have written: this device was put back to an older copy of its
   * disk. What it wrote since has numbers that others have other messages for, and is not shown there.
   */
  #setBack(draft: Draft, conversation: Conversation, highest: number): void {
    if (!conversation.skipOwn(draft, highest)) return
    for (const [name, row] of this.open()) {
      if (name.conversation !== conversation.number || name.sequence > highest) continue
      row.isGivenUp = true
      this.#write(draft, name, row)
      this.#tell(draft, name, row)
      this.#close(draft, name, row, false)
    }
    const text = 'this device was set back: what could not be delivered is shown as expired'
    this.#init.events.add(draft, { kind: 'notice', text, identity: conversation.summary.peer })
  }

  #close(draft: Draft, name: MessageName, row: SentRow, isDelivered: boolean): void {
    this.#open.delete(textOf(name))
    this.#waiting.delete(textOf(name))
    this.#marks.mark(name, false)
    draft.changed(this)
    for (const { reference } of row.legs) {
      if (reference === '') continue
      const beside = this.#references.get(reference) ?? []
      const left = beside.filter((other) => textOf(other) !== textOf(name))
      this.#refer(reference, left)
      if (!isDelivered || left.length > 0) continue
      draft.after(() => this.#init.courier.withdraw(fromHex(reference)))
    }
  }

  #refer(reference: string, names: readonly MessageName[]): void {
    if (names.length > 0) this.#references.set(reference, names)
    else this.#references.delete(reference)
  }

  #tell(draft: Draft, { conversation }: MessageName, { hash }: SentRow): void {
    this.#init.events.add(draft, { kind: 'state', in: conversation, hash })
  }

  #remember(name: MessageName, row: SentRow): void {
    this.#open.set(textOf(name), row)
    if (row.isWaiting) this.#waiting.set(textOf(name), row)
    for (const { reference } of row.legs) {
      this.#references.set(reference, [...(this.#references.get(reference) ?? []), name])
    }
  }

  #write(draft: Draft, name: MessageName, row: SentRow): void {
    this.#changed.set(textOf(name), row)
    draft.changed(this)
  }

  save(draft: Draft): void {
    const { vault } = this.#init
    for (const [text, row] of this.#changed) {
      const key = vault.key(TABLE.sent, ...partsOf(parseName(text)))
      draft.put(key, utf8(JSON.stringify(row)))
    }
    this.#changed.clear()
    this.#marks.save(draft)
  }

  async #read(name: MessageName): Promise<SentRow | null> {
    const value = await this.#init.vault.get(this.#init.vault.key(TABLE.sent, ...partsOf(name)))
    return value === null ? null : (JSON.parse(fromUtf8(value) ?? '') as SentRow)
  }
}

const isOfChain =
  ({ author: own }: Chain) =>
  ({ author }: ChainRange): boolean =>
    equalBytes(author.identity, own.identity) && equalBytes(author.device, own.device)

function partsOf({ conversation, sequence }: MessageName): [Uint8Array, Uint8Array] {
  return [u32(conversation), u64(sequence)]
}

export function nameBytes(name: MessageName): Uint8Array {
  const bytes = new Uint8Array(12)
  const [conversation, sequence] = partsOf(name)
  bytes.set(conversation)
  bytes.set(sequence, 4)
  return bytes
}

export function nameInKey(key: Uint8Array, offset: number): MessageName {
  const conversation = new DataView(key.buffer, key.byteOffset + offset).getUint32(0)
  return { conversation, sequence: numberIn(key, offset + 4) }
}

function textOf({ conversation, sequence }: MessageName): string {
  return `${conversation}/${sequence}`
}

function parseName(text: string): MessageName {
  const [conversation, sequence] = text.split('/').map(Number)
  return { conversation: conversation!, sequence: sequence! }
}
