// Draws that are the same for the same seed.

const SEED_USUAL = 9

export function seedOf(variable: string): number {
  const given = Number(process.env[variable])
  return Number.isSafeInteger(given) && given > 0 ? given : SEED_USUAL
}

/** From 0 to just below 1 (Mulberry32). */
export function seededDraws(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
