// The DER of a key up to its raw bytes, for platforms that take no raw secret.
import { concatBytes, fromHex } from '../codec/bytes.ts'
import type { Secret } from './secret.ts'

export interface KeyPrefixes {
  readonly secret: Uint8Array
  readonly public: Uint8Array
}

/** RFC 8410 §4 and §7. */
export const X25519_DER: KeyPrefixes = {
  secret: fromHex('302e020100300506032b656e04220420'),
  public: fromHex('302a300506032b656e032100'),
}

/** RFC 8410 §4 and §7. */
export const ED25519_DER: KeyPrefixes = {
  secret: fromHex('302e020100300506032b657004220420'),
  public: fromHex('302a300506032b6570032100'),
}

/** RFC 9935 §4 and §6: the secret is the seed d ‖ z. */
export const MLKEM768_DER: KeyPrefixes = {
  secret: fromHex('3054020100300b060960864801650304040204428040'),
  public: fromHex('308204b2300b0609608648016503040402038204a100'),
}

/** The caller wipes what it gets. */
export function pkcs8Of(prefixes: KeyPrefixes, secret: Secret): Uint8Array {
  return concatBytes(prefixes.secret, secret.reveal())
}
