// What is inside a record, honest and not: record.md §4 and §6.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { JsonObject, Vector } from '../../vector.ts'
import {
  addAfter,
  deviceBytes,
  deviceId,
  deviceParts,
  hashOf,
  IDENTITY,
  listBytes,
  revokeAfter,
  threeDevices,
} from '../reference/device-logs.ts'
import { flipped, publicOf, u8, u32 } from '../reference/pieces.ts'
import {
  BARE,
  bundlesOf,
  type ContentParts,
  contentBytes,
  DOOR_SECRET,
  NETWORK,
  NOW,
  type RecordParts,
  record,
  sortedBundles,
} from '../reference/records.ts'
import { verdicts } from '../reference/verdict.ts'

const open = verdicts('record', 'open')
const SHARD_BITS = 8

function openInput(bytes: Uint8Array, doorSecret: Uint8Array | null = DOOR_SECRET): JsonObject {
  const known = {
    networkId: toHex(NETWORK),
    identityKey: toHex(IDENTITY),
    nowSeconds: NOW,
    shardBits: SHARD_BITS,
  }
  const door = doorSecret === null ? null : toHex(doorSecret)
  return { record: toHex(bytes), ...known, doorSecret: door }
}

const OPENED = {
  sequence: '7',
  homeShard: 42,
  profileName: 'Bob',
  hints: ['/dns4/a.example/tcp/443/wss'] as string[],
  log: true,
  headSeq: 2,
  devices: ['laptop', 'phone', 'tv'].map((name) => toHex(deviceId(name))),
  prekeys: bundleOutput(sortedBundles('laptop', 'phone')),
  signedBy: null as string | null,
}

function bundleOutput(bundles: ReturnType<typeof bundlesOf>): { [id: string]: string } {
  return Object.fromEntries(bundles.map(([id, bundle]) => [toHex(id), toHex(bundle)]))
}

function opened(
  name: string,
  note: string,
  lie: Partial<RecordParts>,
  output: Partial<typeof OPENED> = {},
): Vector {
  return open.good(name, note, openInput(record(lie)), { ...OPENED, ...output })
}

/** The head, then each device with the number of its entry. */
function list(devices: readonly (readonly [seq: number, name: string])[], headSeq = 2): Uint8Array {
  const head = concatBytes(u32(headSeq), hashOf(threeDevices()[2]!))
  const each = devices.map(([seq, name]) => {
    return concatBytes(u32(seq), deviceBytes(deviceParts(name, name === 'tv' ? 0 : 1)))
  })
  return concatBytes(head, u8(devices.length), ...each)
}

const LISTED = list([
  [0, 'laptop'],
  [1, 'phone'],
  [2, 'tv'],
])

export function openedOnes(): Vector[] {
  const content = contentBytes({ form: 2, devices: LISTED })
  const bare = record({ doorSecret: BARE, sealedWith: BARE })
  const stranger = { ...openInput(record()), identityKey: toHex(publicOf('mallory')) }
  return [
    opened('opened', 'By who has the invite.', {}),
    open.good('opened-bare', 'By who has the address.', openInput(bare, null), OPENED),
    opened(
      'opened-of-delegate',
      'Published by a device.',
      { warrant: {} },
      { signedBy: toHex(deviceId('phone')) },
    ),
    opened(
      'opened-list',
      'Devices without their log, on the identity’s word.',
      { content },
      { log: false },
    ),
    open.notMine('of-somebody-else', 'Another identity’s door is not this one.', stranger),
    open.notMine(
      'of-another-door',
      'The door of the bare address is not this one.',
      openInput(record(), null),
    ),
  ]
}

function unopened(
  name: string,
  note: string,
  code: ErrorCode,
  lie: Partial<ContentParts>,
  more: Partial<RecordParts> = {},
): Vector {
  return open.bad(name, note, code, openInput(record({ content: contentBytes(lie), ...more })))
}

export function lyingContents(): Vector[] {
  const three = threeDevices()
  const without = [...three, revokeAfter(three, null, 'phone')]
  const forgedLog = [...three.slice(0, 2), flipped(three[2]!, -1, 0x08)]
  return [
    unopened(
      'sealed-for-another',
      'Sealed with another door’s key.',
      'RECORD_SEAL',
      {},
      { sealedWith: BARE },
    ),
    unopened('filler', 'A byte after the content.', 'RECORD_FIELD', {}, { filler: 1 }),
    unopened(
      'names-another',
      'The identity inside is not the one at the door.',
      'RECORD_PERMISSION',
      { identity: publicOf('mallory') },
    ),
    unopened('shard-beyond-network', 'Shard 256 of 256.', 'RECORD_FIELD', { shard: 256 }),
    unopened('name-with-direction', 'It would turn the text around it.', 'RECORD_TEXT', {
      name: 'Bob\u202e',
    }),
    unopened('hint-of-no-use', 'It is no multiaddr.', 'RECORD_TEXT', { hints: ['a.example'] }),
    unopened('unknown-form', 'A third form of the devices.', 'RECORD_FIELD', { form: 3 }),
    unopened('forged-log', 'A log with a signature that does not hold.', 'DEVICE_LOG_SIGNATURE', {
      devices: listBytes(forgedLog),
    }),
    unopened(
      'revoked-delegate',
      'A warrant does not bring a revoked device back.',
      'RECORD_PERMISSION',
      { devices: listBytes(without), bundles: bundlesOf('laptop') },
      { warrant: {} },
    ),
    unopened(
      'delegate-not-blinded',
      'The warrant names the device’s own key, which would link its days.',
      'RECORD_PERMISSION',
      {},
      { warrant: { isPlain: true }, signWith: 'phone sign' },
    ),
    unopened(
      'delegate-without-right',
      'The log does not let this device publish.',
      'RECORD_PERMISSION',
      {},
      { warrant: { delegate: 'tv' } },
    ),
  ]
}

export function lyingLists(): Vector[] {
  const three = threeDevices()
  const [first, second] = sortedBundles('laptop', 'phone')
  const missing = listBytes([addAfter([], null, deviceParts('laptop', 3))])
  return [
    unopened(
      'list-of-delegate',
      'A delegate’s word is not enough for a list.',
      'RECORD_PERMISSION',
      { form: 2, devices: LISTED },
      { warrant: {} },
    ),
    unopened('list-out-of-order', 'Devices in another order than their entries.', 'RECORD_ORDER', {
      form: 2,
      devices: list([
        [1, 'phone'],
        [0, 'laptop'],
      ]),
    }),
    unopened('list-beyond-head', 'A device added after the last entry.', 'RECORD_FIELD', {
      form: 2,
      devices: list([
        [0, 'laptop'],
        [3, 'phone'],
      ]),
    }),
    unopened(
      'prekeys-of-stranger',
      'Prekeys of a device that is not in the log.',
      'RECORD_PERMISSION',
      { devices: missing },
    ),
    unopened('prekeys-out-of-order', 'A second form of the same content.', 'RECORD_ORDER', {
      bundles: [second!, first!],
    }),
    unopened('prekeys-repeated', 'Two bundles of one device.', 'RECORD_ORDER', {
      bundles: [first!, first!],
    }),
    unopened('long-bundle', 'A bundle above the limit.', 'RECORD_LIMIT', {
      devices: listBytes(three.slice(0, 1)),
      bundles: [[deviceId('laptop'), new Uint8Array(3073)]],
    }),
    unopened('absurd-bundle-count', 'It claims 255 bundles and has two.', 'RECORD_LIMIT', {
      bundleCount: 255,
    }),
  ]
}
