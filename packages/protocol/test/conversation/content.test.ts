import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, equalBytes, utf8 } from '../../src/codec/bytes.ts'
import { ENTRY_KINDS, TEXT_BYTES_MAX } from '../../src/constants.ts'
import {
  type Content,
  contentKindOf,
  decodeContent,
  encodeContent,
} from '../../src/conversation/content.ts'
import { isFileName } from '../../src/conversation/kinds/file.ts'
import { OPAQUE_KINDS } from '../../src/conversation/kinds/opaque.ts'
import {
  isEmoji,
  isMessageText,
  sliceText,
  turnsDirection,
} from '../../src/conversation/message-text.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { ALICE, BOB, named } from './people.ts'

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const hash = bytesOf(32).filter((bytes) => bytes.some((byte) => byte !== 0))
const body = fc.uint8Array({ minLength: 1, maxLength: 200 })
const head = {
  disappearSeconds: fc.integer({ min: 0, max: 31_536_000 }),
  replyTo: fc.option(hash),
}
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter(isMessageText)
const emoji = fc.constantFrom('👍', '❤️', '👩‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '+1')

const mentioning = text.chain((value) =>
  fc.record({
    text: fc.constant(value),
    mentions: fc
      .boolean()
      .map((has) =>
        has ? [{ start: 0, length: utf8([...value][0]!).length, identity: ALICE.identity }] : [],
      ),
  }),
)

const author = fc.record({ identity: bytesOf(32), device: bytesOf(16) })
const ranges = (least: number) =>
  fc
    .uniqueArray(author, {
      minLength: least,
      maxLength: 5,
      comparator: (a, b) => equalBytes(a.identity, b.identity),
    })
    .map((authors) =>
      authors
        .sort((a, b) => compareBytes(a.identity, b.identity))
        .flatMap((who, at) => [
          { author: who, from: 1 + at, to: 3 + at },
          { author: who, from: 5 + at, to: Number.MAX_SAFE_INTEGER },
        ]),
    )

const anyContent = fc
  .oneof(
    fc.record({ kind: fc.constant('text' as const), ...head, rest: mentioning }).map(spread),
    fc.record({ kind: fc.constant('edit' as const), target: hash, rest: mentioning }).map(spread),
    fc.record({ kind: fc.constant('delete' as const), target: hash }),
    fc.record({
      kind: fc.constant('reaction' as const),
      target: hash,
      isAdded: fc.boolean(),
      emoji,
    }),
    fc.record({
      kind: fc.constant('file' as const),
      ...head,
      name: fc.constantFrom('a.txt', '__proto__', 'ж 1.tar.gz', '.hidden'),
      mediaType: fc.constantFrom('image/png', 'application/vnd.api+json'),
      sizeBytes: fc.maxSafeNat(),
      caption: fc.option(text),
      manifest: body,
    }),
    fc.record({
      kind: fc.constant('profile' as const),
      name: fc.constantFrom('', 'Alice', '__proto__'),
      pictureHash: fc.option(hash),
    }),
    fc.record({
      kind: fc.constant('timer' as const),
      disappearSeconds: fc.integer({ min: 0, max: 99 }),
    }),
    fc.record({ kind: fc.constantFrom(...OPAQUE_KINDS), body }),
    fc.record({
      kind: fc.constant('call' as const),
      callId: bytesOf(16),
      step: fc.integer({ min: 0, max: 255 }),
      body: fc.uint8Array({ maxLength: 99 }),
    }),
    fc.record({
      kind: fc.constant('receipt' as const),
      state: fc.constantFrom('delivered' as const, 'read' as const),
      ranges: ranges(1),
    }),
    fc.record({
      kind: fc.constant('request' as const),
      ranges: ranges(1),
      hashes: fc
        .uniqueArray(hash, { maxLength: 5, comparator: equalBytes })
        .map((hashes) => hashes.sort(compareBytes)),
    }),
    fc.record({
      kind: fc.constant('answer' as const),
      entries: fc.array(fc.record({ bytes: fc.uint8Array(), proof: fc.uint8Array() }), {
        maxLength: 5,
      }),
    }),
  )
  .map((content) => structuredClone(content) as Content)

function spread<T extends { rest: object }>({ rest, ...content }: T) {
  return { ...content, ...rest }
}

const KINDS = Object.values(ENTRY_KINDS)

test('every content decodes to itself', () => {
  fc.assert(
    fc.property(anyContent, (content) => {
      const encoded = encodeContent(content)
      assert.deepEqual(decodeContent(encoded.kind, encoded.content), content)
    }),
    { numRuns: 600 },
  )
})

test('mutated content is refused or encodes to itself', () => {
  fc.assert(
    fc.property(anyContent, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, at, flip) => {
      const { kind, content: bytes } = encodeContent(content)
      bytes[at % bytes.length]! ^= flip
      assertCanonical(kind, bytes)
    }),
    { numRuns: 1500 },
  )
})

