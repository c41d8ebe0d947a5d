// Adding and revoking devices, and what follows from it for everybody else: device.md §4.

import { DAY_SECONDS } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Secret } from '../crypto/secret.ts'
import {
  type Device,
  type DeviceId,
  type DeviceLog,
  extendDeviceLog,
  headOf,
} from '../identity/device-log.ts'
import {
  type DeviceChange,
  type NewDevice,
  signDeviceLogEntry,
} from '../identity/device-log-entry.ts'

export interface LogSigner {
  /** Null for the identity key itself. */
  readonly deviceId: Uint8Array | null
  readonly seed: Secret
}

export interface LogStep {
  /** To be durable, and published, before anything that rests on it is sent. */
  readonly entry: Uint8Array
  readonly log: DeviceLog
}

/** Throws where the signer may not do this: every reader would refuse the log. */
function sign(
  crypto: Crypto,
  log: DeviceLog,
  change: DeviceChange,
  by: { readonly signer: LogSigner; readonly nowSeconds: number },
): LogStep {
  const { seq, hash } = headOf(log)
  const draft = {
    identityKey: log.identityKey,
    seq: seq + 1,
    previous: hash,
    change,
    // A log is read by all contacts; the hour in which somebody bought a telephone is not theirs.
    timeSeconds: by.nowSeconds - (by.nowSeconds % DAY_SECONDS),
    signer: by.signer.deviceId,
  }
  const entry = signDeviceLogEntry(crypto, draft, by.signer.seed)
  return { entry, log: extendDeviceLog(crypto, log, [entry]) }
}

export function addDevice(
  crypto: Crypto,
  log: DeviceLog,
  device: NewDevice,
  by: { readonly signer: LogSigner; readonly nowSeconds: number },
): LogStep {
  return sign(crypto, log, { op: 'add', device }, by)
}

export function revokeDevice(
  crypto: Crypto,
  log: DeviceLog,
  deviceId: Uint8Array,
  by: { readonly signer: LogSigner; readonly nowSeconds: number },
): LogStep {
  return sign(crypto, log, { op: 'revoke', id: deviceId }, by)
}

export type LogEffect =
  /** Of all sessions with it, those to receive too: what it says from now on is refused. */
  | { readonly kind: 'end-sessions'; readonly identityKey: Uint8Array; readonly device: Device }
  /** In every group where it could read. */
  | { readonly kind: 'rotate-groups'; readonly identityKey: Uint8Array; readonly device: Device }
  /** A line in the conversation; of an own device, a notice that cannot be overlooked. */
  | {
      readonly kind: 'show'
      readonly what: 'device-added' | 'device-revoked'
      readonly identityKey: Uint8Array
      readonly device: Device
    }
  | { readonly kind: 'fetch-prekeys'; readonly identityKey: Uint8Array; readonly device: Device }
  /** To contacts and own devices, with the new log. */
  | { readonly kind: 'publish-record' }
  /** For devices that may publish, where this one holds the identity key. */
  | { readonly kind: 'renew-warrants'; readonly devices: readonly Device[] }
  /** See `renewOwnKey`, at `ownKeyDueSeconds`. */
  | { readonly kind: 'renew-own-key' }
  /** This device: stop, tell its user, and wipe the keys. */
  | { readonly kind: 'self-revoked' }

export interface LogReader {
  /** The device that reads, where the log is of its own identity. */
  readonly ownDeviceId: DeviceId | null
  readonly holdsIdentityKey: boolean
}

function changedDevices(before: DeviceLog | null, after: DeviceLog) {
  const known = before?.devices ?? new Map<DeviceId, Device>()
  return {
    added: [...after.devices].filter(([id]) => !known.has(id)),
    revoked: [...known].filter(([id]) => !after.devices.has(id)),
  }
}

/** What a reader does when a log that it knew has become longer. */
export function effectsOfLog(before: DeviceLog, after: DeviceLog, reader: LogReader): LogEffect[] {
  const { identityKey } = after
  const { ownDeviceId, holdsIdentityKey } = reader
  const { added, revoked } = changedDevices(before, after)
  if (revoked.some(([id]) => id === ownDeviceId)) return [{ kind: 'self-revoked' }]
  const effects: LogEffect[] = []
  for (const [, device] of revoked) {
    effects.push(
      { kind: 'end-sessions', identityKey, device },
      { kind: 'rotate-groups', identityKey, device },
      { kind: 'show', what: 'device-revoked', identityKey, device },
    )
  }
  for (const [id, device] of added) {
    if (id === ownDeviceId) continue
    effects.push(
      { kind: 'show', what: 'device-added', identityKey, device },
      { kind: 'fetch-prekeys', identityKey, device },
    )
  }
  if (ownDeviceId === null || added.length + revoked.length === 0) return effects
  if (revoked.length > 0) effects.push({ kind: 'renew-own-key' })
  const publishers = [...after.devices.values()].filter((device) =>
    device.rights.includes('publish'),
  )
  if (holdsIdentityKey) effects.push({ kind: 'renew-warrants', devices: publishers })
  effects.push({ kind: 'publish-record' })
  return effects
}
