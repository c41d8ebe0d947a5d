// What only the native implementation has: kept keys, a source of randomness, and a fallback.
import assert from 'node:assert/strict'
import nodeCrypto from 'node:crypto'
import { test } from 'node:test'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { RandomSource } from '@ezchat/protocol/crypto/crypto.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { AssertionError } from '@ezchat/protocol/errors.ts'
import { nativeKem } from '../../src/crypto/kem.ts'
import { ED25519, MLKEM768, publicKeys, secretKeys } from '../../src/crypto/key-objects.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'

const native = nativeCrypto()

function counting(): RandomSource {
  let next = 0
  return (length) => Uint8Array.from({ length }, () => next++ & 0xff)
}

test('a public key is imported once, found again by its bytes', () => {
  const keyOf = publicKeys(ED25519)
  const bytes = native.ed25519Public(Secret.adopt(native.randomBytes(32)))
  const key = keyOf(bytes)
  assert.equal(keyOf(bytes), key)
  assert.equal(keyOf(bytes.slice()), key)
  assert.equal(keyOf(Buffer.concat([Buffer.alloc(3), bytes]).subarray(3)), key)
  const other = bytes.slice()
  other[0]! ^= 1
  assert.notEqual(keyOf(other), key)
})

test('the keys that stay imported are as many as the limit, the last used ones', () => {
  const format = { ...ED25519, publicKeysMax: 3 }
  const keyOf = publicKeys(format)
  const all = Array.from({ length: 5 }, (_, i) =>
    native.ed25519Public(Secret.adopt(new Uint8Array(32).fill(i))),
  )
  const [a, b, c, d] = all.map(keyOf)
  assert.equal(keyOf(all[4]!).asymmetricKeyType, 'ed25519')
  // a and b were the oldest of five.
  assert.equal(keyOf(all[2]!), c)
  assert.equal(keyOf(all[3]!), d)
  assert.notEqual(keyOf(all[0]!), a)
  // Now 4 was the one unused for longest.
  assert.equal(keyOf(all[2]!), c)
  assert.notEqual(keyOf(all[1]!), b)
})

test('two ML-KEM keys that share their last 32 bytes are not confused', () => {
  const keyOf = publicKeys(MLKEM768)
  const bytes = native.mlkemPublic(Secret.adopt(native.randomBytes(64)))
  const other = bytes.slice()
  other.fill(0, 0, 3)
  const key = keyOf(bytes)
  assert.notEqual(keyOf(other), key)
  assert.equal(keyOf(other).equals(key), false)
  assert.equal(keyOf(bytes).equals(key), true)
})

test('a public key that OpenSSL refuses is refused again', () => {
  const keyOf = publicKeys(MLKEM768)
  const bad = new Uint8Array(1184).fill(0xff)
  assert.throws(() => keyOf(bad))
  assert.throws(() => keyOf(bad))
})

test('a secret is imported once, and not after it was wiped', () => {
  const keys = secretKeys(ED25519)
  const seed = Secret.adopt(native.randomBytes(32))
  const key = keys.privateKey(seed)
  assert.equal(keys.privateKey(seed), key)
  const publicBytes = keys.publicBytes(seed)
  const expected = publicBytes.slice()
  publicBytes.fill(0)
  assert.deepEqual(keys.publicBytes(seed), expected)
  seed.wipe()
  assert.throws(() => keys.privateKey(seed), AssertionError)
  assert.throws(() => keys.publicBytes(seed), AssertionError)
})

test('two secrets of the same bytes are one key', () => {
  const bytes = native.randomBytes(32)
  const message = new Uint8Array(8)
  assert.deepEqual(
    native.ed25519Sign(Secret.copy(bytes), message),
    native.ed25519Sign(Secret.copy(bytes), message),
  )
})

test('a random source of its own makes every draw repeatable, ML-KEM coins too', () => {
  const draw = () => {
    const crypto = nativeCrypto({ random: counting() })
    const publicKey = crypto.mlkemPublic(Secret.adopt(new Uint8Array(64)))
    const { ciphertext, shared } = crypto.mlkemEncapsulate(publicKey)
    return [crypto.randomBytes(9), ciphertext, shared.reveal()].map(toHex)
  }
  const first = draw()
  assert.deepEqual(draw(), first)
  const noble = nobleCrypto(counting())
  const publicKey = noble.mlkemPublic(Secret.adopt(new Uint8Array(64)))
  assert.equal(toHex(noble.mlkemEncapsulate(publicKey).ciphertext), first[1])
})

test('a random source that gives too little stops the program', () => {
  const short: RandomSource = (length) => new Uint8Array(Math.max(0, length - 1))
  for (const crypto of [nativeCrypto({ random: short }), nobleCrypto(short)]) {
    assert.throws(() => crypto.randomBytes(32), AssertionError)
    const publicKey = native.mlkemPublic(Secret.adopt(new Uint8Array(64)))
    assert.throws(() => crypto.mlkemEncapsulate(publicKey), AssertionError)
  }
})

test('this Node has ML-KEM, whose keys are those of FIPS 203', () => {
  assert.notEqual(nativeKem(), null)
})

test('a Node without ML-KEM, or with another one, is left to noble', () => {
  const { encapsulate, decapsulate } = nodeCrypto
  assert.equal(nativeKem({}), null)
  assert.equal(nativeKem({ encapsulate }), null)
  const wrong = () => Buffer.alloc(32)
  assert.equal(nativeKem({ encapsulate, decapsulate: wrong }), null)
  const unsupported = () => {
    throw new Error('unsupported')
  }
  assert.equal(nativeKem({ encapsulate: unsupported, decapsulate }), null)
})
