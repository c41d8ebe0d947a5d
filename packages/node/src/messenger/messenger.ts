// The user's side, whole: everything below is put together here, and everything that the control
// API offers is a method here.
import { fromHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { TEXT_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { ControlEvent } from '@ezchat/protocol/control/methods.ts'
import type { HopView, MessageView } from '@ezchat/protocol/control/values.ts'
import { isMessageText } from '@ezchat/protocol/conversation/message-text.ts'
import { encodeAddress } from '@ezchat/protocol/identity/address.ts'
import { Contacts } from './contacts.ts'
import type { Conversation } from './conversation.ts'
import { Engine, type MessengerComponents } from './engine.ts'
import type { NumberedEvent } from './events.ts'
import { History, type MessagePage, momentOf, type PageTerms } from './history.ts'
import { hopWords } from './hop-words.ts'
import type { Parts } from './household.ts'
import type { MessageName, SentRow } from './ledger.ts'
import { LOST_NOTE } from './leg.ts'
import { READ_RECEIPTS_SETTING } from './owing.ts'
import { formatUuid, parseUuid } from './uuid.ts'

export interface SentMessage {
  readonly id: string
  readonly state: MessageView['state']
  readonly receipts: number
}

export interface MessengerStatus {
  readonly queued: number
  readonly stored: number
  readonly unread: number
  readonly oldestQueuedAt: string | null
  readonly problems: readonly string[]
}

export interface ReadTerms {
  readonly peer?: string
  readonly unread?: boolean
  readonly since?: string
  readonly before?: string
  readonly limit?: number
  readonly mark?: boolean
}

const LIMIT_USUAL = 50

export class Messenger {
  readonly contacts: Contacts
  readonly #parts: Parts
  readonly #engine: Engine
  readonly #history: History

  constructor(parts: Parts, components: MessengerComponents) {
    this.#parts = parts
    this.#history = new History(parts)
    this.#engine = new Engine(parts, components)
    this.contacts = new Contacts(parts, this.#history, {
      lookUp: (identityKey) => this.#engine.lookUpIfWanted(identityKey),
      reopen: (identityKey) => this.#engine.reopen(identityKey),
      oweReceipts: (identityKey) => this.#engine.oweReceipts(identityKey),
      hints: components.hints,
    })
  }

  /** Opens the mailboxes and takes in what came while we were away. */
  start(): Promise<void> {
    return this.#engine.start()
  }

  async close(): Promise<void> {
    this.#engine.stop()
    await this.#parts.desk.close()
    this.#parts.vault.wipe()
  }

  /** Whether an envelope is for us: what a carrier must not evict. */
  owns(mailbox: Uint8Array): boolean {
    return this.#parts.mailboxes.find(mailbox) !== null
  }

  identity(): { readonly address: string; readonly name: string; readonly homeShard: number } {
    const { self } = this.#parts
    const { profileName, homeShard } = self.own
    return { address: encodeAddress(self.identityKey), name: profileName, homeShard }
  }

  invite(terms: { readonly isOnce?: boolean; readonly expiresSeconds?: number } = {}) {
    return this.contacts.invite(terms)
  }

  add(target: string, name?: string) {
    return this.contacts.add(target, name)
  }

  /** Resolves when the message cannot be lost any more. The same id again sends nothing again. */
  send(
    to: string,
    text: string,
    options: { readonly id?: string; readonly replyTo?: string } = {},
  ): Promise<SentMessage> {
    const id = options.id === undefined ? null : parseUuid(options.id)
    const answered = options.replyTo === undefined ? null : parseUuid(options.replyTo)
    checkText(text)
    return this.#parts.desk.run(async (draft) => {
      const peer = this.contacts.resolve(to)
      const standing = this.#parts.people.standing(peer)
      if (standing === 'blocked') throw new Failure('BLOCKED', to)
      const replyTo = answered === null ? null : await this.#hashOf(answered)
      // Whoever answers a stranger knows them from then on.
      if (standing !== 'contact') this.contacts.acceptNow(draft, peer)
      const content = { kind: 'text', disappearSeconds: 0, replyTo, mentions: [], text } as const
      const { name, row } = await this.#engine.sending.send(draft, peer, content, id)
      draft.after(() => this.#engine.giveUpLater())
      return this.#sentMessage(name, row)
    })
  }

  read(terms: ReadTerms = {}): Promise<MessagePage> {
    const page: PageTerms = {
      isUnreadOnly: terms.unread ?? false,
      sinceMs: terms.since === undefined ? null : Date.parse(terms.since),
      before: terms.before ?? null,
      limit: terms.limit ?? LIMIT_USUAL,
    }
    return this.#parts.desk.run(async (draft) => {
      const chosen = this.#conversationsFor(terms.peer)
      const found = await this.#history.pageOfAll(chosen, page)
      if (terms.mark) {
        const isTold = this.#parts.people.isOn(READ_RECEIPTS_SETTING)
        for (const conversation of chosen) {
          await this.#history.markRead(draft, conversation, isTold)
          draft.after(() => this.#engine.owing.oweReceipt(conversation))
        }
      }
      return found
    })
  }

  /** What was written here and is not yet delivered, the oldest first. */
  outbox(limit = LIMIT_USUAL): Promise<{ messages: readonly MessageView[]; count: number }> {
    return this.#parts.desk.run(async () => {
      const { ledger, conversations } = this.#parts
      const open = ledger.open()
      const messages: MessageView[] = []
      for (const [name, row] of open.slice(0, limit)) {
        const conversation = conversations.byNumber(name.conversation)
        const message = conversation && (await this.#history.message(conversation, hashIn(row)))
        if (message) messages.push(message)
      }
      return { messages, count: open.length }
    })
  }

  show(id: string): Promise<{ message: MessageView; hops: readonly HopView[] }> {
    const entryId = parseUuid(id)
    return this.#parts.desk.run(async () => {
      const found = await this.#history.find(entryId)
      const message = found && (await this.#history.message(found[0], found[1].hash))
      if (!message) throw new Failure('MESSAGE_UNKNOWN', id)
      const name = await this.#engine.sending.find(entryId)
      const row = name && (await this.#parts.ledger.row(name))
      return { message, hops: row ? await this.#hopsOf(row) : [] }
    })
  }

  /** Of one message of ours, for whoever waits until it has come so far. */
  async stateOf(id: string): Promise<SentMessage> {
    const entryId = parseUuid(id)
    return this.#parts.desk.run(async () => {
      const name = await this.#engine.sending.find(entryId)
      const row = name && (await this.#parts.ledger.row(name))
      if (!name || !row) throw new Failure('MESSAGE_UNKNOWN', id)
      return this.#sentMessage(name, row)
    })
  }

  setReadReceipts(isOn: boolean): Promise<void> {
    const { desk, people } = this.#parts
    return desk.run((draft) => people.setFlag(draft, READ_RECEIPTS_SETTING, isOn))
  }

  async rename(profileName: string): Promise<void> {
    const { desk, self } = this.#parts
    await desk.run((draft) => self.setOwn(draft, { profileName }))
    void this.#engine.publisher.publish()
  }

  status(): Promise<MessengerStatus> {
    return this.#parts.desk.run(() => {
      const { ledger, conversations, people } = this.#parts
      const states = ledger.open().map(([name, row]) => ({ row, is: ledger.statusOf(row, name) }))
      const queued = states.filter(({ is }) => is === 'queued')
      const [oldest] = queued
      const unread = conversations
        .all()
        .filter(({ peer }) => people.standing(peer) === 'contact')
        .reduce((sum, { summary }) => sum + summary.unread, 0)
      const problems = this.#problems()
      return {
        queued: queued.length,
        stored: states.filter(({ is }) => is === 'stored').length,
        unread,
        oldestQueuedAt: oldest === undefined ? null : momentOf(oldest.row.atMs),
        problems,
      }
    })
  }

  /** Of the newest event. */
  get cursor(): string {
    return String(this.#parts.events.cursor)
  }

  /** Events after a cursor, as they look now. Throws Failure BAD_PARAMS for one never given out. */
  async after(
    cursor: string,
    countMax: number,
  ): Promise<{ readonly events: readonly ControlEvent[]; readonly cursor: string }> {
    const number = this.#numberOf(cursor)
    return this.#parts.desk.run(async () => {
      const found = await this.#parts.events.after(number, countMax)
      const events: ControlEvent[] = []
      for (const event of found) events.push(await this.#eventOf(event))
      return { events, cursor: String(found.at(-1)?.number ?? number) }
    })
  }

  onNew(listener: () => void): () => void {
    return this.#parts.events.onNew(listener)
  }

  /** What a client watches: from a cursor on, until the signal ends it. */
  async *watch(cursor: string, signal: AbortSignal): AsyncGenerator<ControlEvent> {
    let at = cursor
    while (!signal.aborted) {
      const waiting = Promise.withResolvers<void>()
      const stop = this.onNew(() => waiting.resolve())
      const end = () => waiting.resolve()
      signal.addEventListener('abort', end, { once: true })
      try {
        const page = await this.after(at, LIMIT_USUAL)
        at = page.cursor
        yield* page.events
        if (page.events.length === 0) await waiting.promise
      } finally {
        stop()
        signal.removeEventListener('abort', end)
      }
    }
  }

  /** Publishes at once, for whoever wants to be found now. */
  publish(): Promise<void> {
    return this.#engine.publisher.publish()
  }

  #numberOf(cursor: string): number {
    const number = /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.NaN
    if (!(number <= this.#parts.events.cursor)) {
      throw new Failure('BAD_PARAMS', 'this cursor was never given out')
    }
    return number
  }

  async #eventOf({ number, atMs, happening }: NumberedEvent): Promise<ControlEvent> {
    const base = { cursor: String(number), at: momentOf(atMs), kind: happening.kind }
    switch (happening.kind) {
      case 'message':
      case 'state': {
        const conversation = this.#parts.conversations.byNumber(happening.in)
        const hash = fromHex(happening.hash)
        const message = conversation && (await this.#history.message(conversation, hash))
        return message ? { ...base, message } : base
      }
      case 'contact':
        return { ...base, contact: this.#history.contact(fromHex(happening.identity)) }
      case 'notice': {
        const { text, identity } = happening
        if (identity === null) return { ...base, text }
        return { ...base, text, contact: this.#history.contact(fromHex(identity)) }
      }
    }
  }

  #conversationsFor(peer: string | undefined): readonly Conversation[] {
    const { conversations, people } = this.#parts
    if (peer === undefined) {
      return conversations.all().filter((one) => people.standing(one.peer) === 'contact')
    }
    const conversation = conversations.with(this.contacts.resolve(peer))
    return conversation === null ? [] : [conversation]
  }

  #sentMessage(name: MessageName, row: SentRow): SentMessage {
    const { ledger } = this.#parts
    const id = formatUuid(fromHex(row.id))
    return { id, state: ledger.statusOf(row, name), receipts: ledger.receiptsOf(row) }
  }

  async #hopsOf(row: SentRow): Promise<HopView[]> {
    const hops: HopView[] = [
      { at: momentOf(row.atMs), what: 'written', detail: 'accepted, and on disk here' },
    ]
    for (const { reference, lostAtMs } of row.legs) {
      if (lostAtMs !== undefined) {
        hops.push({ at: momentOf(lostAtMs), what: 'damaged', detail: LOST_NOTE })
      }
      const story = await this.#parts.courier.story(fromHex(reference))
      for (const hop of story?.hops ?? []) {
        hops.push({ at: momentOf(hop.atMs), what: hop.kind, detail: hopWords(hop) })
      }
    }
    return hops.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).slice(0, 1000)
  }

  async #hashOf(id: Uint8Array): Promise<Uint8Array> {
    const found = await this.#history.find(id)
    if (found === null) throw new Failure('MESSAGE_UNKNOWN', formatUuid(id))
    return found[1].hash
  }

  #problems(): string[] {
    const { people, self } = this.#parts
    const problems: string[] = []
    if (self.party === null) problems.push('this device was revoked')
    for (const { identityKey } of people.all()) {
      const { name, warning } = this.#history.contact(identityKey)
      if (warning !== null) problems.push(`${name}: ${warning}`)
    }
    return problems.slice(0, 32)
  }
}

function checkText(text: string): void {
  if (utf8(text).length > TEXT_BYTES_MAX) throw new Failure('TEXT_LONG')
  if (!isMessageText(text)) throw new Failure('BAD_PARAMS', 'no text, or control characters in it')
}

function hashIn({ hash }: SentRow): Uint8Array {
  return fromHex(hash)
}
