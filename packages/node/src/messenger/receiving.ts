// Takes in what arrives: at the start what came while we were away, then what comes. Many envelopes
// share one write; where a crash cuts that, they are taken in again, and nothing is shown twice.
import { concatBytes, equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { AssertionError } from '@ezchat/protocol/errors.ts'
import type { Pair } from '@ezchat/protocol/session/pair.ts'
import {
  EARLY_BYTES_MAX,
  EARLY_COUNT_MAX,
  EARLY_QUIET_MS,
  EARLY_WAIT_MS,
  MESSENGER_ARRIVALS_BYTES_MAX,
} from '../limits.ts'
import type { FetchedPage, FetchTerms, StoredEnvelope } from '../store/envelope-reader.ts'
import type { Draft } from './desk.ts'
import { type Arrived, type ChainName, EarlyOnes } from './early-ones.ts'
import type { Parts } from './household.ts'
import { isTheirs, type Opener } from './opening.ts'
import { pairKeyOf } from './pairs.ts'
import { numberIn, TABLE, u64 } from './table.ts'
import type { TakingIn } from './taking-in.ts'

/**
 * Where envelopes come from: the store of a carrier of the own shard, or whoever fetches from others
 * and numbers what it got in the order in which it came.
 */
export interface Arrivals {
  /** A cursor of another numbering means nothing. */
  readonly epoch: Uint8Array
  /** The number of the last one so far. */
  readonly arrivalLast: number
  fetch(terms: FetchTerms): Promise<FetchedPage>
  watch(listener: (arrived: readonly StoredEnvelope[]) => void): () => void
}

export interface ReceivingInit {
  readonly parts: Parts
  readonly arrivals: Arrivals
  readonly opener: Opener
  readonly takingIn: TakingIn
  readonly lookUp: (identityKey: Uint8Array) => void
  readonly onBug: (error: unknown) => void
}

const NOTHING = new Uint8Array(0)
const EARLY_ALARM = 'early'

export class Receiving {
  readonly #init: ReceivingInit
  #queue: StoredEnvelope[] = []
  #isTaking = false
  #cursor = 0
  #readLast = 0
  #isCaughtUp = false
  #stop: (() => void) | null = null
  #refusedCount = 0
  readonly #early = new EarlyOnes()
  #earlySinceMs = 0
  #isReleasing = false
  #catchingUpCount = 0
  readonly #ready = new Set<ChainName>()

  constructor(init: ReceivingInit) {
    this.#init = init
  }

  /** Envelopes in our mailboxes that were not what they should be. */
  get refusedCount(): number {
    return this.#refusedCount
  }

  /** Resolves when all is taken in that had arrived before. */
  async start(): Promise<void> {
    const { arrivals, parts } = this.#init
    const record = await parts.vault.get(parts.vault.key(TABLE.cursor))
    const isSame = record !== null && equalBytes(record.subarray(8), arrivals.epoch)
    this.#cursor = isSame ? numberIn(record, 0) : 0
    this.#readLast = this.#cursor
    // Watching comes first: what arrives meanwhile is seen twice, which does no harm.
    this.#stop = arrivals.watch((arrived) => this.#arrive(arrived))
    const last = arrivals.arrivalLast
    const unlooked = await this.#unlookedKeys()
    // A crash may have come between the beginning of a session and a look into its lanes.
    await this.#catchUp(parts.mailboxes.all(), unlooked.length > 0 ? 0 : this.#cursor)
    this.#read(last)
    this.#isCaughtUp = true
    await parts.desk.run((draft) => {
      for (const key of unlooked) draft.remove(key)
      this.#writeCursor(draft)
    })
  }

  stop(): void {
    this.#stop?.()
    this.#queue = []
  }

  /** Mailboxes that were not ours until now: what lies there may have come before. */
  async lookInto(mailboxes: readonly Uint8Array[]): Promise<void> {
    await this.#catchUp(mailboxes, 0)
  }

  /** A session began: its lanes are ours from now on. */
  onSession(pair: Pair): void {
    const { parts } = this.#init
    const fresh = parts.mailboxes.addPair(pair)
    if (fresh.length === 0) return
    const looking = async (): Promise<void> => {
      await this.lookInto(fresh)
      await parts.desk.run((draft) => draft.remove(this.#lookKey(pair)))
    }
    looking().catch(() => parts.desk.failure)
  }

  /** Envelopes that had to wait for a device log. */
  takeHeld(draft: Draft, envelopes: readonly Uint8Array[]): Promise<void> {
    return this.#takeAll(
      draft,
      envelopes.map((bytes) => ({ mailbox: bytes.subarray(3, 35), bytes })),
    )
  }

  #arrive(arrived: readonly StoredEnvelope[]): void {
    const { mailboxes } = this.#init.parts
    mailboxes.turnIfDue()
    const ours = arrived.filter(({ mailbox }) => mailboxes.find(mailbox) !== null)
    if (ours.length === 0) return
    this.#queue.push(...ours)
    if (!this.#isTaking) void this.#takeQueue()
  }

  async #takeQueue(): Promise<void> {
    this.#isTaking = true
    let done: (() => void) | null = null
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue.splice(0, portionOf(this.#queue))
        if (this.#queue.length > 0) done ??= this.#init.parts.catchUp.open()
        await this.#takeBatch(batch)
        if (this.#queue.length === 0) await this.#takeReady()
      }
    } catch {
      // The desk has failed, and has told its owner; at the next start it all comes again.
      this.#queue = []
    }
    done?.()
    this.#isTaking = false
  }

  async #takeBatch(batch: readonly StoredEnvelope[]): Promise<void> {
    await this.#init.parts.desk.run(async (draft) => {
      await this.#takeAll(draft, batch)
      if (!this.#isCaughtUp) return
      const before = this.#cursor
      this.#read(batch.at(-1)!.arrival)
      if (this.#cursor > before) this.#writeCursor(draft)
    })
  }

  async #catchUp(mailboxes: readonly Uint8Array[], after: number): Promise<void> {
    this.#catchingUpCount++
    const done = this.#init.parts.catchUp.open()
    try {
      for (const prefix of mailboxes) await this.#catchUpWith(prefix, after)
      await this.#takeReady()
    } finally {
      this.#catchingUpCount--
      done()
    }
  }

  async #catchUpWith(prefix: Uint8Array, after: number): Promise<void> {
    const { arrivals, parts } = this.#init
    let page: FetchedPage | null = await arrivals.fetch({ prefix, after, position: null })
    while (page !== null && page.envelopes.length > 0) {
      const { envelopes, position } = page
      // The next page is read while this one is opened.
      const next: Promise<FetchedPage | null> =
        position === null ? Promise.resolve(null) : arrivals.fetch({ prefix, after, position })
      for (let at = 0; at < envelopes.length; ) {
        const portion = envelopes.slice(at, at + portionOf(envelopes, at))
        await parts.desk.run((draft) => this.#takeAll(draft, portion))
        at += portion.length
      }
      page = await next
    }
  }

  async #takeAll(draft: Draft, envelopes: readonly Arrived[]): Promise<void> {
    for (const arrived of envelopes) await this.#takeOne(draft, arrived, true)
    const room = { bytes: MESSENGER_ARRIVALS_BYTES_MAX }
    for (const name of this.#early.names()) {
      if (await this.#followUp(draft, name, room)) this.#ready.add(name)
    }
    this.#awaitEarlier()
  }

  /** Those that wait for nobody any more. */
  async #takeReady(): Promise<void> {
    const { desk } = this.#init.parts
    for (const name of this.#ready) {
      this.#ready.delete(name)
      const step = (draft: Draft) =>
        this.#followUp(draft, name, { bytes: MESSENGER_ARRIVALS_BYTES_MAX })
      while (await desk.run(step));
    }
    await desk.run((draft) => this.#readOn(draft))
  }

  /** Those of a chain whose turn it is, while there is room; false when the next is early still. */
  async #followUp(draft: Draft, name: ChainName, room: { bytes: number }): Promise<boolean> {
    while (room.bytes > 0) {
      const arrived = this.#early.take(name)
      if (arrived === null || !(await this.#takeOne(draft, arrived, true))) return false
      room.bytes -= arrived.bytes.length
    }
    return true
  }

  /** Whatever is missing may still be under way. */
  #awaitEarlier(): void {
    const { alarms, terms } = this.#init.parts
    alarms.clear(EARLY_ALARM)
    if (this.#early.count === 0) {
      this.#earlySinceMs = 0
      return
    }
    const nowMs = terms.clock.nowMs()
    if (this.#earlySinceMs === 0) this.#earlySinceMs = nowMs
    const isFull = this.#early.count > EARLY_COUNT_MAX || this.#early.bytes > EARLY_BYTES_MAX
    const quietMs = Math.min(nowMs + EARLY_QUIET_MS, this.#earlySinceMs + EARLY_WAIT_MS)
    alarms.set(EARLY_ALARM, isFull ? nowMs : quietMs, () => {
      // What is here already may be what is missing.
      if (this.#isTaking || this.#catchingUpCount > 0) this.#awaitEarlier()
      else void this.#release()
    })
  }

  /** In their order, over what is missing: the session keeps the keys, and the gap is asked about. */
  async #release(): Promise<void> {
    if (this.#isReleasing) return
    this.#isReleasing = true
    this.#earlySinceMs = 0
    try {
      for (const name of this.#early.names()) {
        let isMore = true
        while (isMore) isMore = await this.#init.parts.desk.run((draft) => this.#pass(draft, name))
      }
      await this.#init.parts.desk.run((draft) => this.#readOn(draft))
    } catch {
      // The desk has failed, and has told its owner; at the next start it all comes again.
      this.#queue = []
    }
    this.#isReleasing = false
  }

  async #pass(draft: Draft, name: ChainName): Promise<boolean> {
    const arrived = this.#early.take(name)
    if (arrived === null) return false
    await this.#takeOne(draft, arrived, false)
    await this.#followUp(draft, name, { bytes: MESSENGER_ARRIVALS_BYTES_MAX })
    return true
  }

  /** False when it came before its turn, and waits. */
  async #takeOne(draft: Draft, arrived: Arrived, isPatient: boolean): Promise<boolean> {
    const { opener, takingIn, parts, lookUp } = this.#init
    const { mailbox, bytes } = arrived
    try {
      const opening = await opener.open(draft, mailbox, bytes, isPatient)
      if (opening.kind === 'nothing') return true
      if (opening.kind === 'early') {
        this.#early.add(opening.pair, opening.place, arrived)
        return false
      }
      if (opening.kind === 'held') {
        draft.after(() => lookUp(opening.identityKey))
        return true
      }
      const { party } = opening.opened
      const pair = parts.pairs.get(pairKeyOf(party))
      if (pair !== null && needsLanes(parts, pair)) {
        draft.put(this.#lookKey(pair), NOTHING)
        draft.after(() => this.onSession(pair))
      }
      const before = parts.events.messageCount
      await takingIn.take(draft, opening.opened)
      parts.catchUp.opened(parts.events.messageCount - before)
    } catch (error: unknown) {
      // One that finds a bug of ours must not keep the others from being read.
      if (error instanceof AssertionError) this.#init.onBug(error)
      else if (!isTheirs(error)) throw error
      this.#refusedCount++
    }
    return true
  }

  /** What waited has been taken in: the cursor may be farther. */
  #readOn(draft: Draft): void {
    const before = this.#cursor
    this.#read(this.#readLast)
    if (this.#isCaughtUp && this.#cursor > before) this.#writeCursor(draft)
  }

  /** All up to here has been read; the cursor stays before what waits for its turn. */
  #read(arrival: number): void {
    this.#readLast = Math.max(this.#readLast, arrival)
    this.#cursor = Math.max(this.#cursor, Math.min(this.#readLast, this.#early.firstArrival() - 1))
  }

  #lookKey({ peer }: Pair): Uint8Array {
    const { vault } = this.#init.parts
    const name = concatBytes(peer.identityKey, peer.deviceId)
    return vault.key(TABLE.look, vault.name(TABLE.look, name))
  }

  async #unlookedKeys(): Promise<Uint8Array[]> {
    const { vault } = this.#init.parts
    const keys: Uint8Array[] = []
    for await (const [key] of vault.under(vault.key(TABLE.look))) keys.push(key)
    return keys
  }

  #writeCursor(draft: Draft): void {
    const { arrivals, parts } = this.#init
    draft.put(parts.vault.key(TABLE.cursor), concatBytes(u64(this.#cursor), arrivals.epoch))
  }
}

/** How many of them share a write: the loop has a turn for others after each. */
function portionOf(envelopes: readonly Arrived[], from = 0): number {
  let bytes = 0
  let count = 0
  while (from + count < envelopes.length && bytes < MESSENGER_ARRIVALS_BYTES_MAX) {
    bytes += envelopes[from + count]!.bytes.length
    count++
  }
  return count
}

function needsLanes({ mailboxes }: Parts, { active, old }: Pair): boolean {
  if (active !== null && !mailboxes.isKnown(active)) return true
  return old.some(({ session }) => !mailboxes.isKnown(session))
}
