import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../../src/codec/bytes.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { AssertionError } from '../../src/errors.ts'
import {
  doorPeriod,
  doorPeriodStartSeconds,
  doorPeriods,
  doorSecretIn,
} from '../../src/mailbox/door.ts'
import { crypto, filled, secretOf } from './fixture.ts'

const times = fc.nat(0xffffffff)

test('a period begins at its start and ends where the next one starts', () => {
  fc.assert(
    fc.property(fc.nat(49_000), (period) => {
      const start = doorPeriodStartSeconds(period)
      assert.equal(doorPeriod(start), period)
      assert.equal(doorPeriod(start - 1), Math.max(0, period - 1))
      assert.equal(doorPeriod(doorPeriodStartSeconds(period + 1) - 1), period)
      assert.equal(start % 86_400, 43_200)
    }),
  )
})

test('the doors of two clocks that differ by less than a day overlap', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: -86_400, max: 86_400 }), (now, difference) => {
      const others = Math.max(0, now + difference)
      assert.ok(doorPeriods(now).includes(doorPeriod(others)))
    }),
  )
})

test('there is no period before the first, whatever the clock says', () => {
  assert.equal(doorPeriod(-1e12), 0)
  assert.deepEqual(doorPeriods(0), [0, 1])
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => doorPeriod(time), AssertionError)
  }
})

test('one door has secrets that differ from network to network, the bare door too', () => {
  const secret = secretOf(1)
  const seen = [filled(1), filled(2)].flatMap((networkId) => [
    doorSecretIn(crypto, networkId, secret),
    doorSecretIn(crypto, networkId, null),
  ])
  assert.equal(new Set(seen.map(toHex)).size, 4)
  for (const networkId of [new Uint8Array(31), new Uint8Array(33)]) {
    assert.throws(() => doorSecretIn(crypto, networkId, null), AssertionError)
  }
  const short = Secret.adopt(new Uint8Array(3))
  assert.throws(() => doorSecretIn(crypto, filled(1), short), AssertionError)
})
