// The secret that all devices of one identity share, until one of them is revoked: device.md §6.
import { compareBytes, equalBytes, toHex } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { type Device, type DeviceId, type DeviceLog, headOf } from '../identity/device-log.ts'
import { decodeDeviceLogEntry } from '../identity/device-log-entry.ts'
import { OWN_KEY_WAIT_SECONDS, OWN_KEYS_MAX } from '../limits.ts'

export interface OwnKey {
  /** Number of the last log entry that its maker knew: whoever was revoked by then lacks it. */
  readonly seq: number
  /** Also the secret of the lane over which own devices write to all of them at once. */
  readonly secret: Secret
}

export interface OwnKeys {
  /** Best first. The others are to read with. */
  readonly keys: readonly OwnKey[]
}

export function writeOwnKey(writer: Writer, { seq, secret }: OwnKey): Writer {
  return writer.u32(seq).bytes(secret.reveal(), KEY_BYTES)
}

export function readOwnKey(reader: Reader): OwnKey {
  return { seq: reader.u32(), secret: Secret.copy(reader.bytes(KEY_BYTES)) }
}

/** Travels in sessions between two devices only: never under an older own key. */
export function encodeOwnKey(key: OwnKey): Uint8Array {
  return writeOwnKey(new Writer(4 + KEY_BYTES), key).finish()
}

export function decodeOwnKey(bytes: Uint8Array): OwnKey {
  const reader = new Reader(bytes, 'DEVICE')
  const key = readOwnKey(reader)
  reader.end()
  return key
}

export function drawOwnKey(crypto: Crypto, log: DeviceLog): OwnKey {
  return { seq: headOf(log).seq, secret: Secret.adopt(crypto.randomBytes(KEY_BYTES)) }
}

/** Two devices may renew at once: all prefer the same one. */
function compareOwnKeys(crypto: Crypto, a: OwnKey, b: OwnKey): number {
  if (a.seq !== b.seq) return b.seq - a.seq
  const rank = (key: OwnKey) => crypto.sha256(labelled(HASH_LABELS.ownKey, key.secret.reveal()))
  return compareBytes(rank(b), rank(a))
}

/** Number of the last entry that revokes; -1 for none. */
export function lastRevocationSeq(log: DeviceLog): number {
  return log.entries.findLastIndex((entry) => decodeDeviceLogEntry(entry).change.op === 'revoke')
}

/**
 * A key from another own device, over its session. One that names an entry which we do not have
 * is refused until the log is here: who is about to be revoked could otherwise name a later one,
 * and read on.
 */
export function receiveOwnKey(
  crypto: Crypto,
  keys: OwnKeys,
  received: { readonly key: OwnKey; readonly from: DeviceId; readonly log: DeviceLog },
): OwnKeys {
  const { key, from, log } = received
  if (!log.devices.has(from)) throw new ProtocolError('DEVICE_PERMISSION', 'own key')
  if (key.seq > headOf(log).seq) throw new ProtocolError('DEVICE_FUTURE', 'own key')
  if (key.seq < lastRevocationSeq(log)) throw new ProtocolError('DEVICE_STALE', 'own key')
  return addOwnKey(crypto, keys, key)
}

function isSameKey(a: OwnKey, b: OwnKey): boolean {
  return a.seq === b.seq && equalBytes(a.secret.reveal(), b.secret.reveal())
}

/** Beyond the limit the worst is forgotten: what was sent under it can be asked for again. */
export function addOwnKey(crypto: Crypto, { keys }: OwnKeys, key: OwnKey): OwnKeys {
  if (keys.some((known) => isSameKey(known, key))) return { keys }
  const sorted = [...keys, key].sort((a, b) => compareOwnKeys(crypto, a, b))
  return { keys: sorted.slice(0, OWN_KEYS_MAX) }
}

/** The one to write under. Null while it would be readable by a device that was revoked. */
export function writingOwnKey({ keys }: OwnKeys, log: DeviceLog): OwnKey | null {
  const best = keys[0]
  return best !== undefined && best.seq >= lastRevocationSeq(log) ? best : null
}

/**
 * When this device is to renew the key. Who revoked does so at once, the others one after the
 * other, so that not all of them do.
 */
export function ownKeyDueSeconds(
  keys: OwnKeys,
  log: DeviceLog,
  self: { readonly deviceId: DeviceId; readonly learnedAtSeconds: number },
): number | null {
  if (writingOwnKey(keys, log) !== null) return null
  const place = [...log.devices.keys()].indexOf(self.deviceId)
  assert(place >= 0, 'expected an active device')
  const seq = lastRevocationSeq(log)
  const signer = seq === -1 ? null : decodeDeviceLogEntry(log.entries[seq]!).signer
  if (signer !== null && toHex(signer) === self.deviceId) return self.learnedAtSeconds
  return self.learnedAtSeconds + place * OWN_KEY_WAIT_SECONDS
}

export interface OwnKeyRenewal {
  readonly keys: OwnKeys
  readonly key: OwnKey
  /** To each over its session; nobody else ever gets it. */
  readonly recipients: readonly Device[]
}

/** To be written before it is sent. */
export function renewOwnKey(
  crypto: Crypto,
  keys: OwnKeys,
  log: DeviceLog,
  self: DeviceId,
): OwnKeyRenewal {
  const key = drawOwnKey(crypto, log)
  const recipients = [...log.devices].filter(([id]) => id !== self).map(([, device]) => device)
  return { keys: addOwnKey(crypto, keys, key), key, recipients }
}
