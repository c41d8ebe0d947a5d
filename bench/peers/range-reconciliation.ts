// Range-based set reconciliation (Meyer 2023), in the shape in which negentropy describes it: ids
// sorted by (timestamp, id); a range of both stores is compared by fingerprint, split into sixteen
// where it differs, and listed below 32 ids. Written from that description, for comparison only.
// The stores are handed over sorted; messages are as long as they need to be.
import { hash } from 'node:crypto'
import {
  CpuAccounts,
  compareIds,
  hexOf,
  ID_BYTES,
  type IdStore,
  isExactly,
  type SyncReport,
  type TwoStores,
} from './two-stores.ts'

const BUCKETS = 16
const LISTED_BELOW = 32
const FINGERPRINT_BYTES = 16
const MODE = { skip: 0, fingerprint: 1, ids: 2 } as const
const INFINITY = 0xffffffff

/** Everything before it, in (timestamp, id); the prefix is as long as it has to be. */
interface Bound {
  readonly timestamp: number
  readonly prefix: Uint8Array
}

const END: Bound = { timestamp: INFINITY, prefix: new Uint8Array(0) }

class MessageWriter {
  readonly #bytes: number[] = []
  #timestamp = 0
  #skipped: Bound | null = null

  varint(value: number): void {
    const groups = [value % 128]
    for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
      groups.unshift((rest % 128) | 128)
    }
    this.#bytes.push(...groups)
  }

  /** Skips that follow each other are one; those at the end are none. */
  skip(bound: Bound): void {
    this.#skipped = bound
  }

  range(bound: Bound, mode: number): void {
    if (this.#skipped !== null) this.#bound(this.#skipped, MODE.skip)
    this.#skipped = null
    this.#bound(bound, mode)
  }

  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte)
  }

  #bound({ timestamp, prefix }: Bound, mode: number): void {
    this.varint(timestamp === INFINITY ? 0 : timestamp - this.#timestamp + 1)
    this.#timestamp = timestamp
    this.varint(prefix.length)
    this.bytes(prefix)
    this.varint(mode)
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
}

class MessageReader {
  readonly #bytes: Uint8Array
  #at = 0
  #timestamp = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (;;) {
      const byte = this.#bytes[this.#at++]!
      value = value * 128 + (byte & 127)
      if (byte < 128) return value
    }
  }

  bytes(length: number): Uint8Array {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  bound(): Bound {
    const delta = this.varint()
    const timestamp = delta === 0 ? INFINITY : this.#timestamp + delta - 1
    this.#timestamp = timestamp
    return { timestamp, prefix: this.bytes(this.varint()) }
  }
}

class Side {
  readonly #store: IdStore
  readonly #words: Uint32Array
  readonly haves: string[] = []
  readonly needs: string[] = []

