import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WordTable } from '../../src/sync/word-table.ts'

const hash = (low: number, high: number): Int32Array => Int32Array.of(low, high)
const words = (value: number): Int32Array => Int32Array.of(value, 0, 0, 0)

test('a table finds what was put in, and refuses it a second time', () => {
  const table = new WordTable()
  for (let i = 0; i < 500; i++) {
    assert.equal(table.insert(words(i), 0, hash(Math.imul(i, 0x9e3779b1), i)), i)
  }
  assert.equal(table.insert(words(77), 0, hash(Math.imul(77, 0x9e3779b1), 77)), null)
  assert.equal(table.find(words(78), 0, Math.imul(78, 0x9e3779b1), 78), 78)
  assert.equal(table.find(words(500), 0, Math.imul(500, 0x9e3779b1), 500), -1)
  assert.equal(table.count, 500)
})

test('ids made to collide end the exchange after 64 of them', () => {
  const table = new WordTable()
  for (let i = 0; i < 64; i++) assert.equal(table.insert(words(i), 0, hash(5, 9)), i)
  assert.throws(() => table.insert(words(64), 0, hash(5, 9)), { code: 'SYNC_CHECKSUM' })
  assert.throws(() => table.find(words(64), 0, 5, 9), { code: 'SYNC_CHECKSUM' })
})
