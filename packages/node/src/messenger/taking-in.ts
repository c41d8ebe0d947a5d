// What a message says, carried out: entries into their conversation, receipts into the ledger, what
// the sessions want of each other, and what is owed in return.
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ENTRY_KINDS } from '@ezchat/protocol/constants.ts'
import { answerRequest, spendPatience } from '@ezchat/protocol/conversation/answer.ts'
import { decodeContent } from '@ezchat/protocol/conversation/content.ts'
import type { Author, Entry } from '@ezchat/protocol/conversation/entry.ts'
import { chainKey } from '@ezchat/protocol/conversation/entry.ts'
import type { RequestContent } from '@ezchat/protocol/conversation/kinds/history.ts'
import type { ConversationEffect } from '@ezchat/protocol/conversation/log-event.ts'
import type { LogHeads } from '@ezchat/protocol/device/log-heads.ts'
import { decodeParcel, type Introduction, type ParcelItem } from '@ezchat/protocol/device/parcel.ts'
import { hearHeads, learnLog, type RosterEffect } from '@ezchat/protocol/device/roster.ts'
import { verifyDeviceLog } from '@ezchat/protocol/identity/device-log.ts'
import { isShard } from '@ezchat/protocol/network/shard.ts'
import type { PairEffect } from '@ezchat/protocol/session/pair-receive.ts'
import type { Party } from '@ezchat/protocol/session/party.ts'
import { REQUEST_ENTRIES_MAX } from '../limits.ts'
import type { Conversation } from './conversation.ts'
import type { Draft } from './desk.ts'
import { sequenceIn } from './entry-shelf.ts'
import { isAnswered, type Parts } from './household.ts'
import { isTheirs, type Opened } from './opening.ts'
import { authorOf, pairKeyOf } from './pairs.ts'
import { petnameFor } from './petnames.ts'
import type { Post } from './post.ts'
import type { Sending } from './sending.ts'
import { nowSecondsOf } from './terms.ts'

export interface Hooks {
  readonly lookUp: (identityKey: Uint8Array) => void
  readonly renew: (party: Party) => void
  readonly oweReceipt: (conversation: Conversation) => void
  readonly repairAt: (conversation: Conversation) => void
  readonly rosterEffects: (draft: Draft, effects: readonly RosterEffect[]) => void
}

const SHOWN_KINDS: ReadonlySet<number> = new Set([ENTRY_KINDS.text, ENTRY_KINDS.file])

export class TakingIn {
  readonly #parts: Parts
  readonly #post: Post
  readonly #sending: Sending
  readonly #hooks: Hooks
  readonly #patience = new Map<string, readonly number[]>()
  /** Heads that were answered with what the other side lacks, by pair. */
  readonly #toldLogs = new Map<string, string>()

  constructor(parts: Parts, post: Post, sending: Sending, hooks: Hooks) {
    this.#parts = parts
    this.#post = post
    this.#sending = sending
    this.#hooks = hooks
  }

  async take(draft: Draft, { party, received }: Opened): Promise<void> {
    for (const effect of received.effects) await this.#carryOut(draft, party, effect)
  }

  async #carryOut(draft: Draft, party: Party, effect: PairEffect): Promise<void> {
    const { pairs, events } = this.#parts
    if (effect.kind === 'content') {
      await this.#takeContent(draft, party, effect.content)
      return
    }
    // What a session wants by itself a stranger could bring about, and see by it that we are there.
    if (!isAnswered(this.#parts, party.identityKey)) return
    switch (effect.kind) {
      case 'send': {
        const pair = pairs.of(party)
        if (pair.active !== null) this.#post.sendFrame(draft, pair, effect.frame)
        return
      }
      case 'renew':
        draft.after(() => this.#hooks.renew(party))
        return
      case 'resend':
        await this.#resend(draft, party, effect.references)
        return
      case 'line': {
        const identity = toHex(party.identityKey)
        events.add(draft, { kind: 'notice', text: 'the session was renewed', identity })
      }
    }
  }

  async #resend(draft: Draft, party: Party, references: readonly Uint8Array[]): Promise<void> {
    const { ledger, conversations } = this.#parts
    const device = this.#post
      .devicesOf(party.identityKey)
      .find(({ id }) => equalBytes(id, party.deviceId))
    if (device === undefined) return
    for (const reference of references) {
      for (const name of ledger.messagesOf(reference)) {
        await this.#sending.sendAgain(draft, name, device, party.identityKey)
      }
    }
    // What else was lost may have been a receipt: a later one says all that an earlier one did.
    const conversation = conversations.with(party.identityKey)
    if (conversation !== null) this.#owe(draft, conversation)
  }

  /** What a session brought is used up even where it makes no sense. */
  async #takeContent(draft: Draft, party: Party, content: Uint8Array): Promise<void> {
    try {
      const { heads, items } = decodeParcel(content)
      const introduction = items.find((item) => item.kind === 'introduction')
      await this.#meet(draft, party, introduction?.introduction ?? null)
      for (const item of items) await this.#takeItem(draft, party, item)
      this.#hear(draft, party, heads)
    } catch (error: unknown) {
      if (!isTheirs(error)) throw error
    }
  }

