// Kinds whose content other parts read: groups, calls, the devices of one identity. kinds.md §9
import type { Reader } from '../../codec/reader.ts'
import type { Writer } from '../../codec/writer.ts'
import { CALL_ID_BYTES, ENTRY_CONTENT_BYTES_MAX } from '../../constants.ts'
import { assert } from '../../errors.ts'

export const OPAQUE_KINDS = ['membership', 'rotation', 'readState', 'contact', 'setting'] as const
export type OpaqueKind = (typeof OPAQUE_KINDS)[number]

export interface OpaqueOf<K extends OpaqueKind> {
  readonly kind: K
  readonly body: Uint8Array
}

export type OpaqueContent = { [K in OpaqueKind]: OpaqueOf<K> }[OpaqueKind]

export interface CallContent {
  readonly kind: 'call'
  readonly callId: Uint8Array
  readonly step: number
  readonly body: Uint8Array
}

export function writeOpaque(writer: Writer, { body }: OpaqueContent): void {
  assert(body.length > 0, 'an empty body')
  writer.bytes(body)
}

export function readOpaque<K extends OpaqueKind>(reader: Reader, kind: K): OpaqueOf<K> {
  if (reader.left === 0) reader.fail('LENGTH', 'an empty body')
  if (reader.left > ENTRY_CONTENT_BYTES_MAX) reader.fail('LIMIT', 'body')
  return { kind, body: reader.bytes(reader.left) }
}

export function writeCall(writer: Writer, { callId, step, body }: CallContent): void {
  writer.bytes(callId, CALL_ID_BYTES).u8(step).bytes(body)
}

export function readCall(reader: Reader): CallContent {
  const callId = reader.bytes(CALL_ID_BYTES)
  const step = reader.u8()
  return { kind: 'call', callId, step, body: reader.bytes(reader.left) }
}
