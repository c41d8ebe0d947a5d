// Identity records that the DHT keeps with us. kad-dht stores whatever it is given: its handler
// asks no selector, and its own writes ask nobody. So every write is judged here, against what is
// stored: record.md §3.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { validateRecord } from '@ezchat/protocol/identity/record-validator.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import { Libp2pRecord } from '@libp2p/record'
import { DHT_VALUES_BYTES_MAX, DHT_VALUES_MAX } from '../limits.ts'
import type { Key, Pair, Shelf } from './datastore.ts'
import { nameOfRecordKey } from './names.ts'

interface Value extends Pair {
  readonly record: Uint8Array
  readonly expiresSeconds: number
  /** How far its key is from ours in the DHT, by the first six bytes. */
  readonly distance: number
}

export interface DhtValuesInit {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly networkId: Uint8Array
  /** Our peer id's multihash. */
  readonly self: Uint8Array
  /** If not as many as limits.ts says. */
  readonly countMax?: number
}

export class DhtValues implements Shelf {
  readonly #init: DhtValuesInit
  readonly #place: Uint8Array
  readonly #values = new Map<string, Value>()
  #bytes = 0

  constructor(init: DhtValuesInit) {
    this.#init = init
    this.#place = init.crypto.sha256(init.self)
  }

  get size(): number {
    return this.#values.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: Key): Uint8Array | null {
    return this.#live(key.toString())?.value ?? null
  }

  /** Throws what validateRecord throws. Nothing that is older gets past it. */
  put(key: Key, value: Uint8Array): void {
    const { key: recordKey, value: record } = Libp2pRecord.deserialize(value)
    const name = nameOfRecordKey(recordKey)
    if (name === null) throw new ProtocolError('RECORD_NAME')
    const { crypto, networkId } = this.#init
    const stored = this.#live(key.toString())?.record ?? null
    const check = { networkId, nowSeconds: this.#nowSeconds(), stored }
    const { expiresSeconds } = validateRecord(crypto, name, record, check).record
    const own = { key, value: Uint8Array.from(value), record: Uint8Array.from(record) }
    this.delete(key)
    this.#values.set(key.toString(), {
      ...own,
      expiresSeconds,
      distance: distance(this.#place, crypto.sha256(recordKey)),
    })
    this.#bytes += value.length
    this.#makeRoom()
  }

  delete(key: Key): void {
    const text = key.toString()
    this.#bytes -= this.#values.get(text)?.value.length ?? 0
    this.#values.delete(text)
  }

  *pairs(): Iterable<Pair> {
    const nowSeconds = this.#nowSeconds()
    for (const value of this.#values.values()) {
      if (value.expiresSeconds >= nowSeconds) yield value
    }
  }

  #nowSeconds(): number {
    return Math.floor(this.#init.clock.nowMs() / 1000)
  }

  #live(text: string): Value | null {
    const value = this.#values.get(text)
    if (value === undefined) return null
    if (value.expiresSeconds >= this.#nowSeconds()) return value
    this.delete(value.key)
    return null
  }

  /** The farthest goes: others are nearer to it, and asked for it before us. */
  #makeRoom(): void {
    const { countMax = DHT_VALUES_MAX } = this.#init
    while (this.#values.size > countMax || this.#bytes > DHT_VALUES_BYTES_MAX) {
      const nowSeconds = this.#nowSeconds()
      let worst: Value | null = null
      for (const value of this.#values.values()) {
        if (value.expiresSeconds < nowSeconds) worst = value
        if (value === worst) break
        if (worst === null || value.distance > worst.distance) worst = value
      }
      if (worst === null) return
      this.delete(worst.key)
    }
  }
}

function distance(a: Uint8Array, b: Uint8Array): number {
  let result = 0
  for (let at = 0; at < 6; at++) result = result * 256 + ((a[at] ?? 0) ^ (b[at] ?? 0))
  return result
}
