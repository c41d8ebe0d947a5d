// Which devices speak for an identity: device-log.md §2.
import { equalBytes, isZero, toHex } from '../codec/bytes.ts'
import {
  DEVICE_LOG_ENTRIES_MAX,
  DEVICES_MAX,
  ENTRIES_PER_DEVICE_MAX,
  ID_BYTES,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { isAcceptableEd25519Key } from '../crypto/ed25519-rules.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { isAcceptableX25519Key } from '../crypto/x25519-rules.ts'
import { ProtocolError } from '../errors.ts'
import {
  type DeviceLogEntry,
  decodeDeviceLogEntry,
  hashDeviceLogEntry,
  type NewDevice,
} from './device-log-entry.ts'

/** The hex of a device's id. */
export type DeviceId = string

export interface Device extends NewDevice {
  readonly addedAtSeq: number
}

export interface DeviceLogHead {
  readonly seq: number
  readonly hash: Uint8Array
}

/** A log of which every entry has been verified. Made here and nowhere else; it never changes. */
export interface DeviceLog {
  readonly identityKey: Uint8Array
  readonly entries: readonly Uint8Array[]
  readonly hashes: readonly Uint8Array[]
  /** Those that are not revoked, in the order in which they were added. */
  readonly devices: ReadonlyMap<DeviceId, Device>
  readonly revoked: ReadonlySet<DeviceId>
  /** Every key that was ever in the log: none comes back under another name. */
  readonly usedKeys: ReadonlySet<string>
  readonly entryCounts: ReadonlyMap<DeviceId, number>
}

/** The same while it is being walked. */
interface Walk {
  readonly identityKey: Uint8Array
  readonly entries: Uint8Array[]
  readonly hashes: Uint8Array[]
  readonly devices: Map<DeviceId, Device>
  readonly revoked: Set<DeviceId>
  readonly usedKeys: Set<string>
  readonly entryCounts: Map<DeviceId, number>
}

type Refusal = 'LINKAGE' | 'PERMISSION' | 'ORDER' | 'STATE' | 'INVALID' | 'LIMIT' | 'SIGNATURE'

function refuse(defect: Refusal, seq: number, why: string): never {
  throw new ProtocolError(`DEVICE_LOG_${defect}`, `entry ${seq}: ${why}`)
}

const NO_ENTRY = new Uint8Array(ID_BYTES)

/** Throws for an empty log too: an identity begins with its first device. */
export function verifyDeviceLog(
  crypto: Crypto,
  identityKey: Uint8Array,
  entries: readonly Uint8Array[],
): DeviceLog {
  if (entries.length === 0) throw new ProtocolError('DEVICE_LOG_LENGTH', 'no entry')
  return append(crypto, emptyWalk(identityKey), entries)
}

/** The same log with more entries; the ones that it has are not verified again. */
export function extendDeviceLog(
  crypto: Crypto,
  log: DeviceLog,
  entries: readonly Uint8Array[],
): DeviceLog {
  const walk: Walk = {
    identityKey: log.identityKey,
    entries: [...log.entries],
    hashes: [...log.hashes],
    devices: new Map(log.devices),
    revoked: new Set(log.revoked),
    usedKeys: new Set(log.usedKeys),
    entryCounts: new Map(log.entryCounts),
  }
  return append(crypto, walk, entries)
}

export function headOf(log: DeviceLog): DeviceLogHead {
  return { seq: log.entries.length - 1, hash: log.hashes.at(-1)! }
}

function emptyWalk(identityKey: Uint8Array): Walk {
  return {
    identityKey: Uint8Array.from(identityKey),
    entries: [],
    hashes: [],
    devices: new Map(),
    revoked: new Set(),
    // A device that signs with the identity's key would be the root under another name.
    usedKeys: new Set([toHex(identityKey)]),
    entryCounts: new Map(),
  }
}

function append(crypto: Crypto, walk: Walk, entries: readonly Uint8Array[]): DeviceLog {
  const count = walk.entries.length + entries.length
  if (count > DEVICE_LOG_ENTRIES_MAX) {
    throw new ProtocolError('DEVICE_LOG_LIMIT', `${count} entries`)
  }
  for (const bytes of entries) {
    const owned = Uint8Array.from(bytes)
    const entry = decodeDeviceLogEntry(owned)
    checkLinkage(walk, entry)
    checkSignature(crypto, walk, entry)
    applyChange(walk, entry)
    walk.entries.push(owned)
    walk.hashes.push(hashDeviceLogEntry(crypto, owned))
  }
  return walk
}

function checkLinkage(walk: Walk, entry: DeviceLogEntry): void {
  const seq = walk.entries.length
  if (!equalBytes(entry.identityKey, walk.identityKey)) refuse('LINKAGE', seq, 'another identity')
  if (entry.seq !== seq) refuse('LINKAGE', seq, `numbered ${entry.seq}`)
  const previous = walk.hashes.at(-1) ?? NO_ENTRY
  if (!equalBytes(entry.previous, previous)) refuse('LINKAGE', seq, 'another previous entry')
}

/** Who signs is looked up first: a revoked device's signature is not worth verifying. */
function checkSignature(crypto: Crypto, walk: Walk, entry: DeviceLogEntry): void {
  const key = entry.signer === null ? walk.identityKey : checkSigner(walk, entry, entry.signer)
  const message = labelled(SIGN_LABELS.deviceLogEntry, entry.body)
  if (!crypto.ed25519Verify(key, message, entry.signature)) {
    refuse('SIGNATURE', entry.seq, 'not signed by who it says')
  }
}

function checkSigner(walk: Walk, entry: DeviceLogEntry, signer: Uint8Array): Uint8Array {
  const { seq, change } = entry
  const id = toHex(signer)
  const device = walk.devices.get(id)
  if (device === undefined) refuse('PERMISSION', seq, 'signed by no device of this identity')
  const leaves = change.op === 'revoke' && equalBytes(change.id, signer)
  // Leaving is always allowed: who sells a telephone should not need another device for it.
  if (!leaves && !device.rights.includes('manage')) {
    refuse('PERMISSION', seq, 'signed by a device that may not manage others')
  }
  if (change.op === 'add') checkGrant(seq, device, change.device)
  const entryCount = (walk.entryCounts.get(id) ?? 0) + 1
  // A stolen device could otherwise fill the log, and nobody could revoke it any more.
  if (entryCount > ENTRIES_PER_DEVICE_MAX) refuse('LIMIT', seq, 'too many by one device')
  walk.entryCounts.set(id, entryCount)
  return device.signKey
}

/** Managers are made by the root alone, so that revoking one leaves none of its making. */
function checkGrant(seq: number, signer: Device, added: NewDevice): void {
  if (added.rights.includes('manage')) refuse('PERMISSION', seq, 'only the root makes managers')
  if (added.rights.includes('publish') && !signer.rights.includes('publish')) {
    refuse('PERMISSION', seq, 'gives a right that its signer does not have')
  }
}

function applyChange(walk: Walk, { seq, change }: DeviceLogEntry): void {
  if (change.op === 'add') {
    addDevice(walk, seq, change.device)
    return
  }
  const id = toHex(change.id)
  if (!walk.devices.delete(id)) refuse('STATE', seq, 'revokes what is not there')
  walk.revoked.add(id)
}

function addDevice(walk: Walk, seq: number, device: NewDevice): void {
  const id = toHex(device.id)
  if (walk.devices.has(id)) refuse('ORDER', seq, 'adds a device that is there')
  if (walk.revoked.has(id)) refuse('ORDER', seq, 'brings a revoked device back')
  if (!isUsableDevice(device)) refuse('INVALID', seq, 'an id or a key of no use')
  for (const key of [toHex(device.signKey), toHex(device.exchangeKey)]) {
    if (walk.usedKeys.has(key)) refuse('ORDER', seq, 'uses a key a second time')
    walk.usedKeys.add(key)
  }
  if (walk.devices.size === DEVICES_MAX) refuse('LIMIT', seq, `more than ${DEVICES_MAX} devices`)
  walk.devices.set(id, { ...device, addedAtSeq: seq })
}

export function isUsableDevice({ id, signKey, exchangeKey }: NewDevice): boolean {
  return !isZero(id) && isAcceptableEd25519Key(signKey) && isAcceptableX25519Key(exchangeKey)
}
