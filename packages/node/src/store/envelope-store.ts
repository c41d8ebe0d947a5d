// A carrier's store: what it has acknowledged is on disk, its digests are exact after a crash, and
// what it forgets, it forgets by expiry, by its owner's drop, or because the disk's quota is full.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { assertSeconds } from '@ezchat/protocol/codec/seconds.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import type { VerifiedDrop } from '@ezchat/protocol/mailbox/drop.ts'
import type { DropSubject } from '@ezchat/protocol/mailbox/drop-memory.ts'
import type { DayDigest } from '@ezchat/protocol/sync/digest.ts'
import { EzchatError } from '../errors.ts'
import { STORE_PIECE_COUNT_MAX } from '../limits.ts'
import { type ArrivalPage, type ArrivalTerms, readArrivals } from './arrival-reader.ts'
import { CommitQueue } from './commit-queue.ts'
import type { DayBook } from './day-book.ts'
import { Draft } from './draft.ts'
import type { Covering, DropBook, StoredDrop } from './drop-book.ts'
import {
  type Damage,
  EnvelopeReader,
  type FetchedPage,
  type FetchTerms,
  type StoredEnvelope,
} from './envelope-reader.ts'
import type { KeyValue } from './key-value.ts'
import { type Arrival, decodeEntry, type Entry, entryKey, turnId } from './layout.ts'
import { type PlacingTerms, type PutResult, place } from './placing.ts'
import { quarantineChange } from './quarantine.ts'
import { dropIdsOf, expiredIds, type Found, mailboxIds, shardIds } from './removal.ts'
import { failureOf, withFailures } from './store-failure.ts'

export interface StoreInit {
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  /** Of what the store may charge: bytes of envelopes and STORE_ENTRY_BYTES for each. */
  readonly quotaBytes: number
  /** Whether a mailbox is one of ours: its envelopes are never evicted. */
  readonly isOwn: (mailbox: Uint8Array) => boolean
  /** Told of each record that was found damaged. */
  readonly onDamage?: (key: Uint8Array) => void
}

export interface OpenedParts {
  readonly keyValue: KeyValue
  readonly days: DayBook
  readonly drops: DropBook
  readonly epoch: Uint8Array
  readonly arrivalNext: Arrival
  readonly damagedCount: number
}

export type { PutResult }

export interface PutOptions {
  /** A receipt is signed for it: then it does not make room for others. */
  readonly isPromised?: boolean
}

export interface StoreUsage {
  readonly count: number
  readonly bytesCharged: number
  readonly quotaBytes: number
  readonly dropCount: number
  /** Records found damaged since the store was opened, what its opening found included. */
  readonly damagedCount: number
  /** Why nothing is written any longer. */
  readonly failure: EzchatError | null
}

export type ArrivalListener = (arrived: readonly StoredEnvelope[]) => void

export class EnvelopeStore {
  readonly epoch: Uint8Array
  readonly #init: StoreInit
  readonly #keyValue: KeyValue
  readonly #days: DayBook
  readonly #drops: DropBook
  readonly #queue: CommitQueue
  readonly #reader: EnvelopeReader
  readonly #placing: PlacingTerms
  readonly #listeners = new Set<ArrivalListener>()
  #arrivalNext: Arrival
  #damagedCount: number

