// The encrypted header of a message, and what may follow it. session.md §5
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { SESSION_HEADER_BYTES, SESSION_SALT_BYTES, SESSION_VERSION } from '../constants.ts'
import { MLKEM_CIPHERTEXT_BYTES, MLKEM_PUBLIC_BYTES, PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'

export interface MessageHeader {
  readonly hasKemCiphertext: boolean
  readonly hasKemKey: boolean
  readonly ratchetKey: Uint8Array
  readonly previousNumber: number
  readonly number: number
  /** Messages of ours that the sender had received in the chain that this one answers. */
  readonly acknowledged: number
  readonly rank: number
  /** Which of all the sender's messages in this session this is, from 1. */
  readonly count: number
  readonly incarnation: number
  readonly salt: Uint8Array
}

const FLAG_KEM_CIPHERTEXT = 1
const FLAG_KEM_KEY = 2

export function encodeHeader(header: MessageHeader): Uint8Array {
  const flags =
    (header.hasKemCiphertext ? FLAG_KEM_CIPHERTEXT : 0) | (header.hasKemKey ? FLAG_KEM_KEY : 0)
  return new Writer(SESSION_HEADER_BYTES)
    .u8(SESSION_VERSION)
    .u8(flags)
    .bytes(header.ratchetKey, PUBLIC_KEY_BYTES)
    .u32(header.previousNumber)
    .u32(header.number)
    .u32(header.acknowledged)
    .u32(header.rank)
    .u32(header.count)
    .u32(header.incarnation)
    .bytes(header.salt, SESSION_SALT_BYTES)
    .finish()
}

export function decodeHeader(bytes: Uint8Array): MessageHeader {
  const reader = new Reader(bytes, 'SESSION')
  reader.version(SESSION_VERSION)
  const flags = reader.within(reader.u8(), 0, FLAG_KEM_CIPHERTEXT | FLAG_KEM_KEY, 'flags')
  const ratchetKey = reader.bytes(PUBLIC_KEY_BYTES)
  const previousNumber = reader.u32()
  const number = reader.u32()
  const acknowledged = reader.u32()
  const rank = reader.u32()
  const count = reader.u32()
  const incarnation = reader.u32()
  const salt = reader.bytes(SESSION_SALT_BYTES)
  reader.end()
  return {
    hasKemCiphertext: (flags & FLAG_KEM_CIPHERTEXT) !== 0,
    hasKemKey: (flags & FLAG_KEM_KEY) !== 0,
    ratchetKey,
    previousNumber,
    number,
    acknowledged,
    rank,
    count,
    incarnation,
    salt,
  }
}

/** The second sealed part: a KEM ciphertext, a KEM key, both or nothing. */
export interface KemPart {
  readonly ciphertext: Uint8Array | null
  readonly key: Uint8Array | null
}

export function kemPartBytes(part: {
  readonly hasKemCiphertext: boolean
  readonly hasKemKey: boolean
}): number {
  return (
    (part.hasKemCiphertext ? MLKEM_CIPHERTEXT_BYTES : 0) + (part.hasKemKey ? MLKEM_PUBLIC_BYTES : 0)
  )
}

export function encodeKemPart(part: KemPart): Uint8Array {
  const writer = new Writer(MLKEM_CIPHERTEXT_BYTES + MLKEM_PUBLIC_BYTES)
  if (part.ciphertext !== null) writer.bytes(part.ciphertext, MLKEM_CIPHERTEXT_BYTES)
  if (part.key !== null) writer.bytes(part.key, MLKEM_PUBLIC_BYTES)
  return writer.finish()
}

/** What it returns are copies: they outlive the message. */
export function decodeKemPart(bytes: Uint8Array, header: MessageHeader): KemPart {
  const reader = new Reader(bytes, 'SESSION')
  const ciphertext = header.hasKemCiphertext ? reader.bytes(MLKEM_CIPHERTEXT_BYTES).slice() : null
  const key = header.hasKemKey ? reader.bytes(MLKEM_PUBLIC_BYTES).slice() : null
  reader.end()
  return { ciphertext, key }
}
