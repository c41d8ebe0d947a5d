// The ids of one day in one array, with an index by short id.
import { compareBytes } from '../codec/bytes.ts'
import { ID_BYTES, SHORT_ID_BYTES } from '../constants.ts'
import { addToDigest, type Digest, emptyDigest, removeFromDigest } from './digest.ts'

const FREE = 0
const LEFT = 1 // Somebody was here: a search goes on.
const FIRST = 2
const PIECE_IDS = 4096

export class DayIds {
  readonly digest: Digest = emptyDigest()
  #ids = new Uint8Array(16 * ID_BYTES)
  /** Place plus FIRST. Never more than half in use, those LEFT included. */
  #slots = new Uint32Array(64)
  #used = 0

  add(id: Uint8Array): boolean {
    if (this.#slotOf(id) !== null) return false
    if ((this.#used + 1) * 2 > this.#slots.length) this.#rebuild()
    const place = this.digest.count
    addToDigest(this.digest, id)
    this.#reserve(place + 1)
    this.#ids.set(id, place * ID_BYTES)
    this.#occupy(place)
    return true
  }

  remove(id: Uint8Array): boolean {
    const slot = this.#slotOf(id)
    if (slot === null) return false
    const place = this.#slots[slot]! - FIRST
    removeFromDigest(this.digest, id)
    this.#slots[slot] = LEFT
    const last = this.digest.count
    if (place !== last) {
      // The last id moves into the gap.
      const moved = this.#slotOf(this.#at(last))!
      this.#ids.copyWithin(place * ID_BYTES, last * ID_BYTES, (last + 1) * ID_BYTES)
      this.#slots[moved] = place + FIRST
    }
    return true
  }

  resolve(shortId: Uint8Array): Uint8Array | null {
    for (const slot of this.#slotsOf(shortId, 0)) {
      const id = this.#at(this.#slots[slot]! - FIRST)
      if (compareBytes(id.subarray(-SHORT_ID_BYTES), shortId) === 0) return id.slice()
    }
    return null
  }

  *pieces(): Iterable<Uint8Array> {
    for (let from = 0; from < this.digest.count; from += PIECE_IDS) {
      const end = Math.min(from + PIECE_IDS, this.digest.count)
      const piece = new Uint8Array((end - from) * SHORT_ID_BYTES)
      for (let place = from; place < end; place++) {
        piece.set(this.#at(place).subarray(-SHORT_ID_BYTES), (place - from) * SHORT_ID_BYTES)
      }
      yield piece
    }
  }

  #at(place: number): Uint8Array {
    return this.#ids.subarray(place * ID_BYTES, (place + 1) * ID_BYTES)
  }

  #slotOf(id: Uint8Array): number | null {
    for (const slot of this.#slotsOf(id, ID_BYTES - SHORT_ID_BYTES)) {
      if (compareBytes(this.#at(this.#slots[slot]! - FIRST), id) === 0) return slot
    }
    return null
  }

  /** The slots where an id with this short id, which begins at `from`, may be. */
  *#slotsOf(bytes: Uint8Array, from: number): Iterable<number> {
    const mask = this.#slots.length - 1
    for (let slot = slotHash(bytes, from) & mask; ; slot = (slot + 1) & mask) {
      if (this.#slots[slot] === FREE) return
      if (this.#slots[slot] !== LEFT) yield slot
    }
  }

  #occupy(place: number): void {
    const mask = this.#slots.length - 1
    let slot = slotHash(this.#at(place), ID_BYTES - SHORT_ID_BYTES) & mask
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask
    this.#slots[slot] = place + FIRST
    this.#used++
  }

  #reserve(count: number): void {
    if (count * ID_BYTES <= this.#ids.length) return
    const grown = new Uint8Array(this.#ids.length * 2)
    grown.set(this.#ids)
    this.#ids = grown
  }

  #rebuild(): void {
    const { count } = this.digest
    const isCrowded = count * 4 >= this.#slots.length
    this.#slots = new Uint32Array(this.#slots.length * (isCrowded ? 2 : 1))
    this.#used = 0
    for (let place = 0; place < count; place++) this.#occupy(place)
  }
}

function slotHash(bytes: Uint8Array, from: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + from, 4).getUint32(0)
}
