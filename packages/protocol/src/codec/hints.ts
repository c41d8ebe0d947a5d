import { HINT_BYTES_MAX, HINTS_MAX } from '../constants.ts'
import { assert } from '../errors.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

const HINT = /^\/[!-~]+$/

/** link.md §5: a multiaddr as text. Whether a transport understands it is asked later. */
export function isHint(text: string): boolean {
  return text.length <= HINT_BYTES_MAX && HINT.test(text)
}

/** In the order in which they are to be tried. */
export function writeHints(writer: Writer, hints: readonly string[]): void {
  assert(hints.length <= HINTS_MAX, `expected at most ${HINTS_MAX} hints, got ${hints.length}`)
  assert(new Set(hints).size === hints.length, 'expected hints that differ')
  writer.u8(hints.length)
  for (const hint of hints) {
    assert(isHint(hint), 'expected a multiaddr in printable ASCII')
    writer.text(hint, HINT_BYTES_MAX)
  }
}

export function readHints(reader: Reader): readonly string[] {
  const count = reader.u8()
  if (count > HINTS_MAX) reader.fail('LIMIT', `${count} hints, at most ${HINTS_MAX}`)
  const hints = Array.from({ length: count }, () => {
    const hint = reader.text(HINT_BYTES_MAX)
    if (!isHint(hint)) reader.fail('TEXT', 'a hint that is no multiaddr in printable ASCII')
    return hint
  })
  if (new Set(hints).size !== count) reader.fail('ORDER', 'a hint twice')
  return hints
}
