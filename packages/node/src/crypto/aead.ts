// ChaCha20-Poly1305 by OpenSSL, RFC 8439.
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { assertAead, CHACHA_NONCE_BYTES, TAG_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { chachaOfXchacha } from '@ezchat/protocol/crypto/xchacha.ts'
import { plainBytes } from './bytes.ts'

const CIPHER = 'chacha20-poly1305'
const OPTIONS = { authTagLength: TAG_BYTES } as const

// A key object first: given plain bytes, Node 24 throws and catches two exceptions inside (10 µs).
export function seal(
  key: Secret,
  nonce: Uint8Array,
  associated: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  assertAead(key.length, nonce.length, CHACHA_NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, createSecretKey(key.reveal()), nonce, OPTIONS)
  cipher.setAAD(associated, { plaintextLength: plain.length })
  const sealed = new Uint8Array(plain.length + TAG_BYTES)
  sealed.set(cipher.update(plain))
  cipher.final()
  sealed.set(cipher.getAuthTag(), plain.length)
  return sealed
}

export function open(
  key: Secret,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  assertAead(key.length, nonce.length, CHACHA_NONCE_BYTES)
  const length = sealed.length - TAG_BYTES
  if (length < 0) return null
  const decipher = createDecipheriv(CIPHER, createSecretKey(key.reveal()), nonce, OPTIONS)
  decipher.setAAD(associated, { plaintextLength: length })
  decipher.setAuthTag(sealed.subarray(length))
  const plain = plainBytes(decipher.update(sealed.subarray(0, length)))
  try {
    decipher.final()
  } catch {
    plain.fill(0) // The one reason is the tag, so these bytes are somebody else's.
    return null
  }
  return plain
}

// 12 µs for 1 KiB, where noble takes 20: its HChaCha costs 2.
export function sealExtended(
  key: Secret,
  nonce: Uint8Array,
  associated: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const once = chachaOfXchacha(key, nonce)
  const sealed = seal(once.key, once.nonce, associated, plain)
  once.key.wipe()
  return sealed
}

export function openExtended(
  key: Secret,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  const once = chachaOfXchacha(key, nonce)
  const plain = open(once.key, once.nonce, associated, sealed)
  once.key.wipe()
  return plain
}
