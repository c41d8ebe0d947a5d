import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { concatBytes } from '../../src/codec/bytes.ts'
import { firstBytesOfHash, searchBlock } from '../../src/postage/one-block.ts'

const anyHash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const anyNonce = fc.bigInt(0n, (1n << 64n) - 1n)

function nonceBytes(nonce: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, nonce)
  return bytes
}

function firstBytes(hash: Uint8Array): bigint {
  return new DataView(hash.buffer, hash.byteOffset).getBigUint64(0)
}

const expectedOf = (hash: Uint8Array, nonce: bigint) =>
  firstBytes(sha256(concatBytes(hash, nonceBytes(nonce))))

test('agrees with noble on every content hash and nonce', () => {
  fc.assert(
    fc.property(anyHash, anyNonce, (hash, nonce) => {
      assert.equal(firstBytesOfHash(hash, nonce), expectedOf(hash, nonce))
    }),
    { numRuns: 2000 },
  )
})

test('agrees with node:crypto at the edges of words and halves', () => {
  const edges = [0n, 1n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 1n << 32n, (1n << 64n) - 1n]
  for (const fill of [0, 0x7f, 0x80, 0xff]) {
    const content = new Uint8Array(32).fill(fill)
    for (const nonce of edges) {
      const hash = createHash('sha256').update(content).update(nonceBytes(nonce)).digest()
      assert.equal(firstBytesOfHash(content, nonce), hash.readBigUInt64BE(0))
    }
  }
})

test('reads a content hash that is a view', () => {
  const around = new Uint8Array(50).fill(3)
  const view = around.subarray(9, 41)
  assert.equal(firstBytesOfHash(view, 77n), expectedOf(Uint8Array.from(view), 77n))
})

test('finds the first nonce below the threshold, and no other', () => {
  fc.assert(
    fc.property(anyHash, fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 301), (hash, high, lowFrom) => {
      const limit = 1n << 57n
      let expected = -1
      for (let low = lowFrom; low < lowFrom + 300 && expected < 0; low++) {
        if (expectedOf(hash, (BigInt(high) << 32n) | BigInt(low)) < limit) expected = low
      }
      const found = searchBlock(hash, { high, lowFrom }, 300, { high: 2 ** 25, low: 0 })
      assert.equal(found, expected)
    }),
    { numRuns: 100 },
  )
})

test('compares the second half where the first halves are equal', () => {
  const hash = new Uint8Array(32).fill(1)
  const topBits = new Set<boolean>()
  for (let lowFrom = 0; lowFrom < 10; lowFrom++) {
    const first = firstBytesOfHash(hash, BigInt(lowFrom))
    const high = Number(first >> 32n)
    const low = Number(first & 0xffffffffn)
    topBits.add(low >= 2 ** 31)
    const at = { high: 0, lowFrom }
    assert.equal(searchBlock(hash, at, 1, { high, low }), -1)
    assert.equal(searchBlock(hash, at, 1, { high, low: low + 1 }), lowFrom)
    assert.equal(searchBlock(hash, at, 1, { high, low: 1 }), -1)
    assert.equal(searchBlock(hash, at, 1, { high: high + 1, low: 0 }), lowFrom)
  }
  assert.equal(topBits.size, 2, 'second halves with the top bit and without')
})

test('looks at the last low half', () => {
  const hash = new Uint8Array(32)
  const last = { high: 0, lowFrom: 2 ** 32 - 1 }
  assert.equal(searchBlock(hash, last, 1, { high: 0xffffffff, low: 0xffffffff }), 2 ** 32 - 1)
})