test('random content of any kind gives an error of the format', () => {
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), fc.uint8Array({ maxLength: 400 }), assertCanonical),
    { numRuns: 1500 },
  )
})

function assertCanonical(kind: number, bytes: Uint8Array): void {
  try {
    const content = decodeContent(kind, bytes)
    assert.ok(content !== null)
    assert.deepEqual(encodeContent(content), { kind, content: bytes })
  } catch (error: unknown) {
    assert.ok(error instanceof ProtocolError, String(error))
    assert.ok(error.code.startsWith('CONTENT_'), error.code)
  }
}

test('a kind of the future has no content here and no error', () => {
  for (const kind of [0, 13, 0x7fff, 0x8000, 0x8005, 0xffff]) {
    assert.equal(decodeContent(kind, named('x')), null)
    assert.equal(contentKindOf(kind), null)
  }
})

test('every kind has a number of its own and a codec', () => {
  assert.equal(new Set(KINDS).size, KINDS.length)
  for (const kind of KINDS) assert.notEqual(contentKindOf(kind), null)
})

const refused = (content: Content, change: (bytes: Uint8Array) => Uint8Array, code: string) => {
  const encoded = encodeContent(content)
  assert.throws(
    () => decodeContent(encoded.kind, change(encoded.content)),
    (error: unknown) => error instanceof ProtocolError && error.code === code,
    code,
  )
}

const plainText = (value: string): Content => ({
  kind: 'text',
  text: value,
  mentions: [],
  disappearSeconds: 0,
  replyTo: null,
})

describe('text', () => {
  test('control characters other than tab and newline are refused, both ways', () => {
    for (const [letter, isAllowed] of [
      ['\t', true],
      ['\n', true],
      ['\r', false],
      ['\0', false],
      ['\u001b', false],
      ['\u007f', false],
      ['\u0085', false],
      ['\u009f', false],
      ['\u00a0', true],
      ['\u202e', true],
      ['\ud800', false],
    ] as const) {
      assert.equal(isMessageText(`a${letter}b`), isAllowed, escape(letter))
      if (!isAllowed) assert.throws(() => encodeContent(plainText(`a${letter}b`)), AssertionError)
    }
    refused(plainText('ab'), (bytes) => bytes.with(-1, 0x1b) as Uint8Array, 'CONTENT_TEXT')
    refused(plainText('ab'), (bytes) => bytes.with(-1, 0xff) as Uint8Array, 'CONTENT_TEXT')
  })

  test('no text is no message', () => {
    assert.equal(isMessageText(''), false)
    refused(plainText('a'), (bytes) => bytes.with(-2, 0).subarray(0, -1), 'CONTENT_TEXT')
  })

  test('what turns direction is kept and flagged', () => {
    for (const code of [0x61c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069]) {
      const turning = `a${String.fromCharCode(code)}b`
      assert.ok(turnsDirection(turning) && isMessageText(turning))
    }
    assert.ok(!turnsDirection('سلام hello'))
  })

  test('it may have 32 KiB and not one byte more', () => {
    const longest = plainText('x'.repeat(TEXT_BYTES_MAX))
    const { kind, content } = encodeContent(longest)
    assert.deepEqual(decodeContent(kind, content), longest)
    assert.throws(() => encodeContent(plainText('x'.repeat(TEXT_BYTES_MAX + 1))), AssertionError)
    const more = Uint8Array.of(...content, 0x78)
    new DataView(more.buffer).setUint16(6, TEXT_BYTES_MAX + 1)
    assert.throws(() => decodeContent(kind, more), { code: 'CONTENT_LIMIT' })
  })

  test('mentions lie inside the text, between characters, in order', () => {
    const mention = (start: number, length: number) => ({ start, length, identity: BOB.identity })
    const build = (...mentions: ReturnType<typeof mention>[]): Content => ({
      ...(plainText('añb@') as Extract<Content, { kind: 'text' }>),
      mentions,
    })
    encodeContent(build(mention(0, 1), mention(1, 2), mention(4, 1)))
    for (const bad of [
      build(mention(0, 0)),
      build(mention(0, 6)),
      build(mention(0, 2)),
      build(mention(2, 1)),
      build(mention(1, 2), mention(0, 1)),
      build(mention(0, 3), mention(1, 2)),
    ]) {
      assert.throws(() => encodeContent(bad), AssertionError)
    }
    const set = (at: number, value: number) => (bytes: Uint8Array) => bytes.with(at, value)
    refused(build(mention(0, 1)), set(7, 2), 'CONTENT_FIELD')
    refused(build(mention(0, 1)), set(9, 9), 'CONTENT_FIELD')
    refused(build(mention(0, 1), mention(1, 2)), set(7, 3), 'CONTENT_ORDER')
    assert.equal(sliceText('añb@', 1, 2), 'ñ')
    assert.equal(sliceText('añb@', 1, 1), null)
  })
})

