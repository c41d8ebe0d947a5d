// What the two devices say over the rendezvous: device.md §2.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  DEVICE_LINK_VERSION,
  GRANT_PART_BYTES,
  GRANT_PARTS_MAX,
  LINK_NONCE_BYTES,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { isAcceptableEd25519Key } from '../crypto/ed25519-rules.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import {
  HASH_BYTES,
  MLKEM_CIPHERTEXT_BYTES,
  MLKEM_PUBLIC_BYTES,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  TAG_BYTES,
  XCHACHA_NONCE_BYTES,
} from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { isAcceptableX25519Key } from '../crypto/x25519-rules.ts'
import { ProtocolError } from '../errors.ts'

export const LINK_MESSAGE_KINDS = { claim: 1, offer: 2, answer: 3, sealed: 4, stop: 5 } as const
export const LINK_REASONS = { cancelled: 1, code: 2, expired: 3, contested: 4, refused: 5 } as const
export type LinkReason = keyof typeof LINK_REASONS
const REASONS = Object.keys(LINK_REASONS) as readonly LinkReason[]

/** From the device that is there, before it knows anything of the new one's keys. */
export interface Claim {
  readonly nonce: Uint8Array
  readonly ephemeralKey: Uint8Array
}

/** What the link promised: the new device's keys, once nobody can still choose a claim. */
export interface Offer {
  readonly nonce: Uint8Array
  readonly ephemeralKey: Uint8Array
  readonly kemKey: Uint8Array
  readonly deviceId: Uint8Array
  readonly signKey: Uint8Array
  readonly exchangeKey: Uint8Array
}

export interface Answer {
  readonly kemCiphertext: Uint8Array
  readonly confirmation: Uint8Array
}

export type LinkMessage =
  | ({ readonly kind: 'claim' } & Claim)
  | ({ readonly kind: 'offer' } & Offer)
  | ({ readonly kind: 'answer' } & Answer)
  | { readonly kind: 'sealed'; readonly nonce: Uint8Array; readonly sealed: Uint8Array }
  /** Before there are keys, so it is believed only then. */
  | { readonly kind: 'stop'; readonly reason: LinkReason }

// Version, kind, number and count, and a byte for the kind inside.
const SEALED_BYTES_MAX = GRANT_PART_BYTES + 3 + TAG_BYTES
const MESSAGE_BYTES_MAX = 2 + XCHACHA_NONCE_BYTES + SEALED_BYTES_MAX
const OFFER_BYTES =
  2 + LINK_NONCE_BYTES + 3 * PUBLIC_KEY_BYTES + MLKEM_PUBLIC_BYTES + DEVICE_ID_BYTES

function head(kind: keyof typeof LINK_MESSAGE_KINDS): Writer {
  return new Writer().u8(DEVICE_LINK_VERSION).u8(LINK_MESSAGE_KINDS[kind])
}

export function encodeClaim(claim: Claim): Uint8Array {
  return head('claim')
    .bytes(claim.nonce, LINK_NONCE_BYTES)
    .bytes(claim.ephemeralKey, PUBLIC_KEY_BYTES)
    .finish()
}

/** Signed with the device's own key: nobody has somebody else's key put into a log. */
export function signOffer(
  crypto: Crypto,
  offer: Offer,
  using: { readonly networkId: Uint8Array; readonly signSeed: Secret },
): Uint8Array {
  const content = head('offer')
    .bytes(offer.nonce, LINK_NONCE_BYTES)
    .bytes(offer.ephemeralKey, PUBLIC_KEY_BYTES)
    .bytes(offer.kemKey, MLKEM_PUBLIC_BYTES)
    .bytes(offer.deviceId, DEVICE_ID_BYTES)
    .bytes(offer.signKey, PUBLIC_KEY_BYTES)
    .bytes(offer.exchangeKey, PUBLIC_KEY_BYTES)
    .finish()
  const message = labelled(SIGN_LABELS.deviceOffer, using.networkId, content)
  const signature = crypto.ed25519Sign(using.signSeed, message)
  return new Writer().bytes(content).bytes(signature, SIGNATURE_BYTES).finish()
}

export function verifyOffer(crypto: Crypto, networkId: Uint8Array, bytes: Uint8Array): Offer {
  const offer = decodeLinkMessage(bytes)
  if (offer.kind !== 'offer') throw new ProtocolError('DEVICE_STATE', 'no offer')
  const content = bytes.subarray(0, OFFER_BYTES)
  const message = labelled(SIGN_LABELS.deviceOffer, networkId, content)
  if (!crypto.ed25519Verify(offer.signKey, message, bytes.subarray(OFFER_BYTES))) {
    throw new ProtocolError('DEVICE_SIGNATURE', 'offer')
  }
  return offer
}

export function encodeAnswer(answer: Answer): Uint8Array {
  return head('answer')
    .bytes(answer.kemCiphertext, MLKEM_CIPHERTEXT_BYTES)
    .bytes(answer.confirmation, HASH_BYTES)
    .finish()
}

