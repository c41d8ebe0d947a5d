// What a device publishes so that others can write to it while it is away. session.md §2
import { equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  ID_BYTES,
  ONE_TIME_PREKEYS_MAX,
  PREKEY_LIFE_SECONDS,
  PREKEYS_VERSION,
  SESSION_SUITE,
  TIMESTAMP_AHEAD_SECONDS_MAX,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { MLKEM_PUBLIC_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { PARTY_BYTES, type Party, readParty, writeParty } from './party.ts'

export interface OneTimePrekey {
  readonly id: number
  readonly key: Uint8Array
}

export interface Prekeys {
  readonly party: Party
  /** Names the signed X25519 and the ML-KEM key together: they rotate together. */
  readonly id: number
  readonly expiresSeconds: number
  readonly signedKey: Uint8Array
  readonly kemKey: Uint8Array
  /** Only for a reader who is alone: two who take the same one are one too many. */
  readonly oneTime: readonly OneTimePrekey[]
}

const ONE_TIME_BYTES = 4 + PUBLIC_KEY_BYTES
const FIXED_BYTES = 2 + PARTY_BYTES + 8 + PUBLIC_KEY_BYTES + MLKEM_PUBLIC_BYTES + 1
export const PREKEYS_BYTES_MAX =
  FIXED_BYTES + ONE_TIME_PREKEYS_MAX * ONE_TIME_BYTES + SIGNATURE_BYTES

function encodeContent(prekeys: Prekeys): Uint8Array {
  const { oneTime } = prekeys
  assert(oneTime.length <= ONE_TIME_PREKEYS_MAX, `${oneTime.length} one-time keys are too many`)
  const writer = new Writer(PREKEYS_BYTES_MAX).u8(PREKEYS_VERSION).u8(SESSION_SUITE)
  writeParty(writer, prekeys.party)
    .u32(prekeys.id)
    .u32(prekeys.expiresSeconds)
    .bytes(prekeys.signedKey, PUBLIC_KEY_BYTES)
    .bytes(prekeys.kemKey, MLKEM_PUBLIC_BYTES)
    .u8(oneTime.length)
  for (const { id, key } of oneTime) writer.u32(id).bytes(key, PUBLIC_KEY_BYTES)
  return writer.finish()
}

/** The signature covers the network too, which does not travel: it is the reader's own. */
export function encodePrekeys(
  crypto: Crypto,
  prekeys: Prekeys,
  signing: { readonly networkId: Uint8Array; readonly signSeed: Secret },
): Uint8Array {
  const content = encodeContent(prekeys)
  const signed = labelled(SIGN_LABELS.prekeys, signing.networkId, content)
  return new Writer(content.length + SIGNATURE_BYTES)
    .bytes(content)
    .bytes(crypto.ed25519Sign(signing.signSeed, signed), SIGNATURE_BYTES)
    .finish()
}

function readOneTime(reader: Reader): OneTimePrekey[] {
  const count = reader.within(reader.u8(), 0, ONE_TIME_PREKEYS_MAX, 'number of one-time keys')
  const oneTime: OneTimePrekey[] = []
  let last = 0
  for (let i = 0; i < count; i++) {
    const id = reader.u32()
    if (id <= last) reader.fail('ORDER', 'one-time keys')
    last = id
    oneTime.push({ id, key: reader.bytes(PUBLIC_KEY_BYTES).slice() })
  }
  return oneTime
}

function decodeContent(bytes: Uint8Array): Prekeys {
  const reader = new Reader(bytes, 'PREKEYS')
  reader.version(PREKEYS_VERSION)
  if (reader.u8() !== SESSION_SUITE) reader.fail('KIND', 'suite')
  const party = readParty(reader)
  const id = reader.u32()
  if (id === 0) reader.fail('FIELD', 'prekey id')
  const expiresSeconds = reader.u32()
  const signedKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
  const kemKey = reader.bytes(MLKEM_PUBLIC_BYTES).slice()
  const oneTime = readOneTime(reader)
  reader.end()
  return { party, id, expiresSeconds, signedKey, kemKey, oneTime }
}

export interface PrekeysReader {
  readonly networkId: Uint8Array
  /** The device as its identity's log has it: the log decides, not the bundle. */
  readonly device: {
    readonly identityKey: Uint8Array
    readonly deviceId: Uint8Array
    readonly signKey: Uint8Array
  }
  readonly nowSeconds: number
}

// session.md §2, in the order of its list.
export function openPrekeys(crypto: Crypto, bytes: Uint8Array, reader: PrekeysReader): Prekeys {
  const { networkId, device, nowSeconds } = reader
  assert(networkId.length === ID_BYTES, `expected a network id, got ${networkId.length} bytes`)
  if (bytes.length < FIXED_BYTES + SIGNATURE_BYTES) throw new ProtocolError('PREKEYS_TRUNCATED')
  if (bytes.length > PREKEYS_BYTES_MAX) throw new ProtocolError('PREKEYS_LIMIT')
  const content = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  const signature = bytes.subarray(content.length)
  const signed = labelled(SIGN_LABELS.prekeys, networkId, content)
  if (!crypto.ed25519Verify(device.signKey, signed, signature)) {
    throw new ProtocolError('PREKEYS_SIGNATURE')
  }
  const prekeys = decodeContent(content)
  const { party, expiresSeconds } = prekeys
  const isDevice =
    equalBytes(party.identityKey, device.identityKey) &&
    equalBytes(party.deviceId, device.deviceId) &&
    equalBytes(party.signKey, device.signKey)
  if (!isDevice) throw new ProtocolError('PREKEYS_PERMISSION', 'names another device')
  if (expiresSeconds <= nowSeconds) throw new ProtocolError('PREKEYS_EXPIRED')
  // Somebody who got hold of the sign key once must not own the door for ever.
  if (expiresSeconds > nowSeconds + PREKEY_LIFE_SECONDS + TIMESTAMP_AHEAD_SECONDS_MAX) {
    throw new ProtocolError('PREKEYS_FUTURE')
  }
  return prekeys
}
