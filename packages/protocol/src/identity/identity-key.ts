import { ProtocolError } from '../errors.ts'
import { checkIdentityKey } from '../mailbox/blind.ts'

/** Canonical, on the curve, and in the group of prime order: a key that doors can be made of. */
export function isIdentityKey(bytes: Uint8Array): boolean {
  try {
    checkIdentityKey(bytes)
    return true
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
