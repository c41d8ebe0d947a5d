// Blobs kept for others: sealed, named by their hash, each peer with a quota of its own.
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { BLOB_BYTES_MAX, BLOB_PIECE_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { Clock, KeyValue, KeyValueOperation, PeerId } from '@ezchat/protocol/ports.ts'
import { EzchatError } from '../errors.ts'
import { BLOB_CHARGE_BYTES_MIN, BLOBS_BYTES_MAX, BLOBS_PEER_BYTES_MAX } from '../limits.ts'
import { ShelfLayout } from './shelf-layout.ts'
import { type ShelfEntry, ShelfLedger } from './shelf-ledger.ts'
import { Turns } from './turns.ts'

export interface BlobShelfInit {
  readonly keyValue: KeyValue
  readonly clock: Clock
  readonly crypto: Crypto
  readonly bytesMax?: number
  readonly peerBytesMax?: number
}

export interface BlobTerms {
  readonly id: Uint8Array
  readonly owner: PeerId
  readonly expiresSeconds: number
}

export class BlobShelf {
  readonly #init: BlobShelfInit
  readonly #layout: ShelfLayout
  readonly #ledger: ShelfLedger
  readonly #turns = new Turns()

  private constructor(init: BlobShelfInit) {
    this.#init = init
    this.#layout = new ShelfLayout(init.keyValue, 'blob')
    this.#ledger = new ShelfLedger({
      bytesMax: init.bytesMax ?? BLOBS_BYTES_MAX,
      ownerBytesMax: init.peerBytesMax ?? BLOBS_PEER_BYTES_MAX,
      chargeMin: BLOB_CHARGE_BYTES_MIN,
    })
  }

  static async open(init: BlobShelfInit): Promise<BlobShelf> {
    const shelf = new BlobShelf(init)
    await shelf.#layout.load(shelf.#ledger)
    return shelf
  }

  get bytesCharged(): number {
    return this.#ledger.bytesCharged
  }

  /** Null for what is not held, or has expired. */
  held(id: Uint8Array): ShelfEntry | null {
    const entry = this.#ledger.get(toHex(id))
    return entry !== null && entry.expiresSeconds >= this.#nowSeconds() ? entry : null
  }

  hasRoom(owner: PeerId, id: Uint8Array, bytesLength: number): boolean {
    return this.#ledger.roomFor(owner, toHex(id), bytesLength) !== null
  }

  /** From the offset on; null where there is nothing. What the disk has changed is removed. */
  async piece(id: Uint8Array, offset: number): Promise<Uint8Array | null> {
    const entry = this.held(id)
    if (entry === null || offset >= entry.bytesLength) return null
    const length = Math.min(BLOB_PIECE_BYTES_MAX, entry.bytesLength - offset)
    const piece = await this.#layout.read(toHex(id), offset, length)
    if (piece === null) await this.#remove(toHex(id), entry)
    return piece
  }

  /** Of bytes whose hash is the id. Throws PEER_FULL where there is no room. */
  put({ id, owner, expiresSeconds }: BlobTerms, bytes: Uint8Array): Promise<void> {
    assert(bytes.length >= 1 && bytes.length <= BLOB_BYTES_MAX, `a blob of ${bytes.length} bytes`)
    assert(equalBytes(this.#init.crypto.sha256(bytes), id), 'expected the bytes of the id')
    const name = toHex(id)
    const entry = { owner, bytesLength: bytes.length, expiresSeconds }
    return this.#turns.run(async () => {
      const leaving = this.#ledger.roomFor(owner, name, bytes.length)
      if (leaving === null) throw new EzchatError('PEER_FULL')
      const operations = [...this.#removing(leaving), ...this.#layout.putting(name, entry, bytes)]
      await this.#layout.write(operations, true)
      for (const gone of leaving) this.#ledger.delete(gone)
      this.#ledger.set(name, entry)
    })
  }

  /** Never shorter than before. It stays with who brought it first. */
  extend(id: Uint8Array, expiresSeconds: number): Promise<void> {
    const name = toHex(id)
    return this.#turns.run(async () => {
      const entry = this.#ledger.get(name)
      if (entry === null || entry.expiresSeconds >= expiresSeconds) return
      const extended = { ...entry, expiresSeconds }
      await this.#layout.write([this.#layout.heading(name, extended)], true)
      this.#ledger.set(name, extended)
    })
  }

  /** Removes what has expired. Returns how many went. */
  sweep(nowSeconds: number): Promise<number> {
    return this.#turns.run(async () => {
      const names = this.#ledger.expired(nowSeconds)
      await this.#layout.write(this.#removing(names), false)
      for (const name of names) this.#ledger.delete(name)
      return names.length
    })
  }

  #remove(name: string, damaged: ShelfEntry): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#ledger.get(name) !== damaged) return
      await this.#layout.write(this.#removing([name]), false)
      this.#ledger.delete(name)
    })
  }

  #removing(names: readonly string[]): KeyValueOperation[] {
    return names.flatMap((name) => this.#layout.removing(name, this.#ledger.get(name)!))
  }

  #nowSeconds(): number {
    return Math.floor(this.#init.clock.nowMs() / 1000)
  }
}
