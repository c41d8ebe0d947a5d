// draft-irtf-cfrg-xchacha-03 §2.3: XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key of its own.
import { hchacha } from '@noble/ciphers/chacha.js'
import { utf8 } from '../codec/bytes.ts'
import { assertAead, CHACHA_NONCE_BYTES, KEY_BYTES, XCHACHA_NONCE_BYTES } from './lengths.ts'
import { Secret } from './secret.ts'

const SIGMA = wordsOf(utf8('expand 32-byte k'))

function wordsOf(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(bytes.length / 4)
  new Uint8Array(words.buffer).set(bytes)
  return words
}

/** For platforms that have ChaCha20-Poly1305 only. The key is for one message: wipe it. */
export function chachaOfXchacha(
  key: Secret,
  nonce: Uint8Array,
): { readonly key: Secret; readonly nonce: Uint8Array } {
  assertAead(key.length, nonce.length, XCHACHA_NONCE_BYTES)
  const keyWords = wordsOf(key.reveal())
  const derived = new Uint32Array(KEY_BYTES / 4)
  hchacha(SIGMA, keyWords, wordsOf(nonce.subarray(0, 16)), derived)
  keyWords.fill(0)
  const chachaNonce = new Uint8Array(CHACHA_NONCE_BYTES)
  chachaNonce.set(nonce.subarray(16), 4)
  return { key: Secret.adopt(new Uint8Array(derived.buffer)), nonce: chachaNonce }
}
