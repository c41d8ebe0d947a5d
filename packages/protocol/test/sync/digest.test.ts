import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/codec/bytes.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import {
  addToDigest,
  type Digest,
  decodeDigest,
  emptyDigest,
  encodeDigest,
  fingerprintOf,
  removeFromDigest,
  rootOf,
} from '../../src/sync/digest.ts'
import { hex, seededCrypto } from './seeded.ts'

const anyId = fc.uint8Array({ minLength: 32, maxLength: 32 })
const crypto = seededCrypto(5)
const SALT = new Uint8Array(16).fill(1)

function digestOf(ids: readonly Uint8Array[]): Digest {
  const digest = emptyDigest()
  for (const id of ids) addToDigest(digest, id)
  return digest
}

test('a digest is the count and the sum of the ids modulo 2^256', () => {
  fc.assert(
    fc.property(fc.array(anyId, { maxLength: 20 }), (ids) => {
      const sum = ids.reduce((total, id) => total + BigInt(`0x${hex(id)}`), 0n) % (1n << 256n)
      const count = ids.length.toString(16).padStart(8, '0')
      assert.equal(hex(encodeDigest(digestOf(ids))), count + sum.toString(16).padStart(64, '0'))
    }),
  )
})

test('carries run through every limb, in and out', () => {
  const digest = digestOf([new Uint8Array(32).fill(0xff), new Uint8Array(32).fill(0xff)])
  assert.equal(hex(encodeDigest(digest)), `00000002${'f'.repeat(63)}e`)
  removeFromDigest(digest, new Uint8Array(32).fill(0xff))
  const one = new Uint8Array(32)
  one[31] = 1
  addToDigest(digest, one)
  assert.equal(hex(encodeDigest(digest)), `00000002${'0'.repeat(64)}`)
  removeFromDigest(digest, one)
  assert.equal(hex(encodeDigest(digest)), `00000001${'f'.repeat(64)}`)
})

test('removing what was added, in any order, leaves the digest of what is left', () => {
  fc.assert(
    fc.property(
      fc.array(anyId, { maxLength: 20 }),
      fc.array(anyId, { maxLength: 20 }),
      (kept, gone) => {
        const digest = digestOf([...gone, ...kept])
        for (const id of gone.toReversed()) removeFromDigest(digest, id)
        assert.deepEqual(digest, digestOf(kept))
      },
    ),
  )
})

test('a digest survives being stored, and has one form', () => {
  fc.assert(
    fc.property(fc.array(anyId, { maxLength: 5 }), (ids) => {
      const digest = digestOf(ids)
      const bytes = encodeDigest(digest)
      assert.equal(bytes.length, 36)
      assert.deepEqual(decodeDigest(bytes), digest)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        assert.deepEqual(encodeDigest(decodeDigest(bytes)), bytes)
      } catch (error: unknown) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }),
  )
})

test('a stored digest is refused when it is short, long, or a sum of nothing', () => {
  const bytes = encodeDigest(digestOf([new Uint8Array(32).fill(3)]))
  const refused = (stored: Uint8Array, code: string): void =>
    assert.throws(() => decodeDigest(stored), { code })
  refused(bytes.subarray(0, 35), 'SYNC_TRUNCATED')
  refused(concatBytes(bytes, Uint8Array.of(0)), 'SYNC_TRAILING')
  refused(concatBytes(new Uint8Array(4), bytes.subarray(4)), 'SYNC_FIELD')
})

test('misuse is a bug of ours', () => {
  assert.throws(() => addToDigest(emptyDigest(), new Uint8Array(31)), AssertionError)
  assert.throws(() => removeFromDigest(emptyDigest(), new Uint8Array(32)), AssertionError)
  const full = { ...emptyDigest(), count: 0xffffffff }
  assert.throws(() => addToDigest(full, new Uint8Array(32)), AssertionError)
})

test('roots and fingerprints depend on all that they are about', () => {
  const entry = { day: 1, digest: digestOf([new Uint8Array(32).fill(9)]) }
  const later = { ...entry, day: 2 }
  const more = { day: 1, digest: digestOf([new Uint8Array(32).fill(9), new Uint8Array(32)]) }
  const other = new Uint8Array(16).fill(2)
  const roots = [
    rootOf(crypto, 7, SALT, [entry]),
    rootOf(crypto, 8, SALT, [entry]),
    rootOf(crypto, 7, other, [entry]),
    rootOf(crypto, 7, SALT, [later]),
    rootOf(crypto, 7, SALT, [more]),
    rootOf(crypto, 7, SALT, [entry, later]),
    rootOf(crypto, 7, SALT, []),
  ]
  assert.equal(new Set(roots.map(hex)).size, roots.length)
  const fingerprints = [
    fingerprintOf(crypto, [SALT, SALT], entry),
    fingerprintOf(crypto, [other, SALT], entry),
    fingerprintOf(crypto, [SALT, other], entry),
    fingerprintOf(crypto, [SALT, SALT], later),
    fingerprintOf(crypto, [SALT, SALT], more),
  ]
  assert.equal(new Set(fingerprints.map(hex)).size, fingerprints.length)
  assert.ok(fingerprints.every(({ length }) => length === 16))
})
