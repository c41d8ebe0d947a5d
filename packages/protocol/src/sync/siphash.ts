// SipHash-2-4 with 64-bit output, for messages of exactly 16 bytes, in 32-bit halves: a million
// short ids are hashed per exchange, and BigInt would be a hundred times slower.
import { assert } from '../errors.ts'

export const SIPHASH_KEY_BYTES = 16
/** 16-byte messages in, 8-byte hashes out, both as little-endian 32-bit words. */
export const MESSAGE_WORDS = 4
export const HASH_WORDS = 2

const ROUNDS = 10 // Two for each of the message's two words, two for its length, four to finish.
const LENGTH_HIGH = 16 << 24 // The last word: the length in its top byte, and no bytes left over.

export class SipHash {
  // The state after the key has been mixed in.
  readonly #lows = new Int32Array(4)
  readonly #highs = new Int32Array(4)

  constructor(key: Uint8Array) {
    assert(key.length === SIPHASH_KEY_BYTES, `expected ${SIPHASH_KEY_BYTES} bytes of key`)
    const view = new DataView(key.buffer, key.byteOffset, key.length)
    const k0 = view.getInt32(0, true)
    const k1 = view.getInt32(4, true)
    const k2 = view.getInt32(8, true)
    const k3 = view.getInt32(12, true)
    this.#lows.set([k0 ^ 0x70736575, k2 ^ 0x6e646f6d, k0 ^ 0x6e657261, k2 ^ 0x79746573])
    this.#highs.set([k1 ^ 0x736f6d65, k3 ^ 0x646f7261, k1 ^ 0x6c796765, k3 ^ 0x74656462])
  }

  /** Hashes the four words at `at` into the two words at `outAt`. */
  hashInto(words: Int32Array, at: number, out: Int32Array, outAt: number): void {
    const m0 = words[at]!
    const m1 = words[at + 1]!
    const m2 = words[at + 2]!
    const m3 = words[at + 3]!
    let a = this.#lows[0]!
    let A = this.#highs[0]!
    let b = this.#lows[1]!
    let B = this.#highs[1]!
    let c = this.#lows[2]!
    let C = this.#highs[2]!
    let d = this.#lows[3]! ^ m0
    let D = this.#highs[3]! ^ m1
    let low = 0

    for (let round = 0; round < ROUNDS; round++) {
      if (round === 2) {
        a ^= m0
        A ^= m1
        d ^= m2
        D ^= m3
      } else if (round === 4) {
        a ^= m2
        A ^= m3
        D ^= LENGTH_HIGH
      } else if (round === 6) {
        A ^= LENGTH_HIGH
        c ^= 0xff
      }
      // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
      low = (a + b) | 0
      A = (A + B + (low >>> 0 < a >>> 0 ? 1 : 0)) | 0
      a = low
      low = (b << 13) | (B >>> 19)
      B = ((B << 13) | (b >>> 19)) ^ A
      b = low ^ a
      low = a
      a = A
      A = low
      // v2 += v3; v3 <<<= 16; v3 ^= v2
      low = (c + d) | 0
      C = (C + D + (low >>> 0 < c >>> 0 ? 1 : 0)) | 0
      c = low
      low = (d << 16) | (D >>> 16)
      D = ((D << 16) | (d >>> 16)) ^ C
      d = low ^ c
      // v0 += v3; v3 <<<= 21; v3 ^= v0
      low = (a + d) | 0
      A = (A + D + (low >>> 0 < a >>> 0 ? 1 : 0)) | 0
      a = low
      low = (d << 21) | (D >>> 11)
      D = ((D << 21) | (d >>> 11)) ^ A
      d = low ^ a
      // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
      low = (c + b) | 0
      C = (C + B + (low >>> 0 < c >>> 0 ? 1 : 0)) | 0
      c = low
      low = (b << 17) | (B >>> 15)
      B = ((B << 17) | (b >>> 15)) ^ C
      b = low ^ c
      low = c
      c = C
      C = low
    }
    out[outAt] = a ^ b ^ c ^ d
    out[outAt + 1] = A ^ B ^ C ^ D
  }
}
