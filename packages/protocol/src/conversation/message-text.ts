// Which text may be in a message. kinds.md §2
import { fromUtf8, utf8 } from '../codec/bytes.ts'
import type { Reader } from '../codec/reader.ts'
import type { Writer } from '../codec/writer.ts'
import { assert } from '../errors.ts'

const TAB = 0x09
const NEWLINE = 0x0a

function isControl(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f)
}

/** By code point: properties differ between versions of Unicode. */
function isTurning(code: number): boolean {
  return (
    code === 0x61c ||
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  )
}

/** Something, well formed, and no control characters but tab and newline. */
export function isMessageText(text: string): boolean {
  if (text === '' || !text.isWellFormed()) return false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isControl(code) && code !== TAB && code !== NEWLINE) return false
  }
  return true
}

/** Text that may turn the direction of what is around it: shown isolated, with a mark. */
export function turnsDirection(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (isTurning(text.charCodeAt(at))) return true
  }
  return false
}

/** One emoji, whatever emojis there are: no space, no control, nothing that turns direction. */
export function isEmoji(text: string): boolean {
  return isMessageText(text) && !turnsDirection(text) && !/[\s\u2028\u2029]/u.test(text)
}

export function writeMessageText(writer: Writer, text: string, bytesMax: number): void {
  assert(isMessageText(text), 'expected text without control characters')
  writer.text(text, bytesMax)
}

export function readMessageText(reader: Reader, bytesMax: number): string {
  const text = reader.text(bytesMax)
  if (!isMessageText(text)) reader.fail('TEXT', 'empty, or with control characters')
  return text
}

/** Whether a byte offset is between two characters. */
export function isBoundary(bytes: Uint8Array, offset: number): boolean {
  return offset === bytes.length || (bytes[offset]! & 0xc0) !== 0x80
}

/** The part of a text between two byte offsets. */
export function sliceText(text: string, start: number, length: number): string | null {
  return fromUtf8(utf8(text).subarray(start, start + length))
}
