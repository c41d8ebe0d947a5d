// Drops on disk and in memory: mailbox.md §6. The record is durable before anything is removed, so
// a removal that was cut short goes on when the store is opened.
import { compareBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { DROPS_REMEMBERED_BYTES_MAX } from '@ezchat/protocol/limits.ts'
import {
  decodeDrop,
  dropForgetAtSeconds,
  type VerifiedDrop,
} from '@ezchat/protocol/mailbox/drop.ts'
import { DropMemory, type DropSubject } from '@ezchat/protocol/mailbox/drop-memory.ts'
import { STORE_STEP_COUNT_MAX } from '../limits.ts'
import { withCheck, withoutCheck } from './checked-record.ts'
import type { Draft } from './draft.ts'
import { type KeyValue, type Row, rowsUnder } from './key-value.ts'
import { encodeArrival, prefixOf, TABLE } from './layout.ts'

const PENDING = 0
const APPLIED = 1
const KIND_IDS = Uint8Array.of(1)
const KIND_BEFORE = Uint8Array.of(2)

export interface StoredDrop {
  readonly key: Uint8Array
  readonly drop: VerifiedDrop
  readonly heldCount: number
  readonly isApplied: boolean
}

/** What a drop covers of what is held, which says how long it is kept when there are too many. */
export interface Covering {
  /** Names of the ids in its own mailbox. */
  readonly ids: ReadonlySet<string>
  readonly count: number
}

/** Of one page; each drop counts for `bytesEach` more than its own. */
export interface DropPageLimits {
  readonly countMax: number
  readonly bytesMax: number
  readonly bytesEach: number
}

const HEAD_BYTES = 5

function encodeStored(drop: VerifiedDrop, heldCount: number, isApplied: boolean): Uint8Array {
  const record = new Uint8Array(HEAD_BYTES + drop.bytes.length)
  record[0] = isApplied ? APPLIED : PENDING
  new DataView(record.buffer).setUint32(1, heldCount)
  record.set(drop.bytes, HEAD_BYTES)
  return withCheck(record)
}

/** Null when it is damaged. */
function decodeStored(key: Uint8Array, record: Uint8Array): StoredDrop | null {
  const bytes = withoutCheck(record)
  if (bytes === null || bytes.length < HEAD_BYTES) return null
  try {
    // It was proved before it was stored, and its check says that it is the same.
    const drop = decodeDrop(bytes.subarray(HEAD_BYTES)) as VerifiedDrop
    const heldCount = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
    return { key, drop, heldCount, isApplied: bytes[0] === APPLIED }
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

export class DropBook {
  readonly #keyValue: KeyValue
  readonly #ttlDays: number
  readonly #memory: DropMemory
  readonly #keys = new WeakMap<VerifiedDrop, Uint8Array>()

  constructor(keyValue: KeyValue, ttlDays: number, bytesMax: number = DROPS_REMEMBERED_BYTES_MAX) {
    this.#keyValue = keyValue
    this.#ttlDays = ttlDays
    this.#memory = new DropMemory(ttlDays, bytesMax)
  }

  get count(): number {
    return this.#memory.size
  }

  /** Returns those whose removals did not end, and records that are damaged. */
  async load(): Promise<{ pending: StoredDrop[]; damaged: Row[] }> {
    const pending: StoredDrop[] = []
    const damaged: Row[] = []
    for await (const stored of this.#stored(null, damaged)) {
      const { key, drop, heldCount } = stored
      let left = heldCount
      this.#memory.learn(drop, { isHeld: () => left-- > 0, heldBelowBound: heldCount })
      this.#keys.set(drop, key)
      if (!stored.isApplied) pending.push(stored)
    }
    return { pending, damaged }
  }

  covering(subject: DropSubject): VerifiedDrop | null {
    return this.#memory.covering(subject)
  }

  /** Null when it is not new: `verdict` says why. Those that make room for it leave the disk. */
  learn(
    draft: Draft,
    drop: VerifiedDrop,
    held: Covering,
  ): { verdict: 'new' | 'known' | 'full'; stored: StoredDrop | null } {
    const heldCount = held.count
    const coverage = {
      isHeld: (id: Uint8Array) => held.ids.has(toHex(id)),
      heldBelowBound: heldCount,
    }
    const verdict = this.#memory.learn(drop, coverage, (evicted) => {
      const key = this.#keys.get(evicted)
      if (key !== undefined) draft.write(key, null)
    })
    if (verdict !== 'new') return { verdict, stored: null }
    // A later bound takes the place of an earlier one, on disk as in memory.
    const key =
      drop.scope.kind === 'before'
        ? prefixOf(TABLE.drop, KIND_BEFORE, drop.mailbox)
        : prefixOf(TABLE.drop, KIND_IDS, drop.mailbox, encodeArrival(draft.takeArrival()))
    this.#keys.set(drop, key)
    draft.write(key, encodeStored(drop, heldCount, false))
    return { verdict, stored: { key, drop, heldCount, isApplied: false } }
  }

  /** Unless a later one has taken its place meanwhile. */
  markApplied(draft: Draft, { key, drop, heldCount }: StoredDrop, record: Uint8Array | null): void {
    const stored = record === null ? null : decodeStored(key, record)
    if (stored !== null && compareBytes(stored.drop.bytes, drop.bytes) === 0) {
      draft.write(key, encodeStored(drop, heldCount, true))
    }
  }

  /** At least one, where there are more behind the position. */
  async page(
    position: Uint8Array | null,
    { countMax, bytesMax, bytesEach }: DropPageLimits,
  ): Promise<{ page: StoredDrop[]; isLast: boolean }> {
    const page: StoredDrop[] = []
    let bytes = 0
    for await (const stored of this.#stored(position)) {
      bytes += stored.drop.bytes.length + bytesEach
      const isFull = page.length === countMax || bytes > bytesMax
      if (isFull && page.length > 0) return { page, isLast: false }
      page.push(stored)
    }
    return { page, isLast: true }
  }

  /** Keys of those that cover nothing any longer. */
  async forgotten(nowSeconds: number): Promise<Uint8Array[]> {
    this.#memory.expire(nowSeconds)
    const keys: Uint8Array[] = []
    for await (const { key, drop } of this.#stored(null)) {
      if (nowSeconds >= dropForgetAtSeconds(drop, this.#ttlDays)) keys.push(key)
    }
    return keys
  }

  async *#stored(after: Uint8Array | null, damaged: Row[] = []): AsyncGenerator<StoredDrop> {
    const steps = rowsUnder(this.#keyValue, prefixOf(TABLE.drop), STORE_STEP_COUNT_MAX, after)
    for await (const rows of steps) {
      for (const [key, record] of rows) {
        const stored = decodeStored(key, record)
        if (stored === null) damaged.push([key, record])
        else yield stored
      }
    }
  }
}
