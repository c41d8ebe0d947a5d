// How much of what waits for one device goes into its next envelope.

/** Of an envelope that several share: what it has to be filled by. Sizes are four times apart. */
const FILLED_LEAST = 1 / 3

/**
 * `rooms` is what items may take in each size of envelope, the smallest first. An envelope is chosen
 * that they fill, or fill by a third: a larger one is paid for and carried as if it were full.
 */
export function packedCount(
  itemsBytes: readonly number[],
  rooms: readonly number[],
  countMax: number,
): number {
  const [first = 0] = itemsBytes
  const all = itemsBytes.reduce((sum, bytes) => sum + bytes, 0)
  const possible = rooms.filter((room) => room >= first)
  const room = possible.findLast((bytes) => all >= bytes * FILLED_LEAST) ?? possible[0] ?? 0
  let count = 0
  let bytes = 0
  for (const itemBytes of itemsBytes.slice(0, countMax)) {
    bytes += itemBytes
    if (bytes > room) break
    count++
  }
  return count
}
