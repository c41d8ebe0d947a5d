// The prekey ring as bytes on our own disk: written when it changes, which is seldom.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { ONE_TIME_PREKEYS_MAX, REFERENCE_BYTES } from '../constants.ts'
import { KEY_BYTES, MLKEM_SEED_BYTES } from '../crypto/lengths.ts'
import { HANDSHAKES_REMEMBERED_MAX, PREKEY_GENERATIONS_MAX } from '../limits.ts'
import type { OneTimeSecret, PrekeyGeneration, PrekeyRing } from './prekey-ring.ts'
import { readOptional, readSecret, writeOptional, writeSecret } from './session-state.ts'

const STATE_VERSION = 1

function writeGeneration(writer: Writer, generation: PrekeyGeneration): void {
  writer.u32(generation.id).u32(generation.createdSeconds)
  writeOptional(writer, generation.replacedSeconds, (seconds) => writer.u32(seconds))
  writeSecret(writer, generation.signedSecret, KEY_BYTES)
  writeSecret(writer, generation.kemSeed, MLKEM_SEED_BYTES)
  writer.u16(generation.answered.length)
  for (const handshake of generation.answered) writer.bytes(handshake, REFERENCE_BYTES)
}

function readGeneration(reader: Reader): PrekeyGeneration {
  const id = reader.u32()
  const createdSeconds = reader.u32()
  const replacedSeconds = readOptional(reader, () => reader.u32())
  const signedSecret = readSecret(reader)
  const kemSeed = readSecret(reader, MLKEM_SEED_BYTES)
  const count = reader.within(reader.u16(), 0, HANDSHAKES_REMEMBERED_MAX, 'handshakes')
  const answered: Uint8Array[] = []
  for (let i = 0; i < count; i++) answered.push(reader.bytes(REFERENCE_BYTES).slice())
  return { id, createdSeconds, replacedSeconds, signedSecret, kemSeed, answered }
}

function writeOneTime(writer: Writer, { id, createdSeconds, secret }: OneTimeSecret): void {
  writer.u32(id).u32(createdSeconds)
  writeSecret(writer, secret)
}

function readOneTime(reader: Reader): OneTimeSecret {
  return { id: reader.u32(), createdSeconds: reader.u32(), secret: readSecret(reader) }
}

export function encodePrekeyRing({ generations, oneTime }: PrekeyRing): Uint8Array {
  const writer = new Writer(1024).u8(STATE_VERSION).u8(generations.length)
  for (const generation of generations) writeGeneration(writer, generation)
  writer.u8(oneTime.length)
  for (const secret of oneTime) writeOneTime(writer, secret)
  return writer.finish()
}

export function decodePrekeyRing(bytes: Uint8Array): PrekeyRing {
  const reader = new Reader(bytes, 'STATE')
  reader.version(STATE_VERSION)
  const generationCount = reader.within(reader.u8(), 0, PREKEY_GENERATIONS_MAX, 'generations')
  const generations: PrekeyGeneration[] = []
  for (let i = 0; i < generationCount; i++) generations.push(readGeneration(reader))
  const oneTimeCount = reader.within(reader.u8(), 0, ONE_TIME_PREKEYS_MAX, 'one-time keys')
  const oneTime: OneTimeSecret[] = []
  for (let i = 0; i < oneTimeCount; i++) oneTime.push(readOneTime(reader))
  reader.end()
  return { generations, oneTime }
}
