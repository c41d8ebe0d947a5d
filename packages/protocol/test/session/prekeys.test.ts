import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import { labelled, SIGN_LABELS } from '@ezchat/protocol/crypto/labels.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { HANDSHAKES_REMEMBERED_MAX, PREKEY_GENERATIONS_MAX } from '@ezchat/protocol/limits.ts'
import {
  addOneTimePrekeys,
  answerHandshake,
  EMPTY_RING,
  findGeneration,
  forgetPrekeys,
  isRotationDue,
  type PrekeyRing,
  publishedPrekeys,
  rotatePrekeys,
  wasAnswered,
} from '@ezchat/protocol/session/prekey-ring.ts'
import { decodePrekeyRing, encodePrekeyRing } from '@ezchat/protocol/session/prekey-ring-state.ts'
import { encodePrekeys, openPrekeys, PREKEYS_BYTES_MAX } from '@ezchat/protocol/session/prekeys.ts'
import fc from 'fast-check'
import { crypto, NOW, networkId, person, TTL_SECONDS } from './people.ts'

const bob = person(2)
const ring = addOneTimePrekeys(crypto, bob.ring, 32, NOW)
const full = publishedPrekeys(crypto, ring, bob.own.party, { withOneTime: true })!
const signing = { networkId, signSeed: bob.signSeed }
const reader = { networkId, device: bob.own.party, nowSeconds: NOW }
const DAY = 86_400
const isCode = (code: string) => (error: unknown) =>
  error instanceof ProtocolError && error.code === code

/** Signed all the same: what a device can do to itself. */
function resign(bytes: Uint8Array, change: (content: Uint8Array) => Uint8Array | undefined) {
  const content = Uint8Array.from(bytes.subarray(0, bytes.length - 64))
  const said = change(content) ?? content
  const signed = labelled(SIGN_LABELS.prekeys, networkId, said)
  return concatBytes(said, crypto.ed25519Sign(bob.signSeed, signed))
}

