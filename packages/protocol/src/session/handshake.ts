// First contact: who speaks is hidden from everybody but the device spoken to. session.md §3
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  HANDSHAKE_PROOF_BYTES_MAX,
  HANDSHAKE_VERSION,
  REFERENCE_BYTES,
  SESSION_SUITE,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import {
  CHACHA_NONCE_BYTES,
  MLKEM_CIPHERTEXT_BYTES,
  PUBLIC_KEY_BYTES,
  TAG_BYTES,
} from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { PARTY_BYTES, type Party, readParty, writeParty } from './party.ts'

/** What a carrier sees: as good as random, but for what session.md §10 says. */
export interface Opener {
  readonly ephemeralKey: Uint8Array
  readonly prekeyId: number
  readonly kemCiphertext: Uint8Array
}

/** Who speaks, readable by the device spoken to. */
export interface Introduction {
  readonly party: Party
  /** 0 for none. */
  readonly oneTimeId: number
  readonly rank: number
  /** By the initiator's clock: orders two handshakes of one device. */
  readonly createdSeconds: number
  readonly proof: Uint8Array
}

export const OPENER_BYTES = PUBLIC_KEY_BYTES + 4 + MLKEM_CIPHERTEXT_BYTES
const INTRODUCTION_BYTES = 2 + PARTY_BYTES + 4 + 4 + 4 + 2
const SEALED_INTRODUCTION_BYTES = INTRODUCTION_BYTES + TAG_BYTES

export function handshakeBytesOf(proofBytes: number): number {
  return OPENER_BYTES + SEALED_INTRODUCTION_BYTES + proofBytes + TAG_BYTES
}

export function encodeOpener(opener: Opener): Uint8Array {
  return new Writer(OPENER_BYTES)
    .bytes(opener.ephemeralKey, PUBLIC_KEY_BYTES)
    .u32(opener.prekeyId)
    .bytes(opener.kemCiphertext, MLKEM_CIPHERTEXT_BYTES)
    .finish()
}

/** Null when it is too short to be one. Any bytes of this length are. */
export function decodeOpener(bytes: Uint8Array): Opener | null {
  if (bytes.length < handshakeBytesOf(0)) return null
  const reader = new Reader(bytes, 'SESSION')
  const ephemeralKey = reader.bytes(PUBLIC_KEY_BYTES)
  const prekeyId = reader.u32()
  return { ephemeralKey, prekeyId, kemCiphertext: reader.bytes(MLKEM_CIPHERTEXT_BYTES) }
}

function encodeIntroduction(introduction: Introduction): Uint8Array {
  const writer = new Writer(INTRODUCTION_BYTES).u8(HANDSHAKE_VERSION).u8(SESSION_SUITE)
  return writeParty(writer, introduction.party)
    .u32(introduction.oneTimeId)
    .u32(introduction.rank)
    .u32(introduction.createdSeconds)
    .u16(introduction.proof.length)
    .finish()
}

function decodeIntroduction(bytes: Uint8Array): Omit<Introduction, 'proof'> & {
  readonly proofBytes: number
} {
  const reader = new Reader(bytes, 'SESSION')
  reader.version(HANDSHAKE_VERSION)
  if (reader.u8() !== SESSION_SUITE) reader.fail('KIND', 'suite')
  const party = readParty(reader)
  const oneTimeId = reader.u32()
  const rank = reader.u32()
  const createdSeconds = reader.u32()
  const proofBytes = reader.u16()
  if (proofBytes > HANDSHAKE_PROOF_BYTES_MAX) reader.fail('LIMIT', 'proof')
  reader.end()
  return { party, oneTimeId, rank, createdSeconds, proofBytes }
}

// One key, two nonces: the proof's length is not known before the introduction is open.
const INTRODUCTION_NONCE = new Uint8Array(CHACHA_NONCE_BYTES)
const PROOF_NONCE = new Uint8Array(CHACHA_NONCE_BYTES).fill(1, CHACHA_NONCE_BYTES - 1)

export function sealHandshake(
  crypto: Crypto,
  hidingKey: Secret,
  opener: Opener,
  introduction: Introduction,
  offerHash: Uint8Array,
): Uint8Array {
  assert(introduction.proof.length <= HANDSHAKE_PROOF_BYTES_MAX, 'expected a shorter proof')
  const plain = encodeIntroduction(introduction)
  return concatBytes(
    encodeOpener(opener),
    crypto.chachaSeal(hidingKey, INTRODUCTION_NONCE, offerHash, plain),
    crypto.chachaSeal(hidingKey, PROOF_NONCE, offerHash, introduction.proof),
  )
}

export interface OpenedHandshake {
  readonly introduction: Introduction
  /** Where the message begins. */
  readonly handshakeBytes: number
}

/** Null when the key does not fit. */
export function openHandshake(
  crypto: Crypto,
  hidingKey: Secret,
  bytes: Uint8Array,
  offerHash: Uint8Array,
): OpenedHandshake | null {
  const at = OPENER_BYTES + SEALED_INTRODUCTION_BYTES
  const sealed = bytes.subarray(OPENER_BYTES, at)
  const plain = crypto.chachaOpen(hidingKey, INTRODUCTION_NONCE, offerHash, sealed)
  if (plain === null) return null
  const { proofBytes, ...known } = decodeIntroduction(plain)
  const handshakeBytes = handshakeBytesOf(proofBytes)
  if (bytes.length < handshakeBytes) throw new ProtocolError('SESSION_TRUNCATED')
  const sealedProof = bytes.subarray(at, handshakeBytes)
  const proof = crypto.chachaOpen(hidingKey, PROOF_NONCE, offerHash, sealedProof)
  if (proof === null) throw new ProtocolError('SESSION_SEAL', 'proof')
  return { introduction: { ...known, proof }, handshakeBytes }
}

export interface Offer {
  readonly networkId: Uint8Array
  /** The device spoken to. */
  readonly party: Party
  readonly signedKey: Uint8Array
  readonly kemKey: Uint8Array
  /** Exactly as it travels. */
  readonly opener: Uint8Array
}

/** Everything that both know before the introduction is open. */
export function hashOffer(crypto: Crypto, offer: Offer): Uint8Array {
  const { networkId, party, signedKey, kemKey, opener } = offer
  const named = writeParty(new Writer(PARTY_BYTES), party).finish()
  const suite = Uint8Array.of(SESSION_SUITE)
  const all = [suite, networkId, named, signedKey, kemKey, opener]
  return crypto.sha256(labelled(HASH_LABELS.handshakeOffer, ...all))
}

const NO_KEY = new Uint8Array(PUBLIC_KEY_BYTES)

/** The session's id: all that was said, and the one-time key that was meant. */
export function hashTranscript(
  crypto: Crypto,
  offerHash: Uint8Array,
  introduction: Introduction,
  oneTimeKey: Uint8Array | null,
): Uint8Array {
  const said = encodeIntroduction(introduction)
  const all = [offerHash, oneTimeKey ?? NO_KEY, said, introduction.proof]
  return crypto.sha256(labelled(HASH_LABELS.handshake, ...all))
}

/** Names a handshake to whoever has to notice that it comes again. */
export function handshakeIdOf(crypto: Crypto, handshake: Uint8Array): Uint8Array {
  return crypto.sha256(handshake).slice(0, REFERENCE_BYTES)
}

export function isSameParty(a: Party, b: Party): boolean {
  return (
    equalBytes(a.identityKey, b.identityKey) &&
    equalBytes(a.deviceId, b.deviceId) &&
    equalBytes(a.signKey, b.signKey) &&
    equalBytes(a.deviceKey, b.deviceKey)
  )
}
