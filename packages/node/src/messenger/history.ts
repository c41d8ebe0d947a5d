// A conversation as it is shown: pages of it, in its order, with what was changed later.
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ENTRY_KINDS } from '@ezchat/protocol/constants.ts'
import type { ContactView, MessageView } from '@ezchat/protocol/control/values.ts'
import { markRead } from '@ezchat/protocol/conversation/compose.ts'
import { type Row, View } from '@ezchat/protocol/conversation/view.ts'
import { encodeAddress } from '@ezchat/protocol/identity/address.ts'
import type { Conversation } from './conversation.ts'
import type { Draft } from './desk.ts'
import { type ShelfRow, sequenceIn, stampIn } from './entry-shelf.ts'
import type { Parts } from './household.ts'
import { noteOfLegs } from './leg.ts'
import { nameOf } from './petnames.ts'
import { formatUuid } from './uuid.ts'

const CHANGING: ReadonlySet<number> = new Set([
  ENTRY_KINDS.edit,
  ENTRY_KINDS.delete,
  ENTRY_KINDS.reaction,
])
const SHOWN: ReadonlySet<number> = new Set([
  ENTRY_KINDS.text,
  ENTRY_KINDS.file,
  ENTRY_KINDS.timer,
  ENTRY_KINDS.profile,
])

export interface PageTerms {
  readonly isUnreadOnly: boolean
  /** Only what its author wrote from then on. */
  readonly sinceMs: number | null
  /** Only what stands before this place. */
  readonly before: string | null
  readonly limit: number
}

export interface MessagePage {
  readonly messages: readonly MessageView[]
  readonly hasMore: boolean
}

/** 54 characters that sort as the conversation does. */
export function placeOf(order: Uint8Array): string {
  const hex = toHex(order)
  return hex.slice(0, 16) + hex.slice(16, 32) + hex.slice(80, 88) + hex.slice(114, 128)
}

/** Conversations whose index stays in memory: 8 × 10,000 messages × 0.4 KiB. */
const INDEXES_KEPT_MAX = 8

