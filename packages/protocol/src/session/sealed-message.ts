// How the parts of a message are sealed and found again. session.md §5
import { concatBytes } from '../codec/bytes.ts'
import { PADDING_LENGTH_BYTES, SESSION_HEADER_BYTES, SESSION_TRACE_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { CHACHA_NONCE_BYTES, TAG_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import {
  decodeHeader,
  decodeKemPart,
  encodeHeader,
  encodeKemPart,
  type KemPart,
  kemPartBytes,
  type MessageHeader,
} from './message-header.ts'

const SEALED_HEADER_BYTES = SESSION_HEADER_BYTES + TAG_BYTES
/** What a message without a KEM part has besides its content. */
export const MESSAGE_OVERHEAD_BYTES =
  SEALED_HEADER_BYTES + PADDING_LENGTH_BYTES + TAG_BYTES + SESSION_TRACE_BYTES

/** What a KEM part adds. */
export function kemOverheadBytes(part: {
  readonly hasKemCiphertext: boolean
  readonly hasKemKey: boolean
}): number {
  const bytes = kemPartBytes(part)
  return bytes === 0 ? 0 : bytes + TAG_BYTES
}

const HEADER_NONCE = 0
const KEM_NONCE = 1

/**
 * A header key seals many headers. The body's tag is as good as random and differs in each
 * message, even in two under one number after a state went back, so it makes the nonce.
 */
function nonceOf(bodyTag: Uint8Array, use: number): Uint8Array {
  const nonce = new Uint8Array(CHACHA_NONCE_BYTES)
  nonce.set(bodyTag.subarray(0, CHACHA_NONCE_BYTES - 1))
  nonce[CHACHA_NONCE_BYTES - 1] = use
  return nonce
}

export interface MessageKeys {
  readonly header: Secret
  readonly message: Secret
}

/** Everything but the trace. */
export function sealParts(
  crypto: Crypto,
  keys: MessageKeys,
  parts: { readonly header: MessageHeader; readonly kem: KemPart; readonly padded: Uint8Array },
  bound: Uint8Array,
): Uint8Array {
  const header = encodeHeader(parts.header)
  const kem = encodeKemPart(parts.kem)
  const body = crypto.chachaSeal(
    keys.message,
    parts.header.salt,
    concatBytes(bound, header, kem),
    parts.padded,
  )
  const bodyTag = body.subarray(body.length - TAG_BYTES)
  const sealedHeader = crypto.chachaSeal(keys.header, nonceOf(bodyTag, HEADER_NONCE), bound, header)
  if (kem.length === 0) return concatBytes(sealedHeader, body)
  const sealedKem = crypto.chachaSeal(keys.header, nonceOf(bodyTag, KEM_NONCE), bound, kem)
  return concatBytes(sealedHeader, sealedKem, body)
}

/** A message whose header may be tried with several keys. */
export interface SealedParts {
  readonly sealed: Uint8Array
  readonly bodyTag: Uint8Array
  readonly trace: Uint8Array
}

/** Null when it is too short to be a message. */
export function splitMessage(bytes: Uint8Array): SealedParts | null {
  if (bytes.length < MESSAGE_OVERHEAD_BYTES) return null
  const sealed = bytes.subarray(0, bytes.length - SESSION_TRACE_BYTES)
  const bodyTag = sealed.subarray(sealed.length - TAG_BYTES)
  return { sealed, bodyTag, trace: bytes.subarray(sealed.length) }
}

export interface OpenedHeader {
  readonly header: MessageHeader
  readonly headerBytes: Uint8Array
}

/** Null when this is not the key. Throws when it is and the header is wrong all the same. */
export function openHeader(
  crypto: Crypto,
  headerKey: Secret,
  parts: SealedParts,
  bound: Uint8Array,
): OpenedHeader | null {
  const headerBytes = crypto.chachaOpen(
    headerKey,
    nonceOf(parts.bodyTag, HEADER_NONCE),
    bound,
    parts.sealed.subarray(0, SEALED_HEADER_BYTES),
  )
  return headerBytes && { header: decodeHeader(headerBytes), headerBytes }
}

export interface OpenedKemPart {
  readonly kem: KemPart
  readonly kemBytes: Uint8Array
}

const NO_KEM: OpenedKemPart = { kem: { ciphertext: null, key: null }, kemBytes: new Uint8Array(0) }

export function openKemPart(
  crypto: Crypto,
  headerKey: Secret,
  parts: SealedParts,
  header: MessageHeader,
  bound: Uint8Array,
): OpenedKemPart {
  const length = kemOverheadBytes(header)
  if (length === 0) return NO_KEM
  const sealed = parts.sealed.subarray(SEALED_HEADER_BYTES, SEALED_HEADER_BYTES + length)
  const kemBytes = crypto.chachaOpen(headerKey, nonceOf(parts.bodyTag, KEM_NONCE), bound, sealed)
  if (kemBytes === null) throw new ProtocolError('SESSION_SEAL', 'KEM part')
  return { kem: decodeKemPart(kemBytes, header), kemBytes }
}

/** The padded content. */
export function openBody(
  crypto: Crypto,
  messageKey: Secret,
  parts: SealedParts,
  opened: OpenedHeader & OpenedKemPart,
  bound: Uint8Array,
): Uint8Array {
  const { header, headerBytes, kemBytes } = opened
  const body = parts.sealed.subarray(SEALED_HEADER_BYTES + kemOverheadBytes(header))
  const associated = concatBytes(bound, headerBytes, kemBytes)
  const padded = crypto.chachaOpen(messageKey, header.salt, associated, body)
  if (padded === null) throw new ProtocolError('SESSION_SEAL')
  return padded
}
