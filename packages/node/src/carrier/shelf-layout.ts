// How records and blobs lie in the key-value: a head for each, and its bytes in pieces.
import { concatBytes, fromHex, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import { BLOB_BYTES_MAX, BLOB_PIECE_BYTES_MAX, ID_BYTES } from '@ezchat/protocol/constants.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { KeyValue, KeyValueOperation } from '@ezchat/protocol/ports.ts'
import { withCheck, withoutCheck } from '../store/checked-record.ts'
import { rowsUnder } from '../store/key-value.ts'
import { failureOf } from '../store/store-failure.ts'
import type { ShelfEntry, ShelfLedger } from './shelf-ledger.ts'

const HEAD = 0
const PIECE = 1
const OWNER_BYTES_MAX = 64
const STEP_COUNT = 256
const PIECES_MAX = BLOB_BYTES_MAX / BLOB_PIECE_BYTES_MAX

export class ShelfLayout {
  readonly #prefix: Uint8Array
  readonly #keyValue: KeyValue

  constructor(keyValue: KeyValue, name: 'record' | 'blob') {
    this.#keyValue = keyValue
    this.#prefix = utf8(`carrier/${name}/`)
  }

  /** Everything that is there; heads that are damaged are removed, and their bytes with them. */
  async load(ledger: ShelfLedger): Promise<void> {
    const heads = concatBytes(this.#prefix, Uint8Array.of(HEAD))
    for await (const rows of rowsUnder(this.#keyValue, heads, STEP_COUNT)) {
      const damaged: KeyValueOperation[] = []
      for (const [key, value] of rows) {
        const id = key.subarray(heads.length)
        const entry = id.length === ID_BYTES ? decodeHead(value) : null
        if (entry !== null) ledger.set(toHex(id), entry)
        else damaged.push({ key, value: null }, ...this.#piecesOf(id))
      }
      await this.write(damaged, false)
    }
  }

  /** As many as there may be, where nobody knows how many there are. */
  #piecesOf(id: Uint8Array): KeyValueOperation[] {
    return Array.from({ length: PIECES_MAX }, (_, at) => {
      return { key: this.#key(PIECE, toHex(id), at), value: null }
    })
  }

  /** Rejects as the store would. */
  async write(operations: readonly KeyValueOperation[], sync: boolean): Promise<void> {
    if (operations.length === 0) return
    try {
      await this.#keyValue.write(operations, { sync })
    } catch (error: unknown) {
      throw failureOf(error)
    }
  }

  putting(name: string, entry: ShelfEntry, bytes: Uint8Array): KeyValueOperation[] {
    const operations: KeyValueOperation[] = [this.heading(name, entry)]
    for (let at = 0; at * BLOB_PIECE_BYTES_MAX < bytes.length; at++) {
      const from = at * BLOB_PIECE_BYTES_MAX
      const piece = bytes.slice(from, from + BLOB_PIECE_BYTES_MAX)
      operations.push({ key: this.#key(PIECE, name, at), value: withCheck(piece) })
    }
    return operations
  }

  heading(name: string, entry: ShelfEntry): KeyValueOperation {
    return { key: this.#key(HEAD, name), value: encodeHead(entry) }
  }

  removing(name: string, { bytesLength }: ShelfEntry): KeyValueOperation[] {
    const operations: KeyValueOperation[] = [{ key: this.#key(HEAD, name), value: null }]
    for (let at = 0; at * BLOB_PIECE_BYTES_MAX < bytesLength; at++) {
      operations.push({ key: this.#key(PIECE, name, at), value: null })
    }
    return operations
  }

  /** Null where the disk lost it or changed it. */
  async read(name: string, from: number, length: number): Promise<Uint8Array | null> {
    const first = Math.floor(from / BLOB_PIECE_BYTES_MAX)
    const last = Math.floor((from + length - 1) / BLOB_PIECE_BYTES_MAX)
    const keys = Array.from({ length: last - first + 1 }, (_, at) =>
      this.#key(PIECE, name, first + at),
    )
    const pieces: Uint8Array[] = []
    for (const record of await this.#getMany(keys)) {
      const piece = record === null ? null : withoutCheck(record)
      if (piece === null) return null
      pieces.push(piece)
    }
    const start = from - first * BLOB_PIECE_BYTES_MAX
    const bytes = concatBytes(...pieces).subarray(start, start + length)
    return bytes.length === length ? bytes : null
  }

  async #getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    try {
      return await this.#keyValue.getMany(keys)
    } catch (error: unknown) {
      throw failureOf(error)
    }
  }

  #key(kind: number, name: string, ...rest: readonly number[]): Uint8Array {
    return concatBytes(this.#prefix, Uint8Array.of(kind), fromHex(name), Uint8Array.from(rest))
  }
}

function encodeHead({ owner, bytesLength, expiresSeconds }: ShelfEntry): Uint8Array {
  const writer = new Writer(80).u32(bytesLength).u32(expiresSeconds)
  return withCheck(writer.text(owner, OWNER_BYTES_MAX).finish())
}

function decodeHead(record: Uint8Array): ShelfEntry | null {
  const bytes = withoutCheck(record)
  if (bytes === null) return null
  try {
    const reader = new Reader(bytes, 'REQUEST')
    const bytesLength = reader.u32()
    const expiresSeconds = reader.u32()
    const owner = reader.text(OWNER_BYTES_MAX)
    reader.end()
    return { owner, bytesLength, expiresSeconds }
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
