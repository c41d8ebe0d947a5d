// Keys and values in LevelDB.
import { Level } from 'level'
import { STORE_WRITE_BUFFER_BYTES } from '../limits.ts'
import type { KeyValue, Operation, Page, Row, WriteOptions } from './key-value.ts'

// What is sealed does not get smaller. And every write touches all tables, so that LevelDB merges
// all of them each time its buffer is full: a larger one is 1.4 times as fast.
const TUNING = { compression: false, writeBufferSize: STORE_WRITE_BUFFER_BYTES }

type Database = Level<Uint8Array, Uint8Array>

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

function rangeOf({ from, before, countMax, isReverse = false }: Page) {
  // Read ahead as much as a page may be, in one go.
  const highWaterMarkBytes = 1_048_576
  return { gte: from, lt: before, limit: countMax, reverse: isReverse, highWaterMarkBytes }
}

export class LevelKeyValue implements KeyValue {
  readonly #level: Database

  private constructor(level: Database) {
    this.#level = level
  }

  static async open(
    directory: string,
    options: { readonly createIfMissing: boolean },
  ): Promise<LevelKeyValue> {
    const encodings = { keyEncoding: 'view', valueEncoding: 'view' }
    const level: Database = new Level(directory, { ...encodings, ...TUNING, ...options })
    await level.open()
    return new LevelKeyValue(level)
  }

  async get(key: Uint8Array): Promise<Uint8Array | null> {
    const value = await this.#level.get(key)
    return value === undefined ? null : plain(value)
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    const values = await this.#level.getMany([...keys])
    return values.map((value) => (value === undefined ? null : plain(value)))
  }

  async page(page: Page): Promise<Row[]> {
    const rows = await this.#level.iterator(rangeOf(page)).all()
    return rows.map(([key, value]) => [plain(key), plain(value)])
  }

  async pageKeys(page: Page): Promise<Uint8Array[]> {
    return (await this.#level.keys(rangeOf(page)).all()).map(plain)
  }

  async write(operations: readonly Operation[], { sync }: WriteOptions): Promise<void> {
    // Chained, it costs a third less than an array of operations.
    const batch = this.#level.batch()
    for (const { key, value } of operations) {
      if (value === null) batch.del(key)
      else batch.put(key, value)
    }
    await batch.write({ sync })
  }

  close(): Promise<void> {
    return this.#level.close()
  }
}
