// What this carrier writes into its cursors; nobody else reads them. requests.md §6
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Arrival } from '../store/layout.ts'

const VERSION = 1

export interface FetchCursor {
  /** All that arrived up to here has been given. */
  readonly after: Arrival
  /** Null between two passes through what is held. */
  readonly pass: FetchPass | null
}

/** A pass goes by mailboxes, so it has a place, and an end: what comes meanwhile waits for the next. */
export interface FetchPass {
  readonly upTo: Arrival
  /** Where the store goes on. */
  readonly position: Uint8Array
}

/** What a cursor must fit, or it is none of ours. */
export interface CursorStore {
  readonly epoch: Uint8Array
  readonly arrivalLast: Arrival
}

export const FROM_THE_BEGINNING: FetchCursor = { after: 0, pass: null }

export function encodeFetchCursor(
  { epoch }: CursorStore,
  { after, pass }: FetchCursor,
): Uint8Array {
  const writer = new Writer(96).u8(VERSION).bytes(epoch).u64(BigInt(after))
  if (pass !== null) writer.u64(BigInt(pass.upTo)).bytes(pass.position)
  return writer.finish()
}

/** From the beginning, where it is of another store, another version, or made up. */
export function decodeFetchCursor(store: CursorStore, bytes: Uint8Array | null): FetchCursor {
  if (bytes === null) return FROM_THE_BEGINNING
  try {
    return readCursor(store, new Reader(bytes, 'REQUEST')) ?? FROM_THE_BEGINNING
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return FROM_THE_BEGINNING
    throw error
  }
}

function readCursor(store: CursorStore, reader: Reader): FetchCursor | null {
  reader.version(VERSION)
  if (!equalBytes(reader.bytes(store.epoch.length), store.epoch)) return null
  const after = Number(reader.u64())
  if (after > store.arrivalLast) return null
  if (reader.left === 0) return { after, pass: null }
  const upTo = Number(reader.u64())
  if (upTo > store.arrivalLast || upTo < after || reader.left === 0) return null
  return { after, pass: { upTo, position: reader.bytes(reader.left).slice() } }
}
