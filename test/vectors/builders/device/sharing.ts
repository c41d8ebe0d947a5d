// What own devices and contacts tell each other about devices.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import type { Vector } from '../../vector.ts'
import { labelOf, NETWORK_ID } from '../reference/device-links.ts'
import {
  addAfter,
  deviceId,
  deviceParts,
  hashOf,
  IDENTITY,
  listBytes,
  MANAGE,
  PUBLISH,
  revokeAfter,
  threeDevices,
} from '../reference/device-logs.ts'
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

const proof = verdicts('device', 'proof')
const heads = verdicts('device', 'heads')
const own = verdicts('device', 'own')
const content = verdicts('device', 'content')
const ownKey = verdicts('device', 'ownKey')

const THREE = threeDevices()
const headBytes = (entries: readonly Uint8Array[]): Uint8Array =>
  concatBytes(u32(entries.length - 1), hashOf(entries.at(-1)!))

function proofBytes(
  entries: readonly Uint8Array[],
  head = headBytes(THREE),
  version = 1,
): Uint8Array {
  return concatBytes(u8(version), head, u8(entries.length), ...entries.map(prefixed))
}

const proofInput = (bytes: Uint8Array, device: string, identity = IDENTITY) => ({
  proof: toHex(bytes),
  identityKey: toHex(identity),
  deviceId: toHex(deviceId(device)),
  signKey: toHex(publicOf(`${device} sign`)),
  exchangeKey: toHex(exchangeOf(`${device} exchange`)),
})

const badProof = (
  name: string,
  note: string,
  wrong: ErrorCode,
  bytes: Uint8Array,
  device = 'phone',
): Vector => proof.bad(`proof-${name}`, note, wrong, proofInput(bytes, device))

const [LAPTOP, PHONE, TV] = THREE as [Uint8Array, Uint8Array, Uint8Array]
const LONG_HEAD = concatBytes(u32(9), new Uint8Array(32))

function unfitProofs(): Vector[] {
  const maker = addAfter([LAPTOP], 'laptop', deviceParts('phone', MANAGE))
  const byTv = addAfter(THREE, 'tv', deviceParts('x'))
  const noPublish = addAfter([], null, deviceParts('laptop', MANAGE))
  return [
    proof.good('proof-by-root', 'Added by the identity key.', proofInput(proofBytes([TV]), 'tv'), {
      seq: 2,
      name: 'tv',
    }),
    proof.good(
      'proof-by-manager',
      'Added by a device that the identity key added.',
      proofInput(proofBytes([LAPTOP, PHONE]), 'phone'),
      { seq: 2, name: 'phone' },
    ),
    badProof(
      'without-manager',
      'Who signed it is missing.',
      'DEVICE_PERMISSION',
      proofBytes([PHONE]),
    ),
    badProof('of-another', 'Of another device.', 'DEVICE_PERMISSION', proofBytes([TV])),
    badProof(
      'manager-made-by-manager',
      'Only the root makes managers.',
      'DEVICE_PERMISSION',
      proofBytes([LAPTOP, maker]),
    ),
    badProof(
      'right-beyond-signer',
      'It gives a right that it lacks.',
      'DEVICE_PERMISSION',
      proofBytes([noPublish, addAfter([noPublish], 'laptop', deviceParts('phone', PUBLISH))]),
    ),
    badProof(
      'by-no-manager',
      'Added by a device that may not.',
      'DEVICE_PERMISSION',
      proofBytes([TV, byTv], LONG_HEAD),
      'x',
    ),
  ]
}

