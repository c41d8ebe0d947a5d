import { concatBytes } from '../codec/bytes.ts'
import type { BucketBytes } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { XCHACHA_NONCE_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { assert } from '../errors.ts'
import {
  associatedData,
  type EnvelopeHeader,
  encodeEnvelope,
  encodeHeader,
  envelopeHeader,
} from './layout.ts'
import { pad, paddedBytesOf, smallestBucket } from './padding.ts'
import type { EnvelopeRules } from './rules.ts'

export interface SealAddress {
  readonly shard: number
  readonly mailbox: Uint8Array
  /** The key that belongs to the mailbox. */
  readonly key: Secret
  /** Rounded down before anybody sees it. */
  readonly nowSeconds: number
}

export interface SealRequest extends SealAddress {
  /** At least one byte: nothing at all is what a dummy holds. */
  readonly content: Uint8Array
  /** The smallest that fits, unless a larger one is to hide the size. */
  readonly bucketBytes?: BucketBytes
}

/** An envelope around a body that a session has sealed itself. No postage yet. */
export function wrapBody(
  network: EnvelopeRules,
  header: EnvelopeHeader,
  body: Uint8Array,
): Uint8Array {
  return encodeEnvelope(network, { ...header, nonce: 0n, body })
}

function seal(
  crypto: Crypto,
  network: EnvelopeRules,
  request: SealRequest,
  sealNonce: Uint8Array,
): Uint8Array {
  const { content, key } = request
  const bucketBytes = request.bucketBytes ?? smallestBucket(content.length, network.bucketsMask)
  assert(bucketBytes !== null, 'expected content that some bucket of this network holds')
  const header = envelopeHeader(request)
  const bound = associatedData(network, encodeHeader(network, header))
  const padded = pad(content, paddedBytesOf(bucketBytes))
  const sealed = crypto.xchachaSeal(key, sealNonce, bound, padded)
  return wrapBody(network, header, concatBytes(sealNonce, sealed))
}

/** Deterministic, for vectors: a nonce must never be used twice with one key. */
export function sealEnvelopeWith(
  crypto: Crypto,
  network: EnvelopeRules,
  request: SealRequest,
  sealNonce: Uint8Array,
): Uint8Array {
  assert(request.content.length > 0, 'expected content; a dummy has none')
  return seal(crypto, network, request, sealNonce)
}

/** envelope.md §4. Complete but for its postage: see `postageTaskOf` and `stampEnvelope`. */
export function sealEnvelope(
  crypto: Crypto,
  network: EnvelopeRules,
  request: SealRequest,
): Uint8Array {
  return sealEnvelopeWith(crypto, network, request, crypto.randomBytes(XCHACHA_NONCE_BYTES))
}

/** Cover traffic: only the mailbox's owner can tell it from an envelope with content. */
export function sealDummy(
  crypto: Crypto,
  network: EnvelopeRules,
  request: SealAddress & { readonly bucketBytes: BucketBytes },
): Uint8Array {
  const sealNonce = crypto.randomBytes(XCHACHA_NONCE_BYTES)
  return seal(crypto, network, { ...request, content: new Uint8Array(0) }, sealNonce)
}