describe('a prekey bundle', () => {
  test('is the same after a round trip, with and without one-time keys', () => {
    for (const prekeys of [full, bob.prekeys]) {
      const bytes = encodePrekeys(crypto, prekeys, signing)
      assert.deepEqual(openPrekeys(crypto, bytes, reader), prekeys)
    }
    assert.equal(encodePrekeys(crypto, full, signing).length, PREKEYS_BYTES_MAX)
  })

  test('that is wrong in one way is refused with the code for it', () => {
    const bytes = encodePrekeys(crypto, full, signing)
    const open = (forged: Uint8Array, as = reader) => openPrekeys(crypto, forged, as)
    const cases: [string, () => unknown][] = [
      ['PREKEYS_TRUNCATED', () => open(bytes.subarray(0, 1300))],
      ['PREKEYS_LIMIT', () => open(concatBytes(bytes, new Uint8Array(1)))],
      ['PREKEYS_SIGNATURE', () => open(bytes, { ...reader, networkId: new Uint8Array(32) })],
      ['PREKEYS_VERSION', () => open(resign(bytes, (c) => c.fill(9, 0, 1)))],
      ['PREKEYS_KIND', () => open(resign(bytes, (c) => c.fill(9, 1, 2)))],
      ['PREKEYS_FIELD', () => open(resign(bytes, (c) => c.fill(0, 114, 118)))],
      ['PREKEYS_EXPIRED', () => open(resign(bytes, (c) => c.fill(0, 118, 122)))],
      ['PREKEYS_FUTURE', () => open(resign(bytes, (c) => c.fill(0xff, 118, 122)))],
      ['PREKEYS_FIELD', () => open(resign(bytes, (c) => c.fill(33, 1338, 1339)))],
      ['PREKEYS_ORDER', () => open(resign(bytes, (c) => c.fill(0, 1375, 1379)))],
      ['PREKEYS_TRAILING', () => open(resign(bytes, (c) => c.fill(31, 1338, 1339)))],
      ['PREKEYS_TRUNCATED', () => open(resign(bytes, (c) => c.subarray(0, c.length - 1)))],
      ['PREKEYS_PERMISSION', () => open(resign(bytes, (c) => c.fill(0, 2, 34)))],
      ['PREKEYS_PERMISSION', () => open(resign(bytes, (c) => c.fill(0, 34, 50)))],
      ['PREKEYS_PERMISSION', () => open(resign(bytes, (c) => c.fill(0, 50, 82)))],
    ]
    for (const [code, run] of cases) assert.throws(run, isCode(code), code)
  })

  test('lasts 90 days to the second, and may be a day ahead', () => {
    const bytes = encodePrekeys(crypto, bob.prekeys, signing)
    const at = (nowSeconds: number) => () => openPrekeys(crypto, bytes, { ...reader, nowSeconds })
    assert.ok(at(NOW + 90 * DAY - 1)())
    assert.throws(at(NOW + 90 * DAY), isCode('PREKEYS_EXPIRED'))
    assert.ok(at(NOW - DAY)())
    assert.throws(at(NOW - DAY - 1), isCode('PREKEYS_FUTURE'))
  })

  test('of random or changed bytes is refused, and never more than that', () => {
    const bytes = encodePrekeys(crypto, full, signing)
    const change = fc.record({ at: fc.nat(bytes.length - 1), by: fc.integer({ min: 1, max: 255 }) })
    fc.assert(
      fc.property(change, fc.uint8Array({ maxLength: 3000 }), ({ at, by }, random) => {
        const changed = Uint8Array.from(bytes)
        changed[at]! ^= by
        for (const forged of [changed, random]) {
          assert.throws(() => openPrekeys(crypto, forged, reader), ProtocolError)
        }
        const signed = resign(changed, () => undefined)
        try {
          openPrekeys(crypto, signed, reader)
        } catch (error: unknown) {
          assert.ok(error instanceof ProtocolError)
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('the prekey ring', () => {
  test('is due for a new prekey at first, after a week, and when many have used the last', () => {
    assert.ok(isRotationDue(EMPTY_RING, NOW))
    assert.equal(publishedPrekeys(crypto, EMPTY_RING, bob.own.party), null)
    assert.ok(!isRotationDue(bob.ring, NOW + 7 * DAY - 1))
    assert.ok(isRotationDue(bob.ring, NOW + 7 * DAY))
    assert.ok(!isRotationDue(bob.ring, NOW - DAY))
    assert.ok(isRotationDue(bob.ring, NOW - DAY - 1))
    const [newest] = bob.ring.generations
    const answered = Array.from({ length: HANDSHAKES_REMEMBERED_MAX / 2 }, () => new Uint8Array(16))
    assert.ok(isRotationDue({ ...bob.ring, generations: [{ ...newest!, answered }] }, NOW))
  })

  test('keeps a replaced prekey for a cached bundle, the time to live and slack, no longer', () => {
    const rotated = rotatePrekeys(crypto, bob.ring, NOW + 7 * DAY)
    const oldId = bob.ring.generations[0]!.id
    const last = NOW + 7 * DAY + 7 * DAY + TTL_SECONDS + 2 * DAY
    const at = (nowSeconds: number) =>
      forgetPrekeys(rotated, { nowSeconds, ttlSeconds: TTL_SECONDS })
    assert.equal(at(last - 1), rotated)
    assert.ok(findGeneration(at(last - 1), oldId))
    assert.equal(findGeneration(at(last), oldId), null)
    assert.equal(at(last + 1000 * DAY).generations.length, 1)
  })

  test('forgets one-time keys that nobody can still use', () => {
    const at = (days: number) =>
      forgetPrekeys(ring, { nowSeconds: NOW + days * DAY, ttlSeconds: TTL_SECONDS })
    assert.equal(at(119).oneTime.length, 32)
    assert.equal(at(120).oneTime.length, 0)
    assert.equal(addOneTimePrekeys(crypto, ring, 5, NOW).oneTime.length, 32)
  })

  test('remembers a bounded number of handshakes and generations, and forgets the oldest', () => {
    const { id } = bob.ring.generations[0]!
    let used: PrekeyRing = bob.ring
    const handshake = (n: number) => Uint8Array.of(n >> 8, n & 255, ...new Uint8Array(14))
    const many = Array.from({ length: HANDSHAKES_REMEMBERED_MAX }, (_, n) => handshake(n))
    used = { ...used, generations: [{ ...used.generations[0]!, answered: many }] }
    used = answerHandshake(used, { id, oneTimeId: 0, handshake: handshake(9999) })
    const [generation] = used.generations
    assert.equal(generation!.answered.length, HANDSHAKES_REMEMBERED_MAX)
    assert.ok(wasAnswered(generation!, handshake(9999)) && wasAnswered(generation!, handshake(1)))
    assert.ok(!wasAnswered(generation!, handshake(0)))
    assert.deepEqual(decodePrekeyRing(encodePrekeyRing(used)), used)
    let turning = EMPTY_RING
    for (let i = 0; i < PREKEY_GENERATIONS_MAX + 3; i++)
      turning = rotatePrekeys(crypto, turning, NOW)
    assert.equal(turning.generations.length, PREKEY_GENERATIONS_MAX)
    assert.deepEqual(decodePrekeyRing(encodePrekeyRing(turning)), turning)
  })

  test('that is stored and changed is refused or still canonical', () => {
    const bytes = encodePrekeyRing(rotatePrekeys(crypto, ring, NOW + 1))
    const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) })
    fc.assert(
      fc.property(change, fc.uint8Array({ maxLength: 400 }), ({ at, to }, random) => {
        for (const forged of [bytes.with(at, to), random, bytes.subarray(0, at)]) {
          try {
            assert.deepEqual(encodePrekeyRing(decodePrekeyRing(forged)), Uint8Array.from(forged))
          } catch (error: unknown) {
            assert.ok(error instanceof ProtocolError)
          }
        }
      }),
    )
  })
})
