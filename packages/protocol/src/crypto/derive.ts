import { concatBytes } from '../codec/bytes.ts'
import type { Crypto } from './crypto.ts'
import type { KEY_LABELS } from './labels.ts'
import type { Secret } from './secret.ts'

const NO_SALT = new Uint8Array(0)

/** HKDF-SHA-256 with info = label ‖ context. The context's parts must be of fixed length. */
export function derive(
  crypto: Crypto,
  label: (typeof KEY_LABELS)[keyof typeof KEY_LABELS],
  key: Secret,
  context: readonly Uint8Array[],
  length: number,
): Secret {
  return crypto.hkdfSha256({ key, salt: NO_SALT, info: concatBytes(label, ...context), length })
}