test('an emoji is one mark without spaces', () => {
  for (const good of ['👍', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'ok']) assert.ok(isEmoji(good))
  for (const bad of ['', ' ', '\n', 'a b', '\u2028', '\u3000', '\u202e', '\u0000'])
    assert.ok(!isEmoji(bad))
})

test('a file has a name and never a path', () => {
  for (const good of ['a', '..a', 'con', 'ñ.jpg']) assert.ok(isFileName(good))
  for (const bad of ['', '.', '..', 'a/b', 'a\\b', '\0', ' a', 'a\u202egpj.exe', 'x'.repeat(256)]) {
    assert.ok(!isFileName(bad), bad)
  }
})

test('a count above its limit is refused before anything is read', () => {
  const request = encodeContent({ kind: 'request', ranges: [], hashes: [named('h')] })
  assert.throws(() => decodeContent(request.kind, Uint8Array.of(255)), { code: 'CONTENT_LIMIT' })
  assert.throws(() => decodeContent(request.kind, Uint8Array.of(0, 65)), { code: 'CONTENT_LIMIT' })
  assert.throws(() => decodeContent(ENTRY_KINDS.answer, Uint8Array.of(129)), {
    code: 'CONTENT_LIMIT',
  })
  assert.throws(() => decodeContent(ENTRY_KINDS.membership, new Uint8Array(60_000)), {
    code: 'CONTENT_LIMIT',
  })
  assert.throws(() => decodeContent(ENTRY_KINDS.answer, new Uint8Array(60_000)), {
    code: 'CONTENT_LIMIT',
  })
})

test('stretches that touch, overlap or turn back are refused', () => {
  const receipt: Content = {
    kind: 'receipt',
    state: 'read',
    ranges: [
      { author: ALICE, from: 1, to: 2 },
      { author: ALICE, from: 9, to: 9 },
    ],
  }
  const second = (from: number, to: number) => (bytes: Uint8Array) =>
    bytes.with(2 + 64 + 55, from).with(2 + 64 + 63, to) as Uint8Array
  refused(receipt, second(3, 9), 'CONTENT_ORDER')
  refused(receipt, second(2, 9), 'CONTENT_ORDER')
  refused(receipt, second(9, 8), 'CONTENT_FIELD')
  refused(receipt, second(0, 9), 'CONTENT_FIELD')
  refused(receipt, (bytes) => bytes.with(2 + 48, 0xff) as Uint8Array, 'CONTENT_FIELD')
  refused(receipt, () => Uint8Array.of(1, 0), 'CONTENT_LENGTH')
  refused(receipt, (bytes) => bytes.with(0, 3) as Uint8Array, 'CONTENT_FIELD')
})
