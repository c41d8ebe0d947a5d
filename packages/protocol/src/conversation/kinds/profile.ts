// What somebody is called, and how long messages stay from now on. kinds.md §6
import { readName, writeName } from '../../codec/plain-text.ts'
import type { Reader } from '../../codec/reader.ts'
import type { Writer } from '../../codec/writer.ts'
import { PROFILE_NAME_BYTES_MAX } from '../../constants.ts'
import { readDisappear, readHash, readPresence, writeDisappear, writeHash } from './message-head.ts'

export interface ProfileContent {
  readonly kind: 'profile'
  /** Empty: none. */
  readonly name: string
  readonly pictureHash: Uint8Array | null
}

export interface TimerContent {
  readonly kind: 'timer'
  readonly disappearSeconds: number
}

export function writeProfile(writer: Writer, { name, pictureHash }: ProfileContent): void {
  writeName(writer, name, PROFILE_NAME_BYTES_MAX)
  writer.u8(pictureHash === null ? 0 : 1)
  if (pictureHash !== null) writeHash(writer, pictureHash)
}

export function readProfile(reader: Reader): ProfileContent {
  const name = readName(reader, PROFILE_NAME_BYTES_MAX)
  return { kind: 'profile', name, pictureHash: readPresence(reader) ? readHash(reader) : null }
}

export function writeTimer(writer: Writer, { disappearSeconds }: TimerContent): void {
  writeDisappear(writer, disappearSeconds)
}

export function readTimer(reader: Reader): TimerContent {
  return { kind: 'timer', disappearSeconds: readDisappear(reader) }
}
