import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, equalBytes } from '../../src/codec/bytes.ts'
import { drawEntryId } from '../../src/conversation/compose.ts'
import {
  contentBytesMax,
  decodeEntry,
  type Entry,
  encodeEntry,
  hashEntry,
  isPassing,
  KEPT_ENTRY_BYTES_MAX,
  NO_HASH,
} from '../../src/conversation/entry.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { ALICE, CONVERSATION, crypto, entryBytes, NOW_MS, named } from './people.ts'

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const hash = bytesOf(32).filter((bytes) => bytes.some((byte) => byte !== 0))

const anyEntry: fc.Arbitrary<Entry> = fc
  .record({
    conversation: bytesOf(32),
    id: bytesOf(16),
    author: fc.record({ identity: bytesOf(32), device: bytesOf(16) }),
    sequence: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: Number.MAX_SAFE_INTEGER })),
    previous: hash,
    parents: fc.uniqueArray(hash, { maxLength: 8, comparator: equalBytes }),
    stamp: fc.record({
      ms: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      counter: fc.integer({ min: 0, max: 0xffff }),
    }),
    kind: fc.integer({ min: 0, max: 0xffff }),
    quiet: fc.boolean(),
    content: fc.uint8Array({ maxLength: 300 }),
  })
  .map((record) => {
    const entry = structuredClone(record) // Of plain objects.
    const parents = entry.parents
      .filter((parent) => !equalBytes(parent, entry.previous))
      .sort(compareBytes)
    if (isPassing(entry.kind)) return { ...entry, sequence: 0, previous: NO_HASH, parents: [] }
    return { ...entry, parents, previous: entry.sequence === 1 ? NO_HASH : entry.previous }
  })

const code = (expected: string) => (error: unknown) =>
  error instanceof ProtocolError && error.code === expected

test('every entry decodes to itself', () => {
  fc.assert(
    fc.property(anyEntry, (entry) => assert.deepEqual(decodeEntry(encodeEntry(entry)), entry)),
  )
})

test('mutated bytes are refused or encode to themselves', () => {
  fc.assert(
    fc.property(anyEntry, fc.nat(), fc.integer({ min: 1, max: 255 }), (entry, at, flip) => {
      const bytes = encodeEntry(entry)
      bytes[at % bytes.length]! ^= flip
      try {
        assert.deepEqual(encodeEntry(decodeEntry(bytes)), bytes)
      } catch (error: unknown) {
        assert.ok(error instanceof ProtocolError, String(error))
      }
    }),
  )
})

test('random bytes give an error of the format', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
      if (bytes.length > 0) bytes[0] = 1
      try {
        assert.deepEqual(encodeEntry(decodeEntry(bytes)), bytes)
      } catch (error: unknown) {
        assert.ok(error instanceof ProtocolError, String(error))
      }
    }),
  )
})

test('every prefix of an entry is truncated, and any byte after it is one too many', () => {
  const bytes = entryBytes({ sequence: 2, parents: [named('parent')] })
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeEntry(bytes.subarray(0, length)), code('ENTRY_TRUNCATED'))
  }
  assert.throws(() => decodeEntry(Uint8Array.of(...bytes, 0)), code('ENTRY_TRAILING'))
})

test('content is accepted at its limit and refused above it', () => {
  for (const kind of [1, 0x8001]) {
    const most = contentBytesMax(kind)
    const sequence = isPassing(kind) ? 0 : 1
    const bytes = entryBytes({ kind, sequence, content: new Uint8Array(most) })
    assert.equal(decodeEntry(bytes).content.length, most)
    for (const length of [most + 1, 0xffff]) {
      const more = new Uint8Array(151 + length)
      more.set(bytes.subarray(0, 149))
      new DataView(more.buffer).setUint16(149, length)
      assert.throws(() => decodeEntry(more), code('ENTRY_LIMIT'))
    }
    assert.throws(
      () => entryBytes({ kind, sequence, content: new Uint8Array(most + 1) }),
      AssertionError,
    )
  }
  const parents = Array.from({ length: 8 }, (_, at) => named(`p${at}`)).sort(compareBytes)
  const largest = entryBytes({ parents, content: new Uint8Array(contentBytesMax(1)) })
  assert.equal(largest.length, KEPT_ENTRY_BYTES_MAX)
})

test('an entry of ours that breaks a rule is a bug and not an entry', () => {
  const parents = Array.from({ length: 9 }, (_, at) => named(`p${at}`)).sort(compareBytes)
  const broken: Partial<Entry>[] = [
    { sequence: 0 },
    { kind: 0x8000 },
    { previous: named('x') },
    { sequence: 2, previous: NO_HASH },
    { sequence: 0, kind: 0x8000, parents: [named('x')] },
    { parents },
    { parents: [...parents.slice(0, 2)].reverse() },
    { sequence: 2, previous: parents[0]!, parents: [parents[0]!] },
  ]
  for (const lie of broken) assert.throws(() => entryBytes(lie), AssertionError)
})

test('the entry before is refused among the parents', () => {
  const parents = [named('a'), named('b')].sort(compareBytes)
  const bytes = entryBytes({ sequence: 2, parents })
  bytes.set(parents[1]!, 105)
  assert.throws(() => decodeEntry(bytes), code('ENTRY_FIELD'))
})

test('a parent is named once', () => {
  const parents = [named('a'), named('b')].sort(compareBytes)
  const bytes = entryBytes({ sequence: 2, parents })
  bytes.set(parents[0]!, 149 + 32)
  assert.throws(() => decodeEntry(bytes), code('ENTRY_ORDER'))
})

test('a kind of the future keeps its bytes', () => {
  const bytes = entryBytes({ kind: 0x7abc, content: named('later') })
  assert.deepEqual(encodeEntry(decodeEntry(bytes)), bytes)
})

test('every byte of an entry is in its hash', () => {
  const bytes = entryBytes({ sequence: 2, parents: [named('parent')] })
  const hashes = new Set(
    [...bytes].map((_, at) => {
      const other = bytes.slice()
      other[at]! ^= 1
      return Buffer.from(hashEntry(crypto, other)).toString('hex')
    }),
  )
  assert.equal(hashes.size, bytes.length)
  assert.notDeepEqual(hashEntry(crypto, bytes), crypto.sha256(bytes))
})

test('an entry id is drawn at random', () => {
  assert.equal(drawEntryId(crypto).length, 16)
  assert.notDeepEqual(drawEntryId(crypto), drawEntryId(crypto))
})

test('an entry says where and when', () => {
  const { conversation, author, stamp } = decodeEntry(entryBytes())
  assert.deepEqual(
    { conversation, author, stamp },
    {
      conversation: CONVERSATION,
      author: ALICE,
      stamp: { ms: NOW_MS + 1, counter: 0 },
    },
  )
})
