// Identity records kept for others: what record.md §3 allows, in place of what is there.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { RECORD_SIZES_BYTES } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { validateRecord } from '@ezchat/protocol/identity/record-validator.ts'
import type { Clock, KeyValue, KeyValueOperation, PeerId } from '@ezchat/protocol/ports.ts'
import { EzchatError } from '../errors.ts'
import { RECORDS_BYTES_MAX, RECORDS_PEER_BYTES_MAX } from '../limits.ts'
import { ShelfLayout } from './shelf-layout.ts'
import { ShelfLedger } from './shelf-ledger.ts'
import { Turns } from './turns.ts'

export interface RecordShelfInit {
  readonly keyValue: KeyValue
  readonly clock: Clock
  readonly crypto: Crypto
  readonly networkId: Uint8Array
  readonly bytesMax?: number
  readonly peerBytesMax?: number
}

export class RecordShelf {
  readonly #init: RecordShelfInit
  readonly #layout: ShelfLayout
  readonly #ledger: ShelfLedger
  readonly #turns = new Turns()

  private constructor(init: RecordShelfInit) {
    this.#init = init
    this.#layout = new ShelfLayout(init.keyValue, 'record')
    this.#ledger = new ShelfLedger({
      bytesMax: init.bytesMax ?? RECORDS_BYTES_MAX,
      ownerBytesMax: init.peerBytesMax ?? RECORDS_PEER_BYTES_MAX,
      chargeMin: RECORD_SIZES_BYTES[0],
    })
  }

  static async open(init: RecordShelfInit): Promise<RecordShelf> {
    const shelf = new RecordShelf(init)
    await shelf.#layout.load(shelf.#ledger)
    return shelf
  }

  get count(): number {
    return this.#ledger.count
  }

  async find(name: Uint8Array): Promise<Uint8Array | null> {
    const entry = this.#ledger.get(toHex(name))
    if (entry === null || entry.expiresSeconds < this.#nowSeconds()) return null
    return this.#layout.read(toHex(name), 0, entry.bytesLength)
  }

  /** Throws what the validator refuses it with, and PEER_FULL where there is no room. */
  keep(name: Uint8Array, record: Uint8Array, owner: PeerId): Promise<'new' | 'same'> {
    const own = { name: name.slice(), record: record.slice() }
    return this.#turns.run(() => this.#keep(own.name, own.record, owner))
  }

  async #keep(name: Uint8Array, bytes: Uint8Array, owner: PeerId): Promise<'new' | 'same'> {
    const { crypto, networkId } = this.#init
    const hex = toHex(name)
    const stored = await this.find(name)
    const check = { networkId, nowSeconds: this.#nowSeconds(), stored }
    const { verdict, record } = validateRecord(crypto, name, bytes, check)
    if (verdict === 'same') return verdict
    const leaving = this.#ledger.roomFor(owner, hex, bytes.length)
    if (leaving === null) throw new EzchatError('PEER_FULL')
    const { expiresSeconds } = record
    const entry = { owner, bytesLength: bytes.length, expiresSeconds }
    const operations = [...this.#removing(leaving), ...this.#layout.putting(hex, entry, bytes)]
    await this.#layout.write(operations, true)
    for (const gone of leaving) this.#ledger.delete(gone)
    this.#ledger.set(hex, entry)
    return verdict
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

  #removing(names: readonly string[]): KeyValueOperation[] {
    return names.flatMap((name) => this.#layout.removing(name, this.#ledger.get(name)!))
  }

  #nowSeconds(): number {
    return Math.floor(this.#init.clock.nowMs() / 1000)
  }
}
