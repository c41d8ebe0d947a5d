// Who this home is: the root where this device was set up from the words, the device's own keys,
// the log that names it, and where it lives.
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { readName, writeName } from '@ezchat/protocol/codec/plain-text.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  RECORD_NAME_BYTES_MAX,
  ROOT_ENTROPY_BYTES,
} from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { KEY_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { addDevice } from '@ezchat/protocol/device/log-change.ts'
import { encodeDeviceProof } from '@ezchat/protocol/device/proof.ts'
import { type DeviceLog, headOf, verifyDeviceLog } from '@ezchat/protocol/identity/device-log.ts'
import {
  drawDeviceId,
  type NewDevice,
  signDeviceLogEntry,
} from '@ezchat/protocol/identity/device-log-entry.ts'
import { deriveRootKeys, type RootKeys } from '@ezchat/protocol/identity/root.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import { shardCount } from '@ezchat/protocol/network/shard.ts'
import type { OwnParty, Party } from '@ezchat/protocol/session/party.ts'

const VERSION = 1
const FLAG_BARE_DOOR = 1
const NO_HASH = new Uint8Array(32)

/** All that is kept of it, but for the log, which is a roster as everybody's. */
export interface OwnIdentity {
  readonly root: Secret
  readonly deviceId: Uint8Array
  readonly signSeed: Secret
  readonly deviceSecret: Secret
  readonly homeShard: number
  readonly profileName: string
  /** Whoever knows the address may find us, too. */
  readonly isBareDoorOpen: boolean
  /** Of the last record. */
  readonly recordSequence: number
  readonly publishedSeconds: number
}

export function encodeOwnIdentity(own: OwnIdentity): Uint8Array {
  const writer = new Writer(256)
    .u8(VERSION)
    .u8(own.isBareDoorOpen ? FLAG_BARE_DOOR : 0)
    .bytes(own.root.reveal(), ROOT_ENTROPY_BYTES)
    .bytes(own.deviceId, DEVICE_ID_BYTES)
    .bytes(own.signSeed.reveal(), KEY_BYTES)
    .bytes(own.deviceSecret.reveal(), KEY_BYTES)
    .u16(own.homeShard)
    .u64(BigInt(own.recordSequence))
    .u32(own.publishedSeconds)
  writeName(writer, own.profileName, RECORD_NAME_BYTES_MAX)
  return writer.finish()
}

export function decodeOwnIdentity(bytes: Uint8Array): OwnIdentity {
  const reader = new Reader(bytes, 'STATE')
  reader.version(VERSION)
  const flags = reader.within(reader.u8(), 0, FLAG_BARE_DOOR, 'flags')
  const own = {
    root: Secret.copy(reader.bytes(ROOT_ENTROPY_BYTES)),
    deviceId: reader.bytes(DEVICE_ID_BYTES).slice(),
    signSeed: Secret.copy(reader.bytes(KEY_BYTES)),
    deviceSecret: Secret.copy(reader.bytes(KEY_BYTES)),
    homeShard: reader.u16(),
    recordSequence: Number(reader.u64()),
    publishedSeconds: reader.u32(),
    profileName: readName(reader, RECORD_NAME_BYTES_MAX),
    isBareDoorOpen: flags === FLAG_BARE_DOOR,
  }
  reader.end()
  return own
}

export interface NewIdentity {
  readonly root: Secret
  readonly profileName: string
  readonly deviceName: string
  readonly nowSeconds: number
  /** Of an identity that is restored: what its newest record says. */
  readonly before: { readonly log: DeviceLog; readonly homeShard: number } | null
}

/** A shard drawn by lot: which one says nothing about whoever lives there. */
export function drawShard(crypto: Crypto, network: Network): number {
  const [high = 0, low = 0] = crypto.randomBytes(2)
  return (high * 256 + low) % shardCount(network)
}

export function createIdentity(
  crypto: Crypto,
  network: Network,
  init: NewIdentity,
): { readonly own: OwnIdentity; readonly log: DeviceLog } {
  const { root, profileName, nowSeconds, before } = init
  const signSeed = Secret.adopt(crypto.randomBytes(KEY_BYTES))
  const { secret: deviceSecret, publicKey } = crypto.x25519Generate()
  const own: OwnIdentity = {
    root,
    deviceId: drawDeviceId(crypto),
    signSeed,
    deviceSecret,
    homeShard: before?.homeShard ?? drawShard(crypto, network),
    profileName,
    isBareDoorOpen: true,
    recordSequence: 0,
    publishedSeconds: 0,
  }
  const device: NewDevice = {
    id: own.deviceId,
    signKey: crypto.ed25519Public(signSeed),
    exchangeKey: publicKey,
    rights: ['publish', 'manage'],
    name: init.deviceName,
  }
  const keys = deriveRootKeys(crypto, root)
  const signer = { deviceId: null, seed: keys.signSeed }
  const log =
    before === null
      ? firstLog(crypto, keys, device, nowSeconds)
      : addDevice(crypto, before.log, device, { signer, nowSeconds }).log
  return { own, log }
}

function firstLog(
  crypto: Crypto,
  { identityKey, signSeed }: RootKeys,
  device: NewDevice,
  nowSeconds: number,
): DeviceLog {
  const draft = {
    identityKey,
    seq: 0,
    previous: NO_HASH,
    change: { op: 'add', device } as const,
    timeSeconds: nowSeconds - (nowSeconds % 86_400),
    signer: null,
  }
  return verifyDeviceLog(crypto, identityKey, [signDeviceLogEntry(crypto, draft, signSeed)])
}

export function partyOf(identityKey: Uint8Array, device: NewDevice): Party {
  return {
    identityKey,
    deviceId: device.id,
    signKey: device.signKey,
    deviceKey: device.exchangeKey,
  }
}

/** As the other end of a session sees it. Null when the log does not name this device any more. */
export function ownPartyOf(own: OwnIdentity, log: DeviceLog): OwnParty | null {
  const device = log.devices.get(toHex(own.deviceId))
  if (device === undefined) return null
  const party = partyOf(log.identityKey, device)
  const proof = encodeDeviceProof(log, own.deviceId)
  return { party, deviceSecret: own.deviceSecret, proof }
}

export function isOwnHead(log: DeviceLog, head: ReturnType<typeof headOf>): boolean {
  const own = headOf(log)
  return own.seq === head.seq && equalBytes(own.hash, head.hash)
}
