// Sets of small numbers. What is beyond the end is not in the set; a set never changes once made.

export type Bits = Uint32Array

export const NO_BITS: Bits = new Uint32Array(0)

export function hasBit(bits: Bits, at: number): boolean {
  const word = bits[at >>> 5]
  return word !== undefined && ((word >>> (at & 31)) & 1) === 1
}

export function withBit(bits: Bits, at: number): Bits {
  const set = new Uint32Array(Math.max(bits.length, (at >>> 5) + 1))
  set.set(bits)
  set[at >>> 5]! |= 1 << (at & 31)
  return set
}

export function unionBits(sets: readonly Bits[]): Bits {
  const union = new Uint32Array(Math.max(0, ...sets.map(({ length }) => length)))
  for (const set of sets) {
    for (let i = 0; i < set.length; i++) union[i]! |= set[i]!
  }
  return union
}

export function countBits(bits: Bits): number {
  let count = 0
  for (let word of bits) {
    for (; word !== 0; word &= word - 1) count++
  }
  return count
}

export function* eachBit(bits: Bits): Generator<number> {
  for (let i = 0; i < bits.length; i++) {
    for (let word = bits[i]!; word !== 0; word &= word - 1) {
      yield i * 32 + (31 - Math.clz32(word & -word))
    }
  }
}
