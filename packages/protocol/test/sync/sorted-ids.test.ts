import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/codec/bytes.ts'
import { AssertionError } from '../../src/errors.ts'
import { readWords, SortedIds } from '../../src/sync/sorted-ids.ts'
import { hex, randomBytesFrom, unpack } from './seeded.ts'

/** Far from what sorting takes, and from what insertion would. */
const RUN_US_MAX = 10_000_000

const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 })
/** Alike in their first bytes, as ids are that somebody has searched for. */
const alike = fc
  .uint8Array({ minLength: 11, maxLength: 11, max: 1 })
  .map((end) => concatBytes(new Uint8Array(5).fill(9), end))

function sorted(ids: readonly Uint8Array[]): SortedIds {
  const set = new SortedIds(0)
  for (const id of ids) set.add(id)
  set.seal()
  return set
}

test('ids come out ascending, each once, in pages of any size', () => {
  const anyIds = fc.array(fc.oneof(sixteen, alike), { maxLength: 300 })
  fc.assert(
    fc.property(anyIds, fc.integer({ min: 1, max: 100 }), (ids, pageSize) => {
      const set = sorted(ids)
      const expected = [...new Set(ids.map(hex))].sort()
      const pages: Uint8Array[] = []
      while (!set.isDone) pages.push(set.takeUpTo(pageSize))
      assert.equal(hex(concatBytes(...pages)), expected.join(''))
      assert.equal(set.takeUpTo(1).length, 0)
    }),
    { numRuns: 100 },
  )
})

test('the id in front compares as its bytes do', () => {
  fc.assert(
    fc.property(sixteen, sixteen, (a, b) => {
      const order = sorted([a]).compare(readWords(b), 0)
      assert.equal(Math.sign(order), Math.sign(Buffer.compare(a, b)))
    }),
  )
})

test('many ids are sorted, from any pieces', () => {
  const packed = randomBytesFrom(1)(16 * 20_000)
  const set = new SortedIds(5)
  for (let at = 0; at < packed.length; at += 16 * 777) set.add(packed.subarray(at, at + 16 * 777))
  set.seal()
  assert.equal(set.count, 20_000)
  assert.equal(hex(set.takeUpTo(20_000)), unpack([packed]).join(''))
})

// As many as symbols hold, and in the order that an insertion takes longest for: the better part of
// a minute of the processor, where this is a fraction of a second.
test('ids that a peer has made alike do not take the square of their number', () => {
  const count = 131_072
  const packed = new Uint8Array(16 * count).fill(9)
  const view = new DataView(packed.buffer)
  for (let at = 0; at < count; at++) view.setUint32(at * 16 + 12, count - at)
  const begin = process.threadCpuUsage()
  const set = new SortedIds(count)
  set.add(packed)
  set.seal()
  const taken = new DataView(set.takeUpTo(count).buffer)
  const { user, system } = process.threadCpuUsage(begin)
  for (let at = 0; at < count; at++) assert.equal(taken.getUint32(at * 16 + 12), at + 1)
  assert.ok(user + system < RUN_US_MAX, `${user + system} µs`)
})

test('half an id is a bug of ours', () => {
  assert.throws(() => new SortedIds(0).add(new Uint8Array(24)), AssertionError)
})
