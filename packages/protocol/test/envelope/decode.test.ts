import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BUCKETS_BYTES, DAY_SECONDS } from '../../src/constants.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { decodeEnvelope, effortPerKibOf } from '../../src/envelope/decode.ts'
import { encodeEnvelope } from '../../src/envelope/layout.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { DEFAULT_NETWORK } from '../../src/network/default-network.ts'
import { createNetwork } from '../../src/network/descriptor.ts'
import {
  BOB_MAILBOX,
  bareEnvelope,
  CLOCK,
  code,
  crypto,
  FREE,
  NOW_SECONDS,
  PAID,
  pay,
  set,
  setU32,
} from './fixture.ts'

const TTL_SECONDS = FREE.ttlDays * DAY_SECONDS
const noHash: Crypto = {
  ...crypto,
  sha256() {
    throw new Error('hashed before the cheap checks were through')
  },
}

test('gives the fields, the id, the effort and the end of an accepted envelope', () => {
  const bytes = pay(PAID, bareEnvelope(PAID))
  const envelope = decodeEnvelope(crypto, { network: PAID, nowSeconds: NOW_SECONDS }, bytes)
  assert.equal(envelope.shard, 3)
  assert.deepEqual(envelope.mailbox, BOB_MAILBOX)
  assert.equal(envelope.timestampSeconds, NOW_SECONDS)
  assert.equal(envelope.body.length, 1024 - 47)
  assert.equal(envelope.bytes, bytes)
  assert.equal(envelope.id.length, 32)
  assert.equal(envelope.expiresAtSeconds, NOW_SECONDS + TTL_SECONDS)
  assert.ok(envelope.effort >= 60)
  assert.equal(effortPerKibOf(envelope), envelope.effort)
  assert.equal(effortPerKibOf({ bytes: new Uint8Array(4096), effort: 401 }), 100)
})

test('a network descriptor has all the rules that an envelope obeys', () => {
  const network = createNetwork(crypto, DEFAULT_NETWORK)
  const bytes = pay(network, bareEnvelope(network))
  const { id, effort } = decodeEnvelope(crypto, { network, nowSeconds: NOW_SECONDS }, bytes)
  assert.ok(effort >= 137 * 30)
  assert.ok(id[0] === 0 && id[1]! < 16, '2^64 / 4110 begins with 0x000f')
})

test('accepts each bucket that the network allows and no other length', () => {
  for (const [at, bytes] of BUCKETS_BYTES.entries()) {
    const envelope = bareEnvelope(FREE, bytes)
    assert.equal(decodeEnvelope(crypto, CLOCK, envelope).bytes.length, bytes)
    const others = { ...FREE, bucketsMask: FREE.bucketsMask & ~(1 << at) }
    const decode = () =>
      decodeEnvelope(crypto, { network: others, nowSeconds: NOW_SECONDS }, envelope)
    assert.throws(decode, code('ENVELOPE_LENGTH'))
  }
  for (const length of [0, 1, 46, 47, 1023, 1025, 2048, 4095, 16385, 65535, 65537, 1 << 24]) {
    const decode = () => decodeEnvelope(noHash, CLOCK, new Uint8Array(length))
    assert.throws(decode, code('ENVELOPE_LENGTH'))
  }
})

test('refuses each defect with its own code', () => {
  const good = bareEnvelope()
  const defects: readonly [code: string, bytes: Uint8Array][] = [
    ['ENVELOPE_VERSION', set(good, 0, [0])],
    ['ENVELOPE_VERSION', set(good, 0, [2])],
    ['MAILBOX_INVALID', set(good, 3, new Array(32).fill(0))],
    ['MAILBOX_INVALID', set(good, 3, new Array(32).fill(0xff))],
    ['MAILBOX_INVALID', set(good, 3, [1, ...new Array(31).fill(0)])],
    ['ENVELOPE_FIELD', setU32(good, 35, NOW_SECONDS + 1)],
    ['ENVELOPE_FIELD', setU32(good, 35, NOW_SECONDS + 60)],
    ['ENVELOPE_FIELD', setU32(good, 35, NOW_SECONDS + 300)],
    ['ENVELOPE_FIELD', setU32(good, 35, NOW_SECONDS + 599)],
    ['POSTAGE_FIELD', set(good, 46, [1])],
    ['POSTAGE_FIELD', set(good, 39, [0x80])],
  ]
  for (const [expected, bytes] of defects) {
    assert.throws(() => decodeEnvelope(noHash, CLOCK, bytes), code(expected))
  }
})

