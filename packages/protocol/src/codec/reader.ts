import { type ErrorCode, type Format, ProtocolError } from '../errors.ts'
import { fromUtf8 } from './bytes.ts'

/**
 * Reads one value of a fixed layout, big-endian, and refuses it with a code of its format.
 * What `bytes` returns is a view of the input: a caller that keeps it must own the input.
 */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #format: Format
  #offset = 0

  constructor(bytes: Uint8Array, format: Format) {
    // A Buffer's subarray is a Buffer; views of one kind only, so that equality means equality.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#format = format
  }

  get offset(): number {
    return this.#offset
  }

  get left(): number {
    return this.#bytes.length - this.#offset
  }

  #take(length: number): number {
    if (length > this.left) throw new ProtocolError(`${this.#format}_TRUNCATED`)
    const at = this.#offset
    this.#offset += length
    return at
  }

  fail(defect: 'FIELD' | 'LENGTH' | 'ORDER' | 'TEXT' | 'LIMIT' | 'KIND', detail?: string): never {
    throw new ProtocolError(`${this.#format}_${defect}` as ErrorCode, detail)
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8))
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** A number that must lie between two bounds, both allowed. */
  within(value: number, least: number, most: number, what: string): number {
    if (value < least || value > most) this.fail('FIELD', `${what} is ${value}`)
    return value
  }

  /** Bytes behind a 16-bit length, which is checked before anything is taken. */
  prefixed(lengthMax: number): Uint8Array {
    const length = this.u16()
    if (length > lengthMax) this.fail('LIMIT', `${length} bytes where ${lengthMax} are allowed`)
    return this.bytes(length)
  }

  text(lengthMax: number): string {
    const text = fromUtf8(this.prefixed(lengthMax))
    if (text === null) this.fail('TEXT')
    return text
  }

  version(known: number): void {
    const version = this.u8()
    if (version !== known) {
      throw new ProtocolError(`${this.#format}_VERSION`, `${version}, we speak ${known}`)
    }
  }

  end(): void {
    if (this.left !== 0) throw new ProtocolError(`${this.#format}_TRAILING`)
  }
}
