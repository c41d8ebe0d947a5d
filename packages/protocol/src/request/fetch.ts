// What has arrived for a selector since a cursor: requests.md §6.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { CURSOR_BYTES_MAX, REQUEST_ENVELOPES_BYTES_MAX } from '../constants.ts'
import { assert } from '../errors.ts'
import { ENVELOPES, ENVELOPES_BYTES_MAX, readEnvelopes, writeEnvelopes } from './lists.ts'
import { readSelector, SELECTOR_BYTES_MAX, type Selector, writeSelector } from './selector.ts'
import type { Sharded } from './shard-map.ts'

export interface Fetch {
  readonly selector: Selector
  /** What the carrier gave last for this selector; null for all that it holds. */
  readonly cursor: Uint8Array | null
  /** One envelope may be larger: else it would never come. */
  readonly bytesMax: number
}

export interface Fetched {
  readonly envelopes: readonly Uint8Array[]
  readonly cursor: Uint8Array
  /** Nothing more is there now. */
  readonly isEnd: boolean
}

export const FETCH_BYTES_MAX = SELECTOR_BYTES_MAX + 2 + CURSOR_BYTES_MAX + 4
export const FETCHED_BYTES_MAX = ENVELOPES_BYTES_MAX + 2 + CURSOR_BYTES_MAX + 1

/** A carrier's own bytes, which nobody else reads. None stands for the beginning. */
export function writeCursor(writer: Writer, cursor: Uint8Array | null): void {
  assert(cursor === null || cursor.length > 0, 'expected a cursor, got no bytes')
  writer.prefixed(cursor ?? new Uint8Array(0), CURSOR_BYTES_MAX)
}

export function readCursor(reader: Reader): Uint8Array | null {
  const cursor = reader.prefixed(CURSOR_BYTES_MAX)
  return cursor.length === 0 ? null : cursor
}

/** In an answer there is always one. */
export function readCursorGiven(reader: Reader): Uint8Array {
  const cursor = readCursor(reader)
  if (cursor === null) reader.fail('LENGTH', 'a cursor without bytes')
  return cursor
}

export function encodeFetch(network: Sharded, fetch: Fetch): Uint8Array {
  const { selector, cursor, bytesMax } = fetch
  assert(
    bytesMax >= 1 && bytesMax <= REQUEST_ENVELOPES_BYTES_MAX,
    `${bytesMax} bytes are asked for`,
  )
  const writer = new Writer()
  writeSelector(writer, network, selector)
  writeCursor(writer, cursor)
  return writer.u32(bytesMax).finish()
}

export function decodeFetch(network: Sharded, bytes: Uint8Array): Fetch {
  const reader = new Reader(bytes, 'REQUEST')
  const selector = readSelector(reader, network)
  const cursor = readCursor(reader)
  const bytesMax = reader.within(reader.u32(), 1, REQUEST_ENVELOPES_BYTES_MAX, 'bytes asked for')
  reader.end()
  return { selector, cursor, bytesMax }
}

export function encodeFetched({ envelopes, cursor, isEnd }: Fetched): Uint8Array {
  const writer = new Writer(1024)
  writeEnvelopes(writer, envelopes, ENVELOPES)
  writeCursor(writer, cursor)
  return writer.u8(isEnd ? 1 : 0).finish()
}

export function decodeFetched(bytes: Uint8Array): Fetched {
  const reader = new Reader(bytes, 'REQUEST')
  const envelopes = readEnvelopes(reader, ENVELOPES)
  const cursor = readCursorGiven(reader)
  const isEnd = reader.within(reader.u8(), 0, 1, 'end') === 1
  reader.end()
  return { envelopes, cursor, isEnd }
}
