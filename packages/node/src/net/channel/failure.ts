// channel.md §4: what goes wrong in a handler as a status, and a status as what the caller is told.
import { CHANNEL_STATUSES } from '@ezchat/protocol/constants.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { EzchatError, type EzchatErrorCode } from '../../errors.ts'

const { busy, unknownMethod, failed, full } = CHANNEL_STATUSES
const STATUS_REFUSED_LEAST = 256

const STATUS_OF: { readonly [code in EzchatErrorCode]?: number } = {
  STORE_BUSY: busy,
  PEER_BUSY: busy,
  STORE_FULL: full,
  STORE_DISK_FULL: full,
  PEER_FULL: full,
}

export function statusOfFailure(error: unknown): number {
  if (error instanceof ProtocolError) return error.status
  if (error instanceof EzchatError) return STATUS_OF[error.code] ?? failed
  return failed
}

/** `status` is any but ok: the peer may speak a later version. */
export function failureOfStatus(status: number): EzchatError {
  if (status >= STATUS_REFUSED_LEAST) return new EzchatError('PEER_REFUSED', { status })
  if (status === busy) return new EzchatError('PEER_BUSY')
  if (status === full) return new EzchatError('PEER_FULL')
  if (status === unknownMethod) return new EzchatError('PEER_UNSUPPORTED')
  return new EzchatError('PEER_FAILED')
}
