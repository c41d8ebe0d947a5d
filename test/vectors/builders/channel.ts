import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { JsonObject, Vector } from '../vector.ts'

const KINDS = { request: 1, notice: 2, cancel: 3, answer: 4 } as const
const BODY_BYTES_MAX = 69_632
const FETCH = 6
const STEM = 19

type Kind = keyof typeof KINDS

interface Parts {
  readonly length: number
  readonly kind: number
  readonly id: number
  readonly code: number
}

const HONEST: Parts = { length: 3, kind: KINDS.request, id: 7, code: FETCH }

function header(lie: Partial<Parts> = {}): Uint8Array {
  const { length, kind, id, code } = { ...HONEST, ...lie }
  const view = new DataView(new ArrayBuffer(11))
  view.setUint32(0, length)
  view.setUint8(4, kind)
  view.setUint32(5, id)
  view.setUint16(9, code)
  return new Uint8Array(view.buffer)
}

function frame(kind: Kind, id: number, code: number, body: Uint8Array): Uint8Array {
  return concatBytes(header({ kind: KINDS[kind], id, code, length: body.length }), body)
}

type Side = 'asker' | 'answerer'

function good(
  name: string,
  note: string,
  from: Side,
  { kind, id, code, length }: Parts & { readonly kind: number },
): Vector {
  const named = Object.entries(KINDS).find(([, number]) => number === kind)![0]
  return {
    format: 'channel',
    name,
    note,
    entry: 'header',
    input: { from, header: toHex(header({ kind, id, code, length })) },
    expect: 'ok',
    output: { kind: named, id, code, bodyBytes: length },
  }
}

function bad(
  name: string,
  note: string,
  code: ErrorCode,
  bytes: Uint8Array,
  from: Side = 'asker',
): Vector {
  const expect = ERROR_TABLE.get(code)!.failure
  const input = { from, header: toHex(bytes) }
  return { format: 'channel', name, note, entry: 'header', input, expect, code }
}

function headers(): Vector[] {
  const answer = { ...HONEST, kind: KINDS.answer, code: 0 }
  return [
    good('request', 'A request of three bytes.', 'asker', HONEST),
    good('largest-body', 'As large as a body may be.', 'asker', {
      ...HONEST,
      length: BODY_BYTES_MAX,
    }),
    good('last-id', 'The largest id; 1 comes after it.', 'asker', { ...HONEST, id: 0xffff_ffff }),
    good(
      'unknown-method',
      'A method that is not known is answered, not refused: a later version may have it.',
      'asker',
      { ...HONEST, code: 0xffff },
    ),
    good('notice', 'A notice, whose id is 0, since nobody answers it.', 'asker', {
      ...{ length: 40, kind: KINDS.notice, id: 0, code: STEM },
    }),
    good('cancel', 'A request is taken back.', 'asker', {
      ...{ length: 0, kind: KINDS.cancel, id: 7, code: 0 },
    }),
    good('answer', 'An answer that carries something.', 'answerer', answer),
    good('empty-answer', 'An answer that says only that it was done.', 'answerer', {
      ...answer,
      length: 0,
    }),
    good('busy', 'No room for the request now.', 'answerer', { ...answer, length: 0, code: 1 }),
    good('later-status', 'A status that no version had when this was written.', 'answerer', {
      ...answer,
      length: 0,
      code: 255,
    }),
  ]
}

function outOfBounds(): Vector[] {
  return [
    bad('empty', 'No bytes at all.', 'FRAME_TRUNCATED', new Uint8Array(0)),
    bad('truncated', 'The last byte is missing.', 'FRAME_TRUNCATED', header().subarray(0, 10)),
    bad(
      'too-large',
      'A byte more than a body may have.',
      'FRAME_LIMIT',
      header({ length: BODY_BYTES_MAX + 1 }),
    ),
    bad(
      'absurd-length',
      'Four gigabytes are announced: nobody makes room for them.',
      'FRAME_LIMIT',
      header({ length: 0xffff_ffff }),
    ),
    bad('kind-zero', 'Kind 0 is none.', 'FRAME_KIND', header({ kind: 0 })),
    bad('unknown-kind', 'Kind 5 is none.', 'FRAME_KIND', header({ kind: 5 })),
    bad(
      'kind-with-high-bit',
      'A request, and a bit that means nothing.',
      'FRAME_KIND',
      header({ kind: 129 }),
    ),
  ]
}

