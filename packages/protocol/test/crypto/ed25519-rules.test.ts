// The rules by themselves: Node 24 has some of them too, older ones and browsers have not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import {
  isAcceptableEd25519Key,
  isAcceptableEd25519Signature,
} from '@ezchat/protocol/crypto/ed25519-rules.ts'
import fc from 'fast-check'
import {
  littleEndian32,
  NOT_CANONICAL,
  SMALL_ORDER,
} from '../../../../test/compliance/crypto/ed25519.ts'

const PRIME = 2n ** 255n - 19n
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const SIGN = 2n ** 255n

const y = fc.bigInt({ min: 2n, max: PRIME - 2n })
const GOOD = littleEndian32(3n)
const ONE = littleEndian32(1n)

test('a y below p is acceptable with either sign', () => {
  for (const value of [2n, 3n, PRIME - 2n]) {
    assert.equal(isAcceptableEd25519Key(littleEndian32(value)), true)
    assert.equal(isAcceptableEd25519Key(littleEndian32(value | SIGN)), true)
  }
  fc.assert(
    fc.property(y, fc.boolean(), (value, signed) => {
      const point = littleEndian32(signed ? value | SIGN : value)
      assert.equal(isAcceptableEd25519Key(point), true)
      assert.equal(isAcceptableEd25519Signature(concatBytes(point, ONE)), true)
    }),
  )
})

test('a y of p and above is not, nor one of small order', () => {
  for (const point of [...NOT_CANONICAL, ...SMALL_ORDER]) {
    assert.equal(isAcceptableEd25519Key(point), false)
    assert.equal(isAcceptableEd25519Signature(concatBytes(point, ONE)), false)
  }
})

test('an S below L is acceptable, L and above are not', () => {
  const withS = (s: bigint) => isAcceptableEd25519Signature(concatBytes(GOOD, littleEndian32(s)))
  for (const s of [0n, 1n, ORDER - 1n]) assert.equal(withS(s), true)
  for (const s of [ORDER, ORDER + 1n, 2n ** 253n, SIGN, SIGN | 1n, 2n ** 256n - 1n]) {
    assert.equal(withS(s), false)
  }
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (s) => {
      assert.equal(withS(s), s < ORDER)
    }),
  )
  fc.assert(
    fc.property(fc.bigInt({ min: ORDER - 300n, max: ORDER + 300n }), (s) => {
      assert.equal(withS(s), s < ORDER)
    }),
  )
})

test('a length other than 32 and 64 is not acceptable', () => {
  for (let length = 0; length <= 130; length++) {
    const bytes = new Uint8Array(length).fill(3)
    assert.equal(isAcceptableEd25519Key(bytes), length === 32)
    assert.equal(isAcceptableEd25519Signature(bytes), length === 64)
  }
})

test('a view into a larger buffer is read where it begins', () => {
  const larger = concatBytes(Uint8Array.of(0xff), GOOD, ONE, Uint8Array.of(0xff))
  assert.equal(isAcceptableEd25519Key(larger.subarray(1, 33)), true)
  assert.equal(isAcceptableEd25519Signature(larger.subarray(1, 65)), true)
  assert.equal(isAcceptableEd25519Key(larger.subarray(33, 65)), false)
})
