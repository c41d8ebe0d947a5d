// What runs by itself: mail is taken in, receipts and lookups are made when their time has come,
// broken sessions are renewed, and what the courier says goes into the ledger.
import { equalBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { RosterEffect } from '@ezchat/protocol/device/roster.ts'
import { type Pair, tryRenewal } from '@ezchat/protocol/session/pair.ts'
import type { Party } from '@ezchat/protocol/session/party.ts'
import { renewalDueSeconds } from '@ezchat/protocol/session/renewal.ts'
import type { CourierEvent } from '../courier/event.ts'
import { CLOCK_SURE_MS, REFRESH_RECORD_MS } from '../limits.ts'
import type { Draft } from './desk.ts'
import { Directory } from './directory.ts'
import { isAnswered, type Parts } from './household.ts'
import { isToBeReplaced, LOST_NOTE } from './leg.ts'
import { Opener } from './opening.ts'
import { Owing } from './owing.ts'
import { pairKeyOf } from './pairs.ts'
import { Post } from './post.ts'
import { Publisher } from './publisher.ts'
import { type Arrivals, Receiving } from './receiving.ts'
import type { RecordRoutes } from './record-routes.ts'
import { Sending } from './sending.ts'
import { TABLE } from './table.ts'
import { TakingIn } from './taking-in.ts'
import { nowSecondsOf } from './terms.ts'

/** Other steps on the way change nothing here. */
const CHANGING: ReadonlySet<CourierEvent['kind']> = new Set([
  'receipt',
  'stored',
  'expired',
  'dropped',
  'damaged',
])

export interface MessengerComponents {
  readonly arrivals: Arrivals
  readonly routes: RecordRoutes
  /** Where we can be reached, for invites and records. */
  readonly hints: () => readonly string[]
  readonly onBug: (error: unknown) => void
}

export class Engine {
  readonly sending: Sending
  readonly owing: Owing
  readonly publisher: Publisher
  readonly #parts: Parts
  readonly #post: Post
  readonly #receiving: Receiving
  readonly #directory: Directory
  readonly #opener: Opener
  #stopCourier: () => void = () => undefined

  constructor(parts: Parts, components: MessengerComponents) {
    const { arrivals, routes, hints, onBug } = components
    this.#parts = parts
    const lookUp = (identityKey: Uint8Array): void => this.#lookUp(identityKey)
    const onSession = (pair: Pair): void => this.#receiving.onSession(pair)
    this.#post = new Post(parts, { onSession, hints })
    this.sending = new Sending(parts, this.#post, lookUp)
    this.#opener = new Opener(parts)
    this.owing = new Owing(parts, { post: this.#post, sending: this.sending, lookUp })
    const takingIn = new TakingIn(parts, this.#post, this.sending, {
      lookUp,
      renew: (party) => this.#renew(party),
      oweReceipt: (conversation) => this.owing.oweReceipt(conversation),
      repairAt: (conversation) => this.owing.repairAt(conversation),
      rosterEffects: (draft, effects) => this.#rosterEffects(draft, effects),
    })
    const opener = this.#opener
    this.#receiving = new Receiving({ parts, arrivals, opener, takingIn, lookUp, onBug })
    this.#directory = new Directory(parts, routes, {
      onFound: (draft, identityKey) => this.#onFound(draft, identityKey),
      rosterEffects: (draft, effects) => this.#rosterEffects(draft, effects),
      isWanted: (identityKey) => this.#isWanted(identityKey),
    })
    this.publisher = new Publisher(parts, routes, {
      hints,
      lookUpOwn: () => this.#directory.lookUp(parts.self.identityKey),
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
    this.publisher.start()
    await this.#opener.start()
    await this.#reconcile()
    await this.#receiving.start()
    this.owing.start()
    for (const [, { peer }] of pairs.all()) this.#renewLater(peer)
    for (const { identityKey: key } of people.all()) if (this.#isWanted(key)) this.#lookUp(key)
    this.giveUpLater()
    this.#refresh()
  }

  stop(): void {
    this.#stopCourier()
    this.#receiving.stop()
    this.#directory.close()
    this.publisher.close()
    this.#parts.alarms.close()
  }

  lookUpIfWanted(identityKey: Uint8Array): void {
    if (this.#isWanted(identityKey)) this.#lookUp(identityKey)
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
    return isWaiting || isOwed || isUnknown || this.#opener.isHolding(identityKey)
  }

  async #onFound(draft: Draft, identityKey: Uint8Array): Promise<void> {
    const { conversations } = this.#parts
    await this.sending.sendWaiting(draft, identityKey)
    const held = await this.#opener.release(draft, identityKey)
    await this.#receiving.takeHeld(draft, held)
    const conversation = conversations.with(identityKey)
    const { isReceiptDue = false, isReadReceiptDue = false } = conversation?.summary ?? {}
    if (conversation !== null && (isReceiptDue || isReadReceiptDue)) {
      draft.after(() => this.owing.oweReceipt(conversation))
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
          if (isAnswered(this.#parts, effect.identityKey)) {
            draft.after(() => this.#lookUp(effect.identityKey))
          }
          break
        case 'publish-record':
          draft.after(() => void this.publisher.publish())
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
    alarms.set('refresh', nowMs + REFRESH_RECORD_MS, () => {
      this.#refresh()
      this.#reconcileLater()
    })
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
        if (before === null || !isAnswered(this.#parts, party.identityKey)) return
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
    if (event.kind === 'failed' || !CHANGING.has(event.kind)) return
    const { desk, ledger } = this.#parts
    // The courier has it on disk, and is asked at the next start.
    const isLazy = event.kind !== 'damaged'
    const hearing = desk.run(
      async (draft) => {
        ledger.hear(draft, event)
        if (event.kind === 'damaged') await this.#writeAgain(draft, [event.reference])
      },
      { isLazy },
    )
    hearing.catch(() => desk.failure)
  }

  /** What the outbox has lost. Where its device is not known now, it waits to be. */
  async #writeAgain(draft: Draft, references: readonly Uint8Array[]): Promise<void> {
    const { ledger, events } = this.#parts
    let count = 0
    for (const reference of references) {
      for (const name of ledger.messagesOf(reference)) {
        const row = await ledger.row(name)
        const leg = row?.legs.find((one) => one.reference === toHex(reference))
        if (row === null || leg === undefined || !isToBeReplaced(row.legs, leg)) continue
        const identityKey = fromHex(leg.device.slice(0, 64))
        const devices = this.#post.devicesOf(identityKey)
        const device = devices.find(({ id }) => leg.device.endsWith(toHex(id)))
        if (device === undefined) ledger.setWaiting(draft, name, row, true)
        else await this.sending.sendAgain(draft, name, device, identityKey)
        count++
      }
    }
    if (count === 0) return
    const text = `${LOST_NOTE} (${count} of yours)`
    events.add(draft, { kind: 'notice', text, identity: null })
  }

  /** What the courier achieved and could not tell before the program ended. */
  async #reconcile(): Promise<void> {
    const { ledger, courier, desk, alarms, sureTime, terms } = this.#parts
    const heard: CourierEvent[] = []
    const lost = new Map<string, Uint8Array>()
    const sureMs = sureTime.nowMs()
    const nowMs = terms.clock.nowMs()
    for (const [, row] of ledger.open()) {
      const isOverdue = sureMs > row.untilMs
      if (nowMs > row.untilMs && !isOverdue) {
        alarms.set('overdue', nowMs + CLOCK_SURE_MS, () => this.#reconcileLater())
        continue
      }
      for (const { reference: hex, stage } of row.legs) {
        const isOpen = stage === 'queued' || (stage === 'stored' && isOverdue)
        if (!isOpen || hex === '') continue
        const reference = fromHex(hex)
        const story = await courier.story(reference)
        const isUnderWay = story?.state === 'trying' || story?.state === 'stored'
        // It said so when nobody heard, or the envelope was dropped and never confirmed.
        if (isOverdue && !isUnderWay) {
          heard.push({ kind: 'expired', reference, wasStored: stage === 'stored' })
          continue
        }
        if (story === null) {
          // What was accepted is on its disk: the disk has changed it.
          lost.set(hex, reference)
          continue
        }
        const count = story.receipts.length
        if (story.state === 'expired') {
          heard.push({ kind: 'expired', reference, wasStored: count > 0 })
        } else if (story.state === 'dropped') {
          const isNamed = story.hops.some(({ kind, why }) => kind === 'dropped' && why === 'named')
          heard.push({ kind: 'dropped', reference, isNamed })
        } else if (story.state === 'stored') heard.push({ kind: 'stored', reference, count })
        else heard.push({ kind: 'receipt', reference, count, carrier: '' })
      }
    }
    await desk.run(async (draft) => {
      for (const event of heard) ledger.hear(draft, event)
      for (const reference of lost.values()) ledger.hear(draft, { kind: 'damaged', reference })
      await this.#writeAgain(draft, [...lost.values()])
    })
  }

  #reconcileLater(): void {
    this.#reconcile().catch(() => this.#parts.desk.failure)
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

  giveUpLater(): void {
    const { alarms, ledger, desk, sureTime, terms } = this.#parts
    const waiting = ledger.waiting()
    if (waiting.length === 0) return
    const atMs = Math.min(...waiting.map(([, row]) => row.untilMs))
    const nowMs = terms.clock.nowMs()
    const isUnsure = nowMs >= atMs && sureTime.nowMs() < atMs
    alarms.set('give up', isUnsure ? nowMs + CLOCK_SURE_MS : atMs, () => {
      const givingUp = desk.run((draft) => ledger.giveUp(draft, sureTime.nowMs()))
      givingUp.then(
        () => this.giveUpLater(),
        () => desk.failure,
      )
    })
  }

  reopen(identityKey: Uint8Array): void {
    for (const pair of this.#parts.pairs.ofIdentity(identityKey)) this.#receiving.onSession(pair)
  }

  oweReceipts(identityKey: Uint8Array): void {
    const conversation = this.#parts.conversations.with(identityKey)
    if (conversation !== null) this.owing.oweReceipt(conversation)
  }
}
