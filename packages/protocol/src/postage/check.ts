// postage.md §3: what a reader refuses. The nonce costs nothing to look at, the id a hash.
import { ProtocolError } from '../errors.ts'
import { isPaid, type Threshold } from './price.ts'

/** Where a nonce costs nothing, each would be another envelope with the same content, for nothing. */
export function checkNonce(nonce: bigint, threshold: Threshold | null): void {
  if (threshold === null && nonce !== 0n) {
    throw new ProtocolError('POSTAGE_FIELD', 'a nonce where no work is asked for')
  }
}

export function checkPaid(id: Uint8Array, threshold: Threshold | null): void {
  if (!isPaid(id, threshold)) throw new ProtocolError('POSTAGE_UNPAID')
}
