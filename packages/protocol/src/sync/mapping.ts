// Which coded symbols an id is part of. sync.md §5

/** MurmurHash3's last step: every bit of the argument changes half of the result. */
function mix(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A seed is 32 bits, as a signed number: JavaScript is fastest with these. */
export function nextSeed(seed: number, hashHigh: number): number {
  return (seed + (hashHigh | 1)) | 0
}

/**
 * The index after `index`, where `seed` has been advanced for this step. Each operation is one of
 * IEEE 754 binary64, rounded to nearest, the square root too: every machine gets the same index.
 */
export function nextIndex(index: number, seed: number): number {
  const gap = Math.ceil((index + 1.5) * (65536 / Math.sqrt(mix(seed) + 1) - 1))
  // The gap is 0 for one draw in 2^32. Indices beyond 31 bits are beyond every limit.
  const next = index + (gap < 1 ? 1 : gap)
  return next < 0x7fffffff ? next : 0x7fffffff
}
