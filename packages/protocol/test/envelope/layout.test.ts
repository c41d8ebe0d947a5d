import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BUCKETS_BYTES } from '../../src/constants.ts'
import {
  associatedData,
  bodyBytesOf,
  encodeEnvelope,
  encodeHeader,
  envelopeHeader,
} from '../../src/envelope/layout.ts'
import { AssertionError } from '../../src/errors.ts'
import { BOB_MAILBOX, FREE, toHex } from './fixture.ts'

const header = { shard: 2, mailbox: BOB_MAILBOX, timestampSeconds: 1_800_000_000 }

test('the header is 47 bytes: version, shard, mailbox, timestamp, nonce', () => {
  const body = new Uint8Array(bodyBytesOf(1024)).fill(0xcc)
  const bytes = encodeEnvelope(FREE, { ...header, nonce: 0x0102030405060708n, body })
  assert.equal(
    toHex(bytes.subarray(0, 48)),
    `010002${toHex(BOB_MAILBOX)}6b49d2000102030405060708cc`,
  )
  assert.equal(bytes.length, 1024)
})

test('the associated data is the network id and the header without the nonce', () => {
  const bytes = associatedData(FREE, encodeHeader(FREE, header))
  assert.equal(toHex(bytes), `${toHex(FREE.id)}010002${toHex(BOB_MAILBOX)}6b49d200`)
  assert.throws(() => associatedData(FREE, new Uint8Array(47)), AssertionError)
})

test('a timestamp is rounded down to ten minutes', () => {
  const at = (nowSeconds: number) => {
    return envelopeHeader({ shard: 0, mailbox: BOB_MAILBOX, nowSeconds }).timestampSeconds
  }
  assert.deepEqual([0, 1, 599, 600, 601, 1199].map(at), [0, 0, 0, 600, 600, 600])
  assert.equal(at(2 ** 32 - 1), 4_294_966_800)
  assert.throws(() => at(1.5), AssertionError)
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), (nowSeconds) => {
      const rounded = at(nowSeconds)
      assert.ok(rounded % 600 === 0 && rounded <= nowSeconds && nowSeconds - rounded < 600)
    }),
  )
})

test('what a reader would refuse is not written', () => {
  const body = new Uint8Array(bodyBytesOf(1024))
  const fields = { ...header, nonce: 0n, body }
  assert.doesNotThrow(() => encodeEnvelope(FREE, fields))
  const wrong = [
    { ...fields, shard: 256 },
    { ...fields, shard: -1 },
    { ...fields, shard: 1.5 },
    { ...fields, mailbox: new Uint8Array(32) },
    { ...fields, mailbox: BOB_MAILBOX.subarray(1) },
    { ...fields, timestampSeconds: 1_800_000_001 },
    { ...fields, timestampSeconds: -600 },
    { ...fields, timestampSeconds: 2 ** 32 + 104 },
    { ...fields, nonce: -1n },
    { ...fields, nonce: 1n << 64n },
    { ...fields, body: body.subarray(1) },
    { ...fields, body: new Uint8Array(0) },
  ]
  for (const it of wrong) assert.throws(() => encodeEnvelope(FREE, it), AssertionError)
  const onlyLarge = { ...FREE, bucketsMask: 0b1000 }
  assert.throws(() => encodeEnvelope(onlyLarge, fields), AssertionError)
})

test('a body is a bucket less the header', () => {
  assert.deepEqual(BUCKETS_BYTES.map(bodyBytesOf), [977, 4049, 16337, 65489])
})
