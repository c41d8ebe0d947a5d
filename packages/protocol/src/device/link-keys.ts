// What both devices make of what was said: device.md §2.
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { Writer } from '../codec/writer.ts'
import { LINK_CODE_DIGITS } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { HASH_LABELS, KEY_LABELS, labelled } from '../crypto/labels.ts'
import { KEY_BYTES, XCHACHA_NONCE_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { type DeviceLink, encodeLinkBody } from './link-body.ts'
import {
  decodeLinkContent,
  encodeLinkContent,
  encodeSealed,
  type LinkContent,
} from './link-message.ts'

/** The device that is there, and the one that is new. */
export type LinkSide = 'sponsor' | 'newcomer'

const SIDE_BYTES = { sponsor: Uint8Array.of(0), newcomer: Uint8Array.of(1) } as const

export function hashLinkOffer(crypto: Crypto, offer: Uint8Array): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.deviceOffer, offer))
}

/** Link, claim and offer: what nobody could choose after seeing what the others chose. */
export function linkTranscript(
  crypto: Crypto,
  link: DeviceLink,
  claim: Uint8Array,
  offer: Uint8Array,
): Uint8Array {
  const body = encodeLinkBody(link)
  const length = new Writer(2).u16(body.length).finish()
  return crypto.sha256(labelled(HASH_LABELS.deviceLink, length, body, claim, offer))
}

/** Six digits: a guess in between has one try in a million, and the link is then used up. */
export function linkCode(crypto: Crypto, transcript: Uint8Array): string {
  const hash = crypto.sha256(labelled(HASH_LABELS.deviceCode, transcript))
  const number = new DataView(hash.buffer, hash.byteOffset).getBigUint64(0)
  const code = number % 10n ** BigInt(LINK_CODE_DIGITS)
  return code.toString().padStart(LINK_CODE_DIGITS, '0')
}

/** Spaces and dashes are how people write numbers down. */
export function isSameCode(typed: string, code: string): boolean {
  return typed.replace(/[\s-]/g, '') === code
}

export interface LinkKeys {
  readonly transcript: Uint8Array
  /** Seals what the device that is there says. */
  readonly sponsor: Secret
  readonly newcomer: Secret
  /** Shown by the device that is there, so that the new one knows that both have these keys. */
  readonly confirmation: Secret
}

export function deriveLinkKeys(
  crypto: Crypto,
  shared: { readonly dh: Secret; readonly kem: Secret },
  transcript: Uint8Array,
  kemCiphertext: Uint8Array,
): LinkKeys {
  const key = Secret.adopt(concatBytes(shared.dh.reveal(), shared.kem.reveal()))
  const context = [transcript, crypto.sha256(kemCiphertext)]
  const derived = derive(crypto, KEY_LABELS.deviceLink, key, context, 3 * KEY_BYTES)
  for (const secret of [key, shared.dh, shared.kem]) secret.wipe()
  const [sponsor, newcomer, confirmation] = [0, 1, 2].map((at) =>
    Secret.copy(derived.reveal().subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES)),
  )
  derived.wipe()
  return { transcript, sponsor: sponsor!, newcomer: newcomer!, confirmation: confirmation! }
}

export function isConfirmedBy(keys: LinkKeys, confirmation: Uint8Array): boolean {
  return equalBytes(keys.confirmation.reveal(), confirmation)
}

function bound(keys: LinkKeys, from: LinkSide): Uint8Array {
  return concatBytes(keys.transcript, SIDE_BYTES[from])
}

/** A random nonce, so that a state from a backup never seals two things under one. */
export function sealLinkContent(
  crypto: Crypto,
  keys: LinkKeys,
  from: LinkSide,
  content: LinkContent,
): Uint8Array {
  const nonce = crypto.randomBytes(XCHACHA_NONCE_BYTES)
  const plain = encodeLinkContent(content)
  return encodeSealed(nonce, crypto.xchachaSeal(keys[from], nonce, bound(keys, from), plain))
}

export function openLinkContent(
  crypto: Crypto,
  keys: LinkKeys,
  from: LinkSide,
  message: { readonly nonce: Uint8Array; readonly sealed: Uint8Array },
): LinkContent {
  const { nonce, sealed } = message
  const plain = crypto.xchachaOpen(keys[from], nonce, bound(keys, from), sealed)
  if (plain === null) throw new ProtocolError('DEVICE_SEAL')
  return decodeLinkContent(plain)
}
