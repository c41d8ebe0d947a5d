import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex, utf8 } from '../../src/codec/bytes.ts'
import { NETWORK_BYTES_MAX } from '../../src/constants.ts'
import { AssertionError } from '../../src/errors.ts'
import { DEFAULT_NETWORK } from '../../src/network/default-network.ts'
import { createNetwork, decodeNetwork, type NetworkTerms } from '../../src/network/descriptor.ts'
import { nameDefect } from '../../src/network/name.ts'
import { crypto, filled } from '../mailbox/fixture.ts'
import { bytesOf, code, hostileBytes, valueOrRefused } from '../mailbox/hostile.ts'

const names = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .map((name) => name.normalize('NFC'))
  .filter((name) => nameDefect(name) === null)

const networks: fc.Arbitrary<NetworkTerms> = fc.record({
  name: names,
  shardBits: fc.nat(8),
  ttlDays: fc.integer({ min: 1, max: 365 }),
  price: fc.nat(0xffffffff),
  bucketsMask: fc.integer({ min: 1, max: 15 }),
  keyCheck: fc.option(bytesOf(32)),
})

const open = createNetwork(crypto, DEFAULT_NETWORK)
const closed = createNetwork(crypto, { ...DEFAULT_NETWORK, keyCheck: filled(9) })

test('a descriptor gives back its terms, and its id is the hash of its bytes', () => {
  fc.assert(
    fc.property(networks, (terms) => {
      const network = createNetwork(crypto, terms)
      assert.deepEqual(decodeNetwork(crypto, network.bytes), network)
      const { id, bytes, ...given } = network
      assert.deepEqual(given, { ...terms })
      assert.deepEqual(id, crypto.sha256(bytes))
    }),
  )
})

test('two networks that differ in anything differ in their ids', () => {
  const others: readonly Partial<NetworkTerms>[] = [
    {},
    { name: 'ezchat2' },
    { shardBits: 7 },
    { ttlDays: 31 },
    { price: 138 },
    { bucketsMask: 7 },
    { keyCheck: filled(1) },
    { keyCheck: filled(2) },
  ]
  const ids = others.map((other) =>
    toHex(createNetwork(crypto, { ...DEFAULT_NETWORK, ...other }).id),
  )
  assert.equal(new Set(ids).size, ids.length)
})

test('whatever decodes encodes to the same bytes, and the rest is refused with a typed error', () => {
  let decodedCount = 0
  fc.assert(
    fc.property(hostileBytes(open.bytes, closed.bytes), (bytes) => {
      const network = valueOrRefused(() => decodeNetwork(crypto, bytes))
      if (network === null) return
      decodedCount += 1
      assert.deepEqual(createNetwork(crypto, network).bytes, bytes)
    }),
    { numRuns: 2000 },
  )
  assert.ok(decodedCount > 0)
})

test('the longest descriptor is accepted, one byte more is refused, and so are megabytes', () => {
  const longest = createNetwork(crypto, {
    ...DEFAULT_NETWORK,
    name: 'x'.repeat(64),
    keyCheck: filled(1),
  })
  assert.equal(longest.bytes.length, NETWORK_BYTES_MAX)
  for (const length of [NETWORK_BYTES_MAX + 1, 1 << 22]) {
    assert.throws(() => decodeNetwork(crypto, new Uint8Array(length)), code('NETWORK_LIMIT'))
  }
})

test('a network out of range is a bug of ours when we make it', () => {
  const wrong: readonly Partial<NetworkTerms>[] = [
    { name: '' },
    { name: 'x'.repeat(65) },
    { name: '\ud800' },
    { shardBits: 9 },
    { shardBits: -1 },
    { ttlDays: 0 },
    { ttlDays: 366 },
    { price: 2 ** 32 },
    { bucketsMask: 0 },
    { bucketsMask: 16 },
    { keyCheck: new Uint8Array(31) },
  ]
  for (const terms of wrong) {
    assert.throws(() => createNetwork(crypto, { ...DEFAULT_NETWORK, ...terms }), AssertionError)
  }
})

test('a decoded network does not change with the buffer that it came in', () => {
  const buffer = Uint8Array.from(closed.bytes)
  const network = decodeNetwork(crypto, buffer)
  buffer.fill(0)
  assert.deepEqual(network, closed)
})

test('a name is text that shows as what it is, in one form', () => {
  for (const name of ['a', 'ezchat', 'Bücherei 7', '東京', 'ez chat', '🦊', 'x'.repeat(64)]) {
    assert.equal(nameDefect(name), null, name)
  }
  const hidden = [
    '\0',
    '\t',
    '\x7f',
    '\x85',
    '\xad',
    '\u115f',
    '\u180e',
    '\u200c',
    '\u200d',
    '\u2028',
    '\u202e',
    '\u2066',
    '\u3164',
    '\ufeff',
    '\ufffa',
    '\u{e0041}',
  ]
  for (const name of hidden) assert.ok(nameDefect(`ez${name}chat`) !== null, JSON.stringify(name))
  for (const name of ['', ' a', 'a ', 'e\u0301', '\ud83e', 'ä'.repeat(33)]) {
    assert.ok(nameDefect(name) !== null, JSON.stringify(name))
  }
  assert.equal(utf8('ä'.repeat(32)).length, 64)
  assert.equal(nameDefect('ä'.repeat(32)), null)
})

test('the default network asks for about 2^12 trials for the smallest envelope', () => {
  const { price, ttlDays } = DEFAULT_NETWORK
  assert.ok(Math.abs(price * ttlDays - 4096) < ttlDays)
  assert.equal(open.name, 'ezchat')
  assert.equal(open.keyCheck, null)
})