function outOfPlace(): Vector[] {
  const answer = { kind: KINDS.answer, code: 0 }
  return [
    bad('request-zero', 'Id 0 is for notices.', 'FRAME_FIELD', header({ id: 0 })),
    bad(
      'notice-with-id',
      'A notice with an id would look as if somebody answered it.',
      'FRAME_FIELD',
      header({ kind: KINDS.notice, code: STEM }),
    ),
    bad(
      'cancel-zero',
      'There is no request 0 to take back.',
      'FRAME_FIELD',
      header({ kind: KINDS.cancel, id: 0, code: 0, length: 0 }),
    ),
    bad(
      'cancel-with-method',
      'The id says all; a method beside it is a second form of the same.',
      'FRAME_FIELD',
      header({ kind: KINDS.cancel, length: 0 }),
    ),
    bad(
      'cancel-with-body',
      'A body that nobody reads.',
      'FRAME_LENGTH',
      header({ kind: KINDS.cancel, code: 0 }),
    ),
    bad(
      'answer-zero',
      'Nobody asked with id 0.',
      'FRAME_FIELD',
      header({ ...answer, id: 0 }),
      'answerer',
    ),
    bad(
      'busy-with-body',
      'Only an answer with status 0 carries something.',
      'FRAME_LENGTH',
      header({ ...answer, code: 1 }),
      'answerer',
    ),
    bad(
      'refusal-with-body',
      'A status of errors.md says all that there is to say.',
      'FRAME_LENGTH',
      header({ ...answer, code: 0x0801 }),
      'answerer',
    ),
    bad('answer-from-asker', 'The side that asks does not answer.', 'FRAME_STATE', header(answer)),
    bad(
      'request-from-answerer',
      'The side that answers asks on a channel of its own.',
      'FRAME_STATE',
      header(),
      'answerer',
    ),
  ]
}

interface ReadFrame {
  readonly kind: Kind
  readonly id: number
  readonly code: number
  readonly text: string
}

const FRAMES: readonly ReadFrame[] = [
  { kind: 'request', id: 1, code: FETCH, text: 'a mailbox' },
  { kind: 'notice', id: 0, code: STEM, text: 'an envelope' },
  { kind: 'cancel', id: 1, code: 0, text: '' },
  { kind: 'request', id: 2, code: FETCH, text: 'another mailbox' },
]

const STREAM = concatBytes(
  ...FRAMES.map(({ kind, id, code, text }) => frame(kind, id, code, utf8(text))),
)

function read(name: string, note: string, pieces: readonly Uint8Array[], more: JsonObject): Vector {
  const { skip = [], count = FRAMES.length, isWithin = false } = more
  const frames = FRAMES.slice(0, Number(count)).map(({ kind, id, code, text }) => ({
    ...{ kind, id, code, bodyBytes: utf8(text).length },
    body: (skip as number[]).includes(id) ? null : toHex(utf8(text)),
  }))
  return {
    format: 'channel',
    name,
    note,
    entry: 'read',
    input: { from: 'asker', pieces: pieces.map(toHex), skip },
    expect: 'ok',
    output: { frames, isWithin },
  }
}

function reads(): Vector[] {
  const bytes = Array.from(STREAM, (byte) => Uint8Array.of(byte))
  const code: ErrorCode = 'FRAME_KIND'
  return [
    read('read-in-one', 'Four frames that come at once.', [STREAM], {}),
    read('read-byte-by-byte', 'Four frames, each byte for itself.', bytes, {}),
    read(
      'read-without-end',
      'The last byte has not come: three frames, and one that has begun.',
      [STREAM.subarray(0, 30), STREAM.subarray(30, -1)],
      { count: 3, isWithin: true },
    ),
    read(
      'read-past-a-body',
      'The first body is not wanted: it is passed over, and what follows is read.',
      [STREAM.subarray(0, 15), STREAM.subarray(15)],
      { skip: [1] },
    ),
    {
      format: 'channel',
      name: 'read-garbage-behind',
      note: 'After a good frame comes what is none.',
      entry: 'read',
      input: { from: 'asker', pieces: [toHex(STREAM), toHex(header({ kind: 9 }))] },
      expect: ERROR_TABLE.get(code)!.failure,
      code,
    },
  ]
}

function encoded(): Vector[] {
  const body = utf8('an answer')
  return [
    {
      format: 'channel',
      name: 'encode',
      note: 'What is written, to the byte.',
      entry: 'encode',
      input: { kind: 'answer', id: 258, code: 0, body: toHex(body) },
      expect: 'ok',
      output: toHex(frame('answer', 258, 0, body)),
    },
  ]
}

export function build(): Vector[] {
  return [...headers(), ...outOfBounds(), ...outOfPlace(), ...reads(), ...encoded()]
}
