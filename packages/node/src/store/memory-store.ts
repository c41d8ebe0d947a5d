// The same store without a disk: for browsers that keep nothing, for tests and the simulator.
import { EzchatError } from '../errors.ts'
import type { EnvelopeStore, StoreInit } from './envelope-store.ts'
import type { KeyValue, Operation, Page, Row } from './key-value.ts'
import { openEnvelopeStore } from './open-envelope-store.ts'

function nameOf(key: Uint8Array): string {
  // A sixth of what spreading the bytes takes.
  return Reflect.apply(String.fromCharCode, null, key)
}

/** The first place whose name is not below. */
function placeOf(names: readonly string[], name: string): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (names[middle]! < name) low = middle + 1
    else high = middle
  }
  return low
}

/** Fewer are put in one by one: a simulator reads after nearly every write. */
const INSERTED_COUNT_MAX = 64

/** Names are compared as bytes are. New ones are sorted in when somebody asks for an order. */
export class MemoryKeyValue implements KeyValue {
  /** Of a value that its writer may change later. */
  readonly #copied: (value: Uint8Array) => Uint8Array
  readonly #rows = new Map<string, Row>()
  #sorted: string[] = []
  readonly #added = new Set<string>()
  #removedCount = 0
  #isClosed = false

  /** `copied`: for whoever keeps one copy for several of these, as a simulator does. */
  constructor(copied: (value: Uint8Array) => Uint8Array = (value) => value.slice()) {
    this.#copied = copied
  }

  async get(key: Uint8Array): Promise<Uint8Array | null> {
    this.#checkOpen()
    return this.#rows.get(nameOf(key))?.[1] ?? null
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    this.#checkOpen()
    return keys.map((key) => this.#rows.get(nameOf(key))?.[1] ?? null)
  }

  async page({ from, before, countMax, isReverse }: Page): Promise<Row[]> {
    this.#checkOpen()
    this.#sort()
    const start = placeOf(this.#sorted, nameOf(from))
    const end = placeOf(this.#sorted, nameOf(before))
    const rows: Row[] = []
    for (let step = 0; step < end - start && rows.length < countMax; step++) {
      const row = this.#rows.get(this.#sorted[isReverse ? end - 1 - step : start + step]!)
      if (row !== undefined) rows.push(row)
    }
    return rows
  }

  async pageKeys(page: Page): Promise<Uint8Array[]> {
    return (await this.page(page)).map(([key]) => key)
  }

  async write(operations: readonly Operation[]): Promise<void> {
    this.#checkOpen()
    this.apply(operations)
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  /** As after a restart of the process, which here loses nothing. */
  reopen(): void {
    this.#isClosed = false
  }

  apply(operations: readonly Operation[]): void {
    for (const { key, value } of operations) {
      const name = nameOf(key)
      if (value === null) {
        // Among the sorted ones it stays until there are many of them.
        if (this.#rows.delete(name) && !this.#added.delete(name)) this.#removedCount++
      } else {
        if (!this.#rows.has(name)) this.#added.add(name)
        this.#rows.set(name, [key.slice(), this.#copied(value)])
      }
    }
  }

  /** In order. */
  rows(): Row[] {
    this.#sort()
    const rows = this.#sorted.map((name) => this.#rows.get(name))
    return rows.filter((row) => row !== undefined)
  }

  #sort(): void {
    const isSparse = this.#removedCount > this.#sorted.length / 2
    if (isSparse || this.#added.size > INSERTED_COUNT_MAX) this.#merge()
    else for (const name of this.#added) this.#insert(name)
    this.#added.clear()
  }

  #insert(name: string): void {
    const place = placeOf(this.#sorted, name)
    // It may have been removed, and be there still.
    if (this.#sorted[place] === name) this.#removedCount--
    else this.#sorted.splice(place, 0, name)
  }

  #merge(): void {
    const kept = this.#sorted.filter((name) => this.#rows.has(name) && !this.#added.has(name))
    // Two runs in order: the sort finds them, and merges.
    this.#sorted = kept.concat([...this.#added].sort())
    this.#sorted.sort(compareNames)
    this.#removedCount = 0
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new EzchatError('STORE_CLOSED')
  }
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

export function openMemoryStore(init: StoreInit): Promise<EnvelopeStore> {
  return openEnvelopeStore(new MemoryKeyValue(), init)
}
