import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { decodeParcel, encodeParcel, type ParcelItem } from '@ezchat/protocol/device/parcel.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import fc from 'fast-check'

const bytes = (least: number, most: number) => fc.uint8Array({ minLength: least, maxLength: most })
const head = fc.record({ seq: fc.nat(0xffff_ffff), hash: bytes(32, 32) })

const item: fc.Arbitrary<ParcelItem> = fc.oneof(
  fc.record({ kind: fc.constant('entry' as const), bytes: bytes(0, 300) }),
  fc.record({
    kind: fc.constant('copy' as const),
    identityKey: bytes(32, 32),
    bytes: bytes(0, 99),
  }),
  fc.record({
    kind: fc.constant('log' as const),
    seq: fc.nat(0xffff_ffff),
    entries: fc.array(bytes(0, 270), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('introduction' as const),
    introduction: fc.record({
      token: fc.option(bytes(16, 16).map((token) => Secret.adopt(token))),
      doorSecret: fc.option(bytes(32, 32).map((secret) => Secret.adopt(secret))),
      homeShard: fc.nat(0xffff),
      hints: fc.uniqueArray(
        fc.nat(255).map((n) => `/ip4/192.0.2.${n}/tcp/1`),
        { maxLength: 4 },
      ),
      name: fc.stringMatching(/^[a-z]{0,64}$/),
    }),
  }),
)
const parcel = fc.record({
  heads: fc.record({ own: head, yours: fc.option(head) }),
  items: fc.array(item, { maxLength: 16 }),
})

test('a parcel is read as it was written, and written as it was read', () => {
  fc.assert(
    fc.property(parcel, (written) => {
      const encoded = encodeParcel(written)
      const read = decodeParcel(encoded)
      assert.equal(read.items.length, written.items.length)
      assert.deepEqual(encodeParcel(read), encoded)
    }),
    { numRuns: 200 },
  )
})

test('random and changed bytes give a parcel or a ProtocolError', () => {
  const attempt = (input: Uint8Array): void => {
    try {
      decodeParcel(input)
    } catch (error: unknown) {
      assert.ok(error instanceof ProtocolError, String(error))
    }
  }
  fc.assert(fc.property(bytes(0, 400), attempt), { numRuns: 500 })
  fc.assert(
    fc.property(parcel, fc.nat(), fc.nat(255), (written, place, value) => {
      const encoded = encodeParcel(written)
      attempt(encoded.with(place % encoded.length, value))
      attempt(encoded.subarray(0, place % encoded.length))
    }),
    { numRuns: 300 },
  )
})
