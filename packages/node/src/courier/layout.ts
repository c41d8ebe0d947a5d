// Where the courier keeps what in the caller's key-value:
//
//   item     reference              → state, receipts and story
//   body     reference              → the envelope as it was drafted; written once
//   trying   moment, reference      → nothing; to be looked at from that moment on
//   resting  moment, reference      → nothing; stored, or ended and to be forgotten
//
// An item has one row in `trying` or `resting`. Its record says which, so a row without a record
// that knows it is left over, and is removed.
import { keyBeyond } from '../store/key-value.ts'

/** Of all keys here; other parts of the same key-value begin otherwise. */
export const COURIER_PREFIX = 0x43

export const REFERENCE_BYTES = 16

export const TABLES = { item: 1, body: 2, trying: 3, resting: 4 } as const

export type Queue = 'trying' | 'resting'

const MOMENT_BYTES = 8

function key(table: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 2))
  bytes[0] = COURIER_PREFIX
  bytes[1] = table
  let at = 2
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function moment(atUs: number): Uint8Array {
  const bytes = new Uint8Array(MOMENT_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(atUs / 2 ** 32))
  view.setUint32(4, atUs % 2 ** 32)
  return bytes
}

export const itemKey = (reference: Uint8Array): Uint8Array => key(TABLES.item, reference)

export const bodyKey = (reference: Uint8Array): Uint8Array => key(TABLES.body, reference)

/** A moment and a queue: where in line an item is. */
export interface Place {
  readonly queue: Queue
  readonly atUs: number
}

export function placeKey({ queue, atUs }: Place, reference: Uint8Array): Uint8Array {
  return key(TABLES[queue], moment(atUs), reference)
}

/** The first key of a queue that could have this moment. */
export function queueStart({ queue, atUs }: Place): Uint8Array {
  return key(TABLES[queue], moment(atUs))
}

export function queueEnd(queue: Queue): Uint8Array {
  return keyBeyond(key(TABLES[queue]))
}

export function readPlaceKey(bytes: Uint8Array): { atUs: number; reference: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return {
    atUs: view.getUint32(2) * 2 ** 32 + view.getUint32(6),
    reference: bytes.slice(2 + MOMENT_BYTES),
  }
}
