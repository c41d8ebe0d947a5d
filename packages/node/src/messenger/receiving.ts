// Takes in what arrives: at the start what came while we were away, then what comes. Many envelopes
// share one write; where a crash cuts that, they are taken in again, and nothing is shown twice.
import { concatBytes, equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { AssertionError } from '@ezchat/protocol/errors.ts'
import type { Pair } from '@ezchat/protocol/session/pair.ts'
import { MESSENGER_ARRIVALS_COUNT_MAX } from '../limits.ts'
import type { FetchedPage, FetchTerms, StoredEnvelope } from '../store/envelope-reader.ts'
import type { Draft } from './desk.ts'
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

export class Receiving {
  readonly #init: ReceivingInit
  #queue: StoredEnvelope[] = []
  #isTaking = false
  #cursor = 0
  #isCaughtUp = false
  #stop: (() => void) | null = null
  #refusedCount = 0

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
    // Watching comes first: what arrives meanwhile is seen twice, which does no harm.
    this.#stop = arrivals.watch((arrived) => this.#arrive(arrived))
    const last = arrivals.arrivalLast
    const unlooked = await this.#unlookedKeys()
    // A crash may have come between the beginning of a session and a look into its lanes.
    await this.#catchUp(parts.mailboxes.all(), unlooked.length > 0 ? 0 : this.#cursor)
    this.#cursor = Math.max(this.#cursor, last)
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
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue.splice(0, MESSENGER_ARRIVALS_COUNT_MAX)
        await this.#takeBatch(batch)
      }
    } catch {
      // The desk has failed, and has told its owner; at the next start it all comes again.
      this.#queue = []
    }
    this.#isTaking = false
  }

  async #takeBatch(batch: readonly StoredEnvelope[]): Promise<void> {
    await this.#init.parts.desk.run(async (draft) => {
      await this.#takeAll(draft, batch)
      const last = batch.at(-1)!.arrival
      if (this.#isCaughtUp && last > this.#cursor) {
        this.#cursor = last
        this.#writeCursor(draft)
      }
    })
  }

  async #catchUp(mailboxes: readonly Uint8Array[], after: number): Promise<void> {
    const { arrivals, parts } = this.#init
    for (const prefix of mailboxes) {
      let page: FetchedPage | null = await arrivals.fetch({ prefix, after, position: null })
      while (page !== null && page.envelopes.length > 0) {
        const { envelopes, position } = page
        // The next page is read while this one is opened.
        const next: Promise<FetchedPage | null> =
          position === null ? Promise.resolve(null) : arrivals.fetch({ prefix, after, position })
        await parts.desk.run((draft) => this.#takeAll(draft, envelopes))
        page = await next
      }
    }
  }

  async #takeAll(
    draft: Draft,
    envelopes: readonly Pick<StoredEnvelope, 'mailbox' | 'bytes'>[],
  ): Promise<void> {
    for (const { mailbox, bytes } of envelopes) await this.#takeOne(draft, mailbox, bytes)
  }

  async #takeOne(draft: Draft, mailbox: Uint8Array, envelope: Uint8Array): Promise<void> {
    const { opener, takingIn, parts, lookUp } = this.#init
    try {
      const opening = await opener.open(draft, mailbox, envelope)
      if (opening.kind === 'nothing') return
      if (opening.kind === 'held') {
        draft.after(() => lookUp(opening.identityKey))
        return
      }
      const { party } = opening.opened
      const pair = parts.pairs.get(pairKeyOf(party))
      if (pair !== null && needsLanes(parts, pair)) {
        draft.put(this.#lookKey(pair), NOTHING)
        draft.after(() => this.onSession(pair))
      }
      await takingIn.take(draft, opening.opened)
    } catch (error: unknown) {
      // One that finds a bug of ours must not keep the others from being read.
      if (error instanceof AssertionError) this.#init.onBug(error)
      else if (!isTheirs(error)) throw error
      this.#refusedCount++
    }
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

function needsLanes({ mailboxes }: Parts, { active, old }: Pair): boolean {
  if (active !== null && !mailboxes.isKnown(active)) return true
  return old.some(({ session }) => !mailboxes.isKnown(session))
}
