// What a first message shows of whose device wrote it: device.md §5. It fits beside a handshake,
// where a whole log may not.
import { equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { DEVICE_LOG_ENTRY_BYTES_MAX, DEVICE_PROOF_VERSION } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { HASH_BYTES } from '../crypto/lengths.ts'
import { assert, ProtocolError } from '../errors.ts'
import {
  type DeviceLog,
  type DeviceLogHead,
  headOf,
  isUsableDevice,
} from '../identity/device-log.ts'
import {
  type DeviceLogEntry,
  decodeDeviceLogEntry,
  type NewDevice,
} from '../identity/device-log-entry.ts'
import type { Party } from '../session/party.ts'
import { readHead } from './log-heads.ts'

export interface DeviceProof {
  /** Of the log in which the device is: to be fetched, for only it says who was revoked. */
  readonly head: DeviceLogHead
  readonly device: NewDevice
}

interface Addition extends DeviceLogEntry {
  readonly device: NewDevice
}

/** The entry that added the device, and before it the one that added whoever signed that. */
export function encodeDeviceProof(log: DeviceLog, deviceId: Uint8Array): Uint8Array {
  const additionOf = (id: Uint8Array): Uint8Array => {
    const entry = log.entries.find((bytes) => {
      const { change } = decodeDeviceLogEntry(bytes)
      return change.op === 'add' && equalBytes(change.device.id, id)
    })
    assert(entry !== undefined, 'expected a device of this log')
    return entry
  }
  const own = additionOf(deviceId)
  const { signer } = decodeDeviceLogEntry(own)
  // Managers are added by the root, so there is never a third.
  const entries = signer === null ? [own] : [additionOf(signer), own]
  const { seq, hash } = headOf(log)
  const writer = new Writer(640).u8(DEVICE_PROOF_VERSION).u32(seq).bytes(hash, HASH_BYTES)
  writer.u8(entries.length)
  for (const entry of entries) writer.prefixed(entry, DEVICE_LOG_ENTRY_BYTES_MAX)
  return writer.finish()
}

function readAddition(reader: Reader): Addition {
  const entry = decodeDeviceLogEntry(reader.prefixed(DEVICE_LOG_ENTRY_BYTES_MAX).slice())
  if (entry.change.op !== 'add') reader.fail('FIELD', 'an entry that adds nothing')
  return { ...entry, device: entry.change.device }
}

function checkAddition(
  crypto: Crypto,
  entry: Addition,
  party: Party,
  manager: NewDevice | null,
): NewDevice {
  if (!equalBytes(entry.identityKey, party.identityKey)) throw new ProtocolError('DEVICE_LINKAGE')
  const { signer, device } = entry
  const isBySigner =
    manager === null ? signer === null : signer !== null && equalBytes(signer, manager.id)
  const mayAdd = manager === null || manager.rights.includes('manage')
  const mayGrant =
    manager === null ||
    (!device.rights.includes('manage') &&
      (manager.rights.includes('publish') || !device.rights.includes('publish')))
  if (!isBySigner || !mayAdd || !mayGrant) throw new ProtocolError('DEVICE_PERMISSION')
  const key = manager === null ? party.identityKey : manager.signKey
  if (
    !crypto.ed25519Verify(key, labelled(SIGN_LABELS.deviceLogEntry, entry.body), entry.signature)
  ) {
    throw new ProtocolError('DEVICE_SIGNATURE', 'proof')
  }
  if (!isUsableDevice(device)) throw new ProtocolError('DEVICE_INVALID', 'proof')
  return device
}

/**
 * That the party was once a device of its identity. Whether it still is, the log says: whoever has
 * one asks that, and whoever has none fetches it before anything is answered.
 */
export function openDeviceProof(crypto: Crypto, bytes: Uint8Array, party: Party): DeviceProof {
  const reader = new Reader(bytes, 'DEVICE')
  reader.version(DEVICE_PROOF_VERSION)
  const head = readHead(reader)
  const count = reader.within(reader.u8(), 1, 2, 'number of entries')
  const additions = Array.from({ length: count }, () => readAddition(reader))
  reader.end()
  let device: NewDevice | null = null
  for (const addition of additions) {
    if (addition.seq > head.seq) reader.fail('FIELD', 'an entry after the head')
    device = checkAddition(crypto, addition, party, device)
  }
  const isParty =
    device !== null &&
    equalBytes(device.id, party.deviceId) &&
    equalBytes(device.signKey, party.signKey) &&
    equalBytes(device.exchangeKey, party.deviceKey)
  if (!isParty) throw new ProtocolError('DEVICE_PERMISSION', 'proof of another device')
  return { head, device: device! }
}