function brokenProofs(): Vector[] {
  return [
    badProof(
      'forged',
      'A bit of the signature.',
      'DEVICE_SIGNATURE',
      proofBytes([LAPTOP, flipped(PHONE, -1, 8)]),
    ),
    badProof(
      'revocation',
      'An entry that adds nothing.',
      'DEVICE_FIELD',
      proofBytes([revokeAfter(THREE, null, 'phone')], LONG_HEAD),
    ),
    badProof(
      'after-head',
      'An entry that the head does not cover.',
      'DEVICE_FIELD',
      proofBytes([LAPTOP, PHONE], headBytes([LAPTOP])),
    ),
    badProof('no-entries', 'Nothing is shown.', 'DEVICE_FIELD', proofBytes([])),
    badProof(
      'three-entries',
      'There is never a third.',
      'DEVICE_FIELD',
      proofBytes([LAPTOP, PHONE, TV]),
    ),
    badProof(
      'unknown-version',
      'A later version.',
      'DEVICE_VERSION',
      proofBytes([TV], headBytes(THREE), 2),
      'tv',
    ),
    proof.bad(
      'proof-other-identity',
      'Of somebody else’s log.',
      'DEVICE_LINKAGE',
      proofInput(proofBytes([TV]), 'tv', publicOf('mallory')),
    ),
  ]
}

function headVectors(): Vector[] {
  const both = concatBytes(u8(1), u8(1), headBytes(THREE), headBytes(THREE.slice(0, 1)))
  const one = concatBytes(u8(1), u8(0), headBytes(THREE))
  const bad = (name: string, note: string, wrong: ErrorCode, bytes: Uint8Array) =>
    heads.bad(`heads-${name}`, note, wrong, { heads: toHex(bytes) })
  return [
    heads.good(
      'heads',
      'The sender’s, and the reader’s as the sender has it.',
      { heads: toHex(both) },
      { own: 2, yours: 0 },
    ),
    heads.good(
      'heads-own-only',
      'The sender has no log of the reader.',
      { heads: toHex(one) },
      { own: 2, yours: null },
    ),
    bad('unknown-flag', 'Of a later version.', 'DEVICE_FIELD', one.with(1, 2)),
    bad('unknown-version', 'A later version.', 'DEVICE_VERSION', one.with(0, 2)),
    bad('truncated', 'The second head is missing.', 'DEVICE_TRUNCATED', one.with(1, 1)),
    bad('trailing', 'A head that no flag announces.', 'DEVICE_TRAILING', both.with(1, 0)),
  ]
}

interface OwnParts {
  readonly version: number
  readonly device: string
  readonly signWith: string
  readonly networkId: Uint8Array
  readonly label: string
  readonly content: Uint8Array
}

function ownBytes(lie: Partial<OwnParts> = {}): Uint8Array {
  const parts: OwnParts = {
    version: 1,
    device: 'phone',
    signWith: 'phone sign',
    networkId: NETWORK_ID,
    label: 'sign/own-message',
    content: u8(4),
    ...lie,
  }
  const body = concatBytes(u8(parts.version), deviceId(parts.device), prefixed(parts.content))
  const message = concatBytes(labelOf(parts.label), parts.networkId, IDENTITY, body)
  return concatBytes(body, ed25519.sign(message, secretOf(parts.signWith)))
}

function owns(): Vector[] {
  const input = (bytes: Uint8Array, entries: readonly Uint8Array[] = THREE) => ({
    message: toHex(bytes),
    networkId: toHex(NETWORK_ID),
    identityKey: toHex(IDENTITY),
    log: toHex(listBytes(entries)),
  })
  const bad = (name: string, note: string, wrong: ErrorCode, lie: Partial<OwnParts>) =>
    own.bad(`own-${name}`, note, wrong, input(ownBytes(lie)))
  const gone = [...THREE, revokeAfter(THREE, null, 'phone')]
  return [
    own.good('own-message', 'From the telephone to all.', input(ownBytes()), {
      from: 'phone',
      content: '04',
    }),
    own.bad(
      'own-of-revoked',
      'The telephone was revoked.',
      'DEVICE_PERMISSION',
      input(ownBytes(), gone),
    ),
    bad('of-stranger', 'No device of this log.', 'DEVICE_PERMISSION', {
      device: 'x',
      signWith: 'x sign',
    }),
    bad('as-another', 'The tablet’s name, the telephone’s key.', 'DEVICE_SIGNATURE', {
      device: 'tv',
    }),
    bad('other-network', 'Signed for another network.', 'DEVICE_SIGNATURE', {
      networkId: new Uint8Array(32),
    }),
    bad('other-label', 'Signed for another use.', 'DEVICE_SIGNATURE', {
      label: 'sign/device-offer',
    }),
    bad('unknown-version', 'A later version.', 'DEVICE_VERSION', { version: 2 }),
    bad('too-long', 'More content than there may be.', 'DEVICE_LIMIT', {
      content: new Uint8Array(49_153),
    }),
  ]
}

