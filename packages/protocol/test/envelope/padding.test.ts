import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BUCKETS_BYTES } from '../../src/constants.ts'
import {
  capacityOf,
  pad,
  paddedBytesOf,
  smallestBucket,
  unpad,
} from '../../src/envelope/padding.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { code, set, setU32, toHex } from './fixture.ts'

test('capacities are what nonce, tag and length leave of a bucket', () => {
  assert.deepEqual(BUCKETS_BYTES.map(paddedBytesOf), [937, 4009, 16297, 65449])
  assert.deepEqual(BUCKETS_BYTES.map(capacityOf), [933, 4005, 16293, 65445])
})

test('padding is the length, the content and zeros', () => {
  assert.equal(toHex(pad(Uint8Array.of(0xaa, 0xbb), 9)), '00000002aabb000000')
  assert.equal(toHex(pad(new Uint8Array(0), 4)), '00000000')
})

test('the smallest bucket holds the content, and the next smaller one does not', () => {
  for (const [at, bytes] of BUCKETS_BYTES.entries()) {
    assert.equal(smallestBucket(capacityOf(bytes), 0b1111), bytes)
    assert.equal(smallestBucket(capacityOf(bytes) + 1, 0b1111), BUCKETS_BYTES[at + 1] ?? null)
  }
  assert.equal(smallestBucket(0, 0b1111), 1024)
  assert.equal(smallestBucket(0, 0b1010), 4096)
  assert.equal(smallestBucket(4006, 0b1010), 65536)
  assert.equal(smallestBucket(4006, 0b0010), null)
  assert.equal(smallestBucket(0, 0), null)
  assert.equal(smallestBucket(Number.MAX_SAFE_INTEGER, 0b1111), null)
})

test('content as long as the capacity fits, one more byte is a bug of ours', () => {
  for (const bytes of BUCKETS_BYTES) {
    const content = new Uint8Array(capacityOf(bytes)).fill(1)
    assert.deepEqual(unpad(pad(content, paddedBytesOf(bytes))), content)
    const longer = new Uint8Array(capacityOf(bytes) + 1)
    assert.throws(() => pad(longer, paddedBytesOf(bytes)), AssertionError)
  }
})

test('refuses a length beyond the end before it takes anything', () => {
  const padded = pad(Uint8Array.of(1, 2, 3), 20)
  for (const length of [17, 0x7fffffff, 0x80000000, 0xffffffff]) {
    assert.throws(() => unpad(setU32(padded, 0, length)), code('PADDING_LENGTH'))
  }
})

test('refuses filler that is not zero, wherever it is', () => {
  const padded = pad(Uint8Array.of(1, 2, 3), 30)
  for (let at = 7; at < 30; at++) {
    for (const value of [1, 0x80, 0xff]) {
      assert.throws(() => unpad(set(padded, at, [value])), code('PADDING_FIELD'))
    }
  }
})

test('refuses what is shorter than a length', () => {
  for (const bytes of [0, 1, 2, 3]) {
    assert.throws(() => unpad(new Uint8Array(bytes)), code('PADDING_TRUNCATED'))
  }
})

test('what is padded comes back, and whatever comes back pads to the same bytes', () => {
  const some = fc.uint8Array({ maxLength: 64 })
  fc.assert(
    fc.property(some, fc.nat(64), (content, more) => {
      assert.deepEqual(unpad(pad(content, content.length + 4 + more)), content)
    }),
  )
  const anyPadded = fc.tuple(fc.nat(70), some).map(([length, rest]) => {
    const bytes = new Uint8Array(4 + rest.length)
    bytes.set(rest, 4)
    return setU32(bytes, 0, length)
  })
  fc.assert(
    fc.property(fc.oneof(some, anyPadded), (padded) => {
      try {
        assert.deepEqual(pad(unpad(padded), padded.length), padded)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }),
    { numRuns: 500 },
  )
})
