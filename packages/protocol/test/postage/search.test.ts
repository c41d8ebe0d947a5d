import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AssertionError } from '../../src/errors.ts'
import { firstBytesOfHash } from '../../src/postage/one-block.ts'
import { type SearchState, startSearch, stepSearch } from '../../src/postage/search.ts'

const HASH = new Uint8Array(32).fill(0xc0)

/** To the end, in steps of at most so many trials. */
function searchAll(state: SearchState, trialsMax: number): { nonce: bigint; trials: number } {
  for (;;) {
    const step = stepSearch(state, trialsMax)
    if (step.found !== null) return { nonce: step.found, trials: step.trials }
    state = step.state
  }
}

test('finds the same nonce after the same trials, whatever the size of a step', () => {
  const anyHash = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const anyFrom = fc.bigInt(0n, (1n << 64n) - 1n)
  fc.assert(
    fc.property(
      anyHash,
      anyFrom,
      fc.nat(500),
      fc.integer({ min: 1, max: 700 }),
      (hash, from, expected, max) => {
        const trialsExpected = expected + 2
        const limit = (1n << 64n) / BigInt(trialsExpected)
        let nonce = from
        let trials = 1
        while (firstBytesOfHash(hash, nonce) >= limit) {
          nonce = BigInt.asUintN(64, nonce + 1n)
          trials += 1
        }
        assert.deepEqual(searchAll(startSearch(hash, trialsExpected, from), max), { nonce, trials })
      },
    ),
    { numRuns: 100 },
  )
})

test('goes on behind the carry into the high half, and behind the last nonce at zero', () => {
  for (const edge of [1n << 32n, 1n << 63n, 1n << 64n]) {
    const state = startSearch(HASH, 2 ** 52, edge - 3n)
    const first = stepSearch(state, 10)
    assert.ok(first.found === null)
    assert.equal(first.state.trials, 3)
    assert.equal(first.state.nextNonce, BigInt.asUintN(64, edge))
    const second = stepSearch(first.state, 10)
    assert.ok(second.found === null)
    assert.equal(second.state.nextNonce, BigInt.asUintN(64, edge + 10n))
    assert.equal(second.state.trials, 13)
  }
})

test('a step leaves its state alone, so it can be taken again', () => {
  const state = startSearch(HASH, 2 ** 40, 9n)
  const before = { ...state }
  assert.deepEqual(stepSearch(state, 50), stepSearch(state, 50))
  assert.deepEqual(state, before)
})

test('where no work is asked for, the nonce is zero', () => {
  for (const trials of [0, 1]) {
    const step = stepSearch(startSearch(HASH, trials, 12345n), 1)
    assert.deepEqual(step, { found: 0n, trials: 0 })
  }
})

test('tasks that no network can set are bugs of ours', () => {
  assert.throws(() => startSearch(HASH.subarray(1), 2, 0n), AssertionError)
  assert.throws(() => startSearch(HASH, -1, 0n), AssertionError)
  assert.throws(() => startSearch(HASH, 1.5, 0n), AssertionError)
  assert.throws(() => startSearch(HASH, Number.POSITIVE_INFINITY, 0n), AssertionError)
  assert.throws(() => startSearch(HASH, 2, -1n), AssertionError)
  assert.throws(() => startSearch(HASH, 2, 1n << 64n), AssertionError)
  assert.throws(() => stepSearch(startSearch(HASH, 2, 0n), 0), AssertionError)
})
