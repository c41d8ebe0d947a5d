// Keys and values in LevelDB.
import { Level } from 'level'
import type { KeyValue, Operation, Page, Row, WriteOptions } from './key-value.ts'

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
    const level: Database = new Level(directory, { ...encodings, ...options })
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

  write(operations: readonly Operation[], { sync }: WriteOptions): Promise<void> {
    const batch = operations.map(({ key, value }) =>
      value === null ? { type: 'del' as const, key } : { type: 'put' as const, key, value },
    )
    return this.#level.batch(batch, { sync })
  }

  close(): Promise<void> {
    return this.#level.close()
  }
}
