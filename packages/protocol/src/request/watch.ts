// To be told of what arrives, without asking again: requests.md §7.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { CURSOR_BYTES_MAX } from '../constants.ts'
import { readCursor, readCursorGiven, writeCursor } from './fetch.ts'
import { ENVELOPES_BYTES_MAX, ENVELOPES_SOME, readEnvelopes, writeEnvelopes } from './lists.ts'
import { readSelector, SELECTOR_BYTES_MAX, type Selector, writeSelector } from './selector.ts'
import type { Sharded } from './shard-map.ts'

export interface Watch {
  /** Chosen by the watcher. One that it has already is replaced. */
  readonly watch: number
  readonly selector: Selector
  readonly cursor: Uint8Array | null
}

export interface Arrived {
  readonly watch: number
  /** Counts the notices of this watch from 1. */
  readonly notice: number
  readonly envelopes: readonly Uint8Array[]
  readonly cursor: Uint8Array
}

/** That all notices up to this one have come. */
export type Seen = Pick<Arrived, 'watch' | 'notice'>

export const WATCH_BYTES_MAX = 4 + SELECTOR_BYTES_MAX + 2 + CURSOR_BYTES_MAX
export const UNWATCH_BYTES = 4
export const ARRIVED_BYTES_MAX = 8 + ENVELOPES_BYTES_MAX + 2 + CURSOR_BYTES_MAX
export const SEEN_BYTES = 8

export function encodeWatch(network: Sharded, { watch, selector, cursor }: Watch): Uint8Array {
  const writer = new Writer().u32(watch)
  writeSelector(writer, network, selector)
  writeCursor(writer, cursor)
  return writer.finish()
}

export function decodeWatch(network: Sharded, bytes: Uint8Array): Watch {
  const reader = new Reader(bytes, 'REQUEST')
  const watch = reader.u32()
  const selector = readSelector(reader, network)
  const cursor = readCursor(reader)
  reader.end()
  return { watch, selector, cursor }
}

export function encodeUnwatch(watch: number): Uint8Array {
  return new Writer(UNWATCH_BYTES).u32(watch).finish()
}

export function decodeUnwatch(bytes: Uint8Array): number {
  const reader = new Reader(bytes, 'REQUEST')
  const watch = reader.u32()
  reader.end()
  return watch
}

export function encodeArrived({ watch, notice, envelopes, cursor }: Arrived): Uint8Array {
  const writer = new Writer(2048).u32(watch).u32(notice)
  writeEnvelopes(writer, envelopes, ENVELOPES_SOME)
  writeCursor(writer, cursor)
  return writer.finish()
}

export function decodeArrived(bytes: Uint8Array): Arrived {
  const reader = new Reader(bytes, 'REQUEST')
  const watch = reader.u32()
  const notice = reader.within(reader.u32(), 1, 0xffff_ffff, 'notice')
  const envelopes = readEnvelopes(reader, ENVELOPES_SOME)
  const cursor = readCursorGiven(reader)
  reader.end()
  return { watch, notice, envelopes, cursor }
}

export function encodeSeen({ watch, notice }: Seen): Uint8Array {
  return new Writer(SEEN_BYTES).u32(watch).u32(notice).finish()
}

export function decodeSeen(bytes: Uint8Array): Seen {
  const reader = new Reader(bytes, 'REQUEST')
  const watch = reader.u32()
  const notice = reader.within(reader.u32(), 1, 0xffff_ffff, 'notice')
  reader.end()
  return { watch, notice }
}
