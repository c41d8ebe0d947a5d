// sync.md §5 a second time, written to be read, not to be fast: whole numbers are BigInt, a set is
// an array, a symbol is an object. Vectors come from here; tests hold the real one against it.

const MASK = (1n << 64n) - 1n
const add = (a: bigint, b: bigint): bigint => (a + b) & MASK
const rotate = (a: bigint, by: bigint): bigint => ((a << by) | (a >> (64n - by))) & MASK

export function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

export function toLittleEndian(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn))
}

/** SipHash-2-4 of any message, as a number. */
export function sipHash(key: Uint8Array, message: Uint8Array): bigint {
  const k0 = littleEndian(key.subarray(0, 8))
  const k1 = littleEndian(key.subarray(8))
  let v0 = k0 ^ 0x736f6d6570736575n
  let v1 = k1 ^ 0x646f72616e646f6dn
  let v2 = k0 ^ 0x6c7967656e657261n
  let v3 = k1 ^ 0x7465646279746573n
  const rounds = (count: number): void => {
    for (let round = 0; round < count; round++) {
      v0 = add(v0, v1)
      v1 = rotate(v1, 13n) ^ v0
      v0 = rotate(v0, 32n)
      v2 = add(v2, v3)
      v3 = rotate(v3, 16n) ^ v2
      v0 = add(v0, v3)
      v3 = rotate(v3, 21n) ^ v0
      v2 = add(v2, v1)
      v1 = rotate(v1, 17n) ^ v2
      v2 = rotate(v2, 32n)
    }
  }
  const whole = message.length - (message.length % 8)
  for (let at = 0; at < whole; at += 8) {
    const word = littleEndian(message.subarray(at, at + 8))
    v3 ^= word
    rounds(2)
    v0 ^= word
  }
  const last = (BigInt(message.length & 0xff) << 56n) | littleEndian(message.subarray(whole))
  v3 ^= last
  rounds(2)
  v0 ^= last
  v2 ^= 0xffn
  rounds(4)
  return v0 ^ v1 ^ v2 ^ v3
}

const WORD = 0xffffffffn

export function mix(value: bigint): bigint {
  let h = value
  h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & WORD
  h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & WORD
  return h ^ (h >> 16n)
}

/** The argument for which `mix` gives this value. */
export function unmix(value: bigint): bigint {
  const undoShift = (h: bigint, by: bigint): bigint => {
    let undone = h
    for (let turn = 0; turn < 32; turn++) undone = h ^ (undone >> by)
    return undone
  }
  const inverse = (odd: bigint): bigint => {
    let found = 1n
    for (let turn = 0; turn < 6; turn++) found = (found * (2n - odd * found)) & WORD
    return found
  }
  let h = undoShift(value, 16n)
  h = (h * inverse(0xc2b2ae35n)) & WORD
  h = undoShift(h, 13n)
  h = (h * inverse(0x85ebca6bn)) & WORD
  return undoShift(h, 16n)
}

/** The indices below `end` of an id with this hash. */
export function indicesOf(hash: bigint, end: number): number[] {
  const low = hash & WORD
  const stride = (hash >> 32n) | 1n
  const indices: number[] = []
  let index = 0
  for (let step = 1n; index < end; step++) {
    indices.push(index)
    const draw = Number(mix((low + step * stride) & WORD))
    const gap = Math.ceil((index + 1.5) * (65536 / Math.sqrt(draw + 1) - 1))
    index += gap === 0 ? 1 : gap
  }
  return indices
}

export interface CodedSymbol {
  sum: bigint
  check: bigint
  count: number
}

export function symbolsOf(
  key: Uint8Array,
  shortIds: readonly Uint8Array[],
  length: number,
): CodedSymbol[] {
  const symbols = Array.from({ length }, () => ({ sum: 0n, check: 0n, count: 0 }))
  for (const id of shortIds) {
    const hash = sipHash(key, id)
    for (const index of indicesOf(hash, length)) {
      const symbol = symbols[index]!
      symbol.sum ^= littleEndian(id)
      symbol.check ^= hash
      symbol.count = (symbol.count + 1) % 256
    }
  }
  return symbols
}

/** sum (16) ‖ checksum (8) ‖ count (1). */
export function packSymbols(symbols: readonly CodedSymbol[]): Uint8Array {
  const packed = new Uint8Array(symbols.length * 25)
  for (const [at, { sum, check, count }] of symbols.entries()) {
    packed.set(toLittleEndian(sum, 16), at * 25)
    packed.set(toLittleEndian(check, 8), at * 25 + 16)
    packed[at * 25 + 24] = count
  }
  return packed
}
