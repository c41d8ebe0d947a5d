import assert from 'node:assert/strict'
import test from 'node:test'
import { checkHistory } from './history.ts'

function checkFrom(
  first: number,
  count: number,
  size?: { replicas: number; steps: number },
): number {
  let ops = 0
  for (let seed = first; seed < first + count; seed++) {
    try {
      ops += checkHistory(seed, size)
    } catch (error: unknown) {
      throw new Error(`npm run soak -- --seed ${seed}`, { cause: error })
    }
  }
  return ops
}

test('1,000 random histories in partitions mean the same to every reader and to the oracle', () => {
  const ops = checkFrom(0, 1000)
  assert.ok(ops > 8000, `${ops} operations are too few to say anything`)
})

test('long histories in many partitions do too', () => {
  checkFrom(1_000_000, 4, { replicas: 6, steps: 150 })
})
