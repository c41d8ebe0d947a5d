import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addToDigest, emptyDigest } from '../../src/sync/digest.ts'
import { MemorySyncSet } from '../../src/sync/memory-sync-set.ts'
import { hex, randomBytesFrom, unpack } from './seeded.ts'

const pool = Array.from({ length: 40 }, (_, i) => randomBytesFrom(i)(32))
// Two that share a short id.
pool.push(Uint8Array.from(pool[0]!, (byte, at) => (at < 16 ? byte ^ 1 : byte)))

test('a memory set is a set, with the digests of what it holds', () => {
  const step = fc.tuple(fc.boolean(), fc.nat(1), fc.nat(pool.length - 1))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const set = new MemorySyncSet()
      const model = new Map<number, Map<string, Uint8Array>>([0, 1].map((day) => [day, new Map()]))
      for (const [isAdded, day, pick] of steps) {
        const id = pool[pick]!
        const held = model.get(day)!
        const isHeld = held.has(hex(id))
        assert.equal(isAdded ? set.add(day, id) : set.remove(day, id), isAdded ? !isHeld : isHeld)
        if (isAdded) held.set(hex(id), id)
        else held.delete(hex(id))
      }
      for (const { day, digest } of set.digests()) {
        const expected = emptyDigest()
        for (const id of model.get(day)!.values()) addToDigest(expected, id)
        assert.deepEqual(digest, expected)
      }
      for (const [day, held] of model) {
        const shorts = [...held.values()].map((id) => id.subarray(16))
        assert.deepEqual(unpack([...set.shortIds([day])]), unpack(shorts))
      }
    }),
    { numRuns: 100 },
  )
})

test('a short id resolves to an id that has it, or to nothing', () => {
  const set = new MemorySyncSet()
  for (const [at, id] of pool.entries()) set.add(at % 3, id)
  for (const id of pool) {
    const found = set.resolve(id.subarray(16))
    assert.ok(found !== null)
    assert.equal(hex(found.subarray(16)), hex(id.subarray(16)))
  }
  assert.equal(set.resolve(new Uint8Array(16)), null)
  assert.deepEqual([...set.shortIds([77])], [])
  assert.equal(set.remove(77, pool[0]!), false)
})
