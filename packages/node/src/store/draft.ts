// One write in the making: its operations, and what will be true in memory once it is on disk.
import { addToDigest, emptyDigest, removeFromDigest } from '@ezchat/protocol/sync/digest.ts'
import { STORE_ENTRY_BYTES } from '../limits.ts'
import type { DayBook } from './day-book.ts'
import type { Operation } from './key-value.ts'
import {
  ARRIVALS_KEY,
  type Arrival,
  bodyKey,
  type DayTotal,
  dayKey,
  dayOf,
  digestKey,
  type Entry,
  encodeArrival,
  encodeDayTotal,
  encodeEntry,
  entryKey,
  mailboxKey,
  priceKey,
  turnId,
} from './layout.ts'

export interface Arrived {
  readonly entry: Entry
  readonly id: Uint8Array
  readonly bytes: Uint8Array
}

interface ChangedDay {
  readonly shard: number
  readonly day: number
  readonly total: DayTotal
}

export class Draft {
  readonly #days: DayBook
  readonly #changed = new Map<string, ChangedDay>()
  readonly #operations: Operation[] = []
  readonly #arrived = new Map<string, Arrived>()
  readonly #removed = new Set<string>()
  readonly #promised = new Set<string>()
  readonly #firstArrival: Arrival
  /** All that the index by price has up to here goes with this write: the next search is beyond. */
  evictedUpTo: Uint8Array | null = null
  #arrivalNext: Arrival
  #bytesCharged: number

  constructor(days: DayBook, arrivalNext: Arrival) {
    this.#days = days
    this.#firstArrival = arrivalNext
    this.#arrivalNext = arrivalNext
    this.#bytesCharged = days.bytes + days.count * STORE_ENTRY_BYTES
  }

  /** What the quota is compared with. */
  get bytesCharged(): number {
    return this.#bytesCharged
  }

  get arrivalNext(): Arrival {
    return this.#arrivalNext
  }

  get arrived(): readonly Arrived[] {
    return [...this.#arrived.values()]
  }

  takeArrival(): Arrival {
    return this.#arrivalNext++
  }

  /** What came in this write, or null. */
  arriving(id: Uint8Array): Entry | null {
    return this.#arrived.get(nameOf(id))?.entry ?? null
  }

  hasRemoved(id: Uint8Array): boolean {
    return this.#removed.size > 0 && this.#removed.has(nameOf(id))
  }

  write(key: Uint8Array, value: Uint8Array | null): void {
    this.#operations.push({ key, value })
  }

  add({ entry, id, bytes }: Arrived, options: { readonly isEvictable: boolean }): void {
    this.#rewrite({ entry, id, bytes }, options)
    const total = this.#totalOf(entry)
    addToDigest(total.digest, id)
    total.bytes += bytes.length
    this.#bytesCharged += bytes.length + STORE_ENTRY_BYTES
    const name = nameOf(id)
    if (this.#removed.size > 0) this.#removed.delete(name)
    this.#arrived.set(name, { entry, id, bytes })
  }

  /** What was held is promised now: it is no longer there to make room. */
  promise(entry: Entry, id: Uint8Array): void {
    this.write(entryKey(turnId(id)), encodeEntry({ ...entry, isPromised: true }))
    this.write(priceKey(entry), null)
    this.#promised.add(nameOf(id))
  }

  hasPromised(id: Uint8Array): boolean {
    return this.#promised.has(nameOf(id))
  }

  /** Where the entry was damaged: its day counts it already. */
  heal(arrived: Arrived, options: { readonly isEvictable: boolean }): void {
    this.#rewrite(arrived, options)
    this.#arrived.set(nameOf(arrived.id), arrived)
  }

  remove(entry: Entry, id: Uint8Array): void {
    const turned = turnId(id)
    const keys = [
      bodyKey(entry.arrival),
      entryKey(turned),
      dayKey(entry, turned),
      mailboxKey(entry.mailbox, entry.arrival),
      priceKey(entry),
    ]
    for (const key of keys) this.write(key, null)
    const total = this.#totalOf(entry)
    removeFromDigest(total.digest, id)
    total.bytes -= entry.bytesLength
    this.#bytesCharged -= entry.bytesLength + STORE_ENTRY_BYTES
    this.#removed.add(nameOf(id))
    this.#arrived.delete(nameOf(id))
  }

  /** Empty when there is nothing to write. */
  operations(): readonly Operation[] {
    const operations = [...this.#operations]
    for (const { shard, day, total } of this.#changed.values()) {
      const value = total.digest.count > 0 ? encodeDayTotal(total) : null
      operations.push({ key: digestKey(shard, day), value })
    }
    if (this.#arrivalNext !== this.#firstArrival) {
      operations.push({ key: ARRIVALS_KEY, value: encodeArrival(this.#arrivalNext) })
    }
    return operations
  }

  /** After the write. */
  publish(): void {
    for (const { shard, day, total } of this.#changed.values()) this.#days.set(shard, day, total)
  }

  #rewrite({ entry, id, bytes }: Arrived, options: { readonly isEvictable: boolean }): void {
    const turned = turnId(id)
    this.write(bodyKey(entry.arrival), bytes)
    this.write(entryKey(turned), encodeEntry(entry))
    this.write(dayKey(entry, turned), NOTHING)
    this.write(mailboxKey(entry.mailbox, entry.arrival), turned)
    if (options.isEvictable) this.write(priceKey(entry), turned)
  }

  #totalOf({ shard, timestampSeconds }: Entry): DayTotal {
    const day = dayOf(timestampSeconds)
    const name = `${shard}/${day}`
    const changed = this.#changed.get(name)
    if (changed !== undefined) return changed.total
    const before = this.#days.get(shard, day)
    const total =
      before === null
        ? { digest: emptyDigest(), bytes: 0 }
        : {
            digest: { count: before.digest.count, sum: before.digest.sum.slice() },
            bytes: before.bytes,
          }
    this.#changed.set(name, { shard, day, total })
    return total
  }
}

const NOTHING = new Uint8Array(0)

export function nameOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1')
}
