import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { equalBytes } from '../../src/codec/bytes.ts'
import { RECEIPT_LEAVES_MAX, RECEIPT_PROMISE_BYTES } from '../../src/constants.ts'
import { AssertionError } from '../../src/errors.ts'
import { RECEIPT_ROOTS_MAX } from '../../src/limits.ts'
import { decodeReceipt, draftReceipts, verifyReceipt } from '../../src/receipt/receipt.ts'
import { KnownRoots } from '../../src/receipt/tree.ts'
import { crypto, filled, NETWORK_ID, NOW_SECONDS, secretOf } from '../mailbox/fixture.ts'
import { code, mutationsOf, valueOrRefused } from '../mailbox/hostile.ts'

const carrier = secretOf(1)
const expiresAt = NOW_SECONDS + 1_000_000
const checkOf = (at: number) => {
  return { networkId: NETWORK_ID, envelopeId: filled(at), expiresAt, nowSeconds: NOW_SECONDS }
}

function together(count: number): Uint8Array[] {
  const several = Array.from({ length: count }, (_, at) => {
    return { envelopeId: filled(at), keptUntil: expiresAt }
  })
  const key = crypto.ed25519Public(carrier)
  const { message, finish } = draftReceipts(crypto, key, NETWORK_ID, several)
  return finish(crypto.ed25519Sign(carrier, message))
}

/** Counts what it verifies. */
function countingCrypto() {
  const counted = { count: 0, crypto }
  counted.crypto = Object.create(crypto, {
    ed25519Verify: {
      value: (...args: Parameters<typeof crypto.ed25519Verify>) => {
        counted.count++
        return crypto.ed25519Verify(...args)
      },
    },
  })
  return counted
}

for (const count of [1, 2, 4, RECEIPT_LEAVES_MAX]) {
  test(`${count} under one signature: each holds by itself, in its own place`, () => {
    for (const [at, receipt] of together(count).entries()) {
      assert.equal(verifyReceipt(crypto, receipt, checkOf(at))?.keptUntil, expiresAt)
      assert.equal(decodeReceipt(receipt).place, count + at)
    }
  })
}

test('only whole trees are signed, and none beyond its limit', () => {
  for (const count of [0, 3, 5, 7, RECEIPT_LEAVES_MAX + 1, 2 * RECEIPT_LEAVES_MAX]) {
    assert.throws(() => together(count), AssertionError, `${count}`)
  }
})

test('no change of any byte of one of many leaves a receipt that counts', () => {
  const receipt = together(RECEIPT_LEAVES_MAX)[5]!
  const roots = new KnownRoots()
  assert.ok(verifyReceipt(crypto, receipt, { ...checkOf(5), roots }))
  fc.assert(
    fc.property(mutationsOf(receipt), (bytes) => {
      const read = () => verifyReceipt(crypto, bytes, { ...checkOf(5), roots })
      assert.equal(valueOrRefused(read) !== null, equalBytes(bytes, receipt))
    }),
    { numRuns: 200 },
  )
})

test('a receipt does not say which envelopes were signed beside it', () => {
  const [one] = together(2)
  const [same] = together(2)
  assert.notDeepEqual(decodeReceipt(one!).path, decodeReceipt(same!).path, 'leaves are salted')
  assert.deepEqual(together(1), together(1), 'and alone there is nothing to hide')
})

test('the receipts of one answer cost one signature', () => {
  const counted = countingCrypto()
  const roots = new KnownRoots()
  for (const [at, receipt] of together(RECEIPT_LEAVES_MAX).entries()) {
    assert.ok(verifyReceipt(counted.crypto, receipt, { ...checkOf(at), roots }))
  }
  assert.equal(counted.count, 1)
})

test('a root that is known lends its signature to no other promise, carrier or network', () => {
  const roots = new KnownRoots()
  const [one, other] = together(2)
  assert.ok(verifyReceipt(crypto, one!, { ...checkOf(0), roots }))
  const elsewhere = { ...checkOf(0), networkId: filled(9), roots }
  assert.throws(() => verifyReceipt(crypto, one!, elsewhere), code('RECEIPT_SIGNATURE'))
  const mixed = Uint8Array.from(other!)
  mixed.set(one!.subarray(RECEIPT_PROMISE_BYTES), RECEIPT_PROMISE_BYTES)
  const check = { ...checkOf(1), roots }
  assert.throws(() => verifyReceipt(crypto, mixed, check), code('RECEIPT_SIGNATURE'))
})

test('roots that are known are few: the oldest is verified again', () => {
  const counted = countingCrypto()
  const roots = new KnownRoots()
  const first = together(2)[0]!
  const read = (receipt: Uint8Array) =>
    verifyReceipt(counted.crypto, receipt, { ...checkOf(0), roots })
  read(first)
  for (let at = 1; at < RECEIPT_ROOTS_MAX; at++) read(together(2)[0]!)
  read(first)
  assert.equal(counted.count, RECEIPT_ROOTS_MAX)
  read(together(2)[0]!)
  read(first)
  assert.equal(counted.count, RECEIPT_ROOTS_MAX + 2)
})
