// From a session and a message to a content and the next session. session.md §6
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { SESSION_SKIP_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Secret } from '../crypto/secret.ts'
import { unpad } from '../envelope/padding.ts'
import { ProtocolError } from '../errors.ts'
import { LATE_SLACK_SECONDS } from '../limits.ts'
import { isNews, type Mark, noteMark } from './incarnation.ts'
import { type ChainStep, stepChain, stepRoot } from './keys.ts'
import type { KemPart, MessageHeader } from './message-header.ts'
import {
  type OpenedHeader,
  type OpenedKemPart,
  openBody,
  openHeader,
  openKemPart,
  type SealedParts,
  splitMessage,
} from './sealed-message.ts'
import type { Receiving, Session } from './session.ts'
import { addSkipped, findSkipped, forgetSkipped, type SkippedKey, takeSkipped } from './skipped.ts'

export interface ReceiveOptions {
  readonly nowSeconds: number
  /** The network's: skipped keys are kept so long, and a little longer. */
  readonly ttlSeconds: number
  readonly associated: Uint8Array
  /**
   * For a reader that expects those in between to come at once: a message that would skip others is
   * `early` when more than so many of its chain are missing then, and is brought again.
   * SESSION_SKIP_MAX holds besides.
   */
  readonly skipPatience?: number
}

/** Where in a session a message stands. */
export interface EarlyPlace {
  /** The session's handshake. */
  readonly handshakeId: Uint8Array
  readonly chain: number
  readonly number: number
}

export type Received =
  | {
      readonly kind: 'opened'
      /** To be written before `content` is used. */
      readonly session: Session
      readonly content: Uint8Array
      readonly mark: Mark
      /** The peer has seen more of our messages than we remember sending. */
      readonly isOwnRollback: boolean
    }
  /**
   * Of the rest only the header is known to be genuine.
   * Its key is used up: a copy, or the peer's state went back in time.
   */
  | { readonly kind: 'used'; readonly isPeerRollback: boolean }
  /** It answers a chain of ours that we do not remember: our state went back. */
  | { readonly kind: 'ahead' }
  | { readonly kind: 'early'; readonly place: EarlyPlace }

interface Attempt {
  readonly parts: SealedParts
  readonly bound: Uint8Array
  readonly options: ReceiveOptions
}

type Opened = OpenedHeader & OpenedKemPart

function openRest(
  crypto: Crypto,
  headerKey: Secret,
  opened: OpenedHeader,
  { parts, bound }: Attempt,
): Opened {
  return { ...opened, ...openKemPart(crypto, headerKey, parts, opened.header, bound) }
}

/** What changes with every message that opens, whatever chain it is of. */
function noted(session: Session, header: MessageHeader): Session {
  const { kem } = session
  return {
    ...session,
    // The first message that comes back has shown that the peer has the session.
    handshake: null,
    rank: Math.max(session.rank, header.rank),
    unansweredSeconds: null,
    peerRank: Math.max(session.peerRank, header.rank),
    incarnations: noteMark(session.incarnations, header),
    kem: { ...kem, messages: kem.messages + 1 },
  }
}

/** Walks a chain, keeping the keys of what it passes. */
function skipTo(
  crypto: Crypto,
  from: { readonly chain: Secret; readonly number: number },
  until: number,
  nowSeconds: number,
): { readonly chain: Secret; readonly keys: SkippedKey[] } {
  const keys: SkippedKey[] = []
  let { chain } = from
  for (let number = from.number; number < until; number++) {
    const step = stepChain(crypto, chain)
    chain = step.chain
    keys.push({ number, storedSeconds: nowSeconds, key: step.message })
  }
  return { chain, keys }
}

function checkSkip(count: number): void {
  if (count > SESSION_SKIP_MAX) throw new ProtocolError('SESSION_LIMIT', `${count} skipped`)
}

/** `count` is what it would skip; what was skipped in the chain before, and is missing, counts too. */
function isEarly(
  count: number,
  { skipped }: Session,
  ref: number,
  { options: { skipPatience } }: Attempt,
): boolean {
  if (skipPatience === undefined || count === 0) return false
  const missing = skipped.chains.find((chain) => chain.ref === ref)?.count ?? 0
  return missing + count > skipPatience
}

