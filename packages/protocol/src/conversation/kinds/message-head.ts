// What messages of people have in common: how long they stay, and what they answer. kinds.md §3
import { isZero } from '../../codec/bytes.ts'
import type { Reader } from '../../codec/reader.ts'
import type { Writer } from '../../codec/writer.ts'
import { DISAPPEAR_SECONDS_MAX } from '../../constants.ts'
import { HASH_BYTES } from '../../crypto/lengths.ts'
import { assert } from '../../errors.ts'

export interface MessageHead {
  /** So long after it was read it goes; zero: it stays. */
  readonly disappearSeconds: number
  readonly replyTo: Uint8Array | null
}

export function writeHash(writer: Writer, hash: Uint8Array): Writer {
  assert(!isZero(hash), 'expected the hash of an entry')
  return writer.bytes(hash, HASH_BYTES)
}

export function readHash(reader: Reader): Uint8Array {
  const hash = reader.bytes(HASH_BYTES)
  if (isZero(hash)) reader.fail('FIELD', 'no hash of an entry')
  return hash
}

export function readPresence(reader: Reader): boolean {
  return reader.within(reader.u8(), 0, 1, 'presence') === 1
}

export function writeDisappear(writer: Writer, seconds: number): Writer {
  assert(seconds <= DISAPPEAR_SECONDS_MAX, `disappears after ${seconds} s`)
  return writer.u32(seconds)
}

export function readDisappear(reader: Reader): number {
  return reader.within(reader.u32(), 0, DISAPPEAR_SECONDS_MAX, 'time to disappear')
}

export function writeHead(writer: Writer, { disappearSeconds, replyTo }: MessageHead): void {
  writeDisappear(writer, disappearSeconds).u8(replyTo === null ? 0 : 1)
  if (replyTo !== null) writeHash(writer, replyTo)
}

export function readHead(reader: Reader): MessageHead {
  const disappearSeconds = readDisappear(reader)
  return { disappearSeconds, replyTo: readPresence(reader) ? readHash(reader) : null }
}
