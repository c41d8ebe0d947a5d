// One signed step of an identity's device log: device-log.md §1.
import { concatBytes } from '../codec/bytes.ts'
import { readName, writeName } from '../codec/plain-text.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  DEVICE_LOG_ENTRY_BYTES_MAX,
  DEVICE_LOG_VERSION,
  DEVICE_NAME_BYTES_MAX,
  ID_BYTES,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'

const OP_ADD = 1
const OP_REVOKE = 2
const SIGNER_ROOT = 0
const SIGNER_DEVICE = 1
// Publishing records and drops is done with warrants; managing is adding and revoking others.
const RIGHT_BITS = { publish: 1, manage: 2 } as const
const RIGHT_BITS_ALL = 3

export type DeviceRight = keyof typeof RIGHT_BITS
const RIGHTS = Object.keys(RIGHT_BITS) as readonly DeviceRight[]

export interface NewDevice {
  readonly id: Uint8Array
  /** Ed25519. */
  readonly signKey: Uint8Array
  /** X25519. */
  readonly exchangeKey: Uint8Array
  readonly rights: readonly DeviceRight[]
  readonly name: string
}

export type DeviceChange =
  | { readonly op: 'add'; readonly device: NewDevice }
  | { readonly op: 'revoke'; readonly id: Uint8Array }

export interface DeviceLogDraft {
  readonly identityKey: Uint8Array
  readonly seq: number
  /** Hash of the entry before, zero for the first. */
  readonly previous: Uint8Array
  readonly change: DeviceChange
  /** Informative: what the signer's clock said, as coarsely as the signer likes. */
  readonly timeSeconds: number
  /** A device's id, or null for the identity key itself. */
  readonly signer: Uint8Array | null
}

export interface DeviceLogEntry extends DeviceLogDraft {
  /** What the signature covers, without its label. */
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

export function drawDeviceId(crypto: Crypto): Uint8Array {
  return crypto.randomBytes(DEVICE_ID_BYTES)
}

function writeChange(writer: Writer, change: DeviceChange): void {
  if (change.op === 'revoke') {
    writer.u8(OP_REVOKE).bytes(change.id, DEVICE_ID_BYTES)
    return
  }
  writeDevice(writer.u8(OP_ADD), change.device)
}

export function writeDevice(writer: Writer, device: NewDevice): void {
  const { id, signKey, exchangeKey, rights, name } = device
  writer
    .bytes(id, DEVICE_ID_BYTES)
    .bytes(signKey, PUBLIC_KEY_BYTES)
    .bytes(exchangeKey, PUBLIC_KEY_BYTES)
    .u8(rights.reduce((bits, right) => bits | RIGHT_BITS[right], 0))
  writeName(writer, name, DEVICE_NAME_BYTES_MAX)
}

function readChange(reader: Reader): DeviceChange {
  const op = reader.u8()
  if (op !== OP_ADD && op !== OP_REVOKE) reader.fail('KIND', `operation ${op}`)
  if (op === OP_REVOKE) return { op: 'revoke', id: reader.bytes(DEVICE_ID_BYTES) }
  return { op: 'add', device: readDevice(reader) }
}

export function readDevice(reader: Reader): NewDevice {
  const id = reader.bytes(DEVICE_ID_BYTES)
  const signKey = reader.bytes(PUBLIC_KEY_BYTES)
  const exchangeKey = reader.bytes(PUBLIC_KEY_BYTES)
  const bits = reader.within(reader.u8(), 0, RIGHT_BITS_ALL, 'rights')
  const rights = RIGHTS.filter((right) => bits & RIGHT_BITS[right])
  const name = readName(reader, DEVICE_NAME_BYTES_MAX)
  return { id, signKey, exchangeKey, rights, name }
}

function encodeBody(draft: DeviceLogDraft): Uint8Array {
  const writer = new Writer()
    .u8(DEVICE_LOG_VERSION)
    .bytes(draft.identityKey, PUBLIC_KEY_BYTES)
    .u32(draft.seq)
    .bytes(draft.previous, ID_BYTES)
  writeChange(writer, draft.change)
  writer.u32(draft.timeSeconds)
  if (draft.signer === null) writer.u8(SIGNER_ROOT)
  else writer.u8(SIGNER_DEVICE).bytes(draft.signer, DEVICE_ID_BYTES)
  return writer.finish()
}

/** `seed` is the identity's where `signer` is null, else that device's. */
export function signDeviceLogEntry(
  crypto: Crypto,
  draft: DeviceLogDraft,
  seed: Secret,
): Uint8Array {
  const body = encodeBody(draft)
  const message = labelled(SIGN_LABELS.deviceLogEntry, body)
  return concatBytes(body, crypto.ed25519Sign(seed, message))
}

/** The form only: nothing in it has been proved. The fields are views of `bytes`. */
export function decodeDeviceLogEntry(bytes: Uint8Array): DeviceLogEntry {
  if (bytes.length > DEVICE_LOG_ENTRY_BYTES_MAX) throw new ProtocolError('DEVICE_LOG_LIMIT')
  const reader = new Reader(bytes, 'DEVICE_LOG')
  reader.version(DEVICE_LOG_VERSION)
  const identityKey = reader.bytes(PUBLIC_KEY_BYTES)
  const seq = reader.u32()
  const previous = reader.bytes(ID_BYTES)
  const change = readChange(reader)
  const timeSeconds = reader.u32()
  const kind = reader.within(reader.u8(), SIGNER_ROOT, SIGNER_DEVICE, 'signer')
  const signer = kind === SIGNER_ROOT ? null : reader.bytes(DEVICE_ID_BYTES)
  const body = bytes.subarray(0, reader.offset)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  return { identityKey, seq, previous, change, timeSeconds, signer, body, signature }
}

/** Over the signature too: two signatures of one step are two entries, and that is a fork. */
export function hashDeviceLogEntry(crypto: Crypto, bytes: Uint8Array): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.deviceLogEntry, bytes))
}
