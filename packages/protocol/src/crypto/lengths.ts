import { assert } from '../errors.ts'

export const HASH_BYTES = 32
export const KEY_BYTES = 32
export const TAG_BYTES = 16
export const CHACHA_NONCE_BYTES = 12
export const XCHACHA_NONCE_BYTES = 24
export const PUBLIC_KEY_BYTES = 32
export const SIGNATURE_BYTES = 64
export const MLKEM_SEED_BYTES = 64
export const MLKEM_PUBLIC_BYTES = 1184
export const MLKEM_CIPHERTEXT_BYTES = 1088

export function assertLength(what: string, actual: number, expected: number): void {
  assert(actual === expected, `${what}: expected ${expected} bytes, got ${actual}`)
}

/** RFC 5869 §2.3: 255 blocks of the hash. */
export const HKDF_BYTES_MAX = 255 * HASH_BYTES

export function assertHkdfLength(length: number): void {
  assert(
    Number.isInteger(length) && length >= 1 && length <= HKDF_BYTES_MAX,
    `HKDF: expected a length from 1 to ${HKDF_BYTES_MAX}, got ${length}`,
  )
}

export function assertAead(keyLength: number, nonceLength: number, nonceBytes: number): void {
  assertLength('AEAD key', keyLength, KEY_BYTES)
  assertLength('AEAD nonce', nonceLength, nonceBytes)
}