  constructor(init: StoreInit, parts: OpenedParts) {
    this.#init = init
    this.epoch = parts.epoch
    this.#keyValue = parts.keyValue
    this.#days = parts.days
    this.#drops = parts.drops
    this.#arrivalNext = parts.arrivalNext
    this.#damagedCount = parts.damagedCount
    const { crypto, network, quotaBytes, isOwn } = init
    this.#placing = {
      ...{ keyValue: parts.keyValue, drops: parts.drops, quotaBytes, isOwn },
      ttlDays: network.ttlDays,
      countDamage: (key) => this.#countDamage(key),
    }
    const onDamage = (damage: Damage) => this.#damaged(damage)
    this.#reader = new EnvelopeReader({ keyValue: parts.keyValue, crypto, network, onDamage })
    this.#queue = new CommitQueue({
      keyValue: parts.keyValue,
      newDraft: () => new Draft(this.#days, this.#arrivalNext),
      onCommit: (draft) => this.#committed(draft),
    })
  }

  get usage(): StoreUsage {
    return {
      count: this.#days.count,
      bytesCharged: new Draft(this.#days, this.#arrivalNext).bytesCharged,
      quotaBytes: this.#init.quotaBytes,
      dropCount: this.#drops.count,
      damagedCount: this.#damagedCount,
      failure: this.#queue.failure,
    }
  }

  /** The last arrival so far: fetch, then watch from here, and nothing falls between. */
  get arrivalLast(): Arrival {
    return this.#arrivalNext - 1
  }

  /**
   * Resolves when it is on disk. It must have been decoded by `decodeEnvelope`: nothing is
   * verified here. Rejects with STORE_FULL when what is held is worth as much.
   */
  put(envelope: Envelope, { isPromised = false }: PutOptions = {}): Promise<PutResult> {
    return this.#queue.submit({
      bytes: envelope.bytes.length,
      sync: true,
      reads: [entryKey(turnId(envelope.id))],
      plan: (draft, [record]) =>
        place(draft, { envelope, record: record ?? null, isPromised }, this.#placing),
    })
  }

  async has(id: Uint8Array): Promise<boolean> {
    return (await this.#reading(() => this.#reader.entries([id])))[0] != null
  }

  async get(id: Uint8Array): Promise<StoredEnvelope | null> {
    return (await this.load([id]))[0] ?? null
  }

  /** In the order of the ids; what is not held is left out. */
  load(ids: readonly Uint8Array[]): Promise<StoredEnvelope[]> {
    return this.#reading(() => this.#reader.load(ids))
  }

  fetch(terms: FetchTerms): Promise<FetchedPage> {
    return this.#reading(() => this.#reader.fetch(terms))
  }

  /** Of a shard, in the order in which they came. */
  arrivals(terms: ArrivalTerms): Promise<ArrivalPage> {
    const { crypto, network } = this.#init
    const parts = { keyValue: this.#keyValue, reader: this.#reader, crypto, network }
    return this.#reading(() => readArrivals(parts, terms))
  }

  /** Called after each write with what it brought; what it returns ends that. */
  watch(listener: ArrivalListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  shards(): number[] {
    return this.#days.shards()
  }

  digests(shard: number): DayDigest[] {
    return this.#days.digests(shard)
  }

  /** What an exchange asks to be loaded, in pieces. */
  shortIds(shard: number, days: readonly number[]): AsyncGenerator<Uint8Array> {
    this.#checkOpen()
    return withFailures(this.#reader.shortIds(shard, days))
  }

  /** The id of a short id in an exchange of this shard; null when it is not, or no longer, held. */
  resolve(shard: number, shortId: Uint8Array): Promise<Uint8Array | null> {
    return this.#reading(() => this.#reader.resolve(shard, shortId))
  }

  /** Removes what has expired, and forgets drops that cover nothing now. Returns how many went. */
  async sweep(nowSeconds: number): Promise<number> {
    assertSeconds(nowSeconds)
    this.#checkOpen()
    let count = 0
    const terms = { shards: this.shards(), ttlDays: this.#init.network.ttlDays, nowSeconds }
    for await (const found of withFailures(expiredIds(this.#keyValue, terms))) {
      count += await this.#remove(found)
    }
    const forgotten = await this.#reading(() => this.#drops.forgotten(nowSeconds))
    if (forgotten.length > 0) {
      await this.#change((draft) => {
        for (const key of forgotten) draft.write(key, null)
      })
    }
    return count
  }

  /** Of a shard that is no longer carried, what is neither ours nor promised goes. Returns how many went. */
  async forget(shard: number): Promise<number> {
    this.#checkOpen()
    let count = 0
    for await (const found of withFailures(shardIds(this.#keyValue, shard))) {
      count += await this.#remove(found, ({ mailbox, isPromised }) => {
        return isPromised || this.#init.isOwn(mailbox)
      })
    }
    return count
  }

  /**
   * Removes what a verified drop covers, and remembers it. Resolves when all of that is done;
   * 'full' when no more drops can be remembered: then its envelopes stay until they expire.
   */
  async drop(drop: VerifiedDrop): Promise<'new' | 'known' | 'full'> {
    const held = await this.#reading(() => this.#heldUnder(drop))
    const learn = (draft: Draft) => this.#drops.learn(draft, drop, held)
    const { verdict, stored } = await this.#change(learn, true)
    if (stored !== null) await this.applyDrop(stored)
    return verdict
  }

  /** Where the envelopes lie that a drop covers, ascending. Others of these shards want to know. */
  async shardsUnder(drop: VerifiedDrop): Promise<number[]> {
    const shards = new Set<number>()
    await this.#reading(async () => {
      for await (const found of this.#covered(drop)) {
        const entries = await this.#reader.entries(found.map(({ id }) => id))
        for (const entry of entries) if (entry !== null) shards.add(entry.shard)
      }
    })
    return [...shards].sort((a, b) => a - b)
  }

  /** The drop that covers the envelope, for whoever still offers it. */
  coveringDrop(subject: DropSubject): VerifiedDrop | null {
    return this.#drops.covering(subject)
  }

  /** All that are remembered, to be handed to another carrier. */
  async drops(
    position: Uint8Array | null,
    countMax: number,
    { bytesMax = Number.POSITIVE_INFINITY, bytesEach = 0 } = {},
  ): Promise<{ drops: VerifiedDrop[]; position: Uint8Array | null }> {
    const limits = { countMax, bytesMax, bytesEach }
    const { page, isLast } = await this.#reading(() => this.#drops.page(position, limits))
    return { drops: page.map(({ drop }) => drop), position: isLast ? null : page.at(-1)!.key }
  }

  /** The second half of a drop, and all of one that was cut short. */
  async applyDrop(stored: StoredDrop): Promise<void> {
    const { drop, key } = stored
    const steps = withFailures(this.#covered(drop))
    for await (const found of steps) await this.#remove(found)
    await this.#queue.submit({
      ...{ bytes: drop.bytes.length, sync: false, reads: [key] },
      plan: (draft, [record]) => this.#drops.markApplied(draft, stored, record ?? null),
    })
  }

  /** Lets what was submitted be written. */
  async close(): Promise<void> {
    if (this.#queue.isClosed) return
    await this.#queue.close()
    this.#listeners.clear()
    await this.#keyValue.close()
  }

  #covered({ mailbox, scope }: VerifiedDrop): AsyncGenerator<Found[]> {
    if (scope.kind === 'ids') return dropIdsOf(this.#reader, mailbox, scope.ids)
    const { ttlDays } = this.#init.network
    return mailboxIds(this.#keyValue, { ttlDays, mailbox, before: scope.before })
  }

  async #heldUnder(drop: VerifiedDrop): Promise<Covering> {
    const ids = new Set<string>()
    for await (const found of this.#covered(drop)) {
      for (const { id } of found) ids.add(toHex(id))
      // Whoever covers so many is not the one to go.
      if (ids.size >= STORE_PIECE_COUNT_MAX) break
    }
    return { ids, count: ids.size }
  }

  /** A removal need not be synced: what comes back after a crash is removed again. */
  #remove(
    found: readonly Found[],
    isKept: (entry: Entry) => boolean = () => false,
  ): Promise<number> {
    return this.#queue.submit({
      ...{ bytes: 0, sync: false, reads: found.map(({ id }) => entryKey(turnId(id))) },
      plan: (draft, records) => {
        let count = 0
        for (const [at, { id, keys }] of found.entries()) {
          const record = records[at]
          const entry = record ? decodeEntry(record, this.#init.network.ttlDays) : null
          if (entry !== null && isKept(entry)) continue
          // It may have gone by another way since it was found.
          if (entry !== null && !draft.hasRemoved(id)) {
            draft.remove(entry, id)
            count++
          } else {
            for (const key of keys) draft.write(key, null)
          }
        }
        return count
      },
    })
  }

  #change<T>(plan: (draft: Draft) => T, sync = false): Promise<T> {
    return this.#queue.submit({ bytes: 0, sync, reads: [], plan })
  }

  #checkOpen(): void {
    if (this.#queue.isClosed) throw new EzchatError('STORE_CLOSED')
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    this.#checkOpen()
    try {
      return await read()
    } catch (error: unknown) {
      throw failureOf(error)
    }
  }

  #committed(draft: Draft): void {
    this.#arrivalNext = draft.arrivalNext
    const arrived = draft.arrived.map(({ entry, id, bytes }) => {
      const { arrival, shard, mailbox } = entry
      return { arrival, shard, mailbox, id, bytes }
    })
    if (arrived.length === 0) return
    // What a listener throws is its own, and must not end the writing.
    for (const listener of this.#listeners) queueMicrotask(() => listener(arrived))
  }

  #countDamage(key: Uint8Array): void {
    this.#damagedCount++
    this.#init.onDamage?.(key)
  }

  #damaged(damage: Damage): void {
    this.#countDamage(damage.key)
    if (this.#queue.isClosed) return
    const { ttlDays } = this.#init.network
    const components = { keyValue: this.#keyValue, reader: this.#reader, ttlDays }
    const moving = this.#queue.submit(quarantineChange(components, damage))
    // Where it cannot be moved the store has failed: `usage` says so, and whoever writes next.
    moving.catch(() => this.usage.failure)
  }
}