  /** A stranger becomes a contact with an invite of ours, and waits to be accepted without one. */
  async #meet(draft: Draft, party: Party, introduction: Introduction | null): Promise<void> {
    const { people, events, invites, terms, self } = this.#parts
    const { identityKey } = party
    if (equalBytes(identityKey, self.identityKey)) return
    const standing = people.standing(identityKey)
    const before = people.get(identityKey)
    const token = introduction?.token ?? null
    const isStranger = standing === 'stranger' || standing === 'request'
    const isInvited = isStranger && token !== null && (await invites.use(draft, token))
    const isNew = standing === 'stranger'
    const known = people.of(identityKey)
    const isRequest = isStranger && !isInvited
    if (introduction !== null && isShard(terms.network, introduction.homeShard)) {
      const { homeShard, hints, name, doorSecret } = introduction
      const profileName = known.profileName === '' ? name : known.profileName
      const isSame = before?.homeShard === homeShard && before.profileName === profileName
      if (!isSame || isNew || isInvited) {
        const door = doorSecret ?? known.doorSecret
        const met = { ...known, homeShard, hints, profileName, doorSecret: door, isRequest }
        people.set(draft, met)
      }
    } else if (isNew) {
      people.set(draft, { ...known, isRequest })
    }
    if (isInvited) {
      const petname = petnameFor(people, people.of(identityKey).profileName, identityKey)
      people.setContact(draft, identityKey, { petname })
    }
    if (!isNew && !isInvited) return
    events.add(draft, { kind: 'contact', identity: toHex(identityKey) })
    // A stranger is not looked for before it is accepted: it could watch who asks.
    if (!isRequest) draft.after(() => this.#hooks.lookUp(identityKey))
  }