test('accepts the last shard of the network and refuses the one behind it', () => {
  for (const shardBits of [0, 1, 7, 8]) {
    const network = { ...FREE, shardBits }
    const context = { network, nowSeconds: NOW_SECONDS }
    const last = 2 ** shardBits - 1
    const good = set(bareEnvelope(), 1, [last >> 8, last & 0xff])
    assert.equal(decodeEnvelope(crypto, context, good).shard, last)
    for (const shard of [last + 1, 0xffff]) {
      const bad = set(good, 1, [shard >> 8, shard & 0xff])
      assert.throws(() => decodeEnvelope(noHash, context, bad), code('ENVELOPE_FIELD'))
    }
  }
})

test('keeps an envelope to the second before its time to live has passed', () => {
  const bytes = bareEnvelope()
  const at = (nowSeconds: number) => () =>
    decodeEnvelope(crypto, { network: FREE, nowSeconds }, bytes)
  assert.doesNotThrow(at(NOW_SECONDS + TTL_SECONDS - 1))
  assert.throws(at(NOW_SECONDS + TTL_SECONDS), code('ENVELOPE_EXPIRED'))
  assert.throws(at(2 ** 52), code('ENVELOPE_EXPIRED'))
})

test('accepts a timestamp from exactly 24 hours ahead and none from further', () => {
  const bytes = bareEnvelope()
  const at = (nowSeconds: number) => () =>
    decodeEnvelope(crypto, { network: FREE, nowSeconds }, bytes)
  assert.doesNotThrow(at(NOW_SECONDS - DAY_SECONDS))
  assert.throws(at(NOW_SECONDS - DAY_SECONDS - 1), code('ENVELOPE_FUTURE'))
  assert.throws(at(0), code('ENVELOPE_FUTURE'))
})

test('knows the first and the last timestamp that the field holds', () => {
  const last = 4_294_966_800
  for (const timestampSeconds of [0, last]) {
    const bytes = bareEnvelope(FREE, 1024, timestampSeconds)
    const { expiresAtSeconds } = decodeEnvelope(
      crypto,
      { network: FREE, nowSeconds: timestampSeconds },
      bytes,
    )
    assert.equal(expiresAtSeconds, timestampSeconds + TTL_SECONDS)
  }
})

test('refuses unpaid postage last, and any change to a paid envelope', () => {
  const context = { network: PAID, nowSeconds: NOW_SECONDS }
  const bytes = pay(PAID, bareEnvelope(PAID))
  assert.doesNotThrow(() => decodeEnvelope(crypto, context, bytes))
  const network = { ...PAID, price: 2 ** 32 - 1 }
  const dear = () => decodeEnvelope(crypto, { ...context, network }, bytes)
  assert.throws(dear, code('POSTAGE_UNPAID'))
  // 60 trials are expected, so about 1 of 60 changed bytes is paid by chance.
  let unpaid = 0
  for (let at = 47; at < 1024; at += 9) {
    try {
      decodeEnvelope(crypto, context, set(bytes, at, [bytes[at]! ^ 1]))
    } catch (error) {
      assert.ok(code('POSTAGE_UNPAID')(error))
      unpaid += 1
    }
  }
  assert.ok(unpaid > 90, `${unpaid} of 109`)
})

test('an envelope for one network is unpaid in another', () => {
  const network = { ...PAID, price: 100 }
  const bytes = pay(network, bareEnvelope(network))
  const other = { ...network, id: new Uint8Array(32).fill(0x12) }
  const decode = () => decodeEnvelope(crypto, { network: other, nowSeconds: NOW_SECONDS }, bytes)
  assert.throws(decode, code('POSTAGE_UNPAID'))
})

