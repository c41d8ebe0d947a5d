// Which numbers have been seen, as far back as a window reaches.

/** Below `from` everything counts as seen; the bits tell of `from` and what follows. */
export interface SeenNumbers {
  readonly from: number
  readonly next: number
  readonly bits: Uint32Array
}

export const NOTHING_SEEN: SeenNumbers = { from: 0, next: 0, bits: new Uint32Array(0) }

/** Null when the number was seen, or is too old to tell. `size` is a multiple of 32. */
export function withSeen(seen: SeenNumbers, number: number, size: number): SeenNumbers | null {
  if (number < seen.from) return null
  const next = Math.max(seen.next, number + 1)
  // Whole words, so that what stays only moves.
  const from = Math.max(seen.from, Math.ceil((next - size) / 32) * 32, 0)
  const bits = new Uint32Array(size / 32)
  const shift = (from - seen.from) / 32
  for (let word = 0; word + shift < seen.bits.length; word++) bits[word] = seen.bits[word + shift]!
  const at = number - from
  if (at < 0 || ((bits[at >>> 5]! >>> (at & 31)) & 1) === 1) return null
  bits[at >>> 5]! |= 1 << (at & 31)
  return { from, next, bits }
}
