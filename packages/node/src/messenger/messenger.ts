// The user's side, whole: everything below is put together here, and everything that the control
// API offers is a method here.
import { equalBytes, fromHex, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { TEXT_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { ControlEvent } from '@ezchat/protocol/control/methods.ts'
import type { HopView, MessageView } from '@ezchat/protocol/control/values.ts'
import { drawEntryId } from '@ezchat/protocol/conversation/compose.ts'
import { isMessageText } from '@ezchat/protocol/conversation/message-text.ts'
import type { RosterEffect } from '@ezchat/protocol/device/roster.ts'
import { encodeAddress } from '@ezchat/protocol/identity/address.ts'
import { type Pair, tryRenewal } from '@ezchat/protocol/session/pair.ts'
import type { Party } from '@ezchat/protocol/session/party.ts'
import { renewalDueSeconds } from '@ezchat/protocol/session/renewal.ts'
import type { CourierEvent } from '../courier/event.ts'
import { REFRESH_RECORD_MS } from '../limits.ts'
import { peerIdOf } from '../net/peer-id.ts'
import { Contacts } from './contacts.ts'
import type { Conversation } from './conversation.ts'
import type { Draft } from './desk.ts'
import { Directory } from './directory.ts'
import type { NumberedEvent } from './events.ts'
import { History, type MessagePage, momentOf, type PageTerms } from './history.ts'
import type { Parts } from './household.ts'
import type { MessageName, SentRow } from './ledger.ts'
import { Opener } from './opening.ts'
import { Owing, READ_RECEIPTS_SETTING } from './owing.ts'
import { pairKeyOf } from './pairs.ts'
import { Post } from './post.ts'
import { Publisher } from './publisher.ts'
import { type Arrivals, Receiving } from './receiving.ts'
import type { RecordRoutes } from './record-routes.ts'
import { Sending } from './sending.ts'
import { TABLE } from './table.ts'
import { TakingIn } from './taking-in.ts'
import { nowSecondsOf } from './terms.ts'
import { formatUuid, parseUuid } from './uuid.ts'

export interface MessengerComponents {
  readonly arrivals: Arrivals
  readonly routes: RecordRoutes
  /** Where we can be reached, for invites and records. */
  readonly hints: () => readonly string[]
  readonly onBug: (error: unknown) => void
}

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
  readonly #post: Post
  readonly #sending: Sending
  readonly #receiving: Receiving
  readonly #directory: Directory
  readonly #publisher: Publisher
  readonly #owing: Owing
  readonly #history: History
  readonly #opener: Opener
  #stopCourier: () => void = () => undefined

  constructor(parts: Parts, components: MessengerComponents) {
    const { arrivals, routes, hints, onBug } = components
    this.#parts = parts
    const lookUp = (identityKey: Uint8Array): void => this.#lookUp(identityKey)
    const onSession = (pair: Pair): void => this.#receiving.onSession(pair)
    this.#post = new Post(parts, { onSession, hints })
    this.#sending = new Sending(parts, this.#post, lookUp)
    this.#history = new History(parts)
    this.#opener = new Opener(parts)
    this.#owing = new Owing(parts, { post: this.#post, sending: this.#sending, lookUp })
    const takingIn = new TakingIn(parts, this.#post, this.#sending, {
      lookUp,
      renew: (party) => this.#renew(party),
      oweReceipt: (conversation) => this.#owing.oweReceipt(conversation),
      repairAt: (conversation) => this.#owing.repairAt(conversation),
      rosterEffects: (draft, effects) => this.#rosterEffects(draft, effects),
    })
    const opener = this.#opener
    this.#receiving = new Receiving({ parts, arrivals, opener, takingIn, lookUp, onBug })
    this.#directory = new Directory(parts, routes, {
      onFound: (draft, identityKey) => this.#onFound(draft, identityKey),
      rosterEffects: (draft, effects) => this.#rosterEffects(draft, effects),
      isWanted: (identityKey) => this.#isWanted(identityKey),
    })
    this.#publisher = new Publisher(parts, routes, {
      hints,
      lookUpOwn: () => this.#directory.lookUp(parts.self.identityKey),
    })
    this.contacts = new Contacts(parts, this.#history, {
      lookUp: (identityKey) => {
        if (this.#isWanted(identityKey)) this.#lookUp(identityKey)
      },
      reopen: (identityKey) => this.#reopen(identityKey),
      oweReceipts: (identityKey) => this.#oweReceipts(identityKey),
      hints,
    })
  }

  /** Opens the mailboxes and takes in what came while we were away. */
  async start(): Promise<void> {
    const { mailboxes, self, pairs, people, courier } = this.#parts
    const { identityKey } = self
    const { vault } = this.#parts
    const remembered = await vault.get(vault.key(TABLE.doors))
    if (remembered !== null) mailboxes.recall(remembered)
    mailboxes.openDoor({ identityKey, doorSecret: self.keys.doorSecret })
    if (self.own.isBareDoorOpen) mailboxes.openDoor({ identityKey, doorSecret: null })
    for (const [, pair] of pairs.all()) {
      if (people.standing(pair.peer.identityKey) !== 'blocked') mailboxes.addPair(pair)
    }
    this.#turnMailboxes()
    this.#stopCourier = courier.watch((event) => this.#hearCourier(event))
    this.#publisher.start()
    await this.#reconcile()
    await this.#receiving.start()
    this.#owing.start()
    for (const [, { peer }] of pairs.all()) this.#renewLater(peer)
    for (const { identityKey: key } of people.all()) if (this.#isWanted(key)) this.#lookUp(key)
    this.#giveUpLater()
    this.#refresh()
  }

  async close(): Promise<void> {
    this.#stopCourier()
    this.#receiving.stop()
    this.#directory.close()
    this.#publisher.close()
    this.#parts.alarms.close()
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
      const entryId = id ?? drawEntryId(this.#parts.terms.crypto)
      const { name, row } = await this.#sending.send(draft, peer, content, entryId)
      draft.after(() => this.#giveUpLater())
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
          draft.after(() => this.#owing.oweReceipt(conversation))
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
      const name = await this.#sending.find(entryId)
      const row = name && (await this.#parts.ledger.row(name))
      return { message, hops: row ? await this.#hopsOf(row) : [] }
    })
  }

  /** Of one message of ours, for whoever waits until it has come so far. */
  async stateOf(id: string): Promise<SentMessage> {
    const entryId = parseUuid(id)
    return this.#parts.desk.run(async () => {
      const name = await this.#sending.find(entryId)
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
    void this.#publisher.publish()
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
    return this.#publisher.publish()
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
    const hops: HopView[] = [{ at: momentOf(row.atMs), what: 'written', detail: '' }]
    for (const { reference } of row.legs) {
      const story = await this.#parts.courier.story(fromHex(reference))
      for (const { kind, atMs, carrier, why } of story?.hops ?? []) {
        const detail = carrier === null ? why : peerIdOf(carrier)
        hops.push({ at: momentOf(atMs), what: kind, detail })
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

  #lookUp(identityKey: Uint8Array): void {
    void this.#directory.lookUp(identityKey)
  }

  /** Messages that wait, receipts that are owed, sessions to be renewed, envelopes that are held. */
  #isWanted(identityKey: Uint8Array): boolean {
    const { conversations, ledger, people, self } = this.#parts
    if (equalBytes(identityKey, self.identityKey)) return false
    if (people.standing(identityKey) !== 'contact') return false
    const conversation = conversations.with(identityKey)
    const isWaiting = ledger.waiting().some(([name]) => name.conversation === conversation?.number)
    const isUnknown = people.roster(identityKey) === null
    const isOwed = conversation?.summary.isReceiptDue === true && isUnknown
    return isWaiting || isOwed || isUnknown
  }

  async #onFound(draft: Draft, identityKey: Uint8Array): Promise<void> {
    const { conversations } = this.#parts
    await this.#sending.sendWaiting(draft, identityKey)
    const held = await this.#opener.release(draft, identityKey)
    await this.#receiving.takeHeld(draft, held)
    const conversation = conversations.with(identityKey)
    const { isReceiptDue = false, isReadReceiptDue = false } = conversation?.summary ?? {}
    if (conversation !== null && (isReceiptDue || isReadReceiptDue)) {
      draft.after(() => this.#owing.oweReceipt(conversation))
    }
  }

  #rosterEffects(draft: Draft, effects: readonly RosterEffect[]): void {
    const { pairs, mailboxes, events } = this.#parts
    for (const effect of effects) {
      switch (effect.kind) {
        case 'end-sessions': {
          const { identityKey, device } = effect
          const name = toHex(identityKey) + toHex(device.id)
          const pair = pairs.get(name)
          if (pair !== null) pairs.remove(draft, pair)
          mailboxes.removePair(name)
          break
        }
        case 'show': {
          const identity = toHex(effect.identityKey)
          const text = effect.what === 'device-added' ? 'has a new device' : 'removed a device'
          events.add(draft, { kind: 'notice', text, identity })
          if (effect.what === 'device-added') this.#sendToNewDevice(draft, effect.identityKey)
          break
        }
        case 'alarm': {
          const identity = toHex(effect.identityKey)
          const text = 'two contradicting device lists were signed in this name'
          events.add(draft, { kind: 'notice', text, identity })
          break
        }
        case 'fetch-log':
          draft.after(() => this.#lookUp(effect.identityKey))
          break
        case 'publish-record':
          draft.after(() => void this.#publisher.publish())
          break
        case 'self-revoked':
          events.add(draft, { kind: 'notice', text: 'this device was revoked', identity: null })
      }
    }
  }

  /** Their other devices may be gone: what none of them has confirmed goes to the new one, too. */
  #sendToNewDevice(draft: Draft, identityKey: Uint8Array): void {
    const { conversations, ledger } = this.#parts
    const conversation = conversations.with(identityKey)
    for (const [name, row] of ledger.open()) {
      if (name.conversation === conversation?.number) ledger.setWaiting(draft, name, row, true)
    }
    draft.after(() => this.#lookUp(identityKey))
  }

  /** Whoever confirms nothing for long may have moved, or have other devices by now. */
  #refresh(): void {
    const { alarms, conversations, ledger, people, terms } = this.#parts
    const nowMs = terms.clock.nowMs()
    const silent = new Set<number>()
    for (const [{ conversation }, row] of ledger.open()) {
      if (nowMs - row.atMs >= REFRESH_RECORD_MS) silent.add(conversation)
    }
    for (const number of silent) {
      const { peer } = conversations.byNumber(number)!
      const age = nowMs - people.of(peer).fetchedSeconds * 1000
      if (age >= REFRESH_RECORD_MS && people.standing(peer) === 'contact') this.#lookUp(peer)
    }
    alarms.set('refresh', nowMs + REFRESH_RECORD_MS, () => this.#refresh())
  }

  /** A session is broken: with the newest prekeys a new one begins. */
  #renew(party: Party): void {
    const renewing = async (): Promise<void> => {
      await this.#directory.lookUp(party.identityKey)
      await this.#parts.desk.run((draft) => {
        const pair = this.#parts.pairs.get(pairKeyOf(party))
        if (pair !== null) this.#post.renew(draft, pair)
      })
      this.#renewLater(party)
    }
    renewing().catch(() => this.#parts.desk.failure)
  }

  #renewLater(party: Party): void {
    const { alarms, pairs, desk, terms } = this.#parts
    const key = pairKeyOf(party)
    const dueSeconds = renewalDueSeconds(pairs.of(party).renewal)
    if (dueSeconds === null) return
    alarms.set(`renew ${key}`, dueSeconds * 1000, () => {
      const trying = desk.run((draft) => {
        const before = pairs.get(key)
        if (before === null) return
        const { pair, effects } = tryRenewal(before, nowSecondsOf(terms))
        if (pair !== before) pairs.set(draft, pair)
        for (const effect of effects) {
          if (effect.kind === 'renew') draft.after(() => this.#renew(party))
          else this.#post.sendFrame(draft, pair, effect.frame)
        }
        draft.after(() => this.#renewLater(party))
      })
      trying.catch(() => desk.failure)
    })
  }

  #hearCourier(event: CourierEvent): void {
    if (event.kind === 'failed') return
    const { desk, ledger } = this.#parts
    const hearing = desk.run(async (draft) => {
      ledger.hear(draft, event)
      if (event.kind === 'damaged') await this.#writeAgain(draft, event.reference)
    })
    hearing.catch(() => desk.failure)
  }

  async #writeAgain(draft: Draft, reference: Uint8Array): Promise<void> {
    const { ledger, conversations } = this.#parts
    const name = await ledger.messageOf(draft, reference)
    const row = name && (await ledger.row(name))
    const conversation = name && conversations.byNumber(name.conversation)
    if (!name || !row || !conversation) return
    const leg = row.legs.find((one) => one.reference === toHex(reference))
    const identityKey = fromHex((leg?.device ?? '').slice(0, 64))
    const device = this.#post
      .devicesOf(identityKey)
      .find(({ id }) => leg?.device.endsWith(toHex(id)))
    if (device !== undefined) await this.#sending.sendAgain(draft, name, device, identityKey)
  }

  /** What the courier achieved and could not tell before the program ended. */
  async #reconcile(): Promise<void> {
    const { ledger, courier, desk } = this.#parts
    const heard: CourierEvent[] = []
    for (const [, row] of ledger.open()) {
      for (const { reference: hex, stage } of row.legs) {
        if (stage !== 'queued') continue
        const reference = fromHex(hex)
        const story = await courier.story(reference)
        if (story === null) continue
        const count = story.receipts.length
        if (story.state === 'expired') {
          heard.push({ kind: 'expired', reference, wasStored: count > 0 })
        } else if (story.state === 'stored') heard.push({ kind: 'stored', reference, count })
        else heard.push({ kind: 'receipt', reference, count, carrier: '' })
      }
    }
    await desk.run((draft) => {
      for (const event of heard) ledger.hear(draft, event)
    })
  }

  #turnMailboxes(): void {
    const { alarms, mailboxes, vault, desk } = this.#parts
    const nextSeconds = mailboxes.turn()
    const doors = mailboxes.remember()
    if (doors !== null) {
      const key = vault.key(TABLE.doors)
      desk.run((draft) => draft.put(key, doors)).catch(() => desk.failure)
    }
    alarms.set('turn', nextSeconds * 1000, () => this.#turnMailboxes())
  }

  #giveUpLater(): void {
    const { alarms, ledger, desk, terms } = this.#parts
    const waiting = ledger.waiting()
    if (waiting.length === 0) return
    const atMs = Math.min(...waiting.map(([, row]) => row.untilMs))
    alarms.set('give up', atMs, () => {
      const givingUp = desk.run((draft) => ledger.giveUp(draft, terms.clock.nowMs()))
      givingUp.then(
        () => this.#giveUpLater(),
        () => desk.failure,
      )
    })
  }

  #reopen(identityKey: Uint8Array): void {
    for (const pair of this.#parts.pairs.ofIdentity(identityKey)) this.#receiving.onSession(pair)
  }

  #oweReceipts(identityKey: Uint8Array): void {
    const conversation = this.#parts.conversations.with(identityKey)
    if (conversation !== null) this.#owing.oweReceipt(conversation)
  }
}

function checkText(text: string): void {
  if (utf8(text).length > TEXT_BYTES_MAX) throw new Failure('TEXT_LONG')
  if (!isMessageText(text)) throw new Failure('BAD_PARAMS', 'no text, or control characters in it')
}

function hashIn({ hash }: SentRow): Uint8Array {
  return fromHex(hash)
}