  async #takeItem(draft: Draft, party: Party, item: ParcelItem): Promise<void> {
    const { conversations, self } = this.#parts
    switch (item.kind) {
      case 'entry':
        await this.#takeEntry(
          draft,
          party,
          conversations.open(draft, party.identityKey),
          item.bytes,
        )
        return
      case 'copy':
        // Only our own devices say what we wrote to others.
        if (!equalBytes(party.identityKey, self.identityKey)) return
        await this.#takeEntry(draft, party, conversations.open(draft, item.identityKey), item.bytes)
        return
      case 'log':
        this.#learnLog(draft, party, item)
        return
      case 'introduction':
        return
    }
  }

  async #takeEntry(
    draft: Draft,
    party: Party,
    conversation: Conversation,
    bytes: Uint8Array,
  ): Promise<void> {
    const { terms, people } = this.#parts
    const standing = people.standing(party.identityKey)
    if (standing === 'request' && countOf(conversation) >= REQUEST_ENTRIES_MAX) return
    const witness = { kind: 'session', peer: authorOf(party) } as const
    const nowMs = terms.clock.nowMs()
    const effects = await conversation.receive(draft, { bytes, witness, nowMs })
    for (const effect of effects) await this.#tell(draft, party, conversation, effect)
  }

  async #tell(
    draft: Draft,
    party: Party,
    conversation: Conversation,
    effect: ConversationEffect,
  ): Promise<void> {
    const { events } = this.#parts
    switch (effect.kind) {
      case 'append': {
        const { entry, hash, order } = effect.placed
        events.add(draft, { kind: 'message', in: conversation.number, hash: toHex(hash) })
        if (conversation.isOwn(entry.author)) return
        const { readUpTo, unread } = conversation.summary
        const isUnread = SHOWN_KINDS.has(entry.kind) && (readUpTo === '' || toHex(order) > readUpTo)
        if (isUnread) conversation.changeSummary(draft, { unread: unread + 1 })
        this.#owe(draft, conversation)
        return
      }
      case 'duplicate':
        this.#owe(draft, conversation)
        return
      case 'gaps':
      case 'missing-parents':
        draft.after(() => this.#hooks.repairAt(conversation))
        return
      case 'alarm': {
        const identity = toHex(effect.author.identity)
        events.add(draft, { kind: 'notice', text: ALARMS[effect.alarm], identity })
        // Its author may have been set back, and learns by the receipt what we have of it.
        if (!conversation.isOwn(effect.author)) this.#owe(draft, conversation)
        return
      }
      case 'passing':
        await this.#takePassing(draft, party, conversation, effect.entry)
    }
  }

  #owe(draft: Draft, conversation: Conversation): void {
    if (!conversation.summary.isReceiptDue) {
      conversation.changeSummary(draft, { isReceiptDue: true })
    }
    draft.after(() => this.#hooks.oweReceipt(conversation))
  }

  async #takePassing(
    draft: Draft,
    party: Party,
    conversation: Conversation,
    entry: Entry,
  ): Promise<void> {
    const content = decodeContent(entry.kind, entry.content)
    switch (content?.kind) {
      case 'receipt':
        await this.#parts.ledger.hearReceipt(draft, conversation, authorOf(party), content)
        return
      case 'request':
        await this.#answer(draft, party, conversation, content)
        return
      case 'answer':
        for (const { bytes } of content.entries) {
          await this.#takeAnswered(draft, party, conversation, bytes)
        }
    }
  }

  /** One entry that is not what it should be says nothing about the next. */
  async #takeAnswered(
    draft: Draft,
    party: Party,
    conversation: Conversation,
    bytes: Uint8Array,
  ): Promise<void> {
    try {
      await this.#takeEntry(draft, party, conversation, bytes)
    } catch (error: unknown) {
      if (!isTheirs(error)) throw error
    }
  }

  async #answer(
    draft: Draft,
    party: Party,
    conversation: Conversation,
    request: RequestContent,
  ): Promise<void> {
    const { people, terms } = this.#parts
    const standing = people.standing(party.identityKey)
    const isOwn = equalBytes(party.identityKey, this.#parts.self.identityKey)
    if (standing !== 'contact' && !isOwn) return
    const key = pairKeyOf(party)
    const asked = spendPatience(this.#patience.get(key) ?? [], terms.clock.nowMs())
    if (asked === null) return
    this.#patience.set(key, asked)
    const answers = await answerRequest(request, {
      range: (author, from, to, countMax) => rangeOf(conversation, { author, from, to, countMax }),
      byHash: async (hash) => {
        const row = await conversation.shelf.rowOf(hash)
        return row && conversation.shelf.held(row)
      },
    })
    for (const answer of answers) {
      this.#sending.sendPassing(draft, conversation, answer, party.identityKey, party.deviceId)
    }
  }

  #hear(draft: Draft, party: Party, heads: LogHeads): void {
    const { people, self, terms } = this.#parts
    const peer = people.roster(party.identityKey)
    if (peer === null) return
    const own = self.roster
    const steps = hearHeads({ peer, own }, heads, nowSecondsOf(terms))
    const effects = [...steps.peer.effects, ...steps.own.effects]
    if (effects.length === 0 && steps.peer.roster === peer && steps.own.roster === own) return
    people.setRoster(draft, steps.peer.roster)
    people.setRoster(draft, steps.own.roster)
    this.#hooks.rosterEffects(
      draft,
      effects.filter(({ kind }) => kind !== 'send-log'),
    )
    const isBehind = steps.own.effects.some(({ kind }) => kind === 'send-log')
    if (!isAnswered(this.#parts, party.identityKey)) return
    if (isBehind && heads.yours !== null) this.#sendLog(draft, party, heads.yours.seq + 1)
  }

  #sendLog(draft: Draft, party: Party, seq: number): void {
    const { log } = this.#parts.self.roster
    const told = `${seq} ${log.entries.length}`
    const key = pairKeyOf(party)
    if (this.#toldLogs.get(key) === told) return
    this.#toldLogs.set(key, told)
    this.#post.send(draft, party, { kind: 'log', seq, entries: log.entries.slice(seq) })
  }

  #learnLog(draft: Draft, party: Party, { seq, entries }: ParcelItem & { kind: 'log' }): void {
    const { people, terms, self } = this.#parts
    const { identityKey } = party
    const roster = people.roster(identityKey)
    const before = roster?.log.entries.slice(0, seq) ?? []
    // A piece that does not begin where ours ends is of no use; the record has the whole.
    if (before.length !== seq) return
    const log = verifyDeviceLog(terms.crypto, identityKey, [...before, ...entries])
    if (roster === null) return
    const step = learnLog(terms.crypto, roster, log, self.logReader(identityKey))
    people.setRoster(draft, step.roster)
    this.#hooks.rosterEffects(draft, step.effects)
  }
}

const ALARMS = {
  equivocation: 'one device has written two different messages as the same one',
  'broken-chain': 'a message does not continue what its device wrote before',
  'set-back': 'this device was set back: others have messages of it that it did not know',
} as const

function countOf({ log }: Conversation): number {
  let count = 0
  for (const { runs } of log.chains.values()) {
    for (const { from, to } of runs) count += to - from + 1
  }
  return count
}

async function* rangeOf(
  conversation: Conversation,
  range: {
    readonly author: Author
    readonly from: number
    readonly to: number
    readonly countMax: number
  },
) {
  const { author, from, to, countMax } = range
  if (!conversation.log.chains.has(chainKey(author))) return
  const rows = (await conversation.shelf.chain(author)).filter(({ order }) => {
    const sequence = sequenceIn(order)
    return sequence >= from && sequence <= to
  })
  for (const row of rows.reverse().slice(0, countMax)) yield await conversation.shelf.held(row)
}
