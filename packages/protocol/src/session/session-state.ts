// A session as bytes on our own disk. Versioned and strict: a torn or foreign record is noticed.
// Its skipped keys are records of their own, so that an ordinary message writes one small record.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { HANDSHAKE_PROOF_BYTES_MAX, REFERENCE_BYTES, SESSION_SUITE } from '../constants.ts'
import {
  HASH_BYTES,
  KEY_BYTES,
  MLKEM_CIPHERTEXT_BYTES,
  MLKEM_PUBLIC_BYTES,
  MLKEM_SEED_BYTES,
  PUBLIC_KEY_BYTES,
} from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { INCARNATIONS_MAX } from '../limits.ts'
import { handshakeBytesOf } from './handshake.ts'
import type { Incarnation } from './incarnation.ts'
import type { KemState, Receiving, Sending, Session } from './session.ts'
import { NOTHING_SKIPPED } from './skipped.ts'

const STATE_VERSION = 1

export function writeSecret(writer: Writer, secret: Secret, length: number = KEY_BYTES): void {
  writer.bytes(secret.reveal(), length)
}

export function readSecret(reader: Reader, length: number = KEY_BYTES): Secret {
  return Secret.copy(reader.bytes(length))
}

const NOTHING = 0
const SOMETHING = 1

/** Something or nothing, and nothing else. */
export function writeOptional<T>(writer: Writer, value: T | null, write: (value: T) => void): void {
  writer.u8(value === null ? NOTHING : SOMETHING)
  if (value !== null) write(value)
}

export function readOptional<T>(reader: Reader, read: () => T): T | null {
  return reader.within(reader.u8(), NOTHING, SOMETHING, 'presence') === SOMETHING ? read() : null
}

const readCopy = (reader: Reader, length: number) => () => reader.bytes(length).slice()

function writeSending(writer: Writer, sending: Sending): void {
  writeOptional(writer, sending.chain, (chain) => writeSecret(writer, chain))
  writeSecret(writer, sending.headerKey)
  writeOptional(writer, sending.ratchetSecret, (secret) => writeSecret(writer, secret))
  writer.bytes(sending.ratchetKey, PUBLIC_KEY_BYTES).u32(sending.number).u32(sending.previousNumber)
  writeOptional(writer, sending.kemCiphertext, (bytes) =>
    writer.bytes(bytes, MLKEM_CIPHERTEXT_BYTES),
  )
}

function readSending(reader: Reader): Sending {
  return {
    chain: readOptional(reader, () => readSecret(reader)),
    headerKey: readSecret(reader),
    ratchetSecret: readOptional(reader, () => readSecret(reader)),
    ratchetKey: reader.bytes(PUBLIC_KEY_BYTES).slice(),
    number: reader.u32(),
    previousNumber: reader.u32(),
    kemCiphertext: readOptional(reader, readCopy(reader, MLKEM_CIPHERTEXT_BYTES)),
  }
}

function writeReceiving(writer: Writer, receiving: Receiving): void {
  writer.u32(receiving.ref)
  writeSecret(writer, receiving.chain)
  writeSecret(writer, receiving.headerKey)
  writer.bytes(receiving.ratchetKey, PUBLIC_KEY_BYTES).u32(receiving.number)
  writer.u8(receiving.isKemAnswered ? 1 : 0)
}

function readReceiving(reader: Reader): Receiving {
  const ref = reader.u32()
  const chain = readSecret(reader)
  const headerKey = readSecret(reader)
  const ratchetKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
  const number = reader.u32()
  const isKemAnswered = reader.within(reader.u8(), 0, 1, 'flag') === 1
  return { ref, chain, headerKey, ratchetKey, number, isKemAnswered }
}

function writeKem(writer: Writer, kem: KemState): void {
  writeOptional(writer, kem.ownSeed, (seed) => writeSecret(writer, seed, MLKEM_SEED_BYTES))
  writeOptional(writer, kem.peerKey, (key) => writer.bytes(key, MLKEM_PUBLIC_BYTES))
  writer.u32(kem.messages).u32(kem.sinceSeconds)
}

function readKem(reader: Reader): KemState {
  return {
    ownSeed: readOptional(reader, () => readSecret(reader, MLKEM_SEED_BYTES)),
    peerKey: readOptional(reader, readCopy(reader, MLKEM_PUBLIC_BYTES)),
    messages: reader.u32(),
    sinceSeconds: reader.u32(),
  }
}

/** Without skipped keys: see `encodeSkipped`. */
export function encodeSession(session: Session): Uint8Array {
  const writer = new Writer(1024)
  writer.u8(STATE_VERSION).u8(session.suite).bytes(session.id, HASH_BYTES)
  writer.bytes(session.handshakeId, REFERENCE_BYTES).u8(session.isInitiator ? 1 : 0)
  writer.u32(session.createdSeconds).u32(session.rank).u32(session.peerRank)
  writeSecret(writer, session.laneSecret)
  writeSecret(writer, session.traceKey)
  writeOptional(writer, session.handshake, (bytes) =>
    writer.prefixed(bytes, handshakeBytesOf(HANDSHAKE_PROOF_BYTES_MAX)),
  )
  writeSecret(writer, session.root)
  writer.bytes(session.peerRatchetKey, PUBLIC_KEY_BYTES)
  writeSecret(writer, session.nextSendHeaderKey)
  writeSecret(writer, session.nextReceiveHeaderKey)
  writeSending(writer, session.sending)
  writeOptional(writer, session.receiving, (receiving) => writeReceiving(writer, receiving))
  writeKem(writer, session.kem)
  writer.u32(session.sentCount)
  writeOptional(writer, session.unansweredSeconds, (seconds) => writer.u32(seconds))
  writer.u8(session.incarnations.length)
  for (const { value, most } of session.incarnations) writer.u32(value).u32(most)
  return writer.finish()
}

export function decodeSession(bytes: Uint8Array): Session {
  const reader = new Reader(bytes, 'STATE')
  reader.version(STATE_VERSION)
  const suite = reader.within(reader.u8(), SESSION_SUITE, SESSION_SUITE, 'suite')
  const session: Session = {
    suite,
    id: reader.bytes(HASH_BYTES).slice(),
    handshakeId: reader.bytes(REFERENCE_BYTES).slice(),
    isInitiator: reader.within(reader.u8(), 0, 1, 'flag') === 1,
    createdSeconds: reader.u32(),
    rank: reader.u32(),
    peerRank: reader.u32(),
    laneSecret: readSecret(reader),
    traceKey: readSecret(reader),
    handshake: readOptional(reader, () =>
      reader.prefixed(handshakeBytesOf(HANDSHAKE_PROOF_BYTES_MAX)).slice(),
    ),
    root: readSecret(reader),
    peerRatchetKey: reader.bytes(PUBLIC_KEY_BYTES).slice(),
    nextSendHeaderKey: readSecret(reader),
    nextReceiveHeaderKey: readSecret(reader),
    sending: readSending(reader),
    receiving: readOptional(reader, () => readReceiving(reader)),
    kem: readKem(reader),
    skipped: NOTHING_SKIPPED,
    sentCount: reader.u32(),
    unansweredSeconds: readOptional(reader, () => reader.u32()),
    incarnations: readIncarnations(reader),
  }
  reader.end()
  return session
}

function readIncarnations(reader: Reader): Incarnation[] {
  const count = reader.within(reader.u8(), 0, INCARNATIONS_MAX, 'incarnations')
  return Array.from({ length: count }, () => ({ value: reader.u32(), most: reader.u32() }))
}
