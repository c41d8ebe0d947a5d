// Both ends of first contact, in the shape of PQXDH. session.md §3 and §4
import { equalBytes } from '../codec/bytes.ts'
import { SESSION_SUITE } from '../constants.ts'
import type { Crypto, RandomSource } from '../crypto/crypto.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import {
  decodeOpener,
  encodeOpener,
  handshakeIdOf,
  hashOffer,
  hashTranscript,
  type Introduction,
  openHandshake,
  sealHandshake,
} from './handshake.ts'
import { deriveHidingKey, deriveStartKeys, type StartKeys } from './keys.ts'
import type { OwnParty } from './party.ts'
import { findGeneration, type PrekeyGeneration, type PrekeyRing } from './prekey-ring.ts'
import type { Prekeys } from './prekeys.ts'
import type { Session } from './session.ts'
import { NOTHING_SKIPPED } from './skipped.ts'

/** In front of the shared secrets, as in X3DH: no input of the curve looks like it. */
const DOMAIN = new Uint8Array(KEY_BYTES).fill(0xff)

const EMPTY_KEY = new Uint8Array(KEY_BYTES)

interface Common {
  readonly id: Uint8Array
  readonly handshakeId: Uint8Array
  readonly introduction: Introduction
  readonly keys: StartKeys
  readonly nowSeconds: number
}

function newSession(
  common: Common,
): Omit<
  Session,
  | 'isInitiator'
  | 'handshake'
  | 'peerRatchetKey'
  | 'nextSendHeaderKey'
  | 'nextReceiveHeaderKey'
  | 'sending'
> {
  const { id, handshakeId, introduction, keys, nowSeconds } = common
  return {
    suite: SESSION_SUITE,
    id,
    handshakeId,
    createdSeconds: introduction.createdSeconds,
    rank: introduction.rank,
    peerRank: 0,
    laneSecret: keys.lane,
    traceKey: keys.trace,
    root: keys.root,
    receiving: null,
    kem: { ownSeed: null, peerKey: null, messages: 0, sinceSeconds: nowSeconds },
    skipped: NOTHING_SKIPPED,
    sentCount: 0,
    unansweredSeconds: null,
    incarnations: [],
  }
}

export interface StartOptions {
  readonly networkId: Uint8Array
  readonly rank: number
  readonly nowSeconds: number
}

/** A ratchet key that the first message replaces: the initiator's first chain begins there. */
function beforeFirstChain(headerKey: Secret, ratchetSecret: Secret | null): Session['sending'] {
  return {
    chain: null,
    headerKey,
    ratchetSecret,
    ratchetKey: EMPTY_KEY,
    number: 0,
    previousNumber: 0,
    kemCiphertext: null,
  }
}

/** Deterministic in `random`, but for the coins of the encapsulation. */
export function startSessionWith(
  crypto: Crypto,
  own: OwnParty,
  prekeys: Prekeys,
  options: StartOptions,
  random: RandomSource,
): Session {
  const { networkId, rank, nowSeconds } = options
  if (equalBytes(own.party.deviceId, prekeys.party.deviceId)) {
    throw new ProtocolError('PREKEYS_FIELD', 'this device')
  }
  const ephemeral = Secret.adopt(random(KEY_BYTES))
  const ephemeralKey = Uint8Array.from(crypto.x25519Public(ephemeral))
  // X25519 ignores the top bit, which honest keys never set: random, it tells nothing.
  ephemeralKey[KEY_BYTES - 1]! |= random(1)[0]! & 0x80
  const { ciphertext: kemCiphertext, shared } = crypto.mlkemEncapsulate(prekeys.kemKey)
  const opener = { ephemeralKey, prekeyId: prekeys.id, kemCiphertext }
  const { party, signedKey, kemKey } = prekeys
  const offer = { networkId, party, signedKey, kemKey, opener: encodeOpener(opener) }
  const offerHash = hashOffer(crypto, offer)
  const oneTime = prekeys.oneTime[0] ?? null
  const introduction: Introduction = {
    party: own.party,
    oneTimeId: oneTime?.id ?? 0,
    rank,
    createdSeconds: nowSeconds,
    proof: own.proof,
  }
  const dh3 = crypto.x25519Shared(ephemeral, signedKey)
  const hidingKey = deriveHidingKey(crypto, [dh3, shared], offerHash)
  const handshake = sealHandshake(crypto, hidingKey, opener, introduction, offerHash)
  const id = hashTranscript(crypto, offerHash, introduction, oneTime?.key ?? null)
  const inputs = [
    Secret.copy(DOMAIN),
    crypto.x25519Shared(own.deviceSecret, signedKey),
    crypto.x25519Shared(ephemeral, party.deviceKey),
    dh3,
    ...(oneTime === null ? [] : [crypto.x25519Shared(ephemeral, oneTime.key)]),
    shared,
  ]
  const keys = deriveStartKeys(crypto, inputs, id)
  for (const secret of [...inputs, hidingKey, ephemeral]) secret.wipe()
  const handshakeId = handshakeIdOf(crypto, handshake)
  return {
    ...newSession({ id, handshakeId, introduction, keys, nowSeconds }),
    isInitiator: true,
    handshake,
    peerRatchetKey: signedKey,
    nextSendHeaderKey: keys.initiatorHeader,
    nextReceiveHeaderKey: keys.responderHeader,
    sending: beforeFirstChain(keys.initiatorHeader, null),
  }
}

