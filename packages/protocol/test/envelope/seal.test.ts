import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, utf8 } from '../../src/codec/bytes.ts'
import { BUCKETS_BYTES } from '../../src/constants.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { decodeEnvelope } from '../../src/envelope/decode.ts'
import {
  associatedData,
  bodyBytesOf,
  encodeHeader,
  envelopeHeader,
} from '../../src/envelope/layout.ts'
import { openEnvelope } from '../../src/envelope/open.ts'
import { capacityOf, pad, paddedBytesOf } from '../../src/envelope/padding.ts'
import { sealDummy, sealEnvelope, sealEnvelopeWith, wrapBody } from '../../src/envelope/seal.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import {
  BOB_KEY,
  BOB_MAILBOX,
  CLOCK,
  code,
  crypto,
  FREE,
  NOW_SECONDS,
  PAID,
  pay,
  set,
  toHex,
} from './fixture.ts'

const TO_BOB = { shard: 7, mailbox: BOB_MAILBOX, key: BOB_KEY, nowSeconds: NOW_SECONDS + 123 }
const HELLO = { ...TO_BOB, content: utf8('hello, Bob') }
const keyOfBob = (mailbox: Uint8Array) => (toHex(mailbox) === toHex(BOB_MAILBOX) ? BOB_KEY : null)

test('Bob opens what was sealed to him', () => {
  const envelope = sealEnvelope(crypto, FREE, HELLO)
  assert.equal(decodeEnvelope(crypto, CLOCK, envelope).bytes.length, 1024)
  assert.deepEqual(openEnvelope(crypto, FREE, envelope, keyOfBob), {
    header: { shard: 7, mailbox: BOB_MAILBOX, timestampSeconds: NOW_SECONDS },
    content: utf8('hello, Bob'),
    isDummy: false,
  })
})

test('opens after postage, whatever the nonce', () => {
  const envelope = pay(PAID, sealEnvelope(crypto, PAID, HELLO), 1n << 60n)
  assert.deepEqual(openEnvelope(crypto, PAID, envelope, keyOfBob)?.content, HELLO.content)
})

test('what is for somebody else is null', () => {
  const envelope = sealEnvelope(crypto, FREE, HELLO)
  assert.equal(
    openEnvelope(crypto, FREE, envelope, () => null),
    null,
  )
})

test('the body is nonce ‖ XChaCha20-Poly1305 over the padded content', () => {
  const sealNonce = new Uint8Array(24).fill(9)
  const envelope = sealEnvelopeWith(crypto, FREE, HELLO, sealNonce)
  const bound = concatBytes(FREE.id, envelope.subarray(0, 39))
  const padded = pad(HELLO.content, paddedBytesOf(1024))
  const sealed = crypto.xchachaSeal(BOB_KEY, sealNonce, bound, padded)
  assert.deepEqual(envelope.subarray(47), concatBytes(sealNonce, sealed))
})

test('two seals of the same content have nothing in common behind the header', () => {
  const one = sealEnvelope(crypto, FREE, HELLO)
  const two = sealEnvelope(crypto, FREE, HELLO)
  assert.deepEqual(one.subarray(0, 47), two.subarray(0, 47))
  assert.notDeepEqual(one.subarray(47, 71), two.subarray(47, 71))
  assert.notDeepEqual(one.subarray(71), two.subarray(71))
})

test('a body opens only in its own network, header and with its own key', () => {
  const envelope = sealEnvelope(crypto, FREE, HELLO)
  const open = (bytes: Uint8Array, network = FREE, key = BOB_KEY) =>
    openEnvelope(crypto, network, bytes, () => key)
  assert.throws(() => open(set(envelope, 2, [8])), code('ENVELOPE_SEAL'))
  const other = crypto.ed25519Public(Secret.adopt(new Uint8Array(32).fill(3)))
  assert.throws(() => open(set(envelope, 3, [...other])), code('ENVELOPE_SEAL'))
  const later = set(envelope, 35, [...encodeHeader(FREE, laterHeader()).subarray(35)])
  assert.throws(() => open(later), code('ENVELOPE_SEAL'))
  for (const at of [47, 70, 71, 500, 1007, 1008, 1023]) {
    const changed = set(envelope, at, [envelope[at]! ^ 1])
    assert.throws(() => open(changed), code('ENVELOPE_SEAL'))
  }
  const elsewhere = { ...FREE, id: new Uint8Array(32).fill(0x12) }
  assert.throws(() => open(envelope, elsewhere), code('ENVELOPE_SEAL'))
  const wrongKey = Secret.adopt(new Uint8Array(32).fill(0x43))
  assert.throws(() => open(envelope, FREE, wrongKey), code('ENVELOPE_SEAL'))
})