export function encodeSealed(nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  return head('sealed').bytes(nonce, XCHACHA_NONCE_BYTES).bytes(sealed).finish()
}

export function encodeStop(reason: LinkReason): Uint8Array {
  return head('stop').u8(LINK_REASONS[reason]).finish()
}

function readReason(reader: Reader): LinkReason {
  const number = reader.within(reader.u8(), 1, REASONS.length, 'reason')
  return REASONS[number - 1]!
}

function readOffer(reader: Reader): Offer {
  const offer = {
    nonce: reader.bytes(LINK_NONCE_BYTES).slice(),
    ephemeralKey: reader.bytes(PUBLIC_KEY_BYTES).slice(),
    kemKey: reader.bytes(MLKEM_PUBLIC_BYTES).slice(),
    deviceId: reader.bytes(DEVICE_ID_BYTES).slice(),
    signKey: reader.bytes(PUBLIC_KEY_BYTES).slice(),
    exchangeKey: reader.bytes(PUBLIC_KEY_BYTES).slice(),
  }
  reader.bytes(SIGNATURE_BYTES)
  const isUsable =
    isAcceptableX25519Key(offer.ephemeralKey) &&
    isAcceptableX25519Key(offer.exchangeKey) &&
    isAcceptableEd25519Key(offer.signKey)
  if (!isUsable) throw new ProtocolError('DEVICE_INVALID', 'offer')
  return offer
}

function readClaim(reader: Reader): Claim {
  const nonce = reader.bytes(LINK_NONCE_BYTES).slice()
  const ephemeralKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
  if (!isAcceptableX25519Key(ephemeralKey)) throw new ProtocolError('DEVICE_INVALID', 'claim')
  return { nonce, ephemeralKey }
}

function readMessage(reader: Reader): LinkMessage {
  const kind = reader.u8()
  switch (kind) {
    case LINK_MESSAGE_KINDS.claim:
      return { kind: 'claim', ...readClaim(reader) }
    case LINK_MESSAGE_KINDS.offer:
      return { kind: 'offer', ...readOffer(reader) }
    case LINK_MESSAGE_KINDS.answer: {
      const kemCiphertext = reader.bytes(MLKEM_CIPHERTEXT_BYTES).slice()
      return { kind: 'answer', kemCiphertext, confirmation: reader.bytes(HASH_BYTES).slice() }
    }
    case LINK_MESSAGE_KINDS.sealed: {
      const nonce = reader.bytes(XCHACHA_NONCE_BYTES).slice()
      return { kind: 'sealed', nonce, sealed: reader.bytes(reader.left).slice() }
    }
    case LINK_MESSAGE_KINDS.stop:
      return { kind: 'stop', reason: readReason(reader) }
    default:
      return reader.fail('KIND', `${kind}`)
  }
}

/** The form only. */
export function decodeLinkMessage(bytes: Uint8Array): LinkMessage {
  if (bytes.length > MESSAGE_BYTES_MAX) throw new ProtocolError('DEVICE_LIMIT', 'message')
  const reader = new Reader(bytes, 'DEVICE')
  reader.version(DEVICE_LINK_VERSION)
  const message = readMessage(reader)
  reader.end()
  return message
}

/** What is inside a sealed message. */
export type LinkContent =
  | { readonly kind: 'part'; readonly index: number; readonly count: number; bytes: Uint8Array }
  | { readonly kind: 'stop'; readonly reason: LinkReason }
  /** Of the device log that the new device now has. */
  | { readonly kind: 'done'; readonly headHash: Uint8Array }

const CONTENT_KINDS = { part: 1, stop: 2, done: 3 } as const

export function encodeLinkContent(content: LinkContent): Uint8Array {
  const writer = new Writer(64).u8(CONTENT_KINDS[content.kind])
  if (content.kind === 'stop') return writer.u8(LINK_REASONS[content.reason]).finish()
  if (content.kind === 'done') return writer.bytes(content.headHash, HASH_BYTES).finish()
  return writer.u8(content.index).u8(content.count).bytes(content.bytes).finish()
}

export function decodeLinkContent(bytes: Uint8Array): LinkContent {
  const reader = new Reader(bytes, 'DEVICE')
  const kind = reader.u8()
  if (kind === CONTENT_KINDS.part) {
    const index = reader.u8()
    const count = reader.within(reader.u8(), 1, GRANT_PARTS_MAX, 'number of parts')
    reader.within(index, 0, count - 1, 'part')
    if (reader.left > GRANT_PART_BYTES) reader.fail('LIMIT', 'part')
    return { kind: 'part', index, count, bytes: reader.bytes(reader.left).slice() }
  }
  if (kind !== CONTENT_KINDS.stop && kind !== CONTENT_KINDS.done) reader.fail('KIND', `${kind}`)
  const content: LinkContent =
    kind === CONTENT_KINDS.stop
      ? { kind: 'stop', reason: readReason(reader) }
      : { kind: 'done', headHash: reader.bytes(HASH_BYTES).slice() }
  reader.end()
  return content
}