function early({ handshakeId }: Session, chain: number, { number }: MessageHeader): Received {
  return { kind: 'early', place: { handshakeId, chain, number } }
}

/** An offer counts while the chain that carries it has not been answered. */
function withOffer(session: Session, kem: KemPart): Session {
  if (kem.key === null || session.receiving?.isKemAnswered) return session
  return { ...session, kem: { ...session.kem, peerKey: kem.key } }
}

/** Another message took its place: it was this one, or the peer has sent two in one place. */
function used(session: Session, header: MessageHeader): Received {
  return { kind: 'used', isPeerRollback: isNews(session.incarnations, header) }
}

function openCurrent(
  crypto: Crypto,
  session: Session,
  receiving: Receiving,
  opened: OpenedHeader,
  attempt: Attempt,
): Received {
  const { header } = opened
  // One header key, two ratchet keys: the peer began this chain twice.
  if (!equalBytes(header.ratchetKey, receiving.ratchetKey)) {
    return { kind: 'used', isPeerRollback: true }
  }
  if (header.number < receiving.number) {
    return openSkipped(crypto, session, receiving, opened, attempt)
  }
  const skipCount = header.number - receiving.number
  if (isEarly(skipCount, session, receiving.ref, attempt)) {
    return early(session, receiving.ref, header)
  }
  checkSkip(skipCount)
  const { nowSeconds } = attempt.options
  const rest = openRest(crypto, receiving.headerKey, opened, attempt)
  const skip = skipTo(crypto, receiving, header.number, nowSeconds)
  const step = stepChain(crypto, skip.chain)
  const content = readBody(crypto, step, rest, attempt)
  const after: Session = {
    ...noted(session, header),
    skipped: addSkipped(session.skipped, receiving, skip.keys),
    receiving: {
      ...receiving,
      chain: step.chain,
      number: header.number + 1,
    },
  }
  const { sending } = session
  // Our chain that this one answers: the current one until we answer this one.
  const sent = sending.chain === null ? sending.number : sending.previousNumber
  const isOwnRollback = header.acknowledged > sent
  const opens = { session: withOffer(after, rest.kem), content, mark: header }
  return { kind: 'opened', ...opens, isOwnRollback }
}

/** A late message, of the current chain (`receiving`) or of an older one. */
function openSkipped(
  crypto: Crypto,
  session: Session,
  chain: { readonly ref: number; readonly headerKey: Secret },
  opened: OpenedHeader,
  attempt: Attempt,
): Received {
  const { header } = opened
  const { receiving, skipped } = session
  const key = findSkipped(skipped, chain.ref, header.number)
  if (key === null) return used(session, header)
  const rest = openRest(crypto, chain.headerKey, opened, attempt)
  const content = readBody(crypto, { message: key }, rest, attempt)
  const late = {
    ...noted(session, header),
    skipped: takeSkipped(skipped, chain.ref, header.number),
  }
  const after = receiving?.ref === chain.ref ? withOffer(late, rest.kem) : late
  return { kind: 'opened', session: after, content, mark: header, isOwnRollback: false }
}

function readBody(
  crypto: Crypto,
  step: Pick<ChainStep, 'message'>,
  opened: Opened,
  { parts, bound }: Attempt,
): Uint8Array {
  return unpad(openBody(crypto, step.message, parts, opened, bound))
}