function contentVectors(): Vector[] {
  const bad = (name: string, note: string, wrong: ErrorCode, bytes: Uint8Array) =>
    content.bad(`content-${name}`, note, wrong, { content: toHex(bytes) })
  const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const log = concatBytes(u8(2), u32(1), listBytes(THREE.slice(1)))
  return [
    content.good(
      'content-log',
      'Two entries from number 1 on.',
      { content: toHex(log) },
      { kind: 'log', items: 2 },
    ),
    content.good(
      'content-conversations',
      'Two conversations are held.',
      { content: toHex(concatBytes(u8(3), u16(2), a, b)) },
      { kind: 'conversations', items: 2 },
    ),
    content.good('content-ask', 'All, please.', { content: '04' }, { kind: 'ask', items: 0 }),
    content.notMine('content-unknown-kind', 'Of a later version: passed over.', {
      content: '05ff',
    }),
    bad('empty', 'No kind at all.', 'DEVICE_TRUNCATED', new Uint8Array(0)),
    bad('ask-trailing', 'A byte too many.', 'DEVICE_TRAILING', Uint8Array.of(4, 0)),
    bad(
      'conversations-unordered',
      'The higher id first.',
      'DEVICE_ORDER',
      concatBytes(u8(3), u16(2), b, a),
    ),
    bad('conversation-twice', 'One id twice.', 'DEVICE_ORDER', concatBytes(u8(3), u16(2), a, a)),
    bad(
      'many-conversations',
      'It says 513 conversations.',
      'DEVICE_LIMIT',
      concatBytes(u8(3), u16(513)),
    ),
    bad('many-registers', 'It says 257 registers.', 'DEVICE_LIMIT', concatBytes(u8(1), u16(257))),
    bad(
      'too-long',
      'More bytes than there may be.',
      'DEVICE_LIMIT',
      new Uint8Array(49_153).fill(4),
    ),
  ]
}

function ownKeys(): Vector[] {
  const input = (seq: number, from: string, entries: readonly Uint8Array[]) => ({
    key: toHex(concatBytes(u32(seq), secretOf('own key'))),
    from: toHex(deviceId(from)),
    identityKey: toHex(IDENTITY),
    log: toHex(listBytes(entries)),
  })
  const gone = [...THREE, revokeAfter(THREE, null, 'phone')]
  const key = toHex(secretOf('own key'))
  return [
    ownKey.good('own-key', 'Made when the telephone was gone.', input(3, 'laptop', gone), {
      seq: 3,
      key,
      isForWriting: true,
    }),
    ownKey.good('own-key-before', 'Nobody was revoked since.', input(0, 'phone', THREE), {
      seq: 0,
      key,
      isForWriting: true,
    }),
    ownKey.bad(
      'own-key-of-revoked',
      'From a device that is gone.',
      'DEVICE_PERMISSION',
      input(3, 'phone', gone),
    ),
    ownKey.bad('own-key-stale', 'The telephone has it.', 'DEVICE_STALE', input(2, 'laptop', gone)),
    ownKey.bad(
      'own-key-ahead',
      'It names an entry that is not here.',
      'DEVICE_FUTURE',
      input(3, 'phone', THREE),
    ),
    ownKey.bad('own-key-truncated', 'A byte is missing.', 'DEVICE_TRUNCATED', {
      ...input(3, 'laptop', gone),
      key: toHex(utf8('too short')),
    }),
  ]
}

export function sharingVectors(): Vector[] {
  return [
    ...unfitProofs(),
    ...brokenProofs(),
    ...headVectors(),
    ...owns(),
    ...contentVectors(),
    ...ownKeys(),
  ]
}