export class History {
  readonly #parts: Parts
  readonly #recent = new Set<Conversation>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The newest that fit the terms, the oldest of them first. */
  async page(conversation: Conversation, terms: PageTerms): Promise<MessagePage> {
    this.#touch(conversation)
    const rows = await conversation.shelf.rows()
    const taken: ShelfRow[] = []
    let hasMore = false
    for (let at = rows.length - 1; at >= 0; at--) {
      const row = rows[at]!
      if (!SHOWN.has(row.kind) || !this.#fits(conversation, row, terms)) continue
      if (taken.length === terms.limit) {
        hasMore = true
        break
      }
      taken.push(row)
    }
    return { messages: await this.#show(conversation, taken.reverse()), hasMore }
  }

  /** Of several conversations: the newest of all, by what their authors' clocks say. */
  async pageOfAll(conversations: readonly Conversation[], terms: PageTerms): Promise<MessagePage> {
    const pages = await Promise.all(conversations.map((one) => this.page(one, terms)))
    const all = pages.flatMap(({ messages }) => messages)
    all.sort((a, b) => compareTexts(a.place, b.place))
    const messages = all.slice(-terms.limit)
    const hasMore = messages.length < all.length || pages.some((page) => page.hasMore)
    return { messages, hasMore }
  }

  async message(conversation: Conversation, hash: Uint8Array): Promise<MessageView | null> {
    this.#touch(conversation)
    const row = await conversation.shelf.rowOf(hash)
    if (row === null || !SHOWN.has(row.kind)) return null
    return (await this.#show(conversation, [row]))[0] ?? null
  }

  async find(id: Uint8Array): Promise<readonly [Conversation, ShelfRow] | null> {
    for (const conversation of this.#parts.conversations.all()) {
      const row = (await conversation.shelf.rows()).find((one) => equalBytes(one.id, id))
      if (row !== undefined) return [conversation, row]
    }
    return null
  }

  /** All of it was read. */
  async markRead(draft: Draft, conversation: Conversation, isTold: boolean): Promise<void> {
    const last = (await conversation.shelf.rows()).at(-1)
    if (last === undefined) return
    const readUpTo = toHex(last.order)
    if (conversation.summary.readUpTo >= readUpTo) return
    conversation.apply(draft, markRead(conversation.log, stampIn(last.order)))
    const isReadReceiptDue = isTold || conversation.summary.isReadReceiptDue
    conversation.changeSummary(draft, { readUpTo, unread: 0, isReadReceiptDue })
  }

  contact(identityKey: Uint8Array): ContactView {
    const { people } = this.#parts
    const person = people.of(identityKey)
    const contact = people.contact(identityKey)
    const roster = people.roster(identityKey)
    const standing = people.standing(identityKey)
    return {
      address: encodeAddress(identityKey),
      name: nameOf(people, identityKey),
      standing: standing === 'stranger' ? 'request' : standing,
      isVerified: contact?.isVerified ?? false,
      addedAt: momentOf((contact?.addedSeconds || person.metSeconds) * 1000),
      devices: roster?.log.devices.size ?? 0,
      warning: roster?.fork ? 'two contradicting device lists were signed in this name' : null,
    }
  }

  /** The index of what was read longest ago is given back. */
  #touch(conversation: Conversation): void {
    this.#recent.delete(conversation)
    this.#recent.add(conversation)
    if (this.#recent.size <= INDEXES_KEPT_MAX) return
    const oldest = this.#recent.values().next().value!
    this.#recent.delete(oldest)
    oldest.shelf.unload()
  }

  #fits({ summary }: Conversation, { order }: ShelfRow, terms: PageTerms): boolean {
    if (terms.before !== null && placeOf(order) >= terms.before) return false
    if (terms.sinceMs !== null && stampIn(order).ms < terms.sinceMs) return false
    const isOwn = equalBytes(order.subarray(8, 40), this.#parts.self.identityKey)
    return !terms.isUnreadOnly || (!isOwn && toHex(order) > summary.readUpTo)
  }

  async #show(conversation: Conversation, rows: readonly ShelfRow[]): Promise<MessageView[]> {
    const { shelf } = conversation
    const view = new View({ mayDelete: () => false })
    for (const row of rows) view.add(await shelf.entryOf(row))
    for (const row of await shelf.rowsOfKinds(CHANGING)) view.add(await shelf.entryOf(row))
    const byKey = new Map(rows.map((row) => [toHex(row.hash), row]))
    const shown: MessageView[] = []
    for (const row of view.rows()) {
      const shelved = byKey.get(row.key)
      if (shelved !== undefined) shown.push(await this.#message(conversation, row, shelved))
    }
    return shown
  }

  async #message(
    conversation: Conversation,
    { content, author, claimedMs }: Row,
    row: ShelfRow,
  ): Promise<MessageView> {
    const { people, self, ledger } = this.#parts
    const isOwn = equalBytes(author.identity, self.identityKey)
    const name = { conversation: conversation.number, sequence: sequenceIn(row.order) }
    const isOfThisDevice = isOwn && equalBytes(author.device, self.own.deviceId)
    const sent = isOfThisDevice ? await ledger.row(name) : null
    const replyTo = await this.#replyTo(conversation, content)
    const base = {
      id: formatUuid(row.id),
      conversation: conversation.address,
      name: nameOf(people, conversation.peer),
      from: isOwn ? self.address : conversation.address,
      isOwn,
      kind: content?.kind ?? 'removed',
      text: content?.kind === 'text' ? content.text : '',
      sentAt: momentOf(Math.min(claimedMs, stampIn(row.order).ms)),
      state: sent === null ? ('received' as const) : ledger.statusOf(sent, name),
      receipts: sent === null ? 0 : ledger.receiptsOf(sent),
      isRead: isOwn || toHex(row.order) <= conversation.summary.readUpTo,
      place: placeOf(row.order),
    }
    const note = sent === null ? null : noteOfLegs(sent.legs)
    return { ...base, ...(replyTo !== null && { replyTo }), ...(note !== null && { note }) }
  }

  async #replyTo(conversation: Conversation, content: Row['content']): Promise<string | null> {
    if (content?.kind !== 'text' || content.replyTo === null) return null
    const row = await conversation.shelf.rowOf(content.replyTo)
    return row === null ? null : formatUuid(row.id)
  }
}

export function momentOf(ms: number): string {
  return new Date(Math.min(Math.max(0, ms), 253_402_300_799_999)).toISOString()
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
