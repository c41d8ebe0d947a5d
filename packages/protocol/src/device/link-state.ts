// Both machines of a link as bytes on our own disk, so that a restart goes on where it was.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  DEVICE_LINK_BYTES_MAX,
  GRANT_PART_BYTES,
  GRANT_PARTS_MAX,
} from '../constants.ts'
import { HASH_BYTES, KEY_BYTES, MLKEM_SEED_BYTES, PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { decodeLinkBody, encodeLinkBody } from './link-body.ts'
import type { LinkKeys } from './link-keys.ts'
import type { LiveNewcomer } from './newcomer-start.ts'
import type { LiveSponsor } from './sponsor.ts'

const STATE_VERSION = 1
const NEWCOMER_PHASES = ['waiting', 'claimed', 'keyed'] as const
const SPONSOR_PHASES = ['claiming', 'keyed', 'granted'] as const
// A sealed part, its nonce and what is around it.
const MESSAGE_BYTES_MAX = GRANT_PART_BYTES + 128

const readSecret = (reader: Reader, length: number = KEY_BYTES): Secret =>
  Secret.copy(reader.bytes(length))

function writeKeys(writer: Writer, keys: LinkKeys): void {
  writer.bytes(keys.transcript, HASH_BYTES)
  for (const key of [keys.sponsor, keys.newcomer, keys.confirmation]) {
    writer.bytes(key.reveal(), KEY_BYTES)
  }
}

function readKeys(reader: Reader): LinkKeys {
  const transcript = reader.bytes(HASH_BYTES).slice()
  const sponsor = readSecret(reader)
  const newcomer = readSecret(reader)
  return { transcript, sponsor, newcomer, confirmation: readSecret(reader) }
}

const readMessage = (reader: Reader): Uint8Array => reader.prefixed(MESSAGE_BYTES_MAX).slice()

export function encodeNewcomer(state: LiveNewcomer): Uint8Array {
  const { link, device } = state
  const writer = new Writer(4096)
    .u8(STATE_VERSION)
    .u8(NEWCOMER_PHASES.indexOf(state.phase))
    .prefixed(encodeLinkBody(link), DEVICE_LINK_BYTES_MAX)
    .bytes(device.deviceId, DEVICE_ID_BYTES)
    .bytes(device.signSeed.reveal(), KEY_BYTES)
    .bytes(device.exchangeSecret.reveal(), KEY_BYTES)
    .bytes(state.ephemeral.reveal(), KEY_BYTES)
    .bytes(state.kemSeed.reveal(), MLKEM_SEED_BYTES)
    .prefixed(state.offer, MESSAGE_BYTES_MAX)
  if (state.phase === 'waiting') return writer.finish()
  writer.prefixed(state.claim, MESSAGE_BYTES_MAX)
  if (state.phase === 'claimed') return writer.finish()
  writeKeys(writer, state.keys)
  writer.u8(state.isConfirmed ? 1 : 0).u8(state.parts.size)
  for (const [index, part] of [...state.parts].sort(([a], [b]) => a - b)) {
    writer.u8(index).prefixed(part, MESSAGE_BYTES_MAX)
  }
  return writer.finish()
}

function readParts(reader: Reader): Map<number, Uint8Array> {
  const count = reader.within(reader.u8(), 0, GRANT_PARTS_MAX, 'number of parts')
  const parts = new Map<number, Uint8Array>()
  let last = -1
  for (let i = 0; i < count; i++) {
    const index = reader.within(reader.u8(), last + 1, GRANT_PARTS_MAX - 1, 'part')
    last = index
    parts.set(index, readMessage(reader))
  }
  return parts
}

function readNewcomer(reader: Reader): LiveNewcomer {
  reader.version(STATE_VERSION)
  const phase = NEWCOMER_PHASES[reader.within(reader.u8(), 0, 2, 'phase')]!
  const link = decodeLinkBody(reader.prefixed(DEVICE_LINK_BYTES_MAX))
  const deviceId = reader.bytes(DEVICE_ID_BYTES).slice()
  const signSeed = readSecret(reader)
  const exchangeSecret = readSecret(reader)
  const device = { deviceId, signSeed, exchangeSecret }
  const ephemeral = readSecret(reader)
  const kemSeed = readSecret(reader, MLKEM_SEED_BYTES)
  const common = { link, device, ephemeral, kemSeed, offer: readMessage(reader) }
  if (phase === 'waiting') return { phase, ...common }
  const claim = readMessage(reader)
  if (phase === 'claimed') return { phase, ...common, claim }
  const keys = readKeys(reader)
  const isConfirmed = reader.within(reader.u8(), 0, 1, 'flag') === 1
  return { phase, ...common, claim, keys, isConfirmed, parts: readParts(reader) }
}

export function decodeNewcomer(bytes: Uint8Array): LiveNewcomer {
  const reader = new Reader(bytes, 'STATE')
  const state = readNewcomer(reader)
  reader.end()
  return state
}

export function encodeSponsor(state: LiveSponsor): Uint8Array {
  const writer = new Writer(4096)
    .u8(STATE_VERSION)
    .u8(SPONSOR_PHASES.indexOf(state.phase))
    .prefixed(encodeLinkBody(state.link), DEVICE_LINK_BYTES_MAX)
    .prefixed(state.claim, MESSAGE_BYTES_MAX)
  if (state.phase === 'claiming') return writer.bytes(state.ephemeral.reveal(), KEY_BYTES).finish()
  writeKeys(writer, state.keys)
  if (state.phase === 'keyed') {
    const { deviceId, signKey, exchangeKey } = state.device
    return writer
      .bytes(deviceId, DEVICE_ID_BYTES)
      .bytes(signKey, PUBLIC_KEY_BYTES)
      .bytes(exchangeKey, PUBLIC_KEY_BYTES)
      .prefixed(state.answer, MESSAGE_BYTES_MAX)
      .finish()
  }
  writer.bytes(state.deviceId, DEVICE_ID_BYTES).bytes(state.headHash, HASH_BYTES)
  writer.u8(state.posts.length)
  for (const post of state.posts) writer.prefixed(post, MESSAGE_BYTES_MAX)
  return writer.finish()
}

function readSponsor(reader: Reader): LiveSponsor {
  reader.version(STATE_VERSION)
  const phase = SPONSOR_PHASES[reader.within(reader.u8(), 0, 2, 'phase')]!
  const link = decodeLinkBody(reader.prefixed(DEVICE_LINK_BYTES_MAX))
  const common = { link, claim: readMessage(reader) }
  if (phase === 'claiming') return { phase, ...common, ephemeral: readSecret(reader) }
  const keys = readKeys(reader)
  const deviceId = reader.bytes(DEVICE_ID_BYTES).slice()
  if (phase === 'keyed') {
    const signKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
    const exchangeKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
    const device = { deviceId, signKey, exchangeKey }
    return { phase, ...common, keys, device, answer: readMessage(reader) }
  }
  const headHash = reader.bytes(HASH_BYTES).slice()
  const count = reader.within(reader.u8(), 1, GRANT_PARTS_MAX, 'number of parts')
  const posts = Array.from({ length: count }, () => readMessage(reader))
  return { phase, ...common, keys, deviceId, headHash, posts }
}

export function decodeSponsor(bytes: Uint8Array): LiveSponsor {
  const reader = new Reader(bytes, 'STATE')
  const state = readSponsor(reader)
  reader.end()
  return state
}
