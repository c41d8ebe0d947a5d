// An identity and a log in the making, for the tests of logs and records.
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8 } from '../../src/codec/bytes.ts'
import { Secret } from '../../src/crypto/secret.ts'
import {
  type DeviceChange,
  type DeviceLogDraft,
  type DeviceRight,
  hashDeviceLogEntry,
  type NewDevice,
  signDeviceLogEntry,
} from '../../src/identity/device-log-entry.ts'

let drawn = 0
export const crypto = nativeCrypto({
  random: (length) => Uint8Array.from({ length }, () => drawn++ & 0xff),
})

/** The same secret for the same name, in every run. */
export function seedOf(name: string): Secret {
  return Secret.adopt(sha256(utf8(name)))
}

export const identitySeed = seedOf('bob')
export const identityKey = crypto.ed25519Public(identitySeed)

export function deviceOf(name: string, rights: readonly DeviceRight[] = ['publish']): NewDevice {
  return {
    id: sha256(utf8(`${name} id`)).slice(0, 16),
    signKey: crypto.ed25519Public(seedOf(`${name} sign`)),
    exchangeKey: crypto.x25519Public(seedOf(`${name} exchange`)),
    rights,
    name,
  }
}

/** Signs one step after the given ones. `by` is a device's name, or null for the root. */
export function step(
  entries: readonly Uint8Array[],
  change: DeviceChange,
  by: string | null = null,
  altered: Partial<DeviceLogDraft> = {},
): Uint8Array {
  const last = entries.at(-1)
  const draft: DeviceLogDraft = {
    identityKey,
    seq: entries.length,
    previous: last === undefined ? new Uint8Array(32) : hashDeviceLogEntry(crypto, last),
    change,
    timeSeconds: 1_800_000_000,
    signer: by === null ? null : deviceOf(by).id,
    ...altered,
  }
  return signDeviceLogEntry(crypto, draft, by === null ? identitySeed : seedOf(`${by} sign`))
}

export function add(name: string, rights?: readonly DeviceRight[]): DeviceChange {
  return { op: 'add', device: deviceOf(name, rights) }
}

export function revoke(name: string): DeviceChange {
  return { op: 'revoke', id: deviceOf(name).id }
}

/** Steps one after the other, each with who signs it. */
export function logOf(...steps: readonly (readonly [DeviceChange, string | null])[]): Uint8Array[] {
  const entries: Uint8Array[] = []
  for (const [change, by] of steps) entries.push(step(entries, change, by))
  return entries
}
