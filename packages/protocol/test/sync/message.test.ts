import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/codec/bytes.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from '../../src/sync/message.ts'
import { randomBytesFrom } from './seeded.ts'

/** What decoders make: objects as `{}` writes them. */
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const anyDays = fc
  .uniqueArray(fc.nat(0xffffffff), { minLength: 1, maxLength: 20 })
  .map((days) => days.sort((a, b) => a - b))
const anySymbols = fc.integer({ min: 1, max: 10 }).chain((count) => bytesOf(count * 25))
const anyIds = (least: number) =>
  fc.uniqueArray(fc.nat(0xffffffff), { minLength: least, maxLength: 30 }).map(idsOf)

/** Packed ids, ascending, from numbers. */
function idsOf(numbers: readonly number[]): Uint8Array {
  const packed = new Uint8Array(numbers.length * 16)
  const view = new DataView(packed.buffer)
  const ascending = [...numbers].sort((a, b) => a - b)
  for (const [at, number] of ascending.entries()) view.setUint32(at * 16, number)
  return packed
}

const countedIds = (count: number): Uint8Array => idsOf(Array.from({ length: count }, (_, i) => i))

const anyMessage: fc.Arbitrary<SyncMessage> = fc.oneof(
  plain({ kind: fc.constant('refuse' as const), status: fc.nat(0xffff) }),
  plain({
    kind: fc.constant('open' as const),
    wantsDigests: fc.boolean(),
    salt: bytesOf(16),
    root: bytesOf(32),
  }),
  plain({ kind: fc.constantFrom('equal', 'more', 'fallback', 'next') }),
  plain({
    kind: fc.constant('digests' as const),
    salt: bytesOf(16),
    days: fc
      .uniqueArray(
        plain({
          day: fc.nat(0xffffffff),
          count: fc.integer({ min: 1, max: 0xffffffff }),
          fingerprint: bytesOf(16),
        }),
        { selector: ({ day }) => day, maxLength: 10 },
      )
      .map((days) => days.sort((a, b) => a.day - b.day)),
  }),
  plain({
    kind: fc.constant('code' as const),
    isListNext: fc.boolean(),
    days: anyDays,
    symbols: anySymbols,
  }),
  plain({ kind: fc.constant('symbols' as const), symbols: anySymbols }),
  plain({
    kind: fc.constant('result' as const),
    hasMore: fc.constant(false),
    initiatorOnly: anyIds(0),
    responderOnly: anyIds(0),
  }),
  plain({
    kind: fc.constant('list' as const),
    isLast: fc.constant(true),
    days: anyDays,
    ids: anyIds(0),
  }),
  plain({ kind: fc.constant('page' as const), isLast: fc.constant(true), ids: anyIds(1) }),
  plain({
    kind: fc.constant('listed' as const),
    hasMore: fc.constant(false),
    missing: fc.array(fc.boolean(), { maxLength: 30 }),
    ids: anyIds(0),
  }),
)

function refuses(bytes: Uint8Array, code: string): void {
  assert.throws(
    () => decodeSyncMessage(bytes),
    (error: unknown) => error instanceof ProtocolError && error.code === code,
  )
}

/** A message as bytes, from its numbers: version 1, this kind, shard 7. */
function raw(kind: number, ...parts: (number[] | Uint8Array)[]): Uint8Array {
  return concatBytes(Uint8Array.of(1, kind, 7), ...parts.map((part) => Uint8Array.from(part)))
}

const u16 = (value: number): number[] => [value >> 8, value & 0xff]
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)]

test('every message survives the wire', () => {
  fc.assert(
    fc.property(fc.nat(255), anyMessage, (shard, message) => {
      const bytes = encodeSyncMessage(shard, message)
      assert.deepEqual(decodeSyncMessage(bytes), { shard, message })
    }),
    { numRuns: 400 },
  )
})

test('mutated messages decode to what encodes to the same bytes, or are refused', () => {
  const mutation = fc.tuple(fc.nat(200), fc.nat(255), fc.nat(3))
  fc.assert(
    fc.property(anyMessage, mutation, (message, [at, value, cut]) => {
      const bytes = encodeSyncMessage(7, message)
      bytes[at % bytes.length] = value
      const mutated = bytes.subarray(0, bytes.length - cut)
      try {
        const { shard, message: decoded } = decodeSyncMessage(mutated)
        assert.deepEqual(encodeSyncMessage(shard, decoded), mutated.slice())
      } catch (error: unknown) {
        assert.ok(error instanceof ProtocolError, String(error))
      }
    }),
    { numRuns: 1000 },
  )
})

test('random bytes are refused with a code', () => {
  fc.assert(
    fc.property(fc.nat(14), fc.uint8Array({ maxLength: 200 }), (kind, rest) => {
      try {
        decodeSyncMessage(raw(kind, rest))
      } catch (error: unknown) {
        assert.ok(error instanceof ProtocolError, String(error))
      }
    }),
    { numRuns: 1000 },
  )
})

