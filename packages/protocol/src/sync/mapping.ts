// Which coded symbols an id is part of. sync.md §5.2

/** MurmurHash3's last step: every bit of the argument changes half of the result. */
function mix(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** What is added to the seed before each draw; odd, so that a sequence has 2^32 steps. */
export function strideOf(hashHigh: number): number {
  return (hashHigh | 1) >>> 0
}

/**
 * The index after `index`, where `seed` has been advanced for this step. Each operation is one of
 * IEEE 754 binary64, rounded to nearest, the square root too: every machine gets the same index.
 */
export function nextIndex(index: number, seed: number): number {
  const gap = Math.ceil((index + 1.5) * (65536 / Math.sqrt(mix(seed) + 1) - 1))
  // The gap is 0 for one draw in 2^32. Indices beyond 32 bits are beyond every limit.
  return Math.min(index + Math.max(gap, 1), 0xffffffff)
}
