// From a session and a content to a message and the next session. session.md §6
import { concatBytes } from '../codec/bytes.ts'
import { PADDING_LENGTH_BYTES, REFERENCE_BYTES, SESSION_SALT_BYTES } from '../constants.ts'
import type { Crypto, Encapsulation, RandomSource, X25519Pair } from '../crypto/crypto.ts'
import { KEY_BYTES, MLKEM_SEED_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { pad } from '../envelope/padding.ts'
import { assert, ProtocolError } from '../errors.ts'
import { KEM_STEP_MESSAGES, KEM_STEP_SECONDS } from '../limits.ts'
import { stepChain, stepRoot } from './keys.ts'
import { kemOverheadBytes, MESSAGE_OVERHEAD_BYTES, sealParts } from './sealed-message.ts'
import type { KemState, Sending, Session } from './session.ts'
import { coveredBy, digestOf, sealTrace } from './trace.ts'

export interface SendOptions {
  /** The message is exactly so long; the content is padded to it. */
  readonly roomBytes: number
  readonly nowSeconds: number
  /** What the message must not be torn from: the envelope's header. Both sides have the same. */
  readonly associated: Uint8Array
  /** Drawn by the caller each time its program starts. */
  readonly incarnation: number
}

export interface Sent {
  /** To be written before `message` is used. */
  readonly session: Session
  readonly message: Uint8Array
  /** By which the peer asks for it again. */
  readonly reference: Uint8Array
}

function isOfferDue(kem: KemState, nowSeconds: number): boolean {
  return (
    kem.ownSeed !== null ||
    kem.messages >= KEM_STEP_MESSAGES ||
    nowSeconds - kem.sinceSeconds >= KEM_STEP_SECONDS
  )
}

interface Plan {
  readonly hasKemCiphertext: boolean
  readonly hasKemKey: boolean
}

/** Bytes besides the content. */
function overheadOf(session: Session, plan: Plan): number {
  return MESSAGE_OVERHEAD_BYTES + (session.handshake?.length ?? 0) + kemOverheadBytes(plan)
}

/** What the next message cannot go without: the ciphertext of a chain that has begun with one. */
function leastPlan(session: Session): Plan {
  const { sending } = session
  const hasKemCiphertext = sending.chain !== null && sending.kemCiphertext !== null
  return { hasKemCiphertext, hasKemKey: false }
}

function wantedPlan(session: Session, nowSeconds: number): Plan {
  const mayAnswer = session.sending.chain === null && session.kem.peerKey !== null
  return {
    hasKemCiphertext: leastPlan(session).hasKemCiphertext || mayAnswer,
    hasKemKey: isOfferDue(session.kem, nowSeconds),
  }
}

/** How many bytes the next message has besides its content: at the least, and if it may choose. */
export function overheadBytes(
  session: Session,
  nowSeconds: number,
): { readonly leastBytes: number; readonly wantedBytes: number } {
  return {
    leastBytes: overheadOf(session, leastPlan(session)),
    wantedBytes: overheadOf(session, wantedPlan(session, nowSeconds)),
  }
}

/** As much of the wish as there is room for; answering an offer comes before making one. */
function planFor(session: Session, contentBytes: number, options: SendOptions): Plan {
  const fits = (plan: Plan) => overheadOf(session, plan) + contentBytes <= options.roomBytes
  const least = leastPlan(session)
  const wanted = wantedPlan(session, options.nowSeconds)
  assert(fits(least), `${contentBytes} bytes of content do not fit in ${options.roomBytes}`)
  if (fits(wanted)) return wanted
  const answer = { ...wanted, hasKemKey: false }
  if (fits(answer)) return answer
  const offer = { ...least, hasKemKey: wanted.hasKemKey }
  return fits(offer) ? offer : least
}

/** Null for a key that is none: a peer that offers one must not stop us from writing to it. */
function answerOffer(crypto: Crypto, peerKey: Uint8Array): Encapsulation | null {
  try {
    return crypto.mlkemEncapsulate(peerKey)
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

/** The second half of a ratchet step: ours, at the first message after the peer's half. */
function beginChain(
  crypto: Crypto,
  session: Session,
  options: { readonly kemAnswer: Encapsulation | null; readonly nowSeconds: number },
  ratchet: X25519Pair,
): Session {
  const { secret: ratchetSecret, publicKey: ratchetKey } = ratchet
  const { kemAnswer: kem } = options
  const dh = crypto.x25519Shared(ratchetSecret, session.peerRatchetKey)
  const step = stepRoot(crypto, session.root, { dh, kem: kem?.shared ?? null })
  const sending: Sending = {
    chain: step.chain,
    headerKey: session.nextSendHeaderKey,
    ratchetSecret,
    ratchetKey,
    number: 0,
    previousNumber: session.sending.number,
    kemCiphertext: kem?.ciphertext ?? null,
  }
  const begun = { ...session, root: step.root, nextSendHeaderKey: step.nextHeader, sending }
  if (kem === null) return begun
  const receiving = session.receiving && { ...session.receiving, isKemAnswered: true }
  const since = { messages: 0, sinceSeconds: options.nowSeconds }
  return { ...begun, receiving, kem: { ...session.kem, peerKey: null, ...since } }
}

function withOffer(session: Session, random: RandomSource): Session {
  if (session.kem.ownSeed !== null) return session
  const ownSeed = Secret.adopt(random(MLKEM_SEED_BYTES))
  return { ...session, kem: { ...session.kem, ownSeed } }
}

function drawPair(crypto: Crypto, random: RandomSource): X25519Pair {
  const secret = Secret.adopt(random(KEY_BYTES))
  return { secret, publicKey: crypto.x25519Public(secret) }
}

/** Deterministic in `random`, but for the coins of an encapsulation. */
export function sealMessageWith(
  crypto: Crypto,
  before: Session,
  content: Uint8Array,
  options: SendOptions,
  random: RandomSource,
  generate: () => X25519Pair = () => drawPair(crypto, random),
): Sent {
  const { nowSeconds, roomBytes, incarnation } = options
  const plan = planFor(before, content.length, options)
  let session = before
  if (session.sending.chain === null) {
    const kemAnswer = plan.hasKemCiphertext ? answerOffer(crypto, before.kem.peerKey!) : null
    if (plan.hasKemCiphertext && kemAnswer === null) {
      const without = { ...before, kem: { ...before.kem, peerKey: null } }
      return sealMessageWith(crypto, without, content, options, random, generate)
    }
    session = beginChain(crypto, session, { kemAnswer, nowSeconds }, generate())
  }
  if (plan.hasKemKey) session = withOffer(session, random)
  const { sending, kem } = session
  const step = stepChain(crypto, sending.chain!)
  const header = {
    ...plan,
    ratchetKey: sending.ratchetKey,
    previousNumber: sending.previousNumber,
    number: sending.number,
    acknowledged: session.receiving?.number ?? 0,
    rank: session.rank,
    count: session.sentCount + 1,
    incarnation,
    // The key is new for each message. If a state ever goes back, the salt keeps the pair unique.
    salt: random(SESSION_SALT_BYTES),
  }
  const kemPart = {
    ciphertext: sending.kemCiphertext,
    key: plan.hasKemKey ? crypto.mlkemPublic(kem.ownSeed!) : null,
  }
  const padded = pad(content, roomBytes - overheadOf(before, plan) + PADDING_LENGTH_BYTES)
  const bound = concatBytes(session.id, options.associated)
  const keys = { header: sending.headerKey, message: step.message }
  const parts = sealParts(crypto, keys, { header, kem: kemPart, padded }, bound)
  const digest = digestOf(crypto, parts)
  const mark = { count: header.count, incarnation }
  const covered = coveredBy(digest, session.isInitiator, options.associated)
  const trace = sealTrace(crypto, session.traceKey, covered, mark)
  const handshake = session.handshake ?? NO_HANDSHAKE
  const next: Session = {
    ...session,
    sentCount: header.count,
    unansweredSeconds: session.unansweredSeconds ?? nowSeconds,
    sending: { ...sending, chain: step.chain, number: sending.number + 1 },
    kem: { ...kem, messages: kem.messages + 1 },
  }
  return {
    session: next,
    message: concatBytes(handshake, parts, trace),
    reference: digest.slice(0, REFERENCE_BYTES),
  }
}

const NO_HANDSHAKE = new Uint8Array(0)

/** The message is as long as the room. Write `session` before using `message`. */
export function sealMessage(
  crypto: Crypto,
  session: Session,
  content: Uint8Array,
  options: SendOptions,
): Sent {
  const { randomBytes, x25519Generate } = crypto
  return sealMessageWith(crypto, session, content, options, randomBytes, x25519Generate)
}