/** Nothing is sent yet; the handshake rides in front of the session's first messages. */
export function startSession(
  crypto: Crypto,
  own: OwnParty,
  prekeys: Prekeys,
  options: StartOptions,
): Session {
  return startSessionWith(crypto, own, prekeys, options, crypto.randomBytes)
}

export interface Responder {
  readonly own: OwnParty
  readonly ring: PrekeyRing
  readonly networkId: Uint8Array
}

/** A handshake whose introduction was readable. Who it names is a claim until a message opens. */
export interface FirstContact {
  readonly introduction: Introduction
  readonly handshakeId: Uint8Array
  readonly prekeyId: number
  /** What follows the handshake. */
  readonly message: Uint8Array
  readonly offerHash: Uint8Array
  readonly ephemeralKey: Uint8Array
  /** DH3 and the KEM's, in this order. */
  readonly shared: readonly [Secret, Secret]
}

function openerHash(
  crypto: Crypto,
  { own, networkId }: Responder,
  generation: PrekeyGeneration,
  opener: Uint8Array,
): Uint8Array {
  const signedKey = crypto.x25519Public(generation.signedSecret)
  const kemKey = crypto.mlkemPublic(generation.kemSeed)
  return hashOffer(crypto, { networkId, party: own.party, signedKey, kemKey, opener })
}

/** Null for bytes that are no first message to one of our prekeys. */
export function readFirstContact(
  crypto: Crypto,
  responder: Responder,
  bytes: Uint8Array,
): FirstContact | null {
  const opener = decodeOpener(bytes)
  const generation = opener && findGeneration(responder.ring, opener.prekeyId)
  if (opener === null || generation === null) return null
  const { ephemeralKey, prekeyId, kemCiphertext } = opener
  const dh3 = sharedOrNull(crypto, generation.signedSecret, ephemeralKey)
  if (dh3 === null) return null
  const shared = [dh3, crypto.mlkemDecapsulate(generation.kemSeed, kemCiphertext)] as const
  const offerHash = openerHash(crypto, responder, generation, encodeOpener(opener))
  const hidingKey = deriveHidingKey(crypto, shared, offerHash)
  const opened = openHandshake(crypto, hidingKey, bytes, offerHash)
  hidingKey.wipe()
  if (opened === null) return null
  const { introduction, handshakeBytes } = opened
  if (equalBytes(introduction.party.deviceId, responder.own.party.deviceId)) {
    throw new ProtocolError('SESSION_FIELD', 'from this device itself')
  }
  return {
    introduction,
    handshakeId: handshakeIdOf(crypto, bytes.subarray(0, handshakeBytes)),
    prekeyId,
    message: bytes.subarray(handshakeBytes),
    offerHash,
    ephemeralKey,
    shared,
  }
}

/** Random bytes that happen to name a prekey are not ours; they are no error either. */
function sharedOrNull(crypto: Crypto, secret: Secret, key: Uint8Array): Secret | null {
  try {
    return crypto.x25519Shared(secret, key)
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

/** The responder's session. Proves nothing before its first message opens. */
export function answerFirstContact(
  crypto: Crypto,
  { own, ring }: Responder,
  contact: FirstContact,
  nowSeconds: number,
): Session {
  const { introduction, offerHash, ephemeralKey, shared, handshakeId } = contact
  const generation = findGeneration(ring, contact.prekeyId)
  const { oneTimeId, party } = introduction
  const oneTime = ring.oneTime.find(({ id }) => id === oneTimeId) ?? null
  if (generation === null || (oneTimeId !== 0 && oneTime === null)) {
    throw new ProtocolError('SESSION_STALE', 'prekey')
  }
  const oneTimeKey = oneTime && crypto.x25519Public(oneTime.secret)
  const id = hashTranscript(crypto, offerHash, introduction, oneTimeKey)
  const [dh3, kem] = shared
  const inputs = [
    Secret.copy(DOMAIN),
    crypto.x25519Shared(generation.signedSecret, party.deviceKey),
    crypto.x25519Shared(own.deviceSecret, ephemeralKey),
    dh3,
    ...(oneTime === null ? [] : [crypto.x25519Shared(oneTime.secret, ephemeralKey)]),
    kem,
  ]
  const keys = deriveStartKeys(crypto, inputs, id)
  return {
    ...newSession({ id, handshakeId, introduction, keys, nowSeconds }),
    isInitiator: false,
    handshake: null,
    peerRatchetKey: EMPTY_KEY,
    nextSendHeaderKey: keys.responderHeader,
    nextReceiveHeaderKey: keys.initiatorHeader,
    sending: beforeFirstChain(keys.responderHeader, generation.signedSecret),
  }
}
