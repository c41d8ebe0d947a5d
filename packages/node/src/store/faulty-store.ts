// A disk that fails as disks do, the same way for the same seed: for the simulator and for tests.
// What was not synced may be lost in a crash, and always from the end; a write that fails may have
// been written; bits flip.
import type { EnvelopeStore, StoreInit } from './envelope-store.ts'
import type { KeyValue, Operation, Page, Row, WriteOptions } from './key-value.ts'
import { MemoryKeyValue } from './memory-store.ts'
import { openEnvelopeStore } from './open-envelope-store.ts'

export interface Faults {
  /** Chance that a write fails, its fsync included. */
  readonly writeFailureShare?: number
  /** Chance that a read fails. */
  readonly readFailureShare?: number
  /** Beyond it a write fails for lack of room. */
  readonly capacityBytes?: number
}

class DiskError extends Error {
  readonly code: string

  constructor(code: 'EIO' | 'ENOSPC') {
    super(code === 'EIO' ? 'input/output error' : 'no space left on device')
    this.code = code
  }
}

/** Numbers from a seed: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export class FaultyKeyValue implements KeyValue {
  readonly #random: () => number
  #durable = new MemoryKeyValue()
  #visible = new MemoryKeyValue()
  #unsynced: (readonly Operation[])[] = []
  #faults: Faults = {}
  #writesUntilFailure = Number.POSITIVE_INFINITY
  #bytes = 0

  constructor(seed: number) {
    this.#random = seeded(seed)
  }

  /** Takes the place of what was set before. */
  set(faults: Faults): void {
    this.#faults = faults
  }

  /** The n-th write from now fails; 1 is the next. */
  failWrite(number: number): void {
    this.#writesUntilFailure = number
  }

  async get(key: Uint8Array): Promise<Uint8Array | null> {
    this.#mayFailToRead()
    return this.#visible.get(key)
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    this.#mayFailToRead()
    return this.#visible.getMany(keys)
  }

  async page(page: Page): Promise<Row[]> {
    this.#mayFailToRead()
    return this.#visible.page(page)
  }

  async pageKeys(page: Page): Promise<Uint8Array[]> {
    this.#mayFailToRead()
    return this.#visible.pageKeys(page)
  }

  async write(operations: readonly Operation[], { sync }: WriteOptions): Promise<void> {
    const fails = --this.#writesUntilFailure === 0 || this.#chance(this.#faults.writeFailureShare)
    const bytes = operations.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
    if (this.#bytes + bytes > (this.#faults.capacityBytes ?? Number.POSITIVE_INFINITY)) {
      throw new DiskError('ENOSPC')
    }
    // A write whose fsync failed may be on disk, and may not.
    if (fails && this.#random() < 0.5) throw new DiskError('EIO')
    await this.#visible.write(operations)
    this.#bytes += bytes
    this.#unsynced.push(
      operations.map(({ key, value }) => ({ key, value: value?.slice() ?? null })),
    )
    if (fails) throw new DiskError('EIO')
    if (sync) this.#flush(this.#unsynced.length)
  }

  close(): Promise<void> {
    return this.#visible.close()
  }

  /** Power is lost: of what was not synced, some of the first writes may have reached the disk. */
  crash(): void {
    this.#flush(Math.floor(this.#random() * (this.#unsynced.length + 1)))
    this.#unsynced = []
    this.#visible = new MemoryKeyValue()
    this.#visible.apply(this.#durable.rows().map(([key, value]) => ({ key, value })))
  }

  /** The process ended; the system writes what it was given. */
  restart(): void {
    this.#flush(this.#unsynced.length)
    this.#visible.reopen()
  }

  /** Turns one bit of one value of those that `choose` likes, and returns its key. */
  flipBit(choose: (key: Uint8Array) => boolean): Uint8Array | null {
    const rows = this.#visible.rows().filter(([key, value]) => value.length > 0 && choose(key))
    const row = rows[Math.floor(this.#random() * rows.length)]
    if (row === undefined) return null
    const [key, value] = row
    const flipped = value.slice()
    flipped[Math.floor(this.#random() * value.length)]! ^= 1 << Math.floor(this.#random() * 8)
    this.#visible.apply([{ key, value: flipped }])
    this.#durable.apply([{ key, value: flipped }])
    return key
  }

  #flush(count: number): void {
    for (const operations of this.#unsynced.splice(0, count)) this.#durable.apply(operations)
  }

  #mayFailToRead(): void {
    if (this.#chance(this.#faults.readFailureShare)) throw new DiskError('EIO')
  }

  #chance(share: number | undefined): boolean {
    return share !== undefined && share > 0 && this.#random() < share
  }
}

export function openFaultyStore(disk: FaultyKeyValue, init: StoreInit): Promise<EnvelopeStore> {
  return openEnvelopeStore(disk, init)
}
