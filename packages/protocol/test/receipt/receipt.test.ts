import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { equalBytes } from '../../src/codec/bytes.ts'
import { RECEIPT_BYTES, RECEIPT_SLACK_SECONDS } from '../../src/constants.ts'
import { AssertionError } from '../../src/errors.ts'
import {
  countDistinctCarriers,
  decodeReceipt,
  signReceipt,
  verifyReceipt,
} from '../../src/receipt/receipt.ts'
import { crypto, filled, NETWORK_ID, NOW_SECONDS, secretOf } from '../mailbox/fixture.ts'
import { bytesOf, code, hostileBytes, mutationsOf, valueOrRefused } from '../mailbox/hostile.ts'

const carrier = secretOf(1)
const envelopeId = filled(5)
const expiresAt = NOW_SECONDS + 1_000_000
const terms = { envelopeId, keptUntil: expiresAt }
const receipt = signReceipt(crypto, carrier, NETWORK_ID, terms)
const check = { networkId: NETWORK_ID, envelopeId, expiresAt, nowSeconds: NOW_SECONDS }

test('a receipt gives back its terms and its carrier, in 246 bytes', () => {
  fc.assert(
    fc.property(bytesOf(32), fc.nat(0xffffffff), (id, keptUntil) => {
      const bytes = signReceipt(crypto, carrier, NETWORK_ID, { envelopeId: id, keptUntil })
      assert.equal(bytes.length, RECEIPT_BYTES)
      const { signature, path, ...decoded } = decodeReceipt(bytes)
      assert.deepEqual([signature.length, path], [64, new Uint8Array(96)])
      const key = crypto.ed25519Public(carrier)
      assert.deepEqual(decoded, { envelopeId: id, keptUntil, carrier: key, place: 1 })
    }),
    { numRuns: 20 },
  )
})

test('no change of any byte leaves a receipt that counts', () => {
  fc.assert(
    fc.property(mutationsOf(receipt), (bytes) => {
      const counted = valueOrRefused(() => verifyReceipt(crypto, bytes, check))
      assert.equal(counted !== null, equalBytes(bytes, receipt))
    }),
    { numRuns: 150 },
  )
})

test('what decodes has one form, and the rest is refused with a typed error', () => {
  fc.assert(
    fc.property(hostileBytes(receipt), (bytes) => {
      const decoded = valueOrRefused(() => decodeReceipt(bytes))
      if (decoded !== null) assert.equal(bytes.length, RECEIPT_BYTES)
    }),
    { numRuns: 500 },
  )
})

test('a decoded receipt does not change with the buffer that it came in', () => {
  const buffer = Uint8Array.from(receipt)
  const decoded = decodeReceipt(buffer)
  buffer.fill(0)
  assert.deepEqual(decoded, decodeReceipt(receipt))
})

test('a promise counts within the slack and not beyond it, on either side', () => {
  const promised = (keptUntil: number): Uint8Array =>
    signReceipt(crypto, carrier, NETWORK_ID, { envelopeId, keptUntil })
  const least = expiresAt - RECEIPT_SLACK_SECONDS
  assert.equal(verifyReceipt(crypto, promised(least), check)?.keptUntil, least)
  const cases = [
    [least - 1, 'RECEIPT_EXPIRED'],
    [0, 'RECEIPT_EXPIRED'],
    [expiresAt + 1, 'RECEIPT_FUTURE'],
    [0xffffffff, 'RECEIPT_FUTURE'],
  ] as const
  for (const [keptUntil, expected] of cases) {
    assert.throws(() => verifyReceipt(crypto, promised(keptUntil), check), code(expected))
  }
})

test('a receipt ends with the promise', () => {
  const at = (nowSeconds: number) => verifyReceipt(crypto, receipt, { ...check, nowSeconds })
  assert.ok(at(expiresAt - 1) !== null)
  assert.throws(() => at(expiresAt), code('RECEIPT_EXPIRED'))
})

test('a receipt for another envelope is not mine, and one of another network does not hold', () => {
  const other = { ...check, envelopeId: filled(6) }
  assert.equal(verifyReceipt(crypto, receipt, other), null)
  const elsewhere = { ...check, networkId: filled(7) }
  assert.throws(() => verifyReceipt(crypto, receipt, elsewhere), code('RECEIPT_SIGNATURE'))
  const cut = { ...check, networkId: NETWORK_ID.subarray(1) }
  assert.throws(() => verifyReceipt(crypto, receipt, cut), AssertionError)
})

test('carriers are counted, not receipts', () => {
  const by = (seed: number, keptUntil: number) => {
    const signed = signReceipt(crypto, secretOf(seed), NETWORK_ID, { envelopeId, keptUntil })
    const verified = verifyReceipt(crypto, signed, check)
    assert.ok(verified !== null)
    return verified
  }
  assert.equal(countDistinctCarriers([]), 0)
  const receipts = [by(1, expiresAt), by(1, expiresAt - 1), by(2, expiresAt), by(1, expiresAt)]
  assert.equal(countDistinctCarriers(receipts), 2)
  // @ts-expect-error: a receipt that nobody has verified does not count; the compiler holds this
  const forged = () => countDistinctCarriers([decodeReceipt(receipt)])
  assert.equal(forged(), 1)
})
