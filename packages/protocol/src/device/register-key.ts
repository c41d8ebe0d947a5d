// What a register is about, and what it may say: device.md §7.
import { fromUtf8, utf8 } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  ID_BYTES,
  REGISTER_KEY_BYTES_MAX,
  REGISTER_VERSION,
  SETTING_NAME_CHARACTERS_MAX,
} from '../constants.ts'
import { readStamp, type Stamp, writeStamp } from '../conversation/stamp.ts'
import { HASH_BYTES, PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'

export type RegisterSubject =
  | { readonly area: 'contact'; readonly identityKey: Uint8Array }
  | { readonly area: 'read'; readonly conversation: Uint8Array }
  | { readonly area: 'setting'; readonly name: string }

const AREAS = { contact: 1, read: 2, setting: 3 } as const
const SETTING_NAME = /^[a-z][a-z0-9.-]*$/

const isSettingName = (name: string): boolean =>
  name.length <= SETTING_NAME_CHARACTERS_MAX && SETTING_NAME.test(name)

export function encodeRegisterKey(subject: RegisterSubject): Uint8Array {
  const writer = new Writer(33).u8(AREAS[subject.area])
  switch (subject.area) {
    case 'contact':
      return writer.bytes(subject.identityKey, PUBLIC_KEY_BYTES).finish()
    case 'read':
      return writer.bytes(subject.conversation, ID_BYTES).finish()
    case 'setting':
      assert(isSettingName(subject.name), 'expected a name in lower case')
      return writer.bytes(utf8(subject.name)).finish()
  }
}

/** Null for an area of a later version, which is kept and handed on. */
export function decodeRegisterKey(key: Uint8Array): RegisterSubject | null {
  if (key.length > REGISTER_KEY_BYTES_MAX) throw new ProtocolError('REGISTER_LIMIT', 'key')
  const reader = new Reader(key, 'REGISTER')
  const subject = readSubject(reader)
  if (subject !== null) reader.end()
  return subject
}

function readSubject(reader: Reader): RegisterSubject | null {
  switch (reader.u8()) {
    case AREAS.contact:
      return { area: 'contact', identityKey: reader.bytes(PUBLIC_KEY_BYTES).slice() }
    case AREAS.read:
      return { area: 'read', conversation: reader.bytes(ID_BYTES).slice() }
    case AREAS.setting: {
      const name = fromUtf8(reader.bytes(reader.left))
      if (name === null || !isSettingName(name)) return reader.fail('TEXT', 'name of a setting')
      return { area: 'setting', name }
    }
    default:
      return null
  }
}

/** How far a conversation was read: everything up to an entry, wherever the reader has placed it. */
export interface ReadMark {
  readonly entryHash: Uint8Array
  readonly stamp: Stamp
}

export function encodeReadMark({ entryHash, stamp }: ReadMark): Secret {
  const writer = new Writer(41).u8(REGISTER_VERSION).bytes(entryHash, HASH_BYTES)
  return Secret.adopt(writeStamp(writer, stamp).finish())
}

export function decodeReadMark(value: Secret): ReadMark {
  const reader = new Reader(value.reveal(), 'REGISTER')
  reader.version(REGISTER_VERSION)
  const mark = { entryHash: reader.bytes(HASH_BYTES).slice(), stamp: readStamp(reader) }
  reader.end()
  return mark
}
