import { assert } from '../errors.ts'
import { utf8 } from './bytes.ts'

/** Writes what `Reader` reads. A value that does not fit its field is a bug of ours. */
export class Writer {
  #bytes: Uint8Array
  #view: DataView
  #offset = 0

  constructor(sizeHint = 256) {
    this.#bytes = new Uint8Array(sizeHint)
    this.#view = new DataView(this.#bytes.buffer)
  }

  #room(length: number): number {
    const end = this.#offset + length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    const at = this.#offset
    this.#offset = end
    return at
  }

  u8(value: number): this {
    assertFits(value, 0xff)
    const at = this.#room(1) // Before the view is read: it may be another one afterwards.
    this.#view.setUint8(at, value)
    return this
  }

  u16(value: number): this {
    assertFits(value, 0xffff)
    const at = this.#room(2)
    this.#view.setUint16(at, value)
    return this
  }

  u32(value: number): this {
    assertFits(value, 0xffffffff)
    const at = this.#room(4)
    this.#view.setUint32(at, value)
    return this
  }

  u64(value: bigint): this {
    assert(value >= 0n && value < 1n << 64n, `expected 64 bits, got ${value}`)
    const at = this.#room(8)
    this.#view.setBigUint64(at, value)
    return this
  }

  bytes(bytes: Uint8Array, length: number = bytes.length): this {
    assert(bytes.length === length, `expected ${length} bytes, got ${bytes.length}`)
    const at = this.#room(length)
    this.#bytes.set(bytes, at)
    return this
  }

  prefixed(bytes: Uint8Array, lengthMax: number): this {
    assert(bytes.length <= lengthMax, `expected at most ${lengthMax} bytes, got ${bytes.length}`)
    return this.u16(bytes.length).bytes(bytes)
  }

  text(text: string, lengthMax: number): this {
    return this.prefixed(utf8(text), lengthMax)
  }

  /** No copy where the hint was exact; nothing is written after it. */
  finish(): Uint8Array {
    const isExact = this.#offset === this.#bytes.length
    return isExact ? this.#bytes : this.#bytes.slice(0, this.#offset)
  }
}

function assertFits(value: number, most: number): void {
  assert(
    Number.isInteger(value) && value >= 0 && value <= most,
    `expected an integer from 0 to ${most}, got ${value}`,
  )
}
