// postage.md §4: the search, in steps that whoever runs it can stop between.
import { HASH_BYTES } from '../crypto/lengths.ts'
import { assert } from '../errors.ts'
import { searchBlock } from './one-block.ts'
import { thresholdOf } from './price.ts'

export interface SearchState {
  readonly contentHash: Uint8Array
  readonly trialsExpected: number
  readonly nextNonce: bigint
  readonly trials: number
}

export type SearchStep =
  | { readonly found: bigint; readonly trials: number }
  | { readonly found: null; readonly state: SearchState }

const LOW_COUNT = 2 ** 32
const LOW_MASK = 0xffffffffn
const U64_MASK = 0xffffffffffffffffn

export function startSearch(
  contentHash: Uint8Array,
  trialsExpected: number,
  fromNonce: bigint,
): SearchState {
  assert(contentHash.length === HASH_BYTES, 'expected a content hash')
  assert(
    Number.isSafeInteger(trialsExpected) && trialsExpected >= 0,
    `expected whole trials, got ${trialsExpected}`,
  )
  assert(fromNonce >= 0n && fromNonce <= U64_MASK, 'expected a nonce of 64 bits')
  return { contentHash, trialsExpected, nextNonce: fromNonce, trials: 0 }
}

/** At most `trialsMax` more trials. Where no work is asked for, the nonce has to be zero. */
export function stepSearch(state: SearchState, trialsMax: number): SearchStep {
  assert(Number.isSafeInteger(trialsMax) && trialsMax > 0, `expected trials, got ${trialsMax}`)
  const threshold = thresholdOf(state.trialsExpected)
  if (threshold === null) return { found: 0n, trials: state.trials }
  const high = Number(state.nextNonce >> 32n)
  const lowFrom = Number(state.nextNonce & LOW_MASK)
  // Up to the carry at most; the next step goes on behind it.
  const count = Math.min(trialsMax, LOW_COUNT - lowFrom)
  const low = searchBlock(state.contentHash, { high, lowFrom }, count, threshold)
  if (low >= 0) {
    const found = (BigInt(high) << 32n) | BigInt(low)
    return { found, trials: state.trials + (low - lowFrom) + 1 }
  }
  const nextNonce = (state.nextNonce + BigInt(count)) & U64_MASK
  return { found: null, state: { ...state, nextNonce, trials: state.trials + count } }
}
