// The disk's side of the courier: what was accepted is there until it has ended, and an item's row,
// record and envelope change together.
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { expiresAtSecondsOf } from '@ezchat/protocol/envelope/decode.ts'
import { contentHashOf } from '@ezchat/protocol/envelope/id.ts'
import { decodeLayout } from '@ezchat/protocol/envelope/layout.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { assert, ProtocolError } from '@ezchat/protocol/errors.ts'
import type { KeyValue, KeyValueOperation } from '@ezchat/protocol/ports.ts'
import { EzchatError } from '../errors.ts'
import { COURIER_CLOCK_JUMP_MS, COURIER_DRAFTED_BYTES_MAX, COURIER_STORY_MS } from '../limits.ts'
import { keyAfter } from '../store/key-value.ts'
import { failureOf } from '../store/store-failure.ts'
import type { CourierItem } from './event.ts'
import { type ActiveItem, decodeItem, encodeItem, type ItemRecord, type ItemState } from './item.ts'
import {
  bodyKey,
  itemKey,
  type Place,
  placeKey,
  type Queue,
  queueEnd,
  queueStart,
  REFERENCE_BYTES,
  readPlaceKey,
} from './layout.ts'
import { addHop } from './story.ts'
import type { WriteQueue } from './write-queue.ts'

export interface OutboxInit {
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly keyValue: KeyValue
  readonly writes: WriteQueue
}

export interface Row {
  readonly atUs: number
  readonly reference: Uint8Array
}

/** damaged: the row is there, but not what belongs to it. stale: nothing needs the row. */
export type Loaded = ActiveItem | 'damaged' | 'stale'

const EMPTY = new Uint8Array(0)

export class Outbox {
  readonly #init: OutboxInit
  /** Between `draft` and `accepted`. The order is that of leaving. */
  readonly #drafted = new Map<string, ActiveItem>()
  #draftedBytes = 0
  #lastUs = 0

  constructor(init: OutboxInit) {
    this.#init = init
  }

  draft(items: readonly CourierItem[], nowMs: number, isDummy = false): KeyValueOperation[] {
    const operations: KeyValueOperation[] = []
    const submissionUs = this.#momentUs(nowMs)
    for (const { reference, envelope } of items) {
      assert(
        reference.length === REFERENCE_BYTES,
        `expected a reference of ${REFERENCE_BYTES} bytes`,
      )
      const item = this.#newItem(reference, envelope, submissionUs, nowMs, isDummy)
      operations.push(
        { key: itemKey(item.reference), value: encodeItem(item) },
        { key: bodyKey(item.reference), value: item.envelope },
        { key: placeKey(item.place, item.reference), value: EMPTY },
      )
      this.#keepDraft(item)
    }
    return operations
  }

  /** What was drafted a moment ago; null when it has to be read from the disk. */
  takeDraft(name: string): ActiveItem | null {
    const item = this.#drafted.get(name)
    if (item === undefined) return null
    this.#drafted.delete(name)
    this.#draftedBytes -= item.envelope.length
    return item
  }

  async rows(queue: Queue, after: Row | null, untilUs: number, countMax: number): Promise<Row[]> {
    const first = queueStart({ queue, atUs: 0 })
    const from =
      after === null ? first : keyAfter(placeKey({ queue, atUs: after.atUs }, after.reference))
    const before = queueStart({ queue, atUs: untilUs + 1 })
    const keys = await this.#disk(this.#init.keyValue.pageKeys({ from, before, countMax }))
    return keys.map(readPlaceKey)
  }

  /** The moment of the first row behind this one; null when there is none. */
  async nextUs(queue: Queue, afterUs: number): Promise<number | null> {
    const from = queueStart({ queue, atUs: afterUs + 1 })
    const before = queueEnd(queue)
    const keys = await this.#disk(this.#init.keyValue.pageKeys({ from, before, countMax: 1 }))
    const [key] = keys
    return key === undefined ? null : readPlaceKey(key).atUs
  }

  async record(reference: Uint8Array): Promise<ItemRecord | null> {
    const [record = null] = await this.records([reference])
    return record
  }

  async records(references: readonly Uint8Array[]): Promise<(ItemRecord | null)[]> {
    const found = await this.#disk(this.#init.keyValue.getMany(references.map(itemKey)))
    return found.map((bytes) => (bytes === null ? null : readItem(bytes)))
  }

  /** Items of these rows with their envelopes; those that have ended come without. */
  async load(queue: Queue, rows: readonly Row[]): Promise<Loaded[]> {
    const keys = rows.flatMap(({ reference }) => [itemKey(reference), bodyKey(reference)])
    const found = await this.#disk(this.#init.keyValue.getMany(keys))
    return rows.map((row, at) => {
      const record = found[2 * at] ?? null
      return record === null ? 'stale' : this.#read(queue, row, record, found[2 * at + 1] ?? null)
    })
  }

  /** Its row moves to this place, and its record says what it is now. */
  save(item: ActiveItem, place: Place, isSync = false): Promise<void> {
    return this.#init.writes.write(this.#moved(item.reference, item, place), isSync)
  }

