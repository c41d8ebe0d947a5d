// What is known of somebody besides what the owner says of them: where they live, what they call
// themselves, and the prekeys that they published.
import { readHints, writeHints } from '@ezchat/protocol/codec/hints.ts'
import { readName, writeName } from '@ezchat/protocol/codec/plain-text.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  DEVICES_MAX,
  DOOR_SECRET_BYTES,
  INVITE_TOKEN_BYTES,
  RECORD_NAME_BYTES_MAX,
  RECORD_PREKEYS_BYTES_MAX,
} from '@ezchat/protocol/constants.ts'
import { PUBLIC_KEY_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { DevicePrekeys } from '@ezchat/protocol/identity/record-content.ts'

export interface Person {
  readonly identityKey: Uint8Array
  /** A stranger who has written, and was not answered. */
  readonly isRequest: boolean
  /** Their door, as an invite or an introduction gave it; null for the bare one. */
  readonly doorSecret: Secret | null
  /** Of the invite of theirs that we used: they know by it who we are. */
  readonly token: Secret | null
  readonly homeShard: number | null
  readonly hints: readonly string[]
  readonly profileName: string
  readonly metSeconds: number
  /** When the prekeys were fetched; 0 for never. */
  readonly fetchedSeconds: number
  readonly prekeys: readonly DevicePrekeys[]
}

const VERSION = 1
const FLAG_REQUEST = 1
const FLAG_DOOR = 2
const FLAG_TOKEN = 4
const FLAG_SHARD = 8
const FLAGS_ALL = 15

export function newPerson(identityKey: Uint8Array, metSeconds: number): Person {
  return {
    identityKey: identityKey.slice(),
    isRequest: false,
    doorSecret: null,
    token: null,
    homeShard: null,
    hints: [],
    profileName: '',
    metSeconds,
    fetchedSeconds: 0,
    prekeys: [],
  }
}

export function encodePerson(person: Person): Uint8Array {
  const { doorSecret, token, homeShard } = person
  const flags =
    (person.isRequest ? FLAG_REQUEST : 0) |
    (doorSecret === null ? 0 : FLAG_DOOR) |
    (token === null ? 0 : FLAG_TOKEN) |
    (homeShard === null ? 0 : FLAG_SHARD)
  const writer = new Writer(4096).u8(VERSION).u8(flags)
  writer.bytes(person.identityKey, PUBLIC_KEY_BYTES)
  if (doorSecret !== null) writer.bytes(doorSecret.reveal(), DOOR_SECRET_BYTES)
  if (token !== null) writer.bytes(token.reveal(), INVITE_TOKEN_BYTES)
  if (homeShard !== null) writer.u16(homeShard)
  writeHints(writer, person.hints)
  writeName(writer, person.profileName, RECORD_NAME_BYTES_MAX)
  writer.u32(person.metSeconds).u32(person.fetchedSeconds).u8(person.prekeys.length)
  for (const { deviceId, bundle } of person.prekeys) {
    writer.bytes(deviceId, DEVICE_ID_BYTES).prefixed(bundle, RECORD_PREKEYS_BYTES_MAX)
  }
  return writer.finish()
}

export function decodePerson(bytes: Uint8Array): Person {
  const reader = new Reader(bytes, 'STATE')
  reader.version(VERSION)
  const flags = reader.within(reader.u8(), 0, FLAGS_ALL, 'flags')
  const person = {
    isRequest: (flags & FLAG_REQUEST) !== 0,
    identityKey: reader.bytes(PUBLIC_KEY_BYTES).slice(),
    doorSecret: flags & FLAG_DOOR ? Secret.copy(reader.bytes(DOOR_SECRET_BYTES)) : null,
    token: flags & FLAG_TOKEN ? Secret.copy(reader.bytes(INVITE_TOKEN_BYTES)) : null,
    homeShard: flags & FLAG_SHARD ? reader.u16() : null,
    hints: readHints(reader),
    profileName: readName(reader, RECORD_NAME_BYTES_MAX),
    metSeconds: reader.u32(),
    fetchedSeconds: reader.u32(),
    prekeys: readPrekeys(reader),
  }
  reader.end()
  return person
}

function readPrekeys(reader: Reader): DevicePrekeys[] {
  const count = reader.within(reader.u8(), 0, DEVICES_MAX, 'bundles')
  return Array.from({ length: count }, () => ({
    deviceId: reader.bytes(DEVICE_ID_BYTES).slice(),
    bundle: reader.prefixed(RECORD_PREKEYS_BYTES_MAX).slice(),
  }))
}
