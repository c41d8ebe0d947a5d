import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { ed25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { TOR_VECTORS } from '../../../../test/vectors/builders/blind.ts'
import { concatBytes, fromHex, toHex, utf8 } from '../../src/codec/bytes.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { AssertionError } from '../../src/errors.ts'
import {
  blindExpanded,
  blindPublicKey,
  blindSecret,
  checkIdentityKey,
  signBlinded,
} from '../../src/mailbox/blind.ts'
import { crypto, filled, secretOf } from './fixture.ts'
import { bytesOf, code, valueOrRefused } from './hostile.ts'

const { Point } = ed25519
const periods = fc.nat(0xffffffff)
const NO_SECRET = new Uint8Array(0)
const doorSecrets = fc.oneof(fc.constant(NO_SECRET), bytesOf(32))
const seeds = bytesOf(32)

test("the seeds of Tor's vectors expand to the secrets that its blinded ones come from", () => {
  for (const { seed, expandedSecret, publicKey } of TOR_VECTORS) {
    const hash = crypto.sha512(fromHex(seed))
    hash[0]! &= 248
    hash[31] = (hash[31]! & 127) | 64
    assert.equal(toHex(hash), expandedSecret)
    assert.equal(toHex(crypto.ed25519Public(Secret.adopt(fromHex(seed)))), publicKey)
  }
})

test('public and secret blinding agree, and what the one signs verifies under the other', () => {
  fc.assert(
    fc.property(
      seeds,
      doorSecrets,
      periods,
      fc.uint8Array({ maxLength: 200 }),
      (seed, doorSecret, period, message) => {
        const identitySeed = Secret.copy(seed)
        const mailbox = blindPublicKey(
          crypto,
          crypto.ed25519Public(identitySeed),
          doorSecret,
          period,
        )
        const blinded = blindSecret(crypto, identitySeed, doorSecret, period)
        assert.deepEqual(blinded.publicKey, mailbox)
        const signature = signBlinded(crypto, blinded, message)
        assert.ok(crypto.ed25519Verify(mailbox, message, signature))
        assert.ok(!crypto.ed25519Verify(mailbox, concatBytes(message, filled(0)), signature))
      },
    ),
    { numRuns: 40 },
  )
})

test('another identity, secret or period is another mailbox', () => {
  const base = { seed: filled(1), doorSecret: filled(2), period: 20_000 }
  const mailboxOf = ({ seed, doorSecret, period }: typeof base): string =>
    toHex(blindSecret(crypto, Secret.copy(seed), doorSecret, period).publicKey)
  const mailboxes = [
    base,
    { ...base, seed: filled(3) },
    { ...base, doorSecret: filled(3) },
    { ...base, doorSecret: NO_SECRET },
    { ...base, period: 20_001 },
    { ...base, period: 19_999 },
  ].map(mailboxOf)
  assert.equal(new Set(mailboxes).size, mailboxes.length)
})

test('the nonce of a blinded signature is neither constant nor the one of the identity', () => {
  const identity = secretOf(5)
  const blinded = blindSecret(crypto, identity, filled(2), 7)
  const message = utf8('message')
  const commitment = (signature: Uint8Array): string => toHex(signature.subarray(0, 32))
  const first = commitment(signBlinded(crypto, blinded, message))
  assert.notEqual(first, commitment(signBlinded(crypto, blinded, utf8('another'))))
  assert.notEqual(first, commitment(crypto.ed25519Sign(identity, message)))
  const other = blindSecret(crypto, secretOf(6), filled(2), 7)
  assert.notEqual(toHex(blinded.prefix.reveal()), toHex(other.prefix.reveal()))
  assert.equal(first, commitment(signBlinded(crypto, blinded, message)))
})

test('a key that was checked blinds to the same mailbox as its bytes', () => {
  const bytes = crypto.ed25519Public(secretOf(9))
  const checked = checkIdentityKey(bytes)
  assert.deepEqual(
    blindPublicKey(crypto, checked, filled(1), 3),
    blindPublicKey(crypto, bytes, filled(1), 3),
  )
  bytes.fill(0)
  assert.notDeepEqual(checked.bytes, bytes)
})

test('a key with any part of small order is refused, whichever of the seven it is', () => {
  const good = Point.fromBytes(crypto.ed25519Public(secretOf(9)))
  const generator = Point.fromBytes(
    fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  )
  let torsion = generator
  for (let at = 1; at < 8; at++) {
    const invalid = code('KEY_INVALID')
    assert.throws(() => checkIdentityKey(good.add(torsion).toBytes()), invalid)
    assert.throws(() => checkIdentityKey(torsion.toBytes()), invalid)
    torsion = torsion.add(generator)
  }
  assert.ok(torsion.is0())
  assert.throws(() => checkIdentityKey(Point.ZERO.toBytes()), code('KEY_INVALID'))
})

test('a stranger’s key gives a mailbox or a typed error, and half of all are no points', () => {
  const keys = fc.oneof(bytesOf(32), fc.uint8Array({ maxLength: 40 }))
  let refused = 0
  fc.assert(
    fc.property(keys, periods, (key, period) => {
      const mailbox = valueOrRefused(() => blindPublicKey(crypto, key, filled(1), period))
      if (mailbox === null) refused += 1
      else assert.equal(mailbox.length, 32)
    }),
    { numRuns: 150 },
  )
  assert.ok(refused > 0)
})

test('a door secret or a period of the wrong shape is a bug of ours', () => {
  const key = crypto.ed25519Public(secretOf(9))
  for (const length of [1, 31, 33]) {
    assert.throws(() => blindPublicKey(crypto, key, new Uint8Array(length), 1), AssertionError)
  }
  for (const period of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => blindPublicKey(crypto, key, NO_SECRET, period), AssertionError)
  }
  const short = Secret.adopt(new Uint8Array(31))
  assert.throws(() => blindSecret(crypto, short, NO_SECRET, 1), AssertionError)
  assert.throws(() => blindExpanded(crypto, secretOf(1), filled(1)), AssertionError)
})

test('a blinded secret does not print', () => {
  const blinded = blindSecret(crypto, secretOf(4), NO_SECRET, 1)
  const printed = inspect(blinded, { depth: 9 }) + JSON.stringify(blinded)
  assert.ok(!printed.includes(toHex(blinded.scalar.reveal()).slice(0, 8)))
  assert.match(printed, /\[secret\]/)
})
