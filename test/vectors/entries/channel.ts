import {
  decodeFrameHeader,
  encodeFrame,
  type FrameKind,
  type FrameSide,
} from '@ezchat/protocol/channel/frame.ts'
import { FrameReader } from '@ezchat/protocol/channel/frame-reader.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import { bytes, list, number, text } from '../input.ts'
import type { Entries, JsonObject } from '../vector.ts'

function side(input: JsonObject): FrameSide {
  const from = text(input, 'from')
  assert(from === 'asker' || from === 'answerer', `vector input from: ${from}`)
  return from
}

function skipped(input: JsonObject): readonly number[] {
  const ids = input.skip ?? []
  assert(Array.isArray(ids), 'vector input skip: expected a list')
  return ids.map(Number)
}

export const entries: Entries = {
  header: (input) => ({ ...decodeFrameHeader(bytes(input, 'header'), side(input)) }),
  read(input) {
    const skip = skipped(input)
    const reader = new FrameReader(side(input), ({ id }) => !skip.includes(id))
    const frames: JsonObject[] = []
    for (const piece of list(input, 'pieces')) {
      reader.push(piece)
      for (let frame = reader.next(); frame !== null; frame = reader.next()) {
        const { header, body } = frame
        frames.push({ ...header, body: body === null ? null : toHex(body) })
      }
    }
    return { frames, isWithin: reader.isWithin }
  },
  encode(input) {
    const body = bytes(input, 'body')
    const kind = text(input, 'kind') as FrameKind
    const [id, code] = [number(input, 'id'), number(input, 'code')]
    return toHex(encodeFrame({ kind, id, code, bodyBytes: body.length }, body))
  },
}
