// From what a handler throws to what its peer is told, as in docs/spec/channel.md.
import { EzchatError } from '@ezchat/node/errors.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'

export const STATUS_BUSY = 1
export const STATUS_UNKNOWN = 2
const STATUS_FAILED = 3
const STATUS_FULL = 4
/** From here on they are those of docs/spec/errors.md. */
const STATUS_PROTOCOL_MIN = 256

export function statusOf(error: ProtocolError | EzchatError): number {
  if (error instanceof ProtocolError) return error.status
  if (error.code === 'STORE_BUSY' || error.code === 'PEER_BUSY') return STATUS_BUSY
  const isFull = ['STORE_FULL', 'STORE_DISK_FULL', 'PEER_FULL'].includes(error.code)
  return isFull ? STATUS_FULL : STATUS_FAILED
}

export function answerError(status: number): EzchatError {
  if (status >= STATUS_PROTOCOL_MIN) return new EzchatError('PEER_REFUSED', { status })
  if (status === STATUS_BUSY) return new EzchatError('PEER_BUSY')
  if (status === STATUS_UNKNOWN) return new EzchatError('PEER_UNSUPPORTED')
  return new EzchatError(status === STATUS_FULL ? 'PEER_FULL' : 'PEER_FAILED')
}
