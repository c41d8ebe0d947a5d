import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  indicesOf,
  mix,
  packSymbols,
  sipHash,
  symbolsOf,
  toLittleEndian,
  unmix,
} from '../../../../test/vectors/builders/reference/riblt.ts'
import { concatBytes } from '../../src/codec/bytes.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { CodedSet } from '../../src/sync/coded-set.ts'
import { nextIndex, nextSeed } from '../../src/sync/mapping.ts'
import { Peeler } from '../../src/sync/peeler.ts'
import { SipHash } from '../../src/sync/siphash.ts'
import { decodeSymbols, encodeSymbols, Symbols } from '../../src/sync/symbols.ts'
import { hex, randomBytesFrom, unpack } from './seeded.ts'

const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 })
const COUNTING = Uint8Array.from({ length: 16 }, (_, i) => i)

function hashOf(key: Uint8Array, message: Uint8Array): Uint8Array {
  const out = new Int32Array(2)
  const words = new Int32Array(message.slice().buffer)
  new SipHash(key).hashInto(words, 0, out, 0)
  return new Uint8Array(out.buffer)
}

function codedSet(key: Uint8Array, ids: readonly Uint8Array[], symbols = 16): CodedSet {
  const set = new CodedSet(new SipHash(key), symbols, 0)
  for (const id of ids) set.add(id)
  return set
}

/** The symbols of a set from `from` to `end`, as they come over the wire. */
function received(set: CodedSet, from: number, end: number): Symbols {
  return decodeSymbols(encodeSymbols(set.symbolsTo(end), from, end - from))
}

function foundBy(peeler: Peeler): { ours: string[]; theirs: string[] } {
  const ids = Array.from({ length: peeler.found.count }, (_, item) => {
    const id = new Uint8Array(16)
    peeler.found.write(item, id, 0)
    return { id, isOurs: peeler.isOurs(item) }
  })
  const sideOf = (ours: boolean): string[] =>
    unpack(ids.filter(({ isOurs }) => isOurs === ours).map(({ id }) => id))
  return { ours: sideOf(true), theirs: sideOf(false) }
}

test('SipHash-2-4 gives the published value for sixteen counting bytes', () => {
  assert.equal(hex(hashOf(COUNTING, COUNTING)), 'db9bc2577fcc2a3f')
  assert.throws(() => new SipHash(new Uint8Array(15)), AssertionError)
})

test('SipHash in 32-bit halves is SipHash in 64-bit words', () => {
  fc.assert(
    fc.property(sixteen, sixteen, (key, message) => {
      assert.deepEqual(hashOf(key, message), toLittleEndian(sipHash(key, message), 8))
    }),
    { numRuns: 300 },
  )
})

test('every index is the one that whole-number arithmetic gives', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (low, high) => {
      const indices: number[] = []
      let seed = low
      for (let index = 0; index < 131_072; index = nextIndex(index, seed)) {
        indices.push(index)
        seed = nextSeed(seed, high)
      }
      assert.deepEqual(indices, indicesOf((BigInt(high) << 32n) | BigInt(low), 131_072))
    }),
    { numRuns: 500 },
  )
})

test('indices grow by at least one, also for the one draw whose gap is zero', () => {
  const zeroGap = Number(unmix(0xffffffffn))
  assert.equal(mix(BigInt(zeroGap)), 0xffffffffn)
  assert.equal(nextIndex(5, zeroGap), 6)
  // The widest gap: a draw of 0.
  assert.equal(nextIndex(0, 0), 98_303)
  assert.equal(nextIndex(131_071, 0), 0x7fffffff)
})

test('symbols are those of the reference, however the ids and the batches are cut', () => {
  fc.assert(
    fc.property(
      sixteen,
      fc.array(sixteen, { maxLength: 150 }),
      fc.array(fc.nat(150), { maxLength: 3 }),
      fc.integer({ min: 1, max: 60 }),
      (key, ids, cuts, first) => {
        const set = new CodedSet(new SipHash(key), first, 0)
        const places = [0, ...cuts.map((cut) => Math.min(cut, ids.length)), ids.length]
        const ascending = places.sort((a, b) => a - b)
        for (const [i, end] of ascending.entries()) {
          set.add(concatBytes(...ids.slice(ascending[i - 1] ?? 0, end)))
        }
        assert.equal(set.count, ids.length)
        const expected = packSymbols(symbolsOf(key, ids, 200))
        const got = [20, 21, 64, 200].map((end) => encodeSymbols(set.symbolsTo(end), 0, end))
        for (const bytes of got) assert.deepEqual(bytes, expected.subarray(0, bytes.length))
      },
    ),
    { numRuns: 60 },
  )
})

test('symbols survive the wire', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 25, maxLength: 25 * 8 }), (bytes) => {
      const whole = bytes.subarray(0, bytes.length - (bytes.length % 25))
      const symbols = decodeSymbols(whole)
      assert.deepEqual(encodeSymbols(symbols, 0, symbols.length), whole.slice())
    }),
  )
})