test('header and fields outside their range are refused', () => {
  refuses(new Uint8Array(0), 'SYNC_TRUNCATED')
  refuses(Uint8Array.of(2, 2, 7), 'SYNC_VERSION')
  refuses(Uint8Array.of(0, 2, 7), 'SYNC_VERSION')
  refuses(raw(13), 'SYNC_KIND')
  refuses(raw(2, [0]), 'SYNC_TRAILING')
  refuses(raw(1, [2], new Uint8Array(48)), 'SYNC_FIELD')
  refuses(raw(1, [1], new Uint8Array(47)), 'SYNC_TRUNCATED')
  refuses(raw(3, new Uint8Array(16), u16(1), u32(5), u32(0), new Uint8Array(16)), 'SYNC_FIELD')
  refuses(raw(4, [0], u16(0), u16(1), new Uint8Array(25)), 'SYNC_FIELD')
  refuses(raw(5, u16(0)), 'SYNC_FIELD')
  refuses(raw(11, [1], u16(0)), 'SYNC_FIELD')
})

test('days and ids that do not ascend are refused', () => {
  const symbols = [u16(1), new Uint8Array(25)]
  refuses(raw(4, [0], u16(2), u32(5), u32(4), ...symbols), 'SYNC_ORDER')
  refuses(raw(4, [0], u16(2), u32(5), u32(5), ...symbols), 'SYNC_ORDER')
  const entry = (day: number): number[] => [...u32(day), ...u32(1), ...new Uint8Array(16)]
  refuses(raw(3, new Uint8Array(16), u16(2), entry(5), entry(5)), 'SYNC_ORDER')
  refuses(raw(11, [1], u16(2), new Uint8Array(32)), 'SYNC_ORDER')
  refuses(raw(8, [0], u16(0), u16(2), new Uint8Array(32)), 'SYNC_ORDER')
})

test('a list is as long as is allowed, not longer, and absurd lengths are not allocated', () => {
  const draw = randomBytesFrom(3)
  const days = (count: number) => Array.from({ length: count }, (_, i) => u32(i)).flat()
  const decodes = (bytes: Uint8Array): void => void decodeSyncMessage(bytes)
  decodes(raw(4, [0], u16(400), days(400), u16(1), draw(25)))
  refuses(raw(4, [0], u16(401), days(401), u16(1), draw(25)), 'SYNC_LIMIT')
  decodes(raw(5, u16(2400), draw(2400 * 25)))
  refuses(raw(5, u16(2401), draw(2401 * 25)), 'SYNC_LIMIT')
  decodes(raw(11, [0], u16(3900), countedIds(3900)))
  refuses(raw(11, [0], u16(3901), countedIds(3901)), 'SYNC_LIMIT')
  refuses(raw(8, [0], u16(1951), countedIds(1951), u16(1950), countedIds(1950)), 'SYNC_LIMIT')
  refuses(raw(12, [0], u16(3901), new Uint8Array(488), u16(0)), 'SYNC_LIMIT')
  for (const kind of [8, 11, 12]) refuses(raw(kind, [0], u16(0xffff)), 'SYNC_LIMIT')
  refuses(raw(5, u16(0xffff)), 'SYNC_LIMIT')
  refuses(raw(5, u16(2400)), 'SYNC_TRUNCATED')
  refuses(new Uint8Array(65_537), 'SYNC_LIMIT')
  refuses(concatBytes(raw(2), new Uint8Array(65_533)), 'SYNC_TRAILING')
})

test('a page that others follow is full', () => {
  refuses(raw(11, [0], u16(1), new Uint8Array(16)), 'SYNC_FIELD')
  refuses(raw(10, [0], u16(1), u32(5), u16(3899), countedIds(3899)), 'SYNC_FIELD')
  refuses(raw(8, [1], u16(1), countedIds(1), u16(0)), 'SYNC_FIELD')
  refuses(raw(12, [1], u16(0), u16(3899), countedIds(3899)), 'SYNC_FIELD')
  decodeSyncMessage(raw(8, [1], u16(3899), countedIds(3899), u16(1), countedIds(1)))
  decodeSyncMessage(raw(12, [1], u16(0), u16(3900), countedIds(3900)))
})

test('filler bits are zero', () => {
  decodeSyncMessage(raw(12, [0], u16(3), [0xe0], u16(0)))
  refuses(raw(12, [0], u16(3), [0xf0], u16(0)), 'SYNC_FIELD')
  refuses(raw(12, [0], u16(3), [0xe1], u16(0)), 'SYNC_FIELD')
})

test('the largest message of every kind fits', () => {
  const days = Array.from({ length: 400 }, (_, i) => i)
  const ids = countedIds(3900)
  const largest: SyncMessage[] = [
    { kind: 'code', isListNext: true, days, symbols: new Uint8Array(2400 * 25) },
    { kind: 'list', isLast: false, days, ids },
    { kind: 'listed', hasMore: true, missing: new Array(3900).fill(true), ids },
  ]
  for (const message of largest) assert.ok(encodeSyncMessage(7, message).length <= 65_536)
  const tooMany = new Uint8Array(2700 * 25)
  assert.throws(() => encodeSyncMessage(7, { kind: 'symbols', symbols: tooMany }), AssertionError)
})