/** The first half of a ratchet step: the peer's new chain. */
function openNext(
  crypto: Crypto,
  session: Session,
  opened: OpenedHeader,
  attempt: Attempt,
): Received {
  const { header } = opened
  const { receiving, sending } = session
  const { nowSeconds } = attempt.options
  // A new chain answers ours, and we remember none since the peer's last.
  if (sending.ratchetSecret === null) return { kind: 'ahead' }
  const missed = receiving === null ? 0 : Math.max(0, header.previousNumber - receiving.number)
  const ref = (receiving?.ref ?? 0) + 1
  if (isEarly(missed + header.number, session, receiving?.ref ?? 0, attempt)) {
    return early(session, ref, header)
  }
  checkSkip(missed + header.number)
  const headerKey = session.nextReceiveHeaderKey
  const rest = openRest(crypto, headerKey, opened, attempt)
  const { ciphertext } = rest.kem
  if (ciphertext !== null && session.kem.ownSeed === null) {
    throw new ProtocolError('SESSION_STATE', 'KEM ciphertext')
  }
  const kem = ciphertext && crypto.mlkemDecapsulate(session.kem.ownSeed!, ciphertext)
  const dh = crypto.x25519Shared(sending.ratchetSecret, header.ratchetKey)
  const root = stepRoot(crypto, session.root, { dh, kem })
  const skip = skipTo(crypto, { chain: root.chain, number: 0 }, header.number, nowSeconds)
  const step = stepChain(crypto, skip.chain)
  const content = readBody(crypto, step, rest, attempt)
  const passed = receiving && skipTo(crypto, receiving, receiving.number + missed, nowSeconds)
  const skipped = receiving
    ? addSkipped(session.skipped, receiving, passed?.keys ?? [])
    : session.skipped
  const base = noted(session, header)
  const after: Session = {
    ...base,
    root: root.root,
    peerRatchetKey: header.ratchetKey.slice(),
    nextReceiveHeaderKey: root.nextHeader,
    sending: { ...sending, chain: null, ratchetSecret: null, kemCiphertext: null },
    receiving: {
      ref,
      chain: step.chain,
      headerKey,
      ratchetKey: header.ratchetKey.slice(),
      number: header.number + 1,
      isKemAnswered: false,
    },
    kem:
      kem === null
        ? base.kem
        : { ...base.kem, ownSeed: null, messages: 0, sinceSeconds: nowSeconds },
    skipped: addSkipped(skipped, { ref, headerKey }, skip.keys),
  }
  const isOwnRollback = header.acknowledged > sending.number
  const opens = { session: withOffer(after, rest.kem), content, mark: header }
  return { kind: 'opened', ...opens, isOwnRollback }
}

function tryCurrent(crypto: Crypto, session: Session, attempt: Attempt): Received | null {
  const { receiving } = session
  if (receiving === null) return null
  const opened = openHeader(crypto, receiving.headerKey, attempt.parts, attempt.bound)
  return opened && openCurrent(crypto, session, receiving, opened, attempt)
}

function tryNext(crypto: Crypto, session: Session, attempt: Attempt): Received | null {
  const { parts, bound } = attempt
  const opened = openHeader(crypto, session.nextReceiveHeaderKey, parts, bound)
  return opened && openNext(crypto, session, opened, attempt)
}

function openMessageNow(crypto: Crypto, session: Session, attempt: Attempt): Received | null {
  const { parts, bound } = attempt
  const { receiving, sending } = session
  // A failed trial costs as much as a message, and who was written to most likely answers.
  const isAnswerLikely = sending.chain !== null
  const [first, second] = isAnswerLikely ? [tryNext, tryCurrent] : [tryCurrent, tryNext]
  const found = first(crypto, session, attempt) ?? second(crypto, session, attempt)
  if (found !== null) return found
  for (const chain of session.skipped.chains) {
    if (chain.ref === receiving?.ref) continue
    const late = openHeader(crypto, chain.headerKey, parts, bound)
    if (late !== null) return openSkipped(crypto, session, chain, late, attempt)
  }
  return null
}

/**
 * Null when no key of the session opens the header: not this session's, or too old. Throws for a
 * header that opens and a rest that does not. The session given is never changed.
 */
export function openMessage(
  crypto: Crypto,
  before: Session,
  message: Uint8Array,
  options: ReceiveOptions,
): Received | null {
  const parts = splitMessage(message)
  if (parts === null) return null
  const keepSince = options.nowSeconds - options.ttlSeconds - LATE_SLACK_SECONDS
  const skipped = forgetSkipped(before.skipped, keepSince)
  const session = skipped === before.skipped ? before : { ...before, skipped }
  const bound = concatBytes(session.id, options.associated)
  return openMessageNow(crypto, session, { parts, bound, options })
}
