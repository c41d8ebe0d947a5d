// A node's disk: what is on it outlives the process. Writes take time by the simulated clock; a
// process that has ended gets no answer, and what it had not synced may be lost.
import { EzchatError } from '@ezchat/node/errors.ts'
import { type Faults, FaultyKeyValue } from '@ezchat/node/store/faulty-store.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import type {
  KeyValue,
  KeyValueOperation,
  KeyValuePage,
  KeyValueRow,
  KeyValueWriteOptions,
} from '@ezchat/protocol/ports.ts'
import type { Life } from './clock.ts'
import type { Timeline } from './timeline.ts'

/** An fsync of an SSD; what is not synced is in the page cache at once. */
const SYNC_MS = 2
/** The smallest bucket of envelopes. */
const BODY_BYTES_MIN = 1024
const BODY_NAME_BYTES = 16

/** As the store says it, or as the disk itself does where nobody has put it into words. */
export function isDiskFailure(error: unknown): boolean {
  if (error instanceof EzchatError) return error.code.startsWith('STORE_')
  return error instanceof Error && 'code' in error && /^(EIO|ENOSPC)$/.test(String(error.code))
}

/** Which no second try mends. */
export function isDamage(error: unknown): boolean {
  const isStore = error instanceof EzchatError
  return isStore && (error.code === 'STORE_DAMAGED' || error.code === 'STORE_NEWER')
}

/**
 * What all carriers of a shard keep alike is kept once: bodies of envelopes, by their last bytes, in
 * which a sealed body differs from any other.
 */
export class SharedBodies {
  readonly #bodies = new Map<string, Uint8Array>()

  copied(value: Uint8Array): Uint8Array {
    if (value.length < BODY_BYTES_MIN) return value.slice()
    const end = value.subarray(value.length - BODY_NAME_BYTES)
    const name = String.fromCharCode(...end)
    const known = this.#bodies.get(name)
    if (known !== undefined && Buffer.compare(known, value) === 0) return known
    const body = value.slice()
    this.#bodies.set(name, body)
    return body
  }
}

/** What a disk does when power is lost, in `faulty`; the cheap one loses nothing. */
export interface DiskInit {
  readonly timeline: Timeline
  /** Null for one that never fails. */
  readonly faultySeed: number | null
  /** A bug, planted to be found: it says that a write is synced, and does not sync. */
  readonly isHasty: boolean
  readonly bodies: SharedBodies
}

export class Disk {
  readonly #timeline: Timeline
  readonly #faulty: FaultyKeyValue | null
  readonly #memory: MemoryKeyValue
  readonly #isHasty: boolean
  writtenBytes = 0

  constructor({ timeline, faultySeed, isHasty, bodies }: DiskInit) {
    this.#timeline = timeline
    this.#isHasty = isHasty
    this.#faulty = faultySeed === null ? null : new FaultyKeyValue(faultySeed)
    this.#memory = new MemoryKeyValue((value) => bodies.copied(value))
  }

  /** For one start of the process. */
  open(life: Life): KeyValue {
    this.#memory.reopen()
    const keyValue = this.#faulty ?? this.#memory
    if (this.#isHasty) return new LivingKeyValue(new HastyKeyValue(keyValue), life, () => null)
    return new LivingKeyValue(keyValue, life, (bytes, sync) => this.#written(bytes, sync))
  }

  set(faults: Faults): void {
    this.#faulty?.set(faults)
  }

  failNextWrite(): void {
    this.#faulty?.failWrite(1)
  }

  flipBit(choose: (key: Uint8Array) => boolean): boolean {
    return this.#faulty !== null && this.#faulty.flipBit(choose) !== null
  }

  /** Power is lost. */
  crash(): void {
    this.#faulty?.crash()
  }

  /** Only the process has ended. */
  restart(): void {
    this.#faulty?.restart()
  }

  #written(bytes: number, sync: boolean): Promise<void> | null {
    this.writtenBytes += bytes
    if (!sync) return null
    return new Promise((resolve) => this.#timeline.after(SYNC_MS, resolve))
  }
}

class HastyKeyValue implements KeyValue {
  readonly #keyValue: KeyValue
  readonly get: KeyValue['get']
  readonly getMany: KeyValue['getMany']
  readonly page: KeyValue['page']
  readonly pageKeys: KeyValue['pageKeys']

  constructor(keyValue: KeyValue) {
    this.#keyValue = keyValue
    this.get = (key) => keyValue.get(key)
    this.getMany = (keys) => keyValue.getMany(keys)
    this.page = (page) => keyValue.page(page)
    this.pageKeys = (page) => keyValue.pageKeys(page)
  }

  write(operations: readonly KeyValueOperation[]): Promise<void> {
    return this.#keyValue.write(operations, { sync: false })
  }

  close(): Promise<void> {
    return this.#keyValue.close()
  }
}

/** The way from one life of a process to its disk. After its end no call returns. */
class LivingKeyValue implements KeyValue {
  readonly #keyValue: KeyValue
  readonly #life: Life
  readonly #written: (bytes: number, sync: boolean) => Promise<void> | null
  #isClosed = false

  constructor(
    keyValue: KeyValue,
    life: Life,
    written: (bytes: number, sync: boolean) => Promise<void> | null,
  ) {
    this.#keyValue = keyValue
    this.#life = life
    this.#written = written
  }

  get(key: Uint8Array): Promise<Uint8Array | null> {
    return this.#alive(() => this.#keyValue.get(key))
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    return this.#alive(() => this.#keyValue.getMany(keys))
  }

  page(page: KeyValuePage): Promise<KeyValueRow[]> {
    return this.#alive(() => this.#keyValue.page(page))
  }

  pageKeys(page: KeyValuePage): Promise<Uint8Array[]> {
    return this.#alive(() => this.#keyValue.pageKeys(page))
  }

  async write(
    operations: readonly KeyValueOperation[],
    options: KeyValueWriteOptions,
  ): Promise<void> {
    let bytes = 0
    for (const { key, value } of operations) bytes += key.length + (value?.length ?? 0)
    // The time passes first: a crash meanwhile finds nothing of it synced.
    await this.#written(bytes, options.sync)
    await this.#alive(() => this.#keyValue.write(operations, options))
  }

  /** The disk itself stays open for the next life. */
  async close(): Promise<void> {
    this.#isClosed = true
  }

  #alive<T>(work: () => Promise<T>): Promise<T> {
    if (this.#life.isOver) return new Promise<T>(() => undefined)
    if (this.#isClosed) return Promise.reject(new Error('the disk is closed'))
    return work()
  }
}
