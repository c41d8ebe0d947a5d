import { utf8 } from '../codec/bytes.ts'
import { isPlainText } from '../codec/plain-text.ts'
import { NETWORK_NAME_BYTES_MAX } from '../constants.ts'

// network.md §1: no name of a network is in need of them, and with them two look alike.
const JOINERS = ['\u200c', '\u200d']

/** What is wrong with a network's name, or null. */
export function nameDefect(name: string): string | null {
  const length = utf8(name).length
  if (length < 1 || length > NETWORK_NAME_BYTES_MAX) return `a name of ${length} bytes`
  if (!isPlainText(name)) return 'a character that does not show, or a space at the edge'
  if (JOINERS.some((joiner) => name.includes(joiner))) return 'a joiner, which does not show'
  if (name.normalize('NFC') !== name) return 'a name that is not in form C'
  return null
}
