import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { equalBytes } from '../../src/codec/bytes.ts'
import { WARRANT_BYTES } from '../../src/constants.ts'
import { AssertionError } from '../../src/errors.ts'
import { blindSecret } from '../../src/mailbox/blind.ts'
import {
  decodeWarrant,
  type Right,
  signWarrant,
  verifyWarrant,
  type WarrantTerms,
} from '../../src/mailbox/warrant.ts'
import { crypto, filled, NETWORK_ID, NOW_SECONDS, secretOf } from './fixture.ts'
import { bytesOf, code, hostileBytes, mutationsOf, valueOrRefused } from './hostile.ts'

const blinded = blindSecret(crypto, secretOf(1), filled(2), 20_000)
const delegate = crypto.ed25519Public(secretOf(3))
const terms: WarrantTerms = {
  networkId: NETWORK_ID,
  delegate,
  rights: ['record', 'drop'],
  notAfter: NOW_SECONDS,
}
const warrant = signWarrant(crypto, blinded, terms)
const use = {
  networkId: NETWORK_ID,
  mailbox: blinded.publicKey,
  right: 'drop',
  nowSeconds: NOW_SECONDS,
} as const

test('a warrant gives back its terms, and has 166 bytes', () => {
  const rights = fc.constantFrom<readonly Right[]>(['record'], ['drop'], ['record', 'drop'])
  fc.assert(
    fc.property(bytesOf(32), rights, fc.nat(0xffffffff), (networkId, given, notAfter) => {
      const bytes = signWarrant(crypto, blinded, { ...terms, networkId, rights: given, notAfter })
      assert.equal(bytes.length, WARRANT_BYTES)
      const { signature, ...decoded } = decodeWarrant(bytes)
      assert.equal(signature.length, 64)
      const mailbox = blinded.publicKey
      assert.deepEqual(decoded, { networkId, mailbox, delegate, rights: given, notAfter })
    }),
    { numRuns: 20 },
  )
})

test('a blinded key signs warrants that hold until their last second', () => {
  assert.deepEqual(verifyWarrant(crypto, warrant, use), delegate)
  const late = { ...use, nowSeconds: NOW_SECONDS + 1 }
  assert.throws(() => verifyWarrant(crypto, warrant, late), code('WARRANT_EXPIRED'))
})

test('the delegate key does not change with the buffer that the warrant came in', () => {
  const buffer = Uint8Array.from(warrant)
  const key = verifyWarrant(crypto, buffer, use)
  buffer.fill(0)
  assert.deepEqual(key, delegate)
})

test('a warrant of another network or mailbox, or without the right, does not hold', () => {
  const recordsOnly = signWarrant(crypto, blinded, { ...terms, rights: ['record'] })
  const cases = [
    [warrant, { ...use, networkId: filled(9) }, 'WARRANT_NETWORK'],
    [warrant, { ...use, mailbox: delegate }, 'WARRANT_PERMISSION'],
    [recordsOnly, use, 'WARRANT_PERMISSION'],
  ] as const
  for (const [bytes, used, expected] of cases) {
    assert.throws(() => verifyWarrant(crypto, bytes, used), code(expected))
  }
})

test('no change of any byte leaves a warrant that holds', () => {
  fc.assert(
    fc.property(mutationsOf(warrant), (bytes) => {
      const key = valueOrRefused(() => verifyWarrant(crypto, bytes, use))
      assert.equal(key !== null, equalBytes(bytes, warrant))
    }),
    { numRuns: 150 },
  )
})

test('what decodes has one form, and the rest is refused with a typed error', () => {
  fc.assert(
    fc.property(hostileBytes(warrant), (bytes) => {
      const decoded = valueOrRefused(() => decodeWarrant(bytes))
      if (decoded !== null) assert.equal(bytes.length, WARRANT_BYTES)
    }),
    { numRuns: 500 },
  )
})

test('a warrant of megabytes is refused', () => {
  const absurd = new Uint8Array(1 << 22)
  absurd.set(warrant)
  assert.throws(() => decodeWarrant(absurd), code('WARRANT_TRAILING'))
})

test('a delegate key of the wrong length is a bug of ours', () => {
  const cut = { ...terms, delegate: delegate.subarray(1) }
  assert.throws(() => signWarrant(crypto, blinded, cut), AssertionError)
})