function laterHeader() {
  return envelopeHeader({ shard: 7, mailbox: BOB_MAILBOX, nowSeconds: NOW_SECONDS + 600 })
}

test('a genuine seal over bad padding is refused as padding', () => {
  const header = envelopeHeader(TO_BOB)
  const bound = associatedData(FREE, encodeHeader(FREE, header))
  const sealOf = (padded: Uint8Array) => {
    const sealNonce = new Uint8Array(24)
    const sealed = crypto.xchachaSeal(BOB_KEY, sealNonce, bound, padded)
    return wrapBody(FREE, header, concatBytes(sealNonce, sealed))
  }
  const padded = pad(HELLO.content, paddedBytesOf(1024))
  const open = (bytes: Uint8Array) => () => openEnvelope(crypto, FREE, bytes, keyOfBob)
  assert.doesNotThrow(open(sealOf(padded)))
  assert.throws(open(sealOf(set(padded, 936, [1]))), code('PADDING_FIELD'))
  assert.throws(open(sealOf(set(padded, 2, [0xff]))), code('PADDING_LENGTH'))
})

test('a larger bucket hides the size, and content finds the smallest that holds it', () => {
  for (const bucketBytes of BUCKETS_BYTES) {
    const envelope = sealEnvelope(crypto, FREE, { ...HELLO, bucketBytes })
    assert.equal(envelope.length, bucketBytes)
    assert.deepEqual(openEnvelope(crypto, FREE, envelope, keyOfBob)?.content, HELLO.content)
    const content = new Uint8Array(capacityOf(bucketBytes)).fill(5)
    const full = sealEnvelope(crypto, FREE, { ...TO_BOB, content })
    assert.equal(full.length, bucketBytes)
    assert.deepEqual(openEnvelope(crypto, FREE, full, keyOfBob)?.content, content)
  }
})

test('a dummy differs from an envelope with content only for who can open it', () => {
  const dummy = sealDummy(crypto, FREE, { ...TO_BOB, bucketBytes: 4096 })
  const real = sealEnvelope(crypto, FREE, { ...HELLO, bucketBytes: 4096 })
  assert.deepEqual(dummy.subarray(0, 47), real.subarray(0, 47))
  assert.equal(dummy.length, real.length)
  const opened = openEnvelope(crypto, FREE, dummy, keyOfBob)
  assert.equal(opened?.isDummy, true)
  assert.equal(opened?.content.length, 0)
  assert.equal(openEnvelope(crypto, FREE, real, keyOfBob)?.isDummy, false)
})

test('no content, or too much of it, is a bug of ours', () => {
  const content = (bytes: number) => ({ ...TO_BOB, content: new Uint8Array(bytes) })
  assert.throws(() => sealEnvelope(crypto, FREE, content(0)), AssertionError)
  assert.throws(() => sealEnvelope(crypto, FREE, content(65446)), AssertionError)
  const tight = { ...content(934), bucketBytes: 1024 as const }
  assert.throws(() => sealEnvelope(crypto, FREE, tight), AssertionError)
})

test('a session brings a body of its own', () => {
  const body = new Uint8Array(bodyBytesOf(16384)).fill(0x77)
  const envelope = wrapBody(FREE, envelopeHeader(TO_BOB), body)
  assert.deepEqual(decodeEnvelope(crypto, CLOCK, envelope).body, body)
})

test('every content comes back', () => {
  const anyContent = fc.uint8Array({ minLength: 1, maxLength: 1200 })
  fc.assert(
    fc.property(anyContent, (content) => {
      const envelope = sealEnvelope(crypto, FREE, { ...TO_BOB, content })
      assert.deepEqual(openEnvelope(crypto, FREE, envelope, keyOfBob)?.content, content)
    }),
    { numRuns: 50 },
  )
})

test('any change to an envelope opens to null, to the same content, or to a ProtocolError', () => {
  const envelope = sealEnvelope(crypto, FREE, HELLO)
  fc.assert(
    fc.property(fc.nat(1023), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = set(envelope, at, [envelope[at]! ^ flip])
      try {
        const opened = openEnvelope(crypto, FREE, changed, keyOfBob)
        // The mailbox of another, or a nonce, which only postage depends on.
        assert.equal(opened === null, at >= 3 && at < 35)
        if (opened !== null) assert.deepEqual(opened.content, HELLO.content)
        if (opened !== null) assert.ok(at >= 39 && at < 47, `byte ${at}`)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }),
    { numRuns: 300 },
  )
})