test('the difference of two sets is found, batch by batch, and is nothing else', () => {
  fc.assert(
    fc.property(
      fc.nat(0xffffffff),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 1, max: 50 }),
      (seed, both, leftOnly, rightOnly, step) => {
        const draw = randomBytesFrom(seed)
        const ids = (count: number): Uint8Array[] => Array.from({ length: count }, () => draw(16))
        const [key, shared, lefts, rights] = [draw(16), ids(both), ids(leftOnly), ids(rightOnly)]
        const left = codedSet(key, [...shared, ...lefts])
        const right = codedSet(key, [...rights, ...shared])
        const peeler = new Peeler(new SipHash(key))
        let length = 0
        let isFound = false
        while (!isFound) {
          isFound = peeler.add(
            received(left, length, length + step),
            right.symbolsTo(length + step),
          )
          length += step
          assert.ok(length < 2_000, 'never decodes')
        }
        assert.equal(peeler.length, length)
        assert.deepEqual(foundBy(peeler), { ours: unpack(rights), theirs: unpack(lefts) })
      },
    ),
    { numRuns: 60 },
  )
})

test('a thousand differences take about 1.4 symbols each', () => {
  const draw = randomBytesFrom(11)
  const ids = (count: number): Uint8Array[] => Array.from({ length: count }, () => draw(16))
  const key = draw(16)
  const left = codedSet(key, ids(500))
  const right = codedSet(key, ids(500))
  const peeler = new Peeler(new SipHash(key))
  let length = 0
  while (!peeler.add(received(left, length, length + 10), right.symbolsTo(length + 10)))
    length += 10
  assert.ok(length > 1_200 && length < 1_600, `took ${length}`)
})

/** Hostile symbols: each a list of ids that it holds, whether or not they are mapped to it. */
function forged(key: Uint8Array, held: readonly (readonly Uint8Array[])[]): Symbols {
  const all = held.flat()
  const words = new Int32Array(concatBytes(...all).buffer)
  const hashes = new Int32Array(all.length * 2)
  for (let item = 0; item < all.length; item++) {
    new SipHash(key).hashInto(words, item * 4, hashes, item * 2)
  }
  const symbols = new Symbols(held.length)
  let item = 0
  for (const [at, ids] of held.entries()) {
    for (const _ of ids) symbols.fold(at, words, hashes, item++, 1)
  }
  return symbols
}

function isPeeled(key: Uint8Array, symbols: Symbols): boolean {
  return new Peeler(new SipHash(key)).add(symbols, new Symbols(symbols.length))
}

test('an id in a symbol that it is not mapped to ends the exchange', () => {
  const key = COUNTING
  const id = new Uint8Array(16).fill(3)
  const indices = indicesOf(sipHash(key, id), 32)
  const held = Array.from({ length: 32 }, (_, at) => (indices.includes(at) ? [] : [id]))
  const refusal = { code: 'SYNC_CHECKSUM', message: /out of its place/ }
  assert.throws(() => isPeeled(key, forged(key, held)), refusal)
})

test('an id that would come up again and again comes up once', () => {
  const key = COUNTING
  const id = new Uint8Array(16).fill(3)
  // It is in every place where it belongs but one, where taking it out leaves its inverse.
  const [, second] = indicesOf(sipHash(key, id), 64)
  const held = Array.from({ length: second! + 1 }, (_, at) => (at === 0 ? [id] : []))
  const refusal = { code: 'SYNC_CHECKSUM', message: /comes up twice/ }
  assert.throws(() => isPeeled(key, forged(key, held)), refusal)
})

test('symbols that hold nothing pure stay undecided, for ever', () => {
  const draw = randomBytesFrom(12)
  const symbols = decodeSymbols(draw(25 * 500))
  symbols.counts.fill(1)
  assert.equal(isPeeled(COUNTING, symbols), false)
  symbols.counts.fill(0)
  assert.equal(isPeeled(COUNTING, symbols), false)
})

test('any symbols give a difference, no answer, or SYNC_CHECKSUM', () => {
  const draw = randomBytesFrom(13)
  const pool = Array.from({ length: 6 }, () => draw(16))
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: 1, maxLength: 40 }),
      (plan) => {
        const held = plan.map((picks) => picks.map((pick) => pool[pick]!))
        try {
          isPeeled(COUNTING, forged(COUNTING, held))
        } catch (error: unknown) {
          assert.ok(error instanceof ProtocolError)
          assert.equal(error.code, 'SYNC_CHECKSUM')
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('the set tells whether a result is about its own ids', () => {
  const draw = randomBytesFrom(14)
  const [a, b, c] = [draw(16), draw(16), draw(16)]
  const set = codedSet(COUNTING, [a, b])
  const peeler = new Peeler(new SipHash(COUNTING))
  assert.equal(peeler.add(received(codedSet(COUNTING, [b, c]), 0, 32), set.symbolsTo(32)), true)
  const isOurs = (item: number): boolean => peeler.isOurs(item)
  assert.equal(set.holdsExactly(peeler.found, isOurs), true)
  assert.equal(codedSet(COUNTING, [a, c]).holdsExactly(peeler.found, isOurs), false)
  assert.equal(codedSet(COUNTING, [b]).holdsExactly(peeler.found, isOurs), false)
})