  constructor(store: IdStore) {
    this.#store = store
    // The ids as numbers: a store made for this would keep them so.
    const view = new DataView(store.ids.buffer, store.ids.byteOffset, store.ids.length)
    this.#words = Uint32Array.from({ length: store.count * 8 }, (_, at) =>
      view.getUint32(at * 4, true),
    )
  }

  open(): Uint8Array {
    const writer = new MessageWriter()
    this.#split(writer, 0, this.#store.count, END)
    return writer.finish()
  }

  /** Empty when there is nothing left to ask. Only the initiator learns the difference. */
  answer(message: Uint8Array, isInitiator: boolean): Uint8Array {
    const reader = new MessageReader(message)
    const writer = new MessageWriter()
    let from = 0
    while (!reader.isDone) {
      const bound = reader.bound()
      const mode = reader.varint()
      const end = this.#placeOf(bound, from)
      if (mode === MODE.skip) writer.skip(bound)
      else if (mode === MODE.fingerprint) this.#compare(reader, writer, from, end, bound)
      else if (isInitiator) this.#learn(reader, writer, from, end, bound)
      else this.#list(reader, writer, from, end, bound)
      from = end
    }
    return writer.finish()
  }

  #compare(
    reader: MessageReader,
    writer: MessageWriter,
    from: number,
    end: number,
    bound: Bound,
  ): void {
    const isEqual =
      Buffer.compare(reader.bytes(FINGERPRINT_BYTES), this.#fingerprint(from, end)) === 0
    if (isEqual) writer.skip(bound)
    else this.#split(writer, from, end, bound)
  }

  #learn(
    reader: MessageReader,
    writer: MessageWriter,
    from: number,
    end: number,
    bound: Bound,
  ): void {
    const theirs = new Set(readIds(reader))
    for (let item = from; item < end; item++) {
      const id = hexOf(this.#store.ids, item)
      if (!theirs.delete(id)) this.haves.push(id)
    }
    this.needs.push(...theirs)
    writer.skip(bound)
  }

  #list(
    reader: MessageReader,
    writer: MessageWriter,
    from: number,
    end: number,
    bound: Bound,
  ): void {
    readIds(reader)
    this.#writeIds(writer, from, end, bound)
  }

  #writeIds(writer: MessageWriter, from: number, end: number, bound: Bound): void {
    writer.range(bound, MODE.ids)
    writer.varint(end - from)
    writer.bytes(this.#store.ids.subarray(from * ID_BYTES, end * ID_BYTES))
  }

  #split(writer: MessageWriter, from: number, end: number, bound: Bound): void {
    const count = end - from
    if (count < LISTED_BELOW) {
      this.#writeIds(writer, from, end, bound)
      return
    }
    for (let bucket = 0, start = from; bucket < BUCKETS; bucket++) {
      const size = Math.floor(count / BUCKETS) + (bucket < count % BUCKETS ? 1 : 0)
      const stop = start + size
      writer.range(stop === end ? bound : this.#boundAt(stop), MODE.fingerprint)
      writer.bytes(this.#fingerprint(start, stop))
      start = stop
    }
  }

  /** SHA-256 of the sum of the ids modulo 2^256 and their number, cut to 16 bytes. */
  #fingerprint(from: number, end: number): Uint8Array {
    // 2^21 words of 32 bits still add up exactly.
    const sums = new Float64Array(8)
    for (let at = from * 8; at < end * 8; at += 8) {
      for (let limb = 0; limb < 8; limb++) sums[limb]! += this.#words[at + limb]!
    }
    const hashed = new DataView(new ArrayBuffer(36))
    let carry = 0
    for (let limb = 0; limb < 8; limb++) {
      const total = sums[limb]! + carry
      carry = Math.floor(total / 0x100000000)
      hashed.setUint32(limb * 4, total - carry * 0x100000000, true)
    }
    hashed.setUint32(32, end - from, true)
    return hash('sha256', new Uint8Array(hashed.buffer), 'buffer').subarray(0, FINGERPRINT_BYTES)
  }

  /** Between two neighbours, with the shortest prefix that tells them apart. */
  #boundAt(place: number): Bound {
    const { ids, timestamps } = this.#store
    const timestamp = timestamps[place]!
    if (timestamp !== timestamps[place - 1]) return { timestamp, prefix: new Uint8Array(0) }
    let length = 0
    while (ids[(place - 1) * ID_BYTES + length] === ids[place * ID_BYTES + length]) length++
    return { timestamp, prefix: ids.slice(place * ID_BYTES, place * ID_BYTES + length + 1) }
  }

  /** The first item that is not before the bound. */
  #placeOf(bound: Bound, from: number): number {
    if (bound.timestamp === INFINITY) return this.#store.count
    const padded = new Uint8Array(ID_BYTES)
    padded.set(bound.prefix)
    let low = from
    let high = this.#store.count
    while (low < high) {
      const middle = (low + high) >>> 1
      const ahead =
        this.#store.timestamps[middle]! - bound.timestamp ||
        compareIds(this.#store.ids, middle, padded, 0)
      if (ahead < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

function readIds(reader: MessageReader): string[] {
  const count = reader.varint()
  return Array.from({ length: count }, () => hexOf(reader.bytes(ID_BYTES), 0))
}

export function reconcileRanges(stores: TwoStores): SyncReport {
  const cpu = new CpuAccounts()
  const initiator = new Side(stores.initiator)
  const responder = new Side(stores.responder)
  let bytes = 0
  let roundTrips = 0
  let question = cpu.charge('initiator', () => initiator.open())
  while (question.length > 0) {
    roundTrips++
    const answer = cpu.charge('responder', () => responder.answer(question, false))
    bytes += question.length + answer.length
    question = cpu.charge('initiator', () => initiator.answer(answer, true))
  }
  return {
    bytes,
    roundTrips,
    cpuSecondsInitiator: cpu.seconds.initiator,
    cpuSecondsResponder: cpu.seconds.responder,
    ok:
      isExactly(initiator.haves, stores.initiatorOnly) &&
      isExactly(initiator.needs, stores.responderOnly),
  }
}
