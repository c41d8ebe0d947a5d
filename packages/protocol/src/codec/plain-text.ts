import { assert } from '../errors.ts'
import { fromUtf8, utf8 } from './bytes.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

// link.md §5. By code point, not by Unicode's properties: those differ between versions.
const FORBIDDEN: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x1f], // controls
  [0x7f, 0x9f],
  [0xad, 0xad], // soft hyphen
  [0x61c, 0x61c], // marks that turn the direction of what follows, outside the name too
  [0x115f, 0x1160], // letters without a shape
  [0x180e, 0x180e],
  [0x200b, 0x200b], // but not the joiners, which emoji and Indic scripts need
  [0x200e, 0x200f],
  [0x2028, 0x202e], // line and paragraph ends, direction
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe007f], // tags: text inside text that nobody sees
]

/** Whether a name chosen by somebody else may be shown in a line of ours. */
export function isPlainText(text: string): boolean {
  if (fromUtf8(utf8(text)) !== text) return false // Half of a surrogate pair.
  if (text.startsWith(' ') || text.endsWith(' ')) return false
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (FORBIDDEN.some(([first, last]) => code >= first && code <= last)) return false
  }
  return true
}

export function isPlainName(text: string, bytesMax: number): boolean {
  return isPlainText(text) && utf8(text).length <= bytesMax
}

export function writeName(writer: Writer, name: string, bytesMax: number): void {
  assert(isPlainText(name), 'expected a name without controls or invisible characters')
  writer.text(name, bytesMax)
}

export function readName(reader: Reader, bytesMax: number): string {
  const name = reader.text(bytesMax)
  if (!isPlainText(name)) reader.fail('TEXT', 'a name with characters that do not show')
  return name
}
