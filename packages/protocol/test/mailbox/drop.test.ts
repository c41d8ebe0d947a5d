import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, equalBytes, toHex } from '../../src/codec/bytes.ts'
import { DROP_BYTES_MAX } from '../../src/constants.ts'
import { AssertionError } from '../../src/errors.ts'
import { blindSecret, signBlinded } from '../../src/mailbox/blind.ts'
import {
  type Drop,
  type DropScope,
  type DropTerms,
  decodeDrop,
  dropForgetAtSeconds,
  encodeDrop,
  restoreDrop,
  verifyDrop,
} from '../../src/mailbox/drop.ts'
import { deriveLane } from '../../src/mailbox/lane.ts'
import { signWarrant } from '../../src/mailbox/warrant.ts'
import {
  crypto,
  DAY_SECONDS,
  filled,
  NETWORK_ID,
  NOW_SECONDS,
  secretOf,
  TTL_DAYS,
} from './fixture.ts'
import { bytesOf, code, hostileBytes, mutationsOf, valueOrRefused } from './hostile.ts'

const lane = deriveLane(crypto, secretOf(1), { networkId: NETWORK_ID, direction: 0, day: 20_833 })
const sign = (message: Uint8Array): Uint8Array => crypto.ed25519Sign(lane.signSeed, message)
const check = { networkId: NETWORK_ID, ttlDays: TTL_DAYS, nowSeconds: NOW_SECONDS }
const head = { networkId: NETWORK_ID, mailbox: lane.mailbox, warrant: null }

const ids = (...fills: readonly number[]): DropScope => ({
  kind: 'ids',
  madeAt: NOW_SECONDS,
  ids: fills.map(filled),
})
const before = (time: number): DropScope => ({ kind: 'before', before: time })
const drop = encodeDrop({ ...head, scope: ids(1, 2, 3) }, sign)

/** Distinct, in any order. */
function manyIds(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => {
    const id = filled(7)
    new DataView(id.buffer).setUint32(0, (at * 2_654_435_761) >>> 0)
    return id
  })
}

const scopes: fc.Arbitrary<DropScope> = fc.oneof(
  fc.nat(0xffffffff).map(before),
  fc.record({
    kind: fc.constant('ids' as const),
    madeAt: fc.nat(0xffffffff),
    ids: fc.uniqueArray(bytesOf(32), { minLength: 1, maxLength: 20, selector: toHex }),
  }),
)

test('a drop gives back its terms with sorted ids, and encodes again to the same bytes', () => {
  fc.assert(
    fc.property(scopes, fc.boolean(), (scope, byWarrant) => {
      const warrant = byWarrant ? new Uint8Array(166).fill(9) : null
      const terms: DropTerms = { ...head, scope, warrant }
      const bytes = encodeDrop(terms, sign)
      const decoded = decodeDrop(bytes)
      const sorted =
        scope.kind === 'ids' ? { ...scope, ids: [...scope.ids].sort(compareBytes) } : scope
      assert.deepEqual(decoded.scope, sorted)
      assert.deepEqual(decoded.warrant, warrant)
      assert.deepEqual(decoded.bytes, bytes)
      assert.deepEqual(
        encodeDrop(decoded, () => decoded.signature),
        bytes,
      )
    }),
    { numRuns: 40 },
  )
})

test('whatever decodes encodes to the same bytes, and the rest is refused with a typed error', () => {
  const goods = [drop, encodeDrop({ ...head, scope: before(5) }, sign)]
  fc.assert(
    fc.property(hostileBytes(...goods), (bytes) => {
      const decoded = valueOrRefused(() => decodeDrop(bytes))
      if (decoded === null) return
      assert.deepEqual(
        encodeDrop(decoded, () => decoded.signature),
        bytes,
      )
    }),
    { numRuns: 1000 },
  )
})

test('no change of any byte leaves a drop that holds', () => {
  fc.assert(
    fc.property(mutationsOf(drop), (bytes) => {
      const held = valueOrRefused(() => verifyDrop(crypto, bytes, check))
      assert.equal(held !== null, equalBytes(bytes, drop))
    }),
    { numRuns: 100 },
  )
})

