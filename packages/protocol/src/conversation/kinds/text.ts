// Text, a change of it, and its removal. kinds.md §3
import { utf8 } from '../../codec/bytes.ts'
import type { Reader } from '../../codec/reader.ts'
import type { Writer } from '../../codec/writer.ts'
import { MENTIONS_MAX, TEXT_BYTES_MAX } from '../../constants.ts'
import { PUBLIC_KEY_BYTES } from '../../crypto/lengths.ts'
import { assert } from '../../errors.ts'
import { isBoundary, readMessageText, writeMessageText } from '../message-text.ts'
import { type MessageHead, readHash, readHead, writeHash, writeHead } from './message-head.ts'

/** A stretch of the text, in bytes, that stands for a person. */
export interface Mention {
  readonly start: number
  readonly length: number
  readonly identity: Uint8Array
}

export interface MentioningText {
  readonly text: string
  readonly mentions: readonly Mention[]
}

export interface TextContent extends MentioningText, MessageHead {
  readonly kind: 'text'
}

export interface EditContent extends MentioningText {
  readonly kind: 'edit'
  readonly target: Uint8Array
}

export interface DeleteContent {
  readonly kind: 'delete'
  readonly target: Uint8Array
}

/** Null, or what is wrong with them. */
function mentionsDefect({ text, mentions }: MentioningText): 'ORDER' | 'FIELD' | null {
  const bytes = utf8(text)
  let next = 0
  for (const { start, length } of mentions) {
    if (start < next) return 'ORDER'
    next = start + length
    if (length === 0 || next > bytes.length) return 'FIELD'
    if (!isBoundary(bytes, start) || !isBoundary(bytes, next)) return 'FIELD'
  }
  return null
}

function writeMentioning(writer: Writer, content: MentioningText): Writer {
  const { text, mentions } = content
  assert(mentions.length <= MENTIONS_MAX && mentionsDefect(content) === null, 'mentions')
  writer.u8(mentions.length)
  for (const { start, length, identity } of mentions) {
    writer.u16(start).u16(length).bytes(identity, PUBLIC_KEY_BYTES)
  }
  writeMessageText(writer, text, TEXT_BYTES_MAX)
  return writer
}

function readMentioning(reader: Reader): MentioningText {
  const count = reader.u8()
  if (count > MENTIONS_MAX) reader.fail('LIMIT', `${count} mentions`)
  const mentions: Mention[] = []
  for (let at = 0; at < count; at++) {
    const start = reader.u16()
    const length = reader.u16()
    mentions.push({ start, length, identity: reader.bytes(PUBLIC_KEY_BYTES) })
  }
  const content = { mentions, text: readMessageText(reader, TEXT_BYTES_MAX) }
  const defect = mentionsDefect(content)
  if (defect !== null) reader.fail(defect, 'mentions')
  return content
}

export function writeText(writer: Writer, content: TextContent): void {
  writeHead(writer, content)
  writeMentioning(writer, content)
}

export function readText(reader: Reader): TextContent {
  return { kind: 'text', ...readHead(reader), ...readMentioning(reader) }
}

export function writeEdit(writer: Writer, content: EditContent): void {
  writeMentioning(writeHash(writer, content.target), content)
}

export function readEdit(reader: Reader): EditContent {
  return { kind: 'edit', target: readHash(reader), ...readMentioning(reader) }
}

export function writeDelete(writer: Writer, { target }: DeleteContent): void {
  writeHash(writer, target)
}

export function readDelete(reader: Reader): DeleteContent {
  return { kind: 'delete', target: readHash(reader) }
}
