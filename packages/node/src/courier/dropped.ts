// What a drop says about an envelope that a carrier will not take because of it: mailbox.md §6.
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { DecodeContext } from '@ezchat/protocol/envelope/decode.ts'
import { decodeLayout } from '@ezchat/protocol/envelope/layout.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { type VerifiedDrop, verifyDrop } from '@ezchat/protocol/mailbox/drop.ts'

/**
 * named: whoever holds the mailbox has named it, so it has had it. before: all before a time were
 * dropped, this one perhaps unread. forged: an excuse. unproved: genuine perhaps, but its time or
 * its warrant's is over by our clock.
 */
export type DropMeaning = 'named' | 'before' | 'forged' | 'unproved'

export function readDrop(
  crypto: Crypto,
  { network, nowSeconds }: DecodeContext,
  { envelope, id }: { readonly envelope: Uint8Array; readonly id: Uint8Array },
  bytes: Uint8Array,
): DropMeaning {
  const drop = verified(crypto, bytes, { network, nowSeconds })
  if (typeof drop === 'string') return drop
  const { mailbox, timestampSeconds } = decodeLayout(network, envelope)
  if (!equalBytes(drop.mailbox, mailbox)) return 'forged'
  const { scope } = drop
  if (scope.kind === 'before') return timestampSeconds < scope.before ? 'before' : 'forged'
  return scope.ids.some((other) => equalBytes(other, id)) ? 'named' : 'forged'
}

function verified(
  crypto: Crypto,
  bytes: Uint8Array,
  { network, nowSeconds }: DecodeContext,
): VerifiedDrop | 'forged' | 'unproved' {
  const check = { networkId: network.id, ttlDays: network.ttlDays, nowSeconds }
  try {
    return verifyDrop(crypto, bytes, check)
  } catch (error: unknown) {
    if (!(error instanceof ProtocolError)) throw error
    return error.failure === 'expired' ? 'unproved' : 'forged'
  }
}
