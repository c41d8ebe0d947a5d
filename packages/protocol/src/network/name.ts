import { utf8 } from '../codec/bytes.ts'
import { NETWORK_NAME_BYTES_MAX } from '../constants.ts'

// network.md §1: control characters, line separators, and what does not show or turns the
// direction of text, so that no name can pass for another or break out of its line.
const FORBIDDEN_RANGES = [
  [0x0000, 0x001f],
  [0x007f, 0x009f],
  [0x00ad, 0x00ad],
  [0x061c, 0x061c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
] as const

function isForbidden(character: string): boolean {
  const code = character.codePointAt(0)!
  return FORBIDDEN_RANGES.some(([first, last]) => code >= first && code <= last)
}

/** What is wrong with a network's name, or null. */
export function nameDefect(name: string): string | null {
  const length = utf8(name).length
  if (length < 1 || length > NETWORK_NAME_BYTES_MAX) return `a name of ${length} bytes`
  if (!name.isWellFormed()) return 'half of a surrogate pair'
  if (name.normalize('NFC') !== name) return 'a name that is not in form C'
  if ([...name].some(isForbidden)) return 'a character that does not show'
  if (name.startsWith(' ') || name.endsWith(' ')) return 'a space at the edge of the name'
  return null
}
