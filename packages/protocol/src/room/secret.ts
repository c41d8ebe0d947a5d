// What opens a room: a name with a passphrase, or a link. room.md §1 and §2

import { utf8 } from '../codec/bytes.ts'
import { decodeLink, encodeLink } from '../codec/link.ts'
import { isPlainName, readName, writeName } from '../codec/plain-text.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  ID_BYTES,
  LINK_KINDS,
  ROOM_LINK_VERSION,
  ROOM_MEMORY_KIB,
  ROOM_NAME_BYTES_MAX,
  ROOM_PASSES,
  ROOM_PASSPHRASE_BYTES_MAX,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'

export interface RoomWords {
  readonly networkId: Uint8Array
  readonly name: string
  readonly passphrase: string
}

/** As people write it in a hurry: `Garden`, ` garden` and `ＧＡＲＤＥＮ` are one room. */
export function normalRoomName(name: string): string {
  const normal = name
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replaceAll(/^ +| +$/g, '')
  if (normal === '' || !isPlainName(normal, ROOM_NAME_BYTES_MAX)) {
    throw new ProtocolError('ROOM_TEXT', 'a name that is empty, too long or does not show')
  }
  return normal
}

/** Takes a good part of a second, for who guesses too. */
export function stretchRoom(crypto: Crypto, words: RoomWords): Secret {
  const salt = crypto.sha256(
    labelled(HASH_LABELS.roomSalt, words.networkId, utf8(normalRoomName(words.name))),
  )
  const bytes = utf8(words.passphrase.normalize('NFKC'))
  if (bytes.length === 0 || bytes.length > ROOM_PASSPHRASE_BYTES_MAX) {
    throw new ProtocolError('ROOM_LENGTH', `a passphrase of ${bytes.length} bytes`)
  }
  const password = Secret.adopt(bytes)
  const secret = crypto.argon2id({
    password,
    salt,
    memoryKib: ROOM_MEMORY_KIB,
    passes: ROOM_PASSES,
  })
  password.wipe()
  return secret
}

export interface RoomLink {
  readonly networkId: Uint8Array
  readonly secret: Secret
  /** For people; it opens nothing. */
  readonly name: string
}

/** A room that no passphrase opens, which nobody can guess. */
export function drawRoom(crypto: Crypto, networkId: Uint8Array, name: string): RoomLink {
  return { networkId, secret: Secret.adopt(crypto.randomBytes(KEY_BYTES)), name }
}

export function encodeRoomLink(crypto: Crypto, link: RoomLink, base?: string): string {
  const writer = new Writer(256)
    .u8(ROOM_LINK_VERSION)
    .bytes(link.networkId, ID_BYTES)
    .bytes(link.secret.reveal(), KEY_BYTES)
  writeName(writer, link.name, ROOM_NAME_BYTES_MAX)
  return encodeLink(crypto, LINK_KINDS.room, writer.finish(), base)
}

/** Null when the text is no link of ours, or a link to something else than a room. */
export function decodeRoomLink(crypto: Crypto, text: string): RoomLink | null {
  const link = decodeLink(crypto, text)
  if (link?.kind !== LINK_KINDS.room) return null
  const reader = new Reader(link.body, 'ROOM')
  reader.version(ROOM_LINK_VERSION)
  const networkId = reader.bytes(ID_BYTES)
  const secret = Secret.copy(reader.bytes(KEY_BYTES))
  const name = readName(reader, ROOM_NAME_BYTES_MAX)
  reader.end()
  return { networkId, secret, name }
}
