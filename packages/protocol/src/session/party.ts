// One device of one identity, as both sides of a session name it. session.md §1
import type { Reader } from '../codec/reader.ts'
import type { Writer } from '../codec/writer.ts'
import { DEVICE_ID_BYTES } from '../constants.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'

export interface Party {
  /** Ed25519, the identity's root. */
  readonly identityKey: Uint8Array
  readonly deviceId: Uint8Array
  /** Ed25519, the device's own. */
  readonly signKey: Uint8Array
  /** X25519, which authenticates the device in a handshake. */
  readonly deviceKey: Uint8Array
}

export interface OwnParty {
  readonly party: Party
  readonly deviceSecret: Secret
  /** What shows the peer that the identity has this device. Opaque here. */
  readonly proof: Uint8Array
}

export const PARTY_BYTES = 3 * PUBLIC_KEY_BYTES + DEVICE_ID_BYTES

export function writeParty(writer: Writer, party: Party): Writer {
  return writer
    .bytes(party.identityKey, PUBLIC_KEY_BYTES)
    .bytes(party.deviceId, DEVICE_ID_BYTES)
    .bytes(party.signKey, PUBLIC_KEY_BYTES)
    .bytes(party.deviceKey, PUBLIC_KEY_BYTES)
}

export function readParty(reader: Reader): Party {
  const identityKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
  const deviceId = reader.bytes(DEVICE_ID_BYTES).slice()
  const signKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
  const deviceKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
  return { identityKey, deviceId, signKey, deviceKey }
}
