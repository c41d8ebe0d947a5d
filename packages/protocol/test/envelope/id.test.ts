import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { BUCKETS_BYTES } from '../../src/constants.ts'
import { contentHashOf, envelopeIdOf, idOf, shortIdOf } from '../../src/envelope/id.ts'
import { postageTaskOf, stampEnvelope } from '../../src/envelope/stamp.ts'
import { AssertionError } from '../../src/errors.ts'
import { bareEnvelope, crypto, FREE, PAID, set, toHex } from './fixture.ts'

test('the id is the hash of the content hash and the nonce, in every bucket', () => {
  // The largest first: what it leaves behind must not show in the smaller ones.
  for (const bytes of [...BUCKETS_BYTES].reverse()) {
    const envelope = stampEnvelope(bareEnvelope(FREE, bytes), 0x1122334455667788n)
    const content = createHash('sha256')
      .update('ezchat/v1/hash/envelope-content\0')
      .update(FREE.id)
      .update(envelope.subarray(0, 39))
      .update(envelope.subarray(47))
      .digest()
    assert.equal(toHex(contentHashOf(crypto, FREE, envelope)), content.toString('hex'))
    const id = createHash('sha256').update(content).update(envelope.subarray(39, 47)).digest()
    assert.equal(toHex(envelopeIdOf(crypto, FREE, envelope)), id.toString('hex'))
  }
})

test('the content hash depends on every byte but the nonce', () => {
  const envelope = bareEnvelope()
  const hash = toHex(contentHashOf(crypto, FREE, envelope))
  for (let at = 0; at < 1024; at++) {
    const changed = set(envelope, at, [envelope[at]! ^ 0x10])
    const isNonce = at >= 39 && at < 47
    assert.equal(toHex(contentHashOf(crypto, FREE, changed)) === hash, isNonce, `byte ${at}`)
  }
  const other = { ...FREE, id: new Uint8Array(32).fill(1) }
  assert.notEqual(toHex(contentHashOf(crypto, other, envelope)), hash)
})

test('the id depends on the nonce', () => {
  const envelope = bareEnvelope()
  const ids = [0n, 1n, 1n << 63n].map((nonce) =>
    toHex(envelopeIdOf(crypto, FREE, stampEnvelope(envelope, nonce))),
  )
  assert.equal(new Set(ids).size, 3)
})

test('stamping makes a new envelope and leaves the old one alone', () => {
  const envelope = bareEnvelope()
  const before = Uint8Array.from(envelope)
  const stamped = stampEnvelope(Buffer.from(envelope.buffer), 0xfffffffffffffffen)
  assert.equal(toHex(stamped.subarray(39, 47)), 'fffffffffffffffe')
  assert.deepEqual(envelope, before)
  assert.deepEqual(stampEnvelope(stamped, 0n), before)
})

test('a task for the worker is the content hash and the trials that the size costs', () => {
  for (const [at, bytes] of BUCKETS_BYTES.entries()) {
    const envelope = bareEnvelope(PAID, bytes)
    const { contentHash, trialsExpected } = postageTaskOf(crypto, PAID, envelope)
    assert.deepEqual(contentHash, contentHashOf(crypto, PAID, envelope))
    assert.equal(trialsExpected, 60 * 4 ** at)
  }
  assert.throws(() => postageTaskOf(crypto, PAID, new Uint8Array(1000)), AssertionError)
})

test('a short id is the end of an id', () => {
  const id = Uint8Array.from({ length: 32 }, (_, at) => at)
  assert.equal(toHex(shortIdOf(id)), '101112131415161718191a1b1c1d1e1f')
})

test('lengths that are no envelope, no id and no nonce are bugs of ours', () => {
  const hash = new Uint8Array(32)
  const nonce = new Uint8Array(8)
  assert.throws(() => contentHashOf(crypto, FREE, new Uint8Array(46)), AssertionError)
  assert.throws(() => contentHashOf(crypto, FREE, new Uint8Array(65537)), AssertionError)
  const short = { ...FREE, id: new Uint8Array(31) }
  assert.throws(() => contentHashOf(crypto, short, bareEnvelope()), AssertionError)
  assert.throws(() => idOf(crypto, hash.subarray(1), nonce), AssertionError)
  assert.throws(() => idOf(crypto, hash, nonce.subarray(1)), AssertionError)
})
