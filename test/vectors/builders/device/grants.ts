// What a new device is given.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Vector } from '../../vector.ts'
import { NETWORK_ID, NOW } from '../reference/device-links.ts'
import { deviceId, IDENTITY, listBytes, threeDevices } from '../reference/device-logs.ts'
import {
  exchangeOf,
  flipped,
  prefixed,
  publicOf,
  secretOf,
  u8,
  u16,
  u32,
} from '../reference/pieces.ts'
import { verdicts } from '../reference/verdict.ts'

const grant = verdicts('device', 'grant')

const THREE = threeDevices()
const NETWORK = concatBytes(u8(1), prefixed('ezchat'), u8(8), u16(30), u32(137), u8(15), u8(0))

interface GrantParts {
  readonly version: number
  readonly identity: Uint8Array
  readonly shard: number
  readonly entries: Uint8Array
  readonly keySeq: number
  readonly doors: readonly Uint8Array[]
  readonly doorCount: number
  readonly warrants: readonly Uint8Array[]
  readonly extra: Uint8Array
}

function grantBytes(lie: Partial<GrantParts> = {}): Uint8Array {
  const doors = lie.doors ?? [secretOf('door')]
  const parts: GrantParts = {
    version: 1,
    identity: IDENTITY,
    shard: 3,
    entries: listBytes(THREE),
    keySeq: 2,
    doors,
    doorCount: doors.length,
    warrants: [],
    extra: new Uint8Array(0),
    ...lie,
  }
  return concatBytes(
    u8(parts.version),
    parts.identity,
    prefixed(NETWORK),
    u16(parts.shard),
    parts.entries,
    u32(parts.keySeq),
    secretOf('own key'),
    u8(parts.doorCount),
    ...parts.doors,
    u16(parts.warrants.length),
    ...parts.warrants,
    prefixed('snapshot'),
    parts.extra,
  )
}

const OWN_NETWORK: Uint8Array = sha256(NETWORK)

function grantInput(bytes: Uint8Array, device = 'phone', networkId = OWN_NETWORK) {
  return {
    grant: toHex(bytes),
    networkId: toHex(networkId),
    deviceId: toHex(deviceId(device)),
    signKey: toHex(publicOf(`${device} sign`)),
    exchangeKey: toHex(exchangeOf(`${device} exchange`)),
    nowSeconds: NOW,
  }
}

export function grantVectors(): Vector[] {
  const bad = (name: string, note: string, wrong: ErrorCode, lie: Partial<GrantParts>) =>
    grant.bad(`grant-${name}`, note, wrong, grantInput(grantBytes(lie)))
  const warrant = (door: number, period: number): Uint8Array =>
    concatBytes(u8(door), u32(period), new Uint8Array(166))
  const output = { seq: 2, homeShard: 3, doors: 1, warrants: 0, ownKeySeq: 2 }
  return [
    grant.good('grant', 'All that a new device needs.', grantInput(grantBytes()), output),
    grant.bad(
      'grant-other-network',
      'Of a network that the link was not for.',
      'DEVICE_NETWORK',
      grantInput(grantBytes(), 'phone', NETWORK_ID),
    ),
    grant.bad(
      'grant-other-device',
      'The log does not have this device.',
      'DEVICE_PERMISSION',
      grantInput(grantBytes(), 'stranger'),
    ),
    bad('unknown-version', 'A later version.', 'DEVICE_VERSION', { version: 2 }),
    bad('trailing-byte', 'A byte too many.', 'DEVICE_TRAILING', { extra: u8(0) }),
    bad('no-such-shard', 'The network has 256.', 'DEVICE_FIELD', { shard: 256 }),
    bad('other-identity', 'The log is of somebody else.', 'DEVICE_LOG_LINKAGE', {
      identity: publicOf('mallory'),
    }),
    bad('identity-zero', 'No key at all.', 'DEVICE_INVALID', { identity: new Uint8Array(32) }),
    bad('forged-log', 'The last entry is forged.', 'DEVICE_LOG_SIGNATURE', {
      entries: listBytes([THREE[0]!, THREE[1]!, flipped(THREE[2]!, -1, 8)]),
    }),
    bad('own-key-ahead', 'A key of a log that there is not.', 'DEVICE_FIELD', { keySeq: 3 }),
    bad('seventeen-doors', 'More than any grant has.', 'DEVICE_LIMIT', { doorCount: 17 }),
    bad('door-twice', 'One secret twice.', 'DEVICE_ORDER', {
      doors: [secretOf('door'), secretOf('door')],
    }),
    bad('warrant-of-no-door', 'For a door that is not there.', 'DEVICE_FIELD', {
      warrants: [warrant(1, 7)],
    }),
    bad('warrants-unordered', 'The later day first.', 'DEVICE_ORDER', {
      warrants: [warrant(0, 8), warrant(0, 7)],
    }),
    bad('warrant-of-nothing', 'Zeros where a warrant should be.', 'WARRANT_VERSION', {
      warrants: [warrant(0, 7)],
    }),
    grant.bad(
      'grant-warrant-without-right',
      'The device may not publish.',
      'DEVICE_PERMISSION',
      grantInput(grantBytes({ warrants: [warrant(0, 7)] }), 'tv'),
    ),
  ]
}
