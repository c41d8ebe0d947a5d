// What a message of a session carries: somebody's content, or what the sessions say among
// themselves. session.md §9
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { REFERENCE_BYTES, RESEND_REFERENCES_MAX } from '../constants.ts'

export type Frame =
  | { readonly kind: 'content'; readonly content: Uint8Array }
  /** Messages of yours that I could not open; please send what was in them. */
  | { readonly kind: 'resend'; readonly references: readonly Uint8Array[] }
  /** So that a renewed session can be answered. */
  | { readonly kind: 'nothing' }

const FRAME_CONTENT = 1
const FRAME_RESEND = 2
const FRAME_NOTHING = 3

export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.kind) {
    case 'content':
      return new Writer(1 + frame.content.length).u8(FRAME_CONTENT).bytes(frame.content).finish()
    case 'resend': {
      const { references } = frame
      const writer = new Writer(2 + references.length * REFERENCE_BYTES).u8(FRAME_RESEND)
      writer.u8(references.length)
      for (const reference of references) writer.bytes(reference, REFERENCE_BYTES)
      return writer.finish()
    }
    case 'nothing':
      return Uint8Array.of(FRAME_NOTHING)
  }
}

/** Null for a kind from a newer version, which is passed over. */
export function decodeFrame(bytes: Uint8Array): Frame | null {
  const reader = new Reader(bytes, 'SESSION')
  switch (reader.u8()) {
    case FRAME_CONTENT:
      return { kind: 'content', content: reader.bytes(reader.left) }
    case FRAME_RESEND: {
      const count = reader.within(reader.u8(), 1, RESEND_REFERENCES_MAX, 'number of references')
      const references = Array.from({ length: count }, () => reader.bytes(REFERENCE_BYTES).slice())
      reader.end()
      return { kind: 'resend', references }
    }
    case FRAME_NOTHING:
      reader.end()
      return { kind: 'nothing' }
    default:
      return null
  }
}
