import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeFrameHeader,
  encodeFrame,
  type FrameHeader,
  type FrameKind,
  type FrameSide,
} from '@ezchat/protocol/channel/frame.ts'
import { type Frame, FrameReader } from '@ezchat/protocol/channel/frame-reader.ts'
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import { FRAME_BODY_BYTES_MAX, FRAME_HEADER_BYTES } from '@ezchat/protocol/constants.ts'
import { AssertionError, ProtocolError } from '@ezchat/protocol/errors.ts'
import { METHODS } from '@ezchat/protocol/request/method.ts'
import fc from 'fast-check'

const sideOf = (kind: FrameKind): FrameSide => (kind === 'answer' ? 'answerer' : 'asker')
const refuses = (code: string) => (error: unknown) =>
  error instanceof ProtocolError && error.code === code

const ids = fc.integer({ min: 1, max: 0xffff_ffff })
const codes = fc.integer({ min: 0, max: 0xffff })
const bodies = fc.uint8Array({ maxLength: 300 })
const empty = fc.constant(new Uint8Array(0))

interface Given {
  readonly header: FrameHeader
  readonly body: Uint8Array
}

const given = (
  kind: FrameKind,
  id: fc.Arbitrary<number>,
  code: fc.Arbitrary<number>,
  body: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<Given> =>
  fc.tuple(id, code, body).map(([i, c, b]) => ({
    header: { kind, id: i, code: c, bodyBytes: b.length },
    body: b,
  }))

const asked = fc.oneof(
  given('request', ids, codes, bodies),
  given('notice', fc.constant(0), codes, bodies),
  given('cancel', ids, fc.constant(0), empty),
)
const answered = fc.oneof(
  given('answer', ids, fc.constant(0), bodies),
  given('answer', ids, fc.integer({ min: 1, max: 0xffff }), empty),
)

function readAll(from: FrameSide, pieces: readonly Uint8Array[]): Frame[] {
  const frames: Frame[] = []
  const reader = new FrameReader(from, () => true)
  for (const piece of pieces) {
    reader.push(piece)
    for (let frame = reader.next(); frame !== null; frame = reader.next()) frames.push(frame)
  }
  assert.equal(reader.unreadBytes, 0)
  return frames
}

/** Cuts bytes at what the numbers say. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length] ?? 1)
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

test('what is encoded decodes to itself, whatever the pieces', () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 })
  for (const [from, frames] of [
    ['asker', asked],
    ['answerer', answered],
  ] as const) {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 8 }), pieces, (list, lengths) => {
        const bytes = concatBytes(...list.map(({ header, body }) => encodeFrame(header, body)))
        assert.deepEqual(readAll(from, cut(bytes, lengths)), list)
      }),
      { numRuns: 200 },
    )
  }
})

test('every header either is refused or encodes to the same bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 0, maxLength: 14 }),
      fc.constantFrom<FrameSide>('asker', 'answerer'),
      fc.boolean(),
      (random, from, isShort) => {
        // Mostly lengths that are allowed, so that the other fields are looked at.
        if (isShort) random.fill(0, 0, 3)
        try {
          const header = decodeFrameHeader(random, from)
          const again = encodeFrame(header, new Uint8Array(header.bodyBytes))
          assert.deepEqual(again.subarray(0, 11), random.subarray(0, 11))
        } catch (error: unknown) {
          assert.ok(error instanceof ProtocolError, String(error))
        }
      },
    ),
    { numRuns: 3000 },
  )
})

test('random bytes only ever give frames or a ProtocolError', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (pieces) => {
      try {
        for (const { header, body } of readAll('asker', pieces)) {
          assert.equal(body?.length, header.bodyBytes)
        }
      } catch (error: unknown) {
        assert.ok(error instanceof ProtocolError, String(error))
      }
    }),
    { numRuns: 1000 },
  )
})

test('a body of the largest size is read, one byte more is refused from its header', () => {
  const header = { kind: 'request', id: 1, code: 3, bodyBytes: FRAME_BODY_BYTES_MAX } as const
  const frame = encodeFrame(header, new Uint8Array(FRAME_BODY_BYTES_MAX).fill(5))
  assert.deepEqual(readAll('asker', [frame])[0]?.header, header)
  const head = frame.slice(0, FRAME_HEADER_BYTES)
  for (const bytes of [FRAME_BODY_BYTES_MAX + 1, 0xffff_ffff]) {
    new DataView(head.buffer).setUint32(0, bytes)
    let isAsked = false
    const reader = new FrameReader('asker', () => {
      isAsked = true
      return true
    })
    reader.push(head)
    assert.throws(() => reader.next(), refuses('FRAME_LIMIT'))
    assert.equal(isAsked, false)
  }
})

test('every method fits a frame', () => {
  for (const [name, method] of Object.entries(METHODS)) {
    const most = Math.max(method.requestBytesMax, method.answerBytesMax)
    assert.ok(most <= FRAME_BODY_BYTES_MAX, `${name} has ${most} bytes`)
  }
})

test('a frame that is not admitted is passed over, and the next one is read', () => {
  const bodyBytes = 50
  const first = { kind: 'request', id: 1, code: 9, bodyBytes } as const
  const second = { kind: 'request', id: 2, code: 9, bodyBytes } as const
  const asked: number[] = []
  const reader = new FrameReader('asker', ({ id }) => {
    asked.push(id)
    return id === 2
  })
  const bytes = concatBytes(
    encodeFrame(first, new Uint8Array(bodyBytes).fill(1)),
    encodeFrame(second, new Uint8Array(bodyBytes).fill(2)),
  )
  const frames: Frame[] = []
  for (const piece of cut(bytes, [7])) {
    reader.push(piece)
    const frame = reader.next()
    if (frame !== null) frames.push(frame)
  }
  assert.deepEqual(asked, [1, 2])
  assert.deepEqual(frames, [
    { header: first, body: null },
    { header: second, body: new Uint8Array(bodyBytes).fill(2) },
  ])
})

test('what is not read yet is counted, and whether a frame has begun', () => {
  const header = { kind: 'request', id: 1, code: 9, bodyBytes: 10 } as const
  const frame = encodeFrame(header, new Uint8Array(10))
  const reader = new FrameReader('asker', () => true)
  assert.equal(reader.isWithin, false)
  reader.push(frame)
  reader.push(new Uint8Array(0))
  reader.push(frame.subarray(0, 12))
  assert.equal(reader.unreadBytes, 33)
  assert.ok(reader.next() !== null)
  assert.deepEqual([reader.isWithin, reader.unreadBytes], [false, 12])
  assert.equal(reader.next(), null)
  assert.deepEqual([reader.isWithin, reader.unreadBytes], [true, 0])
  reader.clear()
  assert.deepEqual([reader.isWithin, reader.unreadBytes], [false, 0])
  reader.push(frame)
  assert.ok(reader.next() !== null)
})

test('a body is its own memory and no view of what came', () => {
  const header = { kind: 'request', id: 1, code: 9, bodyBytes: 4 } as const
  const frame = encodeFrame(header, Uint8Array.of(1, 2, 3, 4))
  const [read] = readAll('asker', [frame])
  frame.fill(0)
  assert.deepEqual(read?.body, Uint8Array.of(1, 2, 3, 4))
  assert.equal(read?.body?.buffer.byteLength, 4)
})

test('to write what a reader refuses is a bug', () => {
  const wrong: FrameHeader[] = [
    { kind: 'request', id: 0, code: 1, bodyBytes: 0 },
    { kind: 'notice', id: 1, code: 1, bodyBytes: 0 },
    { kind: 'cancel', id: 1, code: 1, bodyBytes: 0 },
    { kind: 'cancel', id: 1, code: 0, bodyBytes: 1 },
    { kind: 'answer', id: 1, code: 1, bodyBytes: 1 },
    { kind: 'request', id: 1, code: 1, bodyBytes: FRAME_BODY_BYTES_MAX + 1 },
  ]
  for (const header of wrong) {
    const body = new Uint8Array(header.bodyBytes)
    assert.throws(() => encodeFrame(header, body), AssertionError, JSON.stringify(header))
  }
  const short = { kind: 'request', id: 1, code: 1, bodyBytes: 2 } as const
  assert.throws(() => encodeFrame(short, new Uint8Array(1)), AssertionError)
})

test('each side writes its own kinds', () => {
  for (const kind of ['request', 'notice', 'cancel', 'answer'] as const) {
    const id = kind === 'notice' ? 0 : 7
    const frame = encodeFrame({ kind, id, code: 0, bodyBytes: 0 }, new Uint8Array(0))
    const other = sideOf(kind) === 'asker' ? 'answerer' : 'asker'
    assert.equal(decodeFrameHeader(frame, sideOf(kind)).kind, kind)
    assert.throws(() => decodeFrameHeader(frame, other), refuses('FRAME_STATE'))
  }
})