test('where work is asked for, a nonce of zero is as good as any', () => {
  const network = { ...FREE, price: 1, ttlDays: 2 }
  const context = { network, nowSeconds: NOW_SECONDS }
  let accepted = 0
  for (let fill = 0; fill < 40; fill++) {
    const bytes = set(bareEnvelope(network), 100, [fill])
    try {
      assert.equal(decodeEnvelope(crypto, context, bytes).nonce, 0n)
      accepted += 1
    } catch (error) {
      assert.ok(code('POSTAGE_UNPAID')(error))
    }
  }
  assert.ok(accepted > 5 && accepted < 35, `${accepted} of 40 at two expected trials`)
})

test('where a single trial is expected, the nonce has to be zero as in a free network', () => {
  const network = { ...FREE, price: 1, ttlDays: 1 }
  const context = { network, nowSeconds: NOW_SECONDS }
  const bytes = bareEnvelope(network)
  assert.doesNotThrow(() => decodeEnvelope(crypto, context, bytes))
  const decode = () => decodeEnvelope(noHash, context, set(bytes, 46, [1]))
  assert.throws(decode, code('POSTAGE_FIELD'))
})

test('a clock that is no number of seconds is a bug of ours', () => {
  for (const nowSeconds of [Number.NaN, Number.POSITIVE_INFINITY, 0.5]) {
    const decode = () => decodeEnvelope(crypto, { network: FREE, nowSeconds }, bareEnvelope())
    assert.throws(decode, AssertionError)
  }
})

test('reads a view into something larger, and leaves it alone', () => {
  const around = new Uint8Array(1100).fill(0xee)
  around.set(bareEnvelope(), 13)
  const before = Uint8Array.from(around)
  const view = Buffer.from(around.buffer, 13, 1024)
  const { id, mailbox } = decodeEnvelope(crypto, CLOCK, view)
  assert.deepEqual(id, decodeEnvelope(crypto, CLOCK, bareEnvelope()).id)
  assert.deepEqual(mailbox, BOB_MAILBOX)
  assert.deepEqual(around, before)
})

const anyPoint = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((seed) => crypto.sha256(seed))
  .map((hash) => set(hash, 31, [hash[31]! & 0x7e]))

const anyFields = fc.record({
  shard: fc.nat(255),
  mailbox: anyPoint,
  timestampSeconds: fc.integer({ min: -30 * 144 + 1, max: 144 }).map((n) => NOW_SECONDS + n * 600),
  bodyBytes: fc.constantFrom(...BUCKETS_BYTES).map((bytes) => bytes - 47),
  fill: fc.nat(255),
})

test('what is encoded decodes to the same fields and encodes to the same bytes', () => {
  fc.assert(
    fc.property(anyFields, ({ bodyBytes, fill, ...header }) => {
      const fields = { ...header, nonce: 0n, body: new Uint8Array(bodyBytes).fill(fill) }
      const bytes = encodeEnvelope(FREE, fields)
      const { shard, mailbox, timestampSeconds, nonce, body } = decodeEnvelope(crypto, CLOCK, bytes)
      assert.deepEqual({ shard, mailbox, timestampSeconds, nonce, body }, fields)
      assert.deepEqual(encodeEnvelope(FREE, { ...header, nonce, body }), bytes)
    }),
    { numRuns: 60 },
  )
})

test('whatever decodes after a change encodes to exactly these bytes', () => {
  const seed = bareEnvelope()
  const changes = fc.array(fc.tuple(fc.nat(46), fc.nat(255)), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(changes, (edits) => {
      const bytes = Uint8Array.from(seed)
      for (const [at, value] of edits) bytes[at] = value
      try {
        const envelope = decodeEnvelope(crypto, CLOCK, bytes)
        assert.deepEqual(encodeEnvelope(FREE, envelope), bytes)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }),
    { numRuns: 500 },
  )
})

test('random bytes of any length give a value or a ProtocolError', () => {
  const anyLength = fc.oneof(fc.nat(1100), fc.constantFrom(...BUCKETS_BYTES, 65537))
  const anyBytes = fc.tuple(anyLength, fc.uint8Array({ maxLength: 60 })).map(([length, head]) => {
    const bytes = new Uint8Array(length).fill(0x5a)
    bytes.set(head.subarray(0, length))
    return bytes
  })
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      for (const network of [FREE, PAID]) {
        try {
          decodeEnvelope(crypto, { network, nowSeconds: NOW_SECONDS }, bytes)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
      }
    }),
    { numRuns: 500 },
  )
})
