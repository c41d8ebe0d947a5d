// Chance for those that act by themselves, from the one source that a simulator can seed.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'

type Source = Pick<Crypto, 'randomBytes'>

/** From 0 up to, and without, 1. */
export function chance(source: Source): number {
  const bytes = source.randomBytes(4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 0x100000000
}

/** From 0 up to, and without, `below`. */
export function chooseBelow(source: Source, below: number): number {
  return Math.floor(chance(source) * below)
}

/** So that many who do the same do not do it at the same moment: a tenth more or less. */
export function jittered(source: Source, delayMs: number, share = 0.1): number {
  return delayMs * (1 - share + 2 * share * chance(source))
}

export function shuffled<T>(source: Source, items: readonly T[]): T[] {
  const left = [...items]
  for (let at = left.length - 1; at > 0; at--) {
    const other = chooseBelow(source, at + 1)
    const item = left[at]!
    left[at] = left[other]!
    left[other] = item
  }
  return left
}
