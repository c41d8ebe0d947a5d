import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/codec/bytes.ts'
import {
  BUCKETS_BYTES,
  ID_BYTES,
  STEM_RECEIPT_BYTES_MAX,
  STEM_RECEIPT_COUNT_MAX,
} from '../../src/constants.ts'
import { AssertionError, type ErrorCode, ProtocolError } from '../../src/errors.ts'
import {
  decodeStemMessage,
  encodeStemMessage,
  STEM_MESSAGE_BYTES_MAX,
  type StemMessage,
} from '../../src/stem/message.ts'

const id = Uint8Array.from({ length: ID_BYTES }, (_, i) => i)
const ids = fc.uint8Array({ minLength: ID_BYTES, maxLength: ID_BYTES })
const receipts = fc.uniqueArray(
  fc.uint8Array({ minLength: 1, maxLength: STEM_RECEIPT_BYTES_MAX }),
  { minLength: 1, maxLength: STEM_RECEIPT_COUNT_MAX, selector: (bytes) => bytes.join() },
)

const messages: fc.Arbitrary<StemMessage> = fc.oneof(
  fc.tuple(fc.constantFrom(...BUCKETS_BYTES), fc.nat(255)).map(([bytes, fill]) => ({
    kind: 'relay' as const,
    envelope: new Uint8Array(bytes).fill(fill),
  })),
  fc.record(
    { kind: fc.constant('receipts' as const), id: ids, receipts },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      kind: fc.constant('refuse' as const),
      id: ids,
      reason: fc.constantFrom('busy' as const, 'untimely' as const),
    },
    { noNullPrototype: true },
  ),
)

function codeOf(bytes: Uint8Array): ErrorCode | null {
  try {
    decodeStemMessage(bytes)
    return null
  } catch (error: unknown) {
    assert.ok(error instanceof ProtocolError, String(error))
    return error.code
  }
}

test('what is encoded decodes to the same message', () => {
  fc.assert(
    fc.property(messages, (message) => {
      assert.deepEqual(decodeStemMessage(encodeStemMessage(message)), message)
    }),
  )
})

test('what decodes encodes to the same bytes, and everything else is a ProtocolError', () => {
  const headed = fc
    .tuple(fc.nat(2), fc.nat(4), fc.uint8Array({ maxLength: 2000 }))
    .map(([version, kind, rest]) => concatBytes(Uint8Array.of(version, kind), rest))
  const mutated = fc.tuple(messages, fc.nat(80), fc.nat(255)).map(([message, at, value]) => {
    const bytes = encodeStemMessage(message)
    bytes[Math.min(at, bytes.length - 1)] = value
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), headed, mutated), (bytes) => {
      if (codeOf(bytes) !== null) return
      assert.deepEqual(encodeStemMessage(decodeStemMessage(bytes)), bytes)
    }),
    { numRuns: 2000 },
  )
})

test('a relay carries an envelope of a bucket size and nothing beside it', () => {
  for (const bytes of BUCKETS_BYTES) {
    const whole = encodeStemMessage({ kind: 'relay', envelope: new Uint8Array(bytes) })
    assert.equal(whole.length, 2 + bytes)
    assert.equal(codeOf(whole), null)
    assert.equal(codeOf(whole.subarray(0, -1)), 'STEM_LENGTH')
    const longer = concatBytes(whole, Uint8Array.of(0))
    assert.equal(codeOf(longer), bytes === 65_536 ? 'STEM_LIMIT' : 'STEM_LENGTH')
  }
  assert.equal(codeOf(Uint8Array.of(1, 1)), 'STEM_LENGTH')
})

test('receipts are 1 to 8, of 1 to 256 bytes, each once', () => {
  const head = (count: number) => concatBytes(Uint8Array.of(1, 2), id, Uint8Array.of(count))
  const receipt = (bytes: number, fill: number) =>
    concatBytes(Uint8Array.of(bytes >> 8, bytes & 0xff), new Uint8Array(bytes).fill(fill))
  const all = (count: number) =>
    concatBytes(head(count), ...Array.from({ length: count }, (_, i) => receipt(3, i)))
  assert.equal(codeOf(all(8)), null)
  assert.equal(codeOf(all(9)), 'STEM_FIELD')
  assert.equal(codeOf(all(255)), 'STEM_FIELD')
  assert.equal(codeOf(head(0)), 'STEM_FIELD')
  assert.equal(codeOf(concatBytes(head(1), receipt(256, 1))), null)
  assert.equal(codeOf(concatBytes(head(1), receipt(257, 1))), 'STEM_LIMIT')
  assert.equal(codeOf(concatBytes(head(1), Uint8Array.of(0xff, 0xff))), 'STEM_LIMIT')
  assert.equal(codeOf(concatBytes(head(1), receipt(0, 1))), 'STEM_LENGTH')
  assert.equal(codeOf(concatBytes(head(2), receipt(3, 1), receipt(3, 1))), 'STEM_ORDER')
  assert.equal(codeOf(concatBytes(head(1), receipt(3, 1), Uint8Array.of(0))), 'STEM_TRAILING')
  assert.equal(codeOf(concatBytes(head(2), receipt(3, 1))), 'STEM_TRUNCATED')
})

test('a refusal names one of two reasons', () => {
  const refuse = (reason: number) => concatBytes(Uint8Array.of(1, 3), id, Uint8Array.of(reason))
  assert.deepEqual(decodeStemMessage(refuse(1)), { kind: 'refuse', id, reason: 'busy' })
  assert.deepEqual(decodeStemMessage(refuse(2)), { kind: 'refuse', id, reason: 'untimely' })
  assert.equal(codeOf(refuse(0)), 'STEM_FIELD')
  assert.equal(codeOf(refuse(3)), 'STEM_FIELD')
  assert.equal(codeOf(concatBytes(refuse(1), Uint8Array.of(0))), 'STEM_TRAILING')
  assert.equal(codeOf(refuse(1).subarray(0, -1)), 'STEM_TRUNCATED')
})

test('other versions and kinds are told apart from broken bytes', () => {
  assert.equal(codeOf(new Uint8Array()), 'STEM_TRUNCATED')
  assert.equal(codeOf(Uint8Array.of(1)), 'STEM_TRUNCATED')
  assert.equal(codeOf(Uint8Array.of(2, 1)), 'STEM_VERSION')
  assert.equal(codeOf(Uint8Array.of(1, 0)), 'STEM_KIND')
  assert.equal(codeOf(Uint8Array.of(1, 4)), 'STEM_KIND')
})

test('a message over the limit is refused before anything in it is read', () => {
  assert.equal(codeOf(new Uint8Array(STEM_MESSAGE_BYTES_MAX + 1)), 'STEM_LIMIT')
  assert.equal(codeOf(new Uint8Array(64 * 1024 * 1024)), 'STEM_LIMIT')
})

test('encoding what the format cannot hold is a bug of ours', () => {
  const receipt = Uint8Array.of(1)
  for (const message of [
    { kind: 'relay', envelope: new Uint8Array(1023) },
    { kind: 'receipts', id, receipts: [] },
    { kind: 'receipts', id, receipts: [receipt, receipt] },
    { kind: 'receipts', id, receipts: [new Uint8Array()] },
    { kind: 'receipts', id, receipts: [new Uint8Array(257)] },
    { kind: 'receipts', id, receipts: Array.from({ length: 9 }, (_, i) => Uint8Array.of(i)) },
    { kind: 'refuse', id: id.subarray(1), reason: 'busy' },
  ] satisfies StemMessage[]) {
    assert.throws(() => encodeStemMessage(message), AssertionError)
  }
})
