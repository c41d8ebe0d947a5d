// A carrier's promise to keep an envelope, fixed in size: receipts.md.
import { equalBytes, isZero, toHex } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { assertSeconds } from '../codec/seconds.ts'
import { Writer } from '../codec/writer.ts'
import {
  ID_BYTES,
  RECEIPT_BYTES,
  RECEIPT_PATH_BYTES,
  RECEIPT_PLACE_MAX,
  RECEIPT_PROMISE_BYTES,
  RECEIPT_SALT_BYTES,
  RECEIPT_SLACK_SECONDS,
  RECEIPT_VERSION,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { isAcceptableEd25519Key } from '../crypto/ed25519-rules.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { assertLength, HASH_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { type KnownRoots, leafOf, levelsOf, ReceiptTree, rootOf } from './tree.ts'

export interface ReceiptTerms {
  readonly envelopeId: Uint8Array
  /** The carrier keeps the envelope at least until this second. */
  readonly keptUntil: number
}

export interface Receipt extends ReceiptTerms {
  readonly carrier: Uint8Array
  /** Where its leaf is among those that were signed together; 1 when it is alone. */
  readonly place: number
  readonly path: Uint8Array
  readonly signature: Uint8Array
}

function encodePromise(terms: ReceiptTerms, carrier: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Writer(RECEIPT_PROMISE_BYTES)
    .u8(RECEIPT_VERSION)
    .bytes(terms.envelopeId, ID_BYTES)
    .u32(terms.keptUntil)
    .bytes(carrier, PUBLIC_KEY_BYTES)
    .bytes(salt, RECEIPT_SALT_BYTES)
    .finish()
}

declare const isProved: unique symbol

/** What counts. `decodeReceipt` proves nothing, so what it answers is none. */
export interface VerifiedReceipt extends Receipt {
  readonly [isProved]: true
}

/** The network is signed and not carried: both sides know it, and it costs nothing so. */
function signedPart(networkId: Uint8Array, root: Uint8Array): Uint8Array {
  assertLength('network id', networkId.length, ID_BYTES)
  return labelled(SIGN_LABELS.receipt, networkId, root)
}

/** Only after the envelope is durable: receipts.md §2. */
export function signReceipt(
  crypto: Crypto,
  carrierSeed: Secret,
  networkId: Uint8Array,
  terms: ReceiptTerms,
): Uint8Array {
  const carrier = crypto.ed25519Public(carrierSeed)
  const { message, finish } = draftReceipts(crypto, carrier, networkId, [terms])
  return finish(crypto.ed25519Sign(carrierSeed, message))[0]!
}

export interface ReceiptDraft {
  /** What the carrier signs. */
  readonly message: Uint8Array
  /** The receipts, in the order of their terms. */
  readonly finish: (signature: Uint8Array) => Uint8Array[]
}

/** One, two, four or eight, to be signed together. */
export function draftReceipts(
  crypto: Crypto,
  carrier: Uint8Array,
  networkId: Uint8Array,
  several: readonly ReceiptTerms[],
): ReceiptDraft {
  const count = several.length
  // Whoever sees one of them knows all envelopes, and must not find out which were beside it.
  const salts =
    count === 1
      ? new Uint8Array(RECEIPT_SALT_BYTES)
      : crypto.randomBytes(count * RECEIPT_SALT_BYTES)
  const promises = several.map((terms, at) => {
    const salt = salts.subarray(at * RECEIPT_SALT_BYTES, (at + 1) * RECEIPT_SALT_BYTES)
    return encodePromise(terms, carrier, salt)
  })
  const leaves = promises.map((promise) => leafOf(crypto, promise))
  const tree = new ReceiptTree(crypto, leaves)
  return {
    message: signedPart(networkId, tree.root),
    finish(signature) {
      assertLength('signature', signature.length, SIGNATURE_BYTES)
      return promises.map((promise, at) => {
        const receipt = new Uint8Array(RECEIPT_BYTES)
        receipt.set(promise)
        receipt[RECEIPT_PROMISE_BYTES] = tree.placeOf(at)
        tree.writePath(at, receipt, RECEIPT_PROMISE_BYTES + 1)
        receipt.set(signature, RECEIPT_BYTES - SIGNATURE_BYTES)
        return receipt
      })
    },
  }
}

/** The form only: nothing in it has been proved. Keeps nothing of the buffer. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const reader = new Reader(bytes, 'RECEIPT')
  reader.version(RECEIPT_VERSION)
  const envelopeId = reader.bytes(ID_BYTES)
  const keptUntil = reader.u32()
  const carrier = reader.bytes(PUBLIC_KEY_BYTES)
  const salt = reader.bytes(RECEIPT_SALT_BYTES)
  const place = reader.u8()
  const path = reader.bytes(RECEIPT_PATH_BYTES)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  if (place === 0 || place > RECEIPT_PLACE_MAX) reader.fail('FIELD', `place ${place}`)
  // One form, and no room for a mark where nothing is said.
  const isClean = isZero(path.subarray(levelsOf(place) * HASH_BYTES))
  if (!isClean || (place === 1 && !isZero(salt))) reader.fail('FIELD', 'bytes that say nothing')
  if (!isAcceptableEd25519Key(carrier)) throw new ProtocolError('RECEIPT_INVALID')
  return {
    envelopeId: envelopeId.slice(),
    keptUntil,
    carrier: carrier.slice(),
    place,
    path: path.slice(),
    signature: signature.slice(),
  }
}

export interface ReceiptCheck {
  readonly networkId: Uint8Array
  readonly envelopeId: Uint8Array
  /** When the envelope leaves the network by itself: timestamp plus time to live. */
  readonly expiresAt: number
  readonly nowSeconds: number
  /** Signatures that this reader has verified already. */
  readonly roots?: KnownRoots
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
  if (!isSigned(crypto, bytes, receipt, check)) throw new ProtocolError('RECEIPT_SIGNATURE')
  if (receipt.keptUntil > check.expiresAt) {
    throw new ProtocolError('RECEIPT_FUTURE', 'longer than the network keeps anything')
  }
  if (receipt.keptUntil < check.expiresAt - RECEIPT_SLACK_SECONDS) {
    throw new ProtocolError('RECEIPT_EXPIRED', 'less than the life of the envelope')
  }
  if (receipt.keptUntil <= check.nowSeconds) throw new ProtocolError('RECEIPT_EXPIRED')
  return receipt as VerifiedReceipt
}

function isSigned(
  crypto: Crypto,
  bytes: Uint8Array,
  { carrier, place, path, signature }: Receipt,
  { networkId, roots }: ReceiptCheck,
): boolean {
  const leaf = leafOf(crypto, bytes.subarray(0, RECEIPT_PROMISE_BYTES))
  const message = signedPart(networkId, rootOf(crypto, leaf, place, path))
  if (roots?.has(carrier, message, signature)) return true
  if (!crypto.ed25519Verify(carrier, message, signature)) return false
  if (place > 1) roots?.add(carrier, message, signature)
  return true
}

/** Carriers, not receipts: the same one may answer by two ways. */
export function countDistinctCarriers(receipts: readonly VerifiedReceipt[]): number {
  return new Set(receipts.map(({ carrier }) => toHex(carrier))).size
}