test('a device with a warrant drops what lies at a door, and only while it holds', () => {
  const door = blindSecret(crypto, secretOf(2), filled(3), 20_832)
  const device = secretOf(4)
  const warrant = signWarrant(crypto, door, {
    networkId: NETWORK_ID,
    delegate: crypto.ed25519Public(device),
    rights: ['drop'],
    notAfter: NOW_SECONDS + 10,
  })
  const terms = { networkId: NETWORK_ID, mailbox: door.publicKey, scope: ids(1), warrant }
  const bytes = encodeDrop(terms, (message) => crypto.ed25519Sign(device, message))
  assert.deepEqual(verifyDrop(crypto, bytes, check).mailbox, door.publicKey)
  const late = { ...check, nowSeconds: NOW_SECONDS + 11 }
  assert.throws(() => verifyDrop(crypto, bytes, late), code('WARRANT_EXPIRED'))
  // A carrier that starts again has it from its own store, and goes on remembering it.
  assert.deepEqual(restoreDrop(bytes), verifyDrop(crypto, bytes, check))
})

test('the owner of a door drops with the blinded key itself', () => {
  const door = blindSecret(crypto, secretOf(2), filled(3), 20_832)
  const terms = { ...head, mailbox: door.publicKey, scope: before(NOW_SECONDS) }
  const bytes = encodeDrop(terms, (message) => signBlinded(crypto, door, message))
  assert.deepEqual(verifyDrop(crypto, bytes, check).scope, before(NOW_SECONDS))
})

test('a drop holds from a day before its time until what it covers has expired', () => {
  const decoded = decodeDrop(drop)
  const end = dropForgetAtSeconds(decoded, TTL_DAYS)
  assert.equal(end, NOW_SECONDS + 31 * DAY_SECONDS)
  const at = (nowSeconds: number): Drop => verifyDrop(crypto, drop, { ...check, nowSeconds })
  assert.throws(() => at(NOW_SECONDS - DAY_SECONDS - 1), code('DROP_FUTURE'))
  assert.ok(at(NOW_SECONDS - DAY_SECONDS))
  assert.ok(at(end - 1))
  assert.throws(() => at(end), code('DROP_EXPIRED'))
})

test('the largest drop is accepted, one id more is refused, and so are megabytes', () => {
  const scope: DropScope = { kind: 'ids', madeAt: NOW_SECONDS, ids: manyIds(256) }
  const warrant = new Uint8Array(166)
  const largest = encodeDrop({ ...head, scope, warrant }, sign)
  assert.equal(largest.length, DROP_BYTES_MAX)
  const decoded = decodeDrop(largest)
  assert.ok(decoded.scope.kind === 'ids' && decoded.scope.ids.length === 256)
  const more = Uint8Array.from(largest)
  more.set([1, 1], 70)
  assert.throws(() => decodeDrop(more), code('DROP_LIMIT'))
  assert.throws(() => decodeDrop(new Uint8Array(DROP_BYTES_MAX + 1)), code('DROP_LIMIT'))
  assert.throws(() => decodeDrop(new Uint8Array(1 << 24)), code('DROP_LIMIT'))
})

test('a decoded drop does not change with the buffer that it came in', () => {
  const buffer = Uint8Array.from(drop)
  const decoded = decodeDrop(buffer)
  buffer.fill(0)
  assert.deepEqual(decoded.bytes, drop)
  assert.deepEqual(decoded.mailbox, lane.mailbox)
})

test('to drop nothing, too much, or the same twice is a bug of ours', () => {
  const listing = (list: readonly Uint8Array[]) => (): Uint8Array =>
    encodeDrop({ ...head, scope: { kind: 'ids', madeAt: 1, ids: list } }, sign)
  assert.throws(listing([]), AssertionError)
  assert.throws(listing(manyIds(257)), AssertionError)
  assert.throws(listing([filled(1), filled(2), filled(1)]), AssertionError)
})
