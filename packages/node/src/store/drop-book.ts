// Drops on disk and in memory: mailbox.md §6. The record is durable before anything is removed, so
// a removal that was cut short goes on when the store is opened.
import { compareBytes } from '@ezchat/protocol/codec/bytes.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
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
  readonly isApplied: boolean
}

function encodeStored(drop: VerifiedDrop, isApplied: boolean): Uint8Array {
  const record = new Uint8Array(1 + drop.bytes.length)
  record[0] = isApplied ? APPLIED : PENDING
  record.set(drop.bytes, 1)
  return withCheck(record)
}

/** Null when it is damaged. */
function decodeStored(key: Uint8Array, record: Uint8Array): StoredDrop | null {
  const bytes = withoutCheck(record)
  if (bytes === null) return null
  try {
    // It was proved before it was stored, and its check says that it is the same.
    const drop = decodeDrop(bytes.subarray(1)) as VerifiedDrop
    return { key, drop, isApplied: bytes[0] === APPLIED }
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

export class DropBook {
  readonly #keyValue: KeyValue
  readonly #ttlDays: number
  readonly #memory: DropMemory

  constructor(keyValue: KeyValue, ttlDays: number) {
    this.#keyValue = keyValue
    this.#ttlDays = ttlDays
    this.#memory = new DropMemory(ttlDays)
  }

  get count(): number {
    return this.#memory.size
  }

  /** Returns those whose removals did not end, and records that are damaged. */
  async load(): Promise<{ pending: StoredDrop[]; damaged: Row[] }> {
    const pending: StoredDrop[] = []
    const damaged: Row[] = []
    for await (const stored of this.#stored(null, damaged)) {
      this.#memory.learn(stored.drop)
      if (!stored.isApplied) pending.push(stored)
    }
    return { pending, damaged }
  }

  covering(subject: DropSubject): VerifiedDrop | null {
    return this.#memory.covering(subject)
  }

  /** Null when it is not new: `verdict` says why. */
  learn(
    draft: Draft,
    drop: VerifiedDrop,
  ): { verdict: 'new' | 'known' | 'full'; key: Uint8Array | null } {
    const verdict = this.#memory.learn(drop)
    if (verdict !== 'new') return { verdict, key: null }
    // A later bound takes the place of an earlier one, on disk as in memory.
    const key =
      drop.scope.kind === 'before'
        ? prefixOf(TABLE.drop, KIND_BEFORE, drop.mailbox)
        : prefixOf(TABLE.drop, KIND_IDS, drop.mailbox, encodeArrival(draft.takeArrival()))
    draft.write(key, encodeStored(drop, false))
    return { verdict, key }
  }

  /** Unless a later one has taken its place meanwhile. */
  markApplied(draft: Draft, { key, drop }: StoredDrop, record: Uint8Array | null): void {
    const stored = record === null ? null : decodeStored(key, record)
    if (stored !== null && compareBytes(stored.drop.bytes, drop.bytes) === 0) {
      draft.write(key, encodeStored(drop, true))
    }
  }

  async page(position: Uint8Array | null, countMax: number): Promise<StoredDrop[]> {
    const page: StoredDrop[] = []
    for await (const stored of this.#stored(position)) {
      page.push(stored)
      if (page.length === countMax) break
    }
    return page
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
