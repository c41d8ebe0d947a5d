// The inner loop of the search: SHA-256 (FIPS 180-4 §6.2) of content hash ‖ nonce. These 40 bytes
// fit in one block, most of which never changes. The functions are cut so that V8 inlines what
// they call: put together, or with the helpers written out, they run at half the speed.
import type { Threshold } from './price.ts'

// biome-ignore format: eight to a line, as in the standard
const K = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
)
// biome-ignore format: eight to a line, as in the standard
const INITIAL = Int32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
)
const NONCE_LOW_WORD = 9
const FIXED_ROUNDS = 8

/** Σ1(e) + Ch(e, f, g). */
function choose(e: number, f: number, g: number): number {
  const sigma = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
  return (sigma + (g ^ (e & (f ^ g)))) | 0
}

/** Σ0(a) + Maj(a, b, c). */
function majority(a: number, b: number, c: number): number {
  const sigma = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
  return (sigma + ((a & b) | (c & (a | b)))) | 0
}

function sigma0(x: number): number {
  return ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
}

function sigma1(x: number): number {
  return ((x >>> 17) | (x << 15)) ^ ((x >>> 19) | (x << 13)) ^ (x >>> 10)
}

/** Words 16 to 63 from the first sixteen. */
function schedule(w: Int32Array): void {
  let even = w[14]!
  let odd = w[15]!
  for (let i = 16; i < 64; i += 2) {
    even = (w[i - 16]! + w[i - 7]! + sigma0(w[i - 15]!) + sigma1(even)) | 0
    w[i] = even
    odd = (w[i - 15]! + w[i - 6]! + sigma0(w[i - 14]!) + sigma1(odd)) | 0
    w[i + 1] = odd
  }
}

/** The rounds that depend on the nonce, eight at a time; writes the hash's first two words. */
function compress(from: Int32Array, w: Int32Array, k: Int32Array, out: Int32Array): void {
  let a = from[0]!
  let b = from[1]!
  let c = from[2]!
  let d = from[3]!
  let e = from[4]!
  let f = from[5]!
  let g = from[6]!
  let h = from[7]!
  for (let i = FIXED_ROUNDS; i < 64; i += 8) {
    h = (h + choose(e, f, g) + k[i]! + w[i]!) | 0
    d = (d + h) | 0
    h = (h + majority(a, b, c)) | 0
    g = (g + choose(d, e, f) + k[i + 1]! + w[i + 1]!) | 0
    c = (c + g) | 0
    g = (g + majority(h, a, b)) | 0
    f = (f + choose(c, d, e) + k[i + 2]! + w[i + 2]!) | 0
    b = (b + f) | 0
    f = (f + majority(g, h, a)) | 0
    e = (e + choose(b, c, d) + k[i + 3]! + w[i + 3]!) | 0
    a = (a + e) | 0
    e = (e + majority(f, g, h)) | 0
    d = (d + choose(a, b, c) + k[i + 4]! + w[i + 4]!) | 0
    h = (h + d) | 0
    d = (d + majority(e, f, g)) | 0
    c = (c + choose(h, a, b) + k[i + 5]! + w[i + 5]!) | 0
    g = (g + c) | 0
    c = (c + majority(d, e, f)) | 0
    b = (b + choose(g, h, a) + k[i + 6]! + w[i + 6]!) | 0
    f = (f + b) | 0
    b = (b + majority(c, d, e)) | 0
    a = (a + choose(f, g, h) + k[i + 7]! + w[i + 7]!) | 0
    e = (e + a) | 0
    a = (a + majority(b, c, d)) | 0
  }
  out[0] = a + INITIAL[0]!
  out[1] = b + INITIAL[1]!
}

/** The state after the rounds that only the content hash decides. */
function fixedRounds(w: Int32Array): Int32Array {
  const s = Int32Array.from(INITIAL)
  for (let i = 0; i < FIXED_ROUNDS; i++) {
    const t = (s[7]! + choose(s[4]!, s[5]!, s[6]!) + K[i]! + w[i]!) | 0
    const next = t + majority(s[0]!, s[1]!, s[2]!)
    s.copyWithin(1, 0, 7)
    s[4]! += t
    s[0] = next
  }
  return s
}

function firstBlock(contentHash: Uint8Array, nonceHigh: number): Int32Array {
  const view = new DataView(contentHash.buffer, contentHash.byteOffset, contentHash.length)
  const w = new Int32Array(64)
  for (let i = 0; i < 8; i++) w[i] = view.getInt32(i * 4)
  w[8] = nonceHigh
  w[10] = 0x80000000 // The padding's one bit, zeros, and the length of 40 bytes in bits.
  w[15] = 320
  return w
}

/**
 * Tries the nonces from (high, lowFrom) on, `count` of them, without a carry into `high`.
 * Returns the low half of the first good one, or -1.
 */
export function searchBlock(
  contentHash: Uint8Array,
  nonce: { readonly high: number; readonly lowFrom: number },
  count: number,
  threshold: Threshold,
): number {
  const w = firstBlock(contentHash, nonce.high)
  const from = fixedRounds(w)
  const out = new Int32Array(2)
  const { high, low } = threshold
  const before = nonce.lowFrom + count
  for (let nonceLow = nonce.lowFrom; nonceLow < before; nonceLow++) {
    w[NONCE_LOW_WORD] = nonceLow
    schedule(w)
    compress(from, w, K, out)
    const first = out[0]! >>> 0
    if (first < high || (first === high && out[1]! >>> 0 < low)) return nonceLow
  }
  return -1
}

/** The first 8 bytes of the hash, as the search sees them. */
export function firstBytesOfHash(contentHash: Uint8Array, nonce: bigint): bigint {
  const w = firstBlock(contentHash, Number(nonce >> 32n))
  w[NONCE_LOW_WORD] = Number(nonce & 0xffffffffn)
  const out = new Int32Array(2)
  schedule(w)
  compress(fixedRounds(w), w, K, out)
  return (BigInt(out[0]! >>> 0) << 32n) | BigInt(out[1]! >>> 0)
}
