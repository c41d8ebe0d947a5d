// channel.md §1: what goes over a channel between two peers.
import {
  CHANNEL_STATUSES,
  FRAME_BODY_BYTES_MAX,
  FRAME_HEADER_BYTES,
  FRAME_KINDS,
} from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'

export type FrameKind = keyof typeof FRAME_KINDS

/** Whoever opened the channel asks; the other side answers. */
export type FrameSide = 'asker' | 'answerer'

export interface FrameHeader {
  readonly kind: FrameKind
  /** 0 for a notice, which nobody answers. */
  readonly id: number
  /** A method's number, an answer's status, or 0. */
  readonly code: number
  readonly bodyBytes: number
}

const KINDS: readonly (FrameKind | undefined)[] = Object.entries(FRAME_KINDS).reduce<
  (FrameKind | undefined)[]
>((kinds, [kind, number]) => {
  kinds[number] = kind as FrameKind
  return kinds
}, [])

/** channel.md §2: what is wrong with a header, whoever wrote it; null where nothing is. */
function defectOf(header: FrameHeader): 'FIELD' | 'LENGTH' | 'LIMIT' | null {
  const { kind, id, code, bodyBytes } = header
  if (bodyBytes > FRAME_BODY_BYTES_MAX) return 'LIMIT'
  if ((kind === 'notice') !== (id === 0)) return 'FIELD'
  if (kind === 'cancel' && code !== 0) return 'FIELD'
  const isEmpty = kind === 'cancel' || (kind === 'answer' && code !== CHANNEL_STATUSES.ok)
  return isEmpty && bodyBytes !== 0 ? 'LENGTH' : null
}

/** Writes the header at `offset`; the body comes after it. */
export function writeFrameHeader(header: FrameHeader, into: Uint8Array, offset = 0): void {
  const { kind, id, code, bodyBytes } = header
  const defect = defectOf(header)
  assert(defect === null, `a frame whose header has a wrong ${defect}`)
  const view = new DataView(into.buffer, into.byteOffset + offset, FRAME_HEADER_BYTES)
  view.setUint32(0, bodyBytes)
  view.setUint8(4, FRAME_KINDS[kind])
  view.setUint32(5, id)
  view.setUint16(9, code)
}

/** Of the first bytes, before any of the body is read. `from` is the side that wrote them. */
export function decodeFrameHeader(bytes: Uint8Array, from: FrameSide): FrameHeader {
  if (bytes.length < FRAME_HEADER_BYTES) throw new ProtocolError('FRAME_TRUNCATED')
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES)
  const bodyBytes = view.getUint32(0)
  if (bodyBytes > FRAME_BODY_BYTES_MAX) {
    throw new ProtocolError('FRAME_LIMIT', `${bodyBytes} bytes`)
  }
  const kind = KINDS[view.getUint8(4)]
  if (kind === undefined) throw new ProtocolError('FRAME_KIND', String(view.getUint8(4)))
  const isAnswer = kind === 'answer'
  if (isAnswer !== (from === 'answerer')) {
    throw new ProtocolError('FRAME_STATE', `${kind} from the ${from}`)
  }
  const header = { kind, id: view.getUint32(5), code: view.getUint16(9), bodyBytes }
  const defect = defectOf(header)
  if (defect !== null) throw new ProtocolError(`FRAME_${defect}`, kind)
  return header
}

export function encodeFrame(header: FrameHeader, body: Uint8Array): Uint8Array {
  assert(body.length === header.bodyBytes, 'a frame whose body has another length')
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length)
  writeFrameHeader(header, frame)
  frame.set(body, FRAME_HEADER_BYTES)
  return frame
}
