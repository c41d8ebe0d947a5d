// Two logs that contradict each other, and the evidence of it: device-log.md §4.
import { compareBytes, concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, Vector } from '../../vector.ts'
import {
  addAfter,
  deviceId,
  deviceParts,
  hashOf,
  IDENTITY,
  listBytes,
  revokeAfter,
  threeDevices,
} from '../reference/device-logs.ts'
import { flipped, prefixed, u8 } from '../reference/pieces.ts'
import { verdicts } from '../reference/verdict.ts'

const compare = verdicts('device-log', 'compare')
const evidence = verdicts('device-log', 'evidence')

const THREE = threeDevices()
const identityKey = toHex(IDENTITY)
const after = (...added: readonly Uint8Array[]): Uint8Array[] => [...THREE, ...added]

const BRANCHES = {
  tablet: after(addAfter(THREE, null, deviceParts('tablet'))),
  watch: after(addAfter(THREE, null, deviceParts('watch'))),
  byLaptop: after(addAfter(THREE, 'laptop', deviceParts('car'))),
  byLaptopToo: after(revokeAfter(THREE, 'laptop', 'phone')),
}

export function comparisons(): Vector[] {
  const compared = (
    name: string,
    note: string,
    ours: readonly Uint8Array[],
    theirs: readonly Uint8Array[],
    result: Json,
  ): Vector => {
    const input = { identityKey, log: toHex(listBytes(ours)), theirs: toHex(listBytes(theirs)) }
    return compare.good(name, note, input, result)
  }
  const { tablet, watch, byLaptop, byLaptopToo } = BRANCHES
  const fork = (seq: number, stands: string, devices: readonly string[]): Json => ({
    relation: 'fork',
    seq,
    stands,
    devices: devices.map((name) => toHex(deviceId(name))),
  })
  return [
    compared('logs-same', 'Entry for entry.', THREE, THREE, { relation: 'same' }),
    compared('log-behind', 'Theirs has more.', THREE, tablet, { relation: 'behind' }),
    compared('log-ahead', 'Ours has more.', tablet, THREE, { relation: 'ahead' }),
    compared(
      'fork-by-root',
      'The root contradicts itself: nobody stands.',
      tablet,
      watch,
      fork(3, 'neither', ['laptop', 'phone', 'tv']),
    ),
    compared(
      'fork-root-stands',
      'The root stands against a device.',
      byLaptop,
      tablet,
      fork(3, 'theirs', ['laptop', 'phone', 'tv', 'tablet']),
    ),
    compared(
      'fork-removal-wins',
      'The device’s branch loses, and its revocation counts.',
      tablet,
      byLaptopToo,
      fork(3, 'ours', ['laptop', 'tv', 'tablet']),
    ),
  ]
}

function evidenceBytes(
  a: Uint8Array,
  b: Uint8Array,
  prefix: readonly Uint8Array[] = THREE,
): Uint8Array {
  return concatBytes(u8(1), listBytes(prefix), prefixed(a), prefixed(b))
}

export function forks(): Vector[] {
  const byHash = (a: Uint8Array, b: Uint8Array) =>
    [a, b].sort((x, y) => compareBytes(hashOf(x), hashOf(y))) as [Uint8Array, Uint8Array]
  const [low, high] = byHash(BRANCHES.tablet[3]!, BRANCHES.watch[3]!)
  const mixed = byHash(BRANCHES.tablet[3]!, BRANCHES.byLaptop[3]!)
  const first = byHash(THREE[0]!, addAfter([], null, deviceParts('other')))
  const input = (bytes: Uint8Array) => ({ identityKey, evidence: toHex(bytes) })
  const good = (name: string, note: string, bytes: Uint8Array, result: Json): Vector =>
    evidence.good(name, note, input(bytes), result)
  const bad = (name: string, note: string, code: ErrorCode, bytes: Uint8Array): Vector =>
    evidence.bad(name, note, code, input(bytes))
  const unsignedEntry = flipped(high, -1, 0x08)
  return [
    good(
      'evidence-of-root',
      'One key signed two entries of one number.',
      evidenceBytes(low, high),
      { seq: 3, bySameSigner: true },
    ),
    good('evidence-of-two', 'Two keys signed one each.', evidenceBytes(...mixed), {
      seq: 3,
      bySameSigner: false,
    }),
    good('evidence-at-start', 'Two first entries.', evidenceBytes(...first, []), {
      seq: 0,
      bySameSigner: true,
    }),
    bad(
      'evidence-reversed',
      'A second form of the same evidence.',
      'DEVICE_LOG_ORDER',
      evidenceBytes(high, low),
    ),
    bad('evidence-of-one', 'The same entry twice.', 'DEVICE_LOG_ORDER', evidenceBytes(low, low)),
    bad(
      'evidence-version',
      'A later version.',
      'DEVICE_LOG_VERSION',
      flipped(evidenceBytes(low, high), 0, 3),
    ),
    bad(
      'evidence-trailing-byte',
      'A byte too many.',
      'DEVICE_LOG_TRAILING',
      concatBytes(evidenceBytes(low, high), u8(0)),
    ),
    bad(
      'evidence-forged',
      'One of the two is not signed.',
      'DEVICE_LOG_SIGNATURE',
      evidenceBytes(...byHash(low, unsignedEntry)),
    ),
    bad(
      'evidence-misplaced',
      'Entries that do not continue the prefix.',
      'DEVICE_LOG_LINKAGE',
      evidenceBytes(low, high, THREE.slice(0, 2)),
    ),
  ]
}