  /** The envelope goes; the story stays for a while. Nothing stays of a dummy. */
  ended(
    reference: Uint8Array,
    item: ItemRecord,
    state: ItemState,
    nowMs: number,
  ): KeyValueOperation[] {
    if (item.isDummy) return this.forgotten(reference, item.place)
    item.state = state
    const place: Place = { queue: 'resting', atUs: this.#momentUs(nowMs + COURIER_STORY_MS, false) }
    return [...this.#moved(reference, item, place), { key: bodyKey(reference), value: null }]
  }

  forgotten(reference: Uint8Array, place: Place): KeyValueOperation[] {
    const keys = [placeKey(place, reference), itemKey(reference), bodyKey(reference)]
    return keys.map((key) => ({ key, value: null }))
  }

  /** A row that an earlier draft or place has left behind. */
  unrow(queue: Queue, { atUs, reference }: Row): KeyValueOperation[] {
    return [{ key: placeKey({ queue, atUs }, reference), value: null }]
  }

  async #disk<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error: unknown) {
      throw failureOf(error)
    }
  }

  #moved(reference: Uint8Array, item: ItemRecord, place: Place): KeyValueOperation[] {
    const operations: KeyValueOperation[] = []
    if (place.queue !== item.place.queue || place.atUs !== item.place.atUs) {
      operations.push(
        { key: placeKey(item.place, reference), value: null },
        { key: placeKey(place, reference), value: EMPTY },
      )
      item.place = place
    }
    operations.push({ key: itemKey(reference), value: encodeItem(item) })
    return operations
  }

  #read(queue: Queue, row: Row, bytes: Uint8Array, envelope: Uint8Array | null): Loaded {
    const record = readItem(bytes)
    if (record === null) return 'damaged'
    const { place } = record
    if (place.queue !== queue || place.atUs !== row.atUs) return 'stale'
    const hasEnded = record.state !== 'trying' && record.state !== 'stored'
    if (hasEnded) return activeItem(row.reference, record, EMPTY)
    return this.#isWhole(record, envelope) ? activeItem(row.reference, record, envelope) : 'damaged'
  }

  #isWhole(record: ItemRecord, envelope: Uint8Array | null): envelope is Uint8Array {
    if (envelope === null || envelope.length !== record.bytesLength) return false
    const { crypto, network } = this.#init
    return equalBytes(contentHashOf(crypto, network, envelope), record.contentHash)
  }

  #newItem(
    reference: Uint8Array,
    envelope: Uint8Array,
    submissionUs: number,
    nowMs: number,
    isDummy: boolean,
  ): ActiveItem {
    const { crypto, network } = this.#init
    const { shard, timestampSeconds, nonce } = decodeLayout(network, envelope)
    assert(nonce === 0n, 'expected an envelope without postage')
    const record: ItemRecord = {
      state: 'trying',
      isDummy,
      place: { queue: 'trying', atUs: this.#momentUs(nowMs) },
      submissionUs,
      contentHash: contentHashOf(crypto, network, envelope),
      bytesLength: envelope.length,
      shard,
      expiresAtSeconds: expiresAtSecondsOf(network, timestampSeconds),
      nonce: null,
      attemptCount: 0,
      receipts: [],
      hops: [],
    }
    addHop(record.hops, { kind: 'queued', atMs: Math.floor(nowMs) })
    return activeItem(reference.slice(), record, envelope)
  }

  #keepDraft(item: ActiveItem): void {
    this.takeDraft(item.name)
    this.#drafted.set(item.name, item)
    this.#draftedBytes += item.envelope.length
    for (const name of this.#drafted.keys()) {
      if (this.#draftedBytes <= COURIER_DRAFTED_BYTES_MAX) return
      this.takeDraft(name)
    }
  }

  /** Never the same twice, so that the order of drafts is the order of rows. */
  #momentUs(atMs: number, isNew = true): number {
    const atUs = Math.floor(atMs * 1000)
    if (!isNew) return atUs
    // The clock was set back: nothing is to wait until it is there again.
    if (this.#lastUs > atUs + COURIER_CLOCK_JUMP_MS * 1000) this.#lastUs = atUs
    this.#lastUs = Math.max(this.#lastUs + 1, atUs)
    return this.#lastUs
  }
}

/** What a newer version wrote is not ours to touch. */
function readItem(bytes: Uint8Array): ItemRecord | null {
  try {
    return decodeItem(bytes)
  } catch (cause: unknown) {
    if (cause instanceof ProtocolError) throw new EzchatError('STORE_NEWER', { cause })
    throw cause
  }
}

function activeItem(reference: Uint8Array, record: ItemRecord, envelope: Uint8Array): ActiveItem {
  return {
    ...record,
    reference,
    name: toHex(reference),
    stage: 'loaded',
    envelope,
    id: null,
    checkAtMs: Number.POSITIVE_INFINITY,
    sinceMs: 0,
    cancel: null,
    hasNews: false,
  }
}
