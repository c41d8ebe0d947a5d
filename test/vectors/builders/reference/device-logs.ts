// device-log.md §1 a second time, with every field open to lies.
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { exchangeOf, prefixed, publicOf, secretOf, u8, u16, u32 } from './pieces.ts'

export const IDENTITY = publicOf('identity')
export const PUBLISH = 1
export const MANAGE = 2
export const deviceId = (name: string): Uint8Array => secretOf(`${name} id`).subarray(0, 16)

export interface DeviceParts {
  readonly id: Uint8Array
  readonly signKey: Uint8Array
  readonly exchangeKey: Uint8Array
  readonly rights: number
  readonly name: string | Uint8Array
}

export function deviceParts(name: string, rights = PUBLISH): DeviceParts {
  const signKey = publicOf(`${name} sign`)
  return { id: deviceId(name), signKey, exchangeKey: exchangeOf(`${name} exchange`), rights, name }
}

export function deviceBytes(device: DeviceParts): Uint8Array {
  const { id, signKey, exchangeKey, rights, name } = device
  return concatBytes(id, signKey, exchangeKey, u8(rights), prefixed(name))
}

export interface EntryParts {
  readonly version: number
  readonly identity: Uint8Array
  readonly seq: number
  readonly previous: Uint8Array
  readonly op: number
  /** What follows the operation. */
  readonly change: Uint8Array
  readonly signerKind: number
  readonly signer: Uint8Array
  /** Between the signer and the signature. */
  readonly extra: Uint8Array
  readonly label: string
  readonly signWith: string
}

/** Who signs: a device by its name, or null for the root. */
export type By = string | null

export function hashOf(entry: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8('ezchat/v1/hash/device-log\0'), entry))
}

/** The next entry after some, honest where `lie` says nothing. */
export function entryAfter(
  before: readonly Uint8Array[],
  by: By,
  lie: Partial<EntryParts>,
): Uint8Array {
  const last = before.at(-1)
  const parts: EntryParts = {
    version: 1,
    identity: IDENTITY,
    seq: before.length,
    previous: last === undefined ? new Uint8Array(32) : hashOf(last),
    op: 1,
    change: new Uint8Array(0),
    signerKind: by === null ? 0 : 1,
    signer: by === null ? new Uint8Array(0) : deviceId(by),
    extra: new Uint8Array(0),
    label: 'ezchat/v1/sign/device-log\0',
    signWith: by === null ? 'identity' : `${by} sign`,
    ...lie,
  }
  const body = concatBytes(
    u8(parts.version),
    parts.identity,
    u32(parts.seq),
    parts.previous,
    u8(parts.op),
    parts.change,
    u32(1_800_000_000),
    u8(parts.signerKind),
    parts.signer,
  )
  const signature = ed25519.sign(concatBytes(utf8(parts.label), body), secretOf(parts.signWith))
  return concatBytes(body, parts.extra, signature)
}

export function addAfter(
  before: readonly Uint8Array[],
  by: By,
  device: DeviceParts,
  lie: Partial<EntryParts> = {},
): Uint8Array {
  return entryAfter(before, by, { change: deviceBytes(device), ...lie })
}

export function revokeAfter(before: readonly Uint8Array[], by: By, name: string): Uint8Array {
  return entryAfter(before, by, { op: 2, change: deviceId(name) })
}

/** A laptop that manages, a telephone that it added, and a television that may do nothing. */
export function threeDevices(): Uint8Array[] {
  const first = addAfter([], null, deviceParts('laptop', PUBLISH | MANAGE))
  const second = addAfter([first], 'laptop', deviceParts('phone'))
  return [first, second, addAfter([first, second], null, deviceParts('tv', 0))]
}

export function listBytes(entries: readonly Uint8Array[], count = entries.length): Uint8Array {
  return concatBytes(u16(count), ...entries.map(prefixed))
}
