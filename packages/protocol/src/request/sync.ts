// One step of an exchange between two carriers: requests.md §5. What is said is sync.md's.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { SYNC_MESSAGE_BYTES_MAX } from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'

export interface SyncStep {
  /** Chosen by the initiator: one of its exchanges with this peer. */
  readonly exchange: number
  readonly message: Uint8Array
}

export const SYNC_STEP_BYTES_MAX = 4 + SYNC_MESSAGE_BYTES_MAX

export function encodeSyncStep({ exchange, message }: SyncStep): Uint8Array {
  assert(message.length > 0, 'expected a message, got no bytes')
  assert(message.length <= SYNC_MESSAGE_BYTES_MAX, `a message of ${message.length} bytes`)
  return new Writer(4 + message.length).u32(exchange).bytes(message).finish()
}

/** The answer is the responder's message alone, or nothing where it has none. */
export function decodeSyncStep(bytes: Uint8Array): SyncStep {
  if (bytes.length > SYNC_STEP_BYTES_MAX) {
    throw new ProtocolError('REQUEST_LIMIT', `${bytes.length} bytes`)
  }
  const reader = new Reader(bytes, 'REQUEST')
  const exchange = reader.u32()
  if (reader.left === 0) reader.fail('LENGTH', 'a message without bytes')
  return { exchange, message: reader.bytes(reader.left) }
}
