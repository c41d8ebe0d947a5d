// What the store says about what it holds. Everything that leaves it was hashed again: LevelDB
// would hand out a flipped bit without a word.
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { DAY_SECONDS, ID_BYTES, SHORT_ID_BYTES } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { type EnvelopeRules, isAllowedSize } from '@ezchat/protocol/envelope/rules.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import {
  STORE_PAGE_BYTES_MAX,
  STORE_PAGE_COUNT_MAX,
  STORE_PIECE_COUNT_MAX,
  STORE_STEP_COUNT_MAX,
} from '../limits.ts'
import { type KeyValue, keyAfter, keyBeyond, type Row } from './key-value.ts'
import {
  type Arrival,
  arrivalInKey,
  bodyKey,
  dayStart,
  decodeEntry,
  type Entry,
  entryKey,
  idInDayKey,
  mailboxKey,
  prefixOf,
  TABLE,
  turnId,
} from './layout.ts'

export interface StoredEnvelope {
  readonly arrival: Arrival
  readonly shard: number
  readonly mailbox: Uint8Array
  readonly id: Uint8Array
  readonly bytes: Uint8Array
}

export interface FetchTerms {
  /** A whole mailbox, or the beginning of one. */
  readonly prefix: Uint8Array
  /** Only what arrived later; 0 for everything. */
  readonly after: Arrival
  /** What the page before gave; null for the first. */
  readonly position: Uint8Array | null
  readonly countMax?: number
  readonly bytesMax?: number
}

export interface FetchedPage {
  readonly envelopes: readonly StoredEnvelope[]
  /** Null on the last page. */
  readonly position: Uint8Array | null
}

/** What was read and is not what was written. */
export interface Damage {
  readonly key: Uint8Array
  readonly id: Uint8Array | null
  readonly entry: Entry | null
  readonly bytes: Uint8Array | null
}

export interface ReaderInit {
  readonly keyValue: KeyValue
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly onDamage: (damage: Damage) => void
}

const EMPTY = new Uint8Array(0)

export class EnvelopeReader {
  readonly #init: ReaderInit

  constructor(init: ReaderInit) {
    this.#init = init
  }

  /** Of several ids; null where it is not held. */
  async entries(ids: readonly Uint8Array[]): Promise<(Entry | null)[]> {
    const { keyValue, network, onDamage } = this.#init
    const keys = ids.map((id) => entryKey(turnId(id)))
    const records = await keyValue.getMany(keys)
    return records.map((record, at) => {
      if (record === null) return null
      const entry = decodeEntry(record, network.ttlDays)
      if (entry === null) {
        onDamage({ key: keys[at]!, id: ids[at]!, entry: null, bytes: record })
      }
      return entry
    })
  }

