// What visitors of a room say: room.md §4.
import { concatBytes } from '../codec/bytes.ts'
import { readName, writeName } from '../codec/plain-text.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  ROOM_ALIAS_BYTES_MAX,
  ROOM_SUITE,
  ROOM_TAG_BYTES,
  ROOM_TEXT_BYTES_MAX,
  ROOM_VERSION,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled, SIGN_LABELS } from '../crypto/labels.ts'
import {
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  TAG_BYTES,
  XCHACHA_NONCE_BYTES,
} from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import type { RoomDay, RoomKeys } from './keys.ts'

export type RoomSaying =
  | { readonly kind: 'enter' | 'here' | 'leave' }
  | { readonly kind: 'text'; readonly text: string }

const KINDS = ['enter', 'here', 'leave', 'text'] as const

export interface RoomMessage {
  /** Ed25519, of one visit. */
  readonly sender: Uint8Array
  readonly counter: number
  readonly timeSeconds: number
  readonly alias: string
  readonly saying: RoomSaying
}

const PREFIX = Uint8Array.of(ROOM_VERSION, ROOM_SUITE)
/** Nonce, tag and signature around the shortest saying. */
const BYTES_MIN = 2 + XCHACHA_NONCE_BYTES + TAG_BYTES + SIGNATURE_BYTES
/** What a text has besides alias and text. */
const TEXT_FIELDS_BYTES = PUBLIC_KEY_BYTES + 4 + 4 + 1 + 2 + 2
const BYTES_MAX = BYTES_MIN + TEXT_FIELDS_BYTES + ROOM_ALIAS_BYTES_MAX + ROOM_TEXT_BYTES_MAX

export function encodeSaying(message: RoomMessage): Uint8Array {
  const { sender, counter, timeSeconds, alias, saying } = message
  const writer = new Writer(512)
    .bytes(sender, PUBLIC_KEY_BYTES)
    .u32(counter)
    .u32(timeSeconds)
    .u8(KINDS.indexOf(saying.kind) + 1)
  writeName(writer, alias, ROOM_ALIAS_BYTES_MAX)
  if (saying.kind === 'text') writer.text(saying.text, ROOM_TEXT_BYTES_MAX)
  return writer.finish()
}

export function decodeSaying(bytes: Uint8Array): RoomMessage {
  const reader = new Reader(bytes, 'ROOM')
  const sender = reader.bytes(PUBLIC_KEY_BYTES).slice()
  const counter = reader.u32()
  const timeSeconds = reader.u32()
  const number = reader.u8()
  const kind = KINDS[number - 1]
  if (kind === undefined) return reader.fail('KIND', `saying ${number}`)
  const alias = readName(reader, ROOM_ALIAS_BYTES_MAX)
  const saying: RoomSaying =
    kind === 'text' ? { kind, text: reader.text(ROOM_TEXT_BYTES_MAX) } : { kind }
  reader.end()
  return { sender, counter, timeSeconds, alias, saying }
}

function boundTo(keys: RoomKeys, day: RoomDay): Uint8Array {
  const writer = new Writer(128).bytes(PREFIX).bytes(keys.networkId).bytes(keys.roomId)
  return writer.u32(day.day).finish()
}

export function sealRoomMessage(
  crypto: Crypto,
  keys: RoomKeys,
  day: RoomDay,
  message: RoomMessage,
  seed: Secret,
): Uint8Array {
  const nonce = crypto.randomBytes(XCHACHA_NONCE_BYTES)
  return sealRoomMessageWith(crypto, keys, day, message, { seed, nonce })
}

export function sealRoomMessageWith(
  crypto: Crypto,
  keys: RoomKeys,
  day: RoomDay,
  message: RoomMessage,
  { seed, nonce }: { readonly seed: Secret; readonly nonce: Uint8Array },
): Uint8Array {
  const bound = boundTo(keys, day)
  const said = encodeSaying(message)
  const signature = crypto.ed25519Sign(seed, labelled(SIGN_LABELS.roomMessage, bound, said))
  const sealed = crypto.xchachaSeal(day.seal, nonce, bound, concatBytes(signature, said))
  return concatBytes(PREFIX, nonce, sealed)
}

export interface OpenedRoomMessage {
  readonly day: number
  readonly message: RoomMessage
}

/** Null when it is for no day that is open. */
export function openRoomMessage(
  crypto: Crypto,
  keys: RoomKeys,
  bytes: Uint8Array,
): OpenedRoomMessage | null {
  if (bytes.length < BYTES_MIN) return null
  if (bytes.length > BYTES_MAX) throw new ProtocolError('ROOM_LIMIT', `${bytes.length} bytes`)
  if (bytes[0] !== ROOM_VERSION) throw new ProtocolError('ROOM_VERSION', `${bytes[0]}`)
  if (bytes[1] !== ROOM_SUITE) throw new ProtocolError('ROOM_KIND', `suite ${bytes[1]}`)
  const nonce = bytes.slice(2, 2 + XCHACHA_NONCE_BYTES)
  const sealed = bytes.subarray(2 + XCHACHA_NONCE_BYTES)
  for (const day of keys.days) {
    const bound = boundTo(keys, day)
    const inner = crypto.xchachaOpen(day.seal, nonce, bound, sealed)
    if (inner === null) continue
    const signature = inner.subarray(0, SIGNATURE_BYTES)
    const said = inner.subarray(SIGNATURE_BYTES)
    const message = decodeSaying(said)
    const signed = labelled(SIGN_LABELS.roomMessage, bound, said)
    if (!crypto.ed25519Verify(message.sender, signed, signature)) {
      throw new ProtocolError('ROOM_SIGNATURE')
    }
    return { day: day.day, message }
  }
  return null
}

/** Shown beside an alias: anybody can take the alias, but not the key. */
export function visitorTag(crypto: Crypto, keys: RoomKeys, sender: Uint8Array): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.roomTag, keys.roomId, sender)).slice(0, ROOM_TAG_BYTES)
}
