// Two logs of one identity that contradict each other: device-log.md §4.
import { compareBytes, equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_LOG_ENTRY_BYTES_MAX,
  FORK_EVIDENCE_BYTES_MAX,
  FORK_EVIDENCE_VERSION,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assert, ProtocolError } from '../errors.ts'
import {
  type Device,
  type DeviceLog,
  type DeviceLogHead,
  extendDeviceLog,
  verifyDeviceLog,
} from './device-log.ts'
import { decodeDeviceLogEntry, hashDeviceLogEntry } from './device-log-entry.ts'
import { readEntries, writeEntries } from './device-log-list.ts'

export type Standing = 'ours' | 'theirs' | 'neither'

export type LogComparison =
  | { readonly relation: 'same' | 'behind' | 'ahead' }
  | {
      readonly relation: 'fork'
      readonly seq: number
      readonly stands: Standing
      readonly evidence: Uint8Array
    }

/** How ours is to theirs: `behind` means that theirs has more. */
export function compareLogs(crypto: Crypto, ours: DeviceLog, theirs: DeviceLog): LogComparison {
  assert(equalBytes(ours.identityKey, theirs.identityKey), 'expected two logs of one identity')
  const shared = Math.min(ours.hashes.length, theirs.hashes.length)
  // Each hash covers all before it: where the last ones agree, all do.
  if (equalBytes(ours.hashes[shared - 1]!, theirs.hashes[shared - 1]!)) {
    const difference = ours.hashes.length - theirs.hashes.length
    return { relation: difference === 0 ? 'same' : difference < 0 ? 'behind' : 'ahead' }
  }
  const seq = ours.hashes.findIndex((hash, i) => !equalBytes(hash, theirs.hashes[i]!))
  const left = ours.entries[seq]!
  const right = theirs.entries[seq]!
  const evidence = encodeForkEvidence(crypto, ours.entries.slice(0, seq), left, right)
  return { relation: 'fork', seq, stands: standing(left, right), evidence }
}

/** Who holds the words decides against any device; against itself it decides nothing. */
function standing(ours: Uint8Array, theirs: Uint8Array): Standing {
  const oursByRoot = decodeDeviceLogEntry(ours).signer === null
  const theirsByRoot = decodeDeviceLogEntry(theirs).signer === null
  if (oursByRoot === theirsByRoot) return 'neither'
  return oursByRoot ? 'ours' : 'theirs'
}

/** What a head that somebody names says about the log that we have. */
export function compareHead(log: DeviceLog, head: DeviceLogHead): 'same' | 'behind' | 'ahead' {
  const known = log.hashes[head.seq]
  if (known === undefined) return 'behind'
  if (!equalBytes(known, head.hash)) {
    throw new ProtocolError('DEVICE_LOG_FORK', `two entries are numbered ${head.seq}`)
  }
  return head.seq === log.hashes.length - 1 ? 'same' : 'ahead'
}

/** Whom to write to while a fork lasts: removal wins, on whichever side it happened. */
export function devicesAcrossFork(
  ours: DeviceLog,
  theirs: DeviceLog,
  stands: Standing,
): readonly Device[] {
  const [first, second] = stands === 'theirs' ? [theirs, ours] : [ours, theirs]
  return [...first.devices.entries()]
    .filter(([id]) => !second.revoked.has(id))
    .filter(([id, device]) => {
      if (stands !== 'neither') return true
      const other = second.devices.get(id)
      return other !== undefined && equalBytes(other.signKey, device.signKey)
    })
    .map(([, device]) => device)
}

function encodeForkEvidence(
  crypto: Crypto,
  prefix: readonly Uint8Array[],
  a: Uint8Array,
  b: Uint8Array,
): Uint8Array {
  const order = compareBytes(hashDeviceLogEntry(crypto, a), hashDeviceLogEntry(crypto, b))
  const writer = new Writer(1024).u8(FORK_EVIDENCE_VERSION)
  writeEntries(writer, prefix)
  for (const entry of order < 0 ? [a, b] : [b, a])
    writer.prefixed(entry, DEVICE_LOG_ENTRY_BYTES_MAX)
  return writer.finish()
}

export interface Fork {
  readonly seq: number
  /** True when one key signed both: the key was copied, or its owner is lying. */
  readonly bySameSigner: boolean
  readonly entries: readonly [Uint8Array, Uint8Array]
}

/** Convinces somebody who trusts neither side. Throws when it is no evidence. */
export function verifyForkEvidence(
  crypto: Crypto,
  identityKey: Uint8Array,
  bytes: Uint8Array,
): Fork {
  if (bytes.length > FORK_EVIDENCE_BYTES_MAX) throw new ProtocolError('DEVICE_LOG_LIMIT')
  const reader = new Reader(bytes, 'DEVICE_LOG')
  reader.version(FORK_EVIDENCE_VERSION)
  const prefix = readEntries(reader)
  const left = reader.prefixed(DEVICE_LOG_ENTRY_BYTES_MAX)
  const right = reader.prefixed(DEVICE_LOG_ENTRY_BYTES_MAX)
  reader.end()
  const order = compareBytes(hashDeviceLogEntry(crypto, left), hashDeviceLogEntry(crypto, right))
  if (order >= 0) throw new ProtocolError('DEVICE_LOG_ORDER', 'not two entries in their order')
  const shared = prefix.length === 0 ? null : verifyDeviceLog(crypto, identityKey, prefix)
  for (const entry of [left, right]) {
    if (shared === null) verifyDeviceLog(crypto, identityKey, [entry])
    else extendDeviceLog(crypto, shared, [entry])
  }
  const entries = [left.slice(), right.slice()] as const
  return { seq: prefix.length, bySameSigner: isBySameSigner(left, right), entries }
}

function isBySameSigner(a: Uint8Array, b: Uint8Array): boolean {
  const signerOfA = decodeDeviceLogEntry(a).signer
  const signerOfB = decodeDeviceLogEntry(b).signer
  if (signerOfA === null || signerOfB === null) return signerOfA === signerOfB
  return equalBytes(signerOfA, signerOfB)
}
