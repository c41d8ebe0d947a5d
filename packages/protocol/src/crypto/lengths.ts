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

/** RFC 9106 §3.1 for one lane; the ceiling is ours, and any platform's memory. */
export function assertStretching(salt: number, memoryKib: number, passes: number): void {
  const isWhole = Number.isInteger(memoryKib) && Number.isInteger(passes)
  assert(isWhole && salt >= 8, `Argon2id: expected a salt of 8 bytes or more, got ${salt}`)
  assert(memoryKib >= 8 && memoryKib <= 1_048_576, `Argon2id: expected memory, got ${memoryKib}`)
  assert(passes >= 1 && passes <= 64, `Argon2id: expected passes, got ${passes}`)
}

export function assertAead(keyLength: number, nonceLength: number, nonceBytes: number): void {
  assertLength('AEAD key', keyLength, KEY_BYTES)
  assertLength('AEAD nonce', nonceLength, nonceBytes)
}
