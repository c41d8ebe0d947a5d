import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto, RandomSource } from '@ezchat/protocol/crypto/crypto.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import { decodeFrame } from '@ezchat/protocol/session/frame.ts'
import type { OwnParty } from '@ezchat/protocol/session/party.ts'
import type { PrekeyRing } from '@ezchat/protocol/session/prekey-ring.ts'
import { openPrekeys } from '@ezchat/protocol/session/prekeys.ts'
import { openMessage } from '@ezchat/protocol/session/receive.ts'
import { sealMessageWith } from '@ezchat/protocol/session/send.ts'
import type { Session } from '@ezchat/protocol/session/session.ts'
import { answerFirstContact, readFirstContact } from '@ezchat/protocol/session/start.ts'
import { openTrace } from '@ezchat/protocol/session/trace.ts'
import { bytes, list, number, secret } from '../input.ts'
import type { Entries, Json, JsonObject } from '../vector.ts'

/** Bytes from the vector, in the order in which they are drawn. */
function coins(from: Uint8Array): RandomSource {
  let at = 0
  return (length) => {
    assert(at + length <= from.length, 'the vector has too few coins')
    at += length
    return from.slice(at - length, at)
  }
}

function ownOf(input: JsonObject): OwnParty {
  const party = {
    identityKey: bytes(input, 'identityKey'),
    deviceId: bytes(input, 'deviceId'),
    signKey: bytes(input, 'signKey'),
    deviceKey: bytes(input, 'deviceKey'),
  }
  return { party, deviceSecret: secret(input, 'deviceSecret'), proof: new Uint8Array(0) }
}

function ringOf(input: JsonObject): PrekeyRing {
  const generation = {
    id: number(input, 'prekeyId'),
    createdSeconds: number(input, 'nowSeconds'),
    replacedSeconds: null,
    signedSecret: secret(input, 'signedSecret'),
    kemSeed: secret(input, 'kemSeed'),
    answered: [],
  }
  return { generations: [generation], oneTime: [] }
}

const RECEIVE = 0

/** One step after first contact: 0 ‖ a message to open, or 1 ‖ 44 coins ‖ a content to seal. */
function step(crypto: Crypto, session: Session, what: Uint8Array, input: JsonObject) {
  const nowSeconds = number(input, 'nowSeconds')
  const associated = bytes(input, 'associated')
  const rest = what.subarray(1)
  if (what[0] !== RECEIVE) {
    const options = {
      nowSeconds,
      associated,
      roomBytes: number(input, 'roomBytes'),
      incarnation: 2,
    }
    const random = coins(rest.subarray(0, 44))
    const sent = sealMessageWith(crypto, session, rest.subarray(44), options, random)
    const sealed = { message: toHex(sent.message), reference: toHex(sent.reference) }
    return { session: sent.session, says: sealed as Json }
  }
  const options = { nowSeconds, associated, ttlSeconds: 30 * 86_400 }
  const received = openMessage(crypto, session, rest, options)
  if (received === null) return null
  if (received.kind === 'used' && received.isPeerRollback) return { session, says: 'set back' }
  if (received.kind !== 'opened') return { session, says: received.kind as Json }
  return { session: received.session, says: toHex(received.content) as Json }
}

export const entries: Entries = {
  /** What a reader takes out of a bundle. */
  prekeys(input, crypto) {
    const { party, id, expiresSeconds, signedKey, oneTime } = openPrekeys(
      crypto,
      bytes(input, 'bundle'),
      {
        networkId: bytes(input, 'networkId'),
        device: {
          identityKey: bytes(input, 'identityKey'),
          deviceId: bytes(input, 'deviceId'),
          signKey: bytes(input, 'signKey'),
        },
        nowSeconds: number(input, 'nowSeconds'),
      },
    )
    const deviceKey = toHex(party.deviceKey)
    return { id, expiresSeconds, deviceKey, signedKey: toHex(signedKey), oneTime: oneTime.length }
  },

  /** The responder's side: a first message, then whatever comes. */
  responder(input, crypto) {
    const responder = {
      own: ownOf(input),
      ring: ringOf(input),
      networkId: bytes(input, 'networkId'),
    }
    const nowSeconds = number(input, 'nowSeconds')
    const [first, ...steps] = list(input, 'steps')
    assert(first !== undefined, 'expected a first message')
    const contact = readFirstContact(crypto, responder, first)
    if (contact === null) return null
    let session = answerFirstContact(crypto, responder, contact, nowSeconds)
    const said: Json[] = []
    for (const what of [Uint8Array.of(RECEIVE, ...contact.message), ...steps]) {
      const done = step(crypto, session, what, input)
      if (done === null) return null
      session = done.session
      said.push(done.says)
    }
    const { introduction } = contact
    return {
      sessionId: toHex(session.id),
      initiator: toHex(introduction.party.identityKey),
      rank: introduction.rank,
      proof: toHex(introduction.proof),
      laneSecretHash: toHex(crypto.sha256(session.laneSecret.reveal())),
      said,
    }
  },

  trace(input, crypto) {
    const covered = [bytes(input, 'digest'), bytes(input, 'direction'), bytes(input, 'associated')]
    const trace = openTrace(crypto, secret(input, 'traceKey'), covered, bytes(input, 'trace'))
    return trace && { count: trace.count, incarnation: trace.incarnation }
  },

  frame(input) {
    const frame = decodeFrame(bytes(input, 'frame'))
    if (frame === null) return 'passed over'
    if (frame.kind === 'resend')
      return { kind: frame.kind, references: frame.references.map(toHex) }
    return frame.kind === 'content'
      ? { kind: frame.kind, content: toHex(frame.content) }
      : { kind: frame.kind }
  },
}