  /** In the order of the ids; what is not held, or was damaged, is left out. */
  async load(ids: readonly Uint8Array[]): Promise<StoredEnvelope[]> {
    const entries = await this.entries(ids)
    const held = ids.flatMap((id, at) => {
      const entry = entries[at]
      return entry ? [{ id, entry }] : []
    })
    const bodies = await this.#init.keyValue.getMany(
      held.map(({ entry }) => bodyKey(entry.arrival)),
    )
    return held.flatMap(({ id, entry }, at) => {
      const bytes = bodies[at] ?? null
      if (bytes === null || !this.isIntact(id, bytes)) {
        this.#init.onDamage({ key: bodyKey(entry.arrival), id, entry, bytes })
        return []
      }
      const { arrival, shard, mailbox } = entry
      return [{ arrival, shard, mailbox, id, bytes }]
    })
  }

  isIntact(id: Uint8Array, bytes: Uint8Array): boolean {
    const { crypto, network } = this.#init
    return (
      isAllowedSize(network, bytes.length) && equalBytes(envelopeIdOf(crypto, network, bytes), id)
    )
  }

  /** Of two that share a short id, one. */
  async resolve(shard: number, shortId: Uint8Array): Promise<Uint8Array | null> {
    const prefix = prefixOf(TABLE.entry, shortId)
    const range = { from: prefix, before: keyBeyond(prefix), countMax: STORE_STEP_COUNT_MAX }
    for (const [key, record] of await this.#init.keyValue.page(range)) {
      const entry = decodeEntry(record, this.#init.network.ttlDays)
      if (entry?.shard === shard) return turnId(key.subarray(1))
    }
    return null
  }

  /** Packed, in pieces, as an exchange loads them: everything held for these days. */
  async *shortIds(shard: number, days: readonly number[]): AsyncGenerator<Uint8Array> {
    for (const day of days) {
      const before = dayStart(shard, (day + 1) * DAY_SECONDS)
      let from = dayStart(shard, day * DAY_SECONDS)
      for (;;) {
        const range = { from, before, countMax: STORE_PIECE_COUNT_MAX }
        const keys = await this.#init.keyValue.pageKeys(range)
        if (keys.length > 0) yield packShortIds(keys)
        if (keys.length < STORE_PIECE_COUNT_MAX) break
        from = keyAfter(keys.at(-1)!)
      }
    }
  }

  async fetch(terms: FetchTerms): Promise<FetchedPage> {
    const countMax = Math.min(terms.countMax ?? STORE_PAGE_COUNT_MAX, STORE_PAGE_COUNT_MAX)
    const bytesMax = terms.bytesMax ?? STORE_PAGE_BYTES_MAX
    assert(terms.prefix.length <= 32, 'expected a mailbox or its beginning')
    const prefix = prefixOf(TABLE.mailbox, terms.prefix)
    const from = startOf(terms, prefix)
    const range = { from, before: keyBeyond(prefix), countMax: STORE_STEP_COUNT_MAX }
    const rows = await this.#init.keyValue.page(range)
    const wanted = rows.filter(([key]) => arrivalInKey(key) > terms.after)
    const taken = wanted.slice(0, countMax)
    const envelopes: StoredEnvelope[] = []
    let bytes = 0
    const loaded = await this.load(taken.map(([, id]) => turnId(id)))
    if (loaded.length < taken.length) await this.#checkRows(taken)
    for (const [at, envelope] of loaded.entries()) {
      bytes += envelope.bytes.length
      if (at > 0 && bytes > bytesMax) {
        const position = mailboxKey(envelope.mailbox, envelope.arrival)
        return { envelopes, position }
      }
      envelopes.push(envelope)
    }
    if (taken.length < wanted.length) return { envelopes, position: wanted[taken.length]![0] }
    const isLast = rows.length < STORE_STEP_COUNT_MAX
    return { envelopes, position: isLast ? null : keyAfter(rows.at(-1)![0]) }
  }

  /** An envelope and its keys go together: a row that stays behind is damaged, or its entry is. */
  async #checkRows(rows: readonly Row[]): Promise<void> {
    const { keyValue, onDamage } = this.#init
    for (const [key, turned] of rows) {
      if (turned.length === ID_BYTES && (await keyValue.get(entryKey(turned))) !== null) continue
      if ((await keyValue.get(key)) === null) continue
      onDamage({ key, id: null, entry: null, bytes: turned })
    }
  }
}

/** A position comes from a peer: one that lies elsewhere must not read what is there. */
function startOf(terms: FetchTerms, prefix: Uint8Array): Uint8Array {
  const { position } = terms
  if (position === null || position.length < prefix.length) return firstKey(terms)
  return equalBytes(position.subarray(0, prefix.length), prefix) ? position : firstKey(terms)
}

/** In one mailbox the keys are in the order of arrival: what is older need not be read. */
function firstKey({ prefix, after }: FetchTerms): Uint8Array {
  const isWhole = prefix.length === 32
  return isWhole ? mailboxKey(prefix, after + 1) : prefixOf(TABLE.mailbox, prefix, EMPTY)
}

function packShortIds(keys: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(keys.length * SHORT_ID_BYTES)
  for (const [at, key] of keys.entries()) {
    packed.set(idInDayKey(key).subarray(0, SHORT_ID_BYTES), at * SHORT_ID_BYTES)
  }
  return packed
}
