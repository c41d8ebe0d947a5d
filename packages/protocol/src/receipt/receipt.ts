// A carrier's promise to keep an envelope, fixed in size: receipts.md.
import { concatBytes, equalBytes, toHex } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { assertSeconds } from '../codec/seconds.ts'
import { Writer } from '../codec/writer.ts'
import { ID_BYTES, RECEIPT_BYTES, RECEIPT_SLACK_SECONDS, RECEIPT_VERSION } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { isAcceptableEd25519Key } from '../crypto/ed25519-rules.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { assertLength, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'

export interface ReceiptTerms {
  readonly envelopeId: Uint8Array
  /** The carrier keeps the envelope at least until this second. */
  readonly keptUntil: number
}

export interface Receipt extends ReceiptTerms {
  readonly carrier: Uint8Array
  readonly signature: Uint8Array
}

function encodeTerms(terms: ReceiptTerms, carrier: Uint8Array): Uint8Array {
  return new Writer(RECEIPT_BYTES)
    .u8(RECEIPT_VERSION)
    .bytes(terms.envelopeId, ID_BYTES)
    .u32(terms.keptUntil)
    .bytes(carrier, PUBLIC_KEY_BYTES)
    .finish()
}

declare const isProved: unique symbol

/** What counts. `decodeReceipt` proves nothing, so what it answers is none. */
export interface VerifiedReceipt extends Receipt {
  readonly [isProved]: true
}

/** The network is signed and not carried: both sides know it, and it costs nothing so. */
function signedPart(networkId: Uint8Array, terms: Uint8Array): Uint8Array {
  assertLength('network id', networkId.length, ID_BYTES)
  return labelled(SIGN_LABELS.receipt, networkId, terms)
}

/** Only after the envelope is durable: receipts.md §2. */
export function signReceipt(
  crypto: Crypto,
  carrierSeed: Secret,
  networkId: Uint8Array,
  terms: ReceiptTerms,
): Uint8Array {
  const { body, message } = draftReceipt(crypto.ed25519Public(carrierSeed), networkId, terms)
  return finishReceipt(body, crypto.ed25519Sign(carrierSeed, message))
}

/** For whoever signs elsewhere: what is signed, and what the signature is put behind. */
export function draftReceipt(
  carrier: Uint8Array,
  networkId: Uint8Array,
  terms: ReceiptTerms,
): { readonly body: Uint8Array; readonly message: Uint8Array } {
  const body = encodeTerms(terms, carrier)
  return { body, message: signedPart(networkId, body) }
}

export function finishReceipt(body: Uint8Array, signature: Uint8Array): Uint8Array {
  assertLength('signature', signature.length, SIGNATURE_BYTES)
  return concatBytes(body, signature)
}

/** The form only: nothing in it has been proved. Keeps nothing of the buffer. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const reader = new Reader(bytes, 'RECEIPT')
  reader.version(RECEIPT_VERSION)
  const envelopeId = reader.bytes(ID_BYTES)
  const keptUntil = reader.u32()
  const carrier = reader.bytes(PUBLIC_KEY_BYTES)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  if (!isAcceptableEd25519Key(carrier)) throw new ProtocolError('RECEIPT_INVALID')
  return {
    envelopeId: envelopeId.slice(),
    keptUntil,
    carrier: carrier.slice(),
    signature: signature.slice(),
  }
}

export interface ReceiptCheck {
  readonly networkId: Uint8Array
  readonly envelopeId: Uint8Array
  /** When the envelope leaves the network by itself: timestamp plus time to live. */
  readonly expiresAt: number
  readonly nowSeconds: number
}

/** Null when it is for another envelope. What it returns counts. */
export function verifyReceipt(
  crypto: Crypto,
  bytes: Uint8Array,
  check: ReceiptCheck,
): VerifiedReceipt | null {
  assertSeconds(check.nowSeconds)
  const receipt = decodeReceipt(bytes)
  if (!equalBytes(receipt.envelopeId, check.envelopeId)) return null
  const signed = signedPart(check.networkId, bytes.subarray(0, bytes.length - SIGNATURE_BYTES))
  if (!crypto.ed25519Verify(receipt.carrier, signed, receipt.signature)) {
    throw new ProtocolError('RECEIPT_SIGNATURE')
  }
  if (receipt.keptUntil > check.expiresAt) {
    throw new ProtocolError('RECEIPT_FUTURE', 'longer than the network keeps anything')
  }
  if (receipt.keptUntil < check.expiresAt - RECEIPT_SLACK_SECONDS) {
    throw new ProtocolError('RECEIPT_EXPIRED', 'less than the life of the envelope')
  }
  if (receipt.keptUntil <= check.nowSeconds) throw new ProtocolError('RECEIPT_EXPIRED')
  return receipt as VerifiedReceipt
}

/** Carriers, not receipts: the same one may answer by two ways. */
export function countDistinctCarriers(receipts: readonly VerifiedReceipt[]): number {
  return new Set(receipts.map(({ carrier }) => toHex(carrier))).size
}
