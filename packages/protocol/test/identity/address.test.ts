import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bech32, bech32m } from '@scure/base'
import fc from 'fast-check'
import { fromHex } from '../../src/codec/bytes.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { ProtocolError } from '../../src/errors.ts'
import { decodeAddress, encodeAddress } from '../../src/identity/address.ts'
import { anyText } from './any-text.ts'

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const crypto = nobleCrypto((length) => new Uint8Array(length))
const keys = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((seed) => crypto.ed25519Public(Secret.copy(seed)))
const key = crypto.ed25519Public(Secret.adopt(new Uint8Array(32).fill(9)))
const address = encodeAddress(key)

const spell = (bytes: Uint8Array) => bech32m.encode('ez', bech32m.toWords(bytes))

function replaced(at: number, by: number): string {
  const value = ALPHABET.indexOf(address[at]!)
  return `${address.slice(0, at)}${ALPHABET[(value + by) % 32]}${address.slice(at + 1)}`
}

test('a key gives back its address, in either case and with white space around', () => {
  fc.assert(
    fc.property(keys, (publicKey) => {
      const text = encodeAddress(publicKey)
      assert.equal(text.length, 61)
      assert.ok(text.startsWith('ez1'))
      assert.deepEqual(decodeAddress(text), publicKey)
      assert.deepEqual(decodeAddress(` ${text.toUpperCase()}\n`), publicKey)
    }),
    { numRuns: 30 },
  )
})

test('one wrong character is told with its position, wherever it is', () => {
  for (let at = 3; at < 61; at++) {
    for (const by of [1, 2, 11, 31]) {
      const code = 'ADDRESS_CHECKSUM'
      const message = new RegExp(`character ${at + 1} seems to be wrong$`)
      assert.throws(() => decodeAddress(replaced(at, by)), { code, message })
    }
  }
})

test('two to four wrong characters and swapped neighbours are always noticed', () => {
  const places = fc.uniqueArray(fc.integer({ min: 3, max: 60 }), { minLength: 2, maxLength: 4 })
  fc.assert(
    fc.property(places, fc.integer({ min: 1, max: 31 }), (all, by) => {
      const letters = [...address]
      for (const at of all) letters[at] = ALPHABET[(ALPHABET.indexOf(letters[at]!) + by) % 32]!
      assert.throws(() => decodeAddress(letters.join('')), { code: 'ADDRESS_CHECKSUM' })
    }),
    { numRuns: 1000 },
  )
  for (let at = 3; at < 60; at++) {
    if (address[at] === address[at + 1]) continue
    const swapped = address.slice(0, at) + address[at + 1] + address[at] + address.slice(at + 2)
    assert.throws(() => decodeAddress(swapped), { code: 'ADDRESS_CHECKSUM' })
  }
})

test('a wrong length, mixed case and a letter of no address each have their own code', () => {
  assert.throws(() => decodeAddress(address.slice(0, -1)), { code: 'ADDRESS_LENGTH' })
  assert.throws(() => decodeAddress(`${address}q`), { code: 'ADDRESS_LENGTH' })
  assert.throws(() => decodeAddress(`ez1${'q'.repeat(1 << 20)}`), { code: 'ADDRESS_LENGTH' })
  assert.throws(() => decodeAddress(`EZ${address.slice(2)}`), { code: 'ADDRESS_TEXT' })
  for (const letter of ['b', 'i', 'o', '1', ' ', 'é', '-']) {
    const text = `${address.slice(0, 20)}${letter}${address.slice(21)}`
    assert.throws(() => decodeAddress(text), { code: 'ADDRESS_TEXT', message: /character 21 / })
  }
})

test('bech32 without the m, another prefix and filler bits are refused', () => {
  const old = bech32.encode('ez', bech32.toWords(key))
  assert.throws(() => decodeAddress(old), { code: 'ADDRESS_CHECKSUM' })
  assert.equal(decodeAddress(bech32m.encode('bc', bech32m.toWords(key))), null)
  const values = bech32m.toWords(key)
  const filler = bech32m.encode('ez', values.with(51, values[51]! | 1))
  assert.throws(() => decodeAddress(filler), { code: 'ADDRESS_FIELD' })
})

test('a key that no identity can have is refused', () => {
  const order8 = fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
  const { Point } = ed25519
  const withTorsion = Point.BASE.multiply(5n).add(Point.fromBytes(order8)).toBytes()
  const notCanonical = fromHex(`f0${'ff'.repeat(30)}7f`)
  const offCurve = fromHex(`02${'00'.repeat(31)}`)
  for (const bad of [new Uint8Array(32), order8, withTorsion, notCanonical, offCurve]) {
    assert.throws(() => decodeAddress(spell(bad)), { code: 'ADDRESS_INVALID' })
  }
})

test('text that does not begin as an address is null', () => {
  for (const text of ['', 'bob', 'ez', 'ez2', 'ezra', `x${address}`, ' '.repeat(5000)]) {
    assert.equal(decodeAddress(text), null)
  }
})

test('any text gives a key, null or a ProtocolError', () => {
  const data = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 58, maxLength: 58 })
  const spelled = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(spell)
  const texts = fc.oneof(
    anyText,
    data.map((rest) => `ez1${rest}`),
    spelled,
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const decoded = decodeAddress(text)
        if (decoded !== null) assert.equal(encodeAddress(decoded), text)
      } catch (error) {
        assert.ok(error instanceof ProtocolError)
      }
    }),
    { numRuns: 300 },
  )
})
