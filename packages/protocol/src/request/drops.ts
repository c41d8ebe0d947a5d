// All drops that a carrier remembers, page by page: requests.md §8. `drop` is a drop and no more.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DROPS_ANSWER_BYTES_MAX,
  DROPS_POSITION_BYTES_MAX,
  REQUEST_DROPS_MAX,
} from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'
import { readDrops, writeDrops } from './lists.ts'

export interface DropsPage {
  readonly drops: readonly Uint8Array[]
  /** What to ask on with; null on the last page. */
  readonly position: Uint8Array | null
}

export const DROPS_BYTES_MAX = 2 + DROPS_POSITION_BYTES_MAX

function writePosition(writer: Writer, position: Uint8Array | null): Writer {
  assert(position === null || position.length > 0, 'expected a position, got no bytes')
  return writer.prefixed(position ?? new Uint8Array(0), DROPS_POSITION_BYTES_MAX)
}

function readPosition(reader: Reader): Uint8Array | null {
  const position = reader.prefixed(DROPS_POSITION_BYTES_MAX)
  return position.length === 0 ? null : position
}

/** From where the last page ended; null for the first. */
export function encodeDropsRequest(position: Uint8Array | null): Uint8Array {
  return writePosition(new Writer(), position).finish()
}

export function decodeDropsRequest(bytes: Uint8Array): Uint8Array | null {
  const reader = new Reader(bytes, 'REQUEST')
  const position = readPosition(reader)
  reader.end()
  return position
}

export function encodeDropsPage({ drops, position }: DropsPage): Uint8Array {
  assert(drops.length <= REQUEST_DROPS_MAX, `${drops.length} drops are too many`)
  assert(drops.length > 0 || position === null, 'expected drops where there are more')
  const writer = new Writer(1024)
  writeDrops(writer, drops)
  const bytes = writePosition(writer, position).finish()
  assert(bytes.length <= DROPS_ANSWER_BYTES_MAX, `a page of ${bytes.length} bytes is too large`)
  return bytes
}

export function decodeDropsPage(bytes: Uint8Array): DropsPage {
  if (bytes.length > DROPS_ANSWER_BYTES_MAX) {
    throw new ProtocolError('REQUEST_LIMIT', `${bytes.length} bytes`)
  }
  const reader = new Reader(bytes, 'REQUEST')
  const drops = readDrops(reader)
  const position = readPosition(reader)
  reader.end()
  // A page of nothing would make whoever asks on ask for ever.
  if (drops.length === 0 && position !== null) reader.fail('FIELD', 'no drops, but more of them')
  return { drops, position }
}
