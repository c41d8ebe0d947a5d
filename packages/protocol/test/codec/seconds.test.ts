import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSeconds } from '../../src/codec/seconds.ts'
import { AssertionError } from '../../src/errors.ts'
import { decodeInvite } from '../../src/identity/invite.ts'
import { validateRecord } from '../../src/identity/record-validator.ts'
import { verifyDrop } from '../../src/mailbox/drop.ts'
import { verifyWarrant } from '../../src/mailbox/warrant.ts'
import { decodeNetworkInvite } from '../../src/network/invite.ts'
import { verifyReceipt } from '../../src/receipt/receipt.ts'
import { crypto, filled, NETWORK_ID } from '../mailbox/fixture.ts'

const NO_CLOCKS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1_800_000_000_000,
]
const nothing = new Uint8Array(0)
const mailbox = filled(1)

test('a time is any number of seconds, before 1970 and after 2106 too', () => {
  for (const seconds of [0, -1, 1.5, -2_208_988_800, 1_800_000_000, 2 ** 32]) assertSeconds(seconds)
})

// Before the bytes are looked at: what a wrong clock lets through must not depend on them.
test('whatever asks for the time refuses a clock that is none, or is in milliseconds', () => {
  for (const nowSeconds of NO_CLOCKS) {
    const drop = { networkId: NETWORK_ID, ttlDays: 30, nowSeconds }
    const use = { networkId: NETWORK_ID, mailbox, right: 'drop', nowSeconds } as const
    const receipt = { networkId: NETWORK_ID, envelopeId: mailbox, expiresAt: 0, nowSeconds }
    const record = { networkId: NETWORK_ID, nowSeconds }
    for (const read of [
      () => assertSeconds(nowSeconds),
      () => verifyDrop(crypto, nothing, drop),
      () => verifyWarrant(crypto, nothing, use),
      () => verifyReceipt(crypto, nothing, receipt),
      () => validateRecord(crypto, mailbox, nothing, record),
      () => decodeInvite(nothing, nowSeconds),
      () => decodeNetworkInvite(crypto, nothing, nowSeconds),
    ]) {
      assert.throws(read, AssertionError)
    }
  }
})
