import { assert } from '../errors.ts'
import type { RandomSource } from './crypto.ts'

/** A source that answers with too few bytes must stop the program, not weaken a key. */
export function checkedRandom(source: RandomSource): RandomSource {
  return (length) => {
    assert(
      Number.isSafeInteger(length) && length >= 0,
      `random bytes: expected a length, got ${length}`,
    )
    const bytes = source(length)
    assert(bytes.length === length, `random bytes: expected ${length}, got ${bytes.length}`)
    return bytes
  }
}
