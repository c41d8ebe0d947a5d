// A group's keys as records, so that one message writes one page of chains and not all of them.
import { equalBytes, toHex } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { GROUP_TAG_BYTES, ID_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { GROUP_EPOCHS_MAX, GROUP_SKIPPED_PER_SENDER_MAX } from '../limits.ts'
import type { StateChanges, StateRecord } from '../session/pair-state.ts'
import type { Epoch, SenderChain, SkippedSenderKey } from './epoch.ts'
import type { GroupKeys } from './keys.ts'
import { epochIdOf, readRotationHead } from './rotation.ts'

const STATE_VERSION = 1
const FRAME_KEY = 0
const EPOCH_KEY = 1
const CHAINS_KEY = 2
const SKIPPED_KEY = 3
const NOTHING = new Uint8Array(0)
const PAGE_CHAINS = 32
const HEAD_BYTES_MAX = 65_535

function keyOf(kind: number, id: Uint8Array, place: number): Uint8Array {
  return new Writer(3 + ID_BYTES).u8(kind).bytes(id, ID_BYTES).u16(place).finish()
}

const frameKey = (): Uint8Array => Uint8Array.of(FRAME_KEY)

function encodeFrame(keys: GroupKeys): Uint8Array {
  const writer = new Writer(1024).u8(STATE_VERSION).bytes(keys.groupId, ID_BYTES)
  writer.u8(keys.epochs.length)
  for (const { id } of keys.epochs) writer.bytes(id, ID_BYTES)
  return writer.finish()
}

/** 0 for null: no time and no place is the largest number. */
function optional(value: number | null): number {
  return value === null ? 0 : value + 1
}

function fromOptional(value: number): number | null {
  return value === 0 ? null : value - 1
}

function encodeEpoch(epoch: Epoch): Uint8Array {
  return new Writer(256 + epoch.body.length)
    .u8(STATE_VERSION)
    .prefixed(epoch.body, HEAD_BYTES_MAX)
    .bytes(epoch.signature, SIGNATURE_BYTES)
    .u16(optional(epoch.ownIndex))
    .u8(epoch.maySend ? 1 : 0)
    .u8(epoch.psk === null ? 0 : 1)
    .bytes(epoch.psk?.reveal() ?? NOTHING)
    .bytes(epoch.lane.reveal(), KEY_BYTES)
    .bytes(epoch.header.reveal(), KEY_BYTES)
    .u32(epoch.receivedSeconds)
    .u32(optional(epoch.supersededSeconds))
    .finish()
}

function encodePage(chains: readonly SenderChain[]): Uint8Array {
  const writer = new Writer(1 + PAGE_CHAINS * 36).u8(STATE_VERSION)
  for (const { key, counter } of chains) writer.bytes(key.reveal(), KEY_BYTES).u32(counter)
  return writer.finish()
}

function encodeSkipped(skipped: readonly SkippedSenderKey[]): Uint8Array {
  const writer = new Writer(1 + skipped.length * 40).u8(STATE_VERSION)
  for (const { counter, storedSeconds, key } of skipped) {
    writer.u32(counter).u32(storedSeconds).bytes(key.reveal(), KEY_BYTES)
  }
  return writer.finish()
}

const pagesOf = ({ chains }: Epoch): number => Math.ceil(chains.length / PAGE_CHAINS)

function pageOf({ chains }: Epoch, page: number): readonly SenderChain[] {
  return chains.slice(page * PAGE_CHAINS, (page + 1) * PAGE_CHAINS)
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at])
}

type Put = (key: Uint8Array, value: Uint8Array) => void
type Remove = (key: Uint8Array) => void

function epochChanges(before: Epoch | null, after: Epoch, put: Put, remove: Remove): void {
  const isSameCore =
    before !== null &&
    before.maySend === after.maySend &&
    before.psk === after.psk &&
    before.supersededSeconds === after.supersededSeconds
  if (!isSameCore) put(keyOf(EPOCH_KEY, after.id, 0), encodeEpoch(after))
  for (let page = 0; page < pagesOf(after); page++) {
    const chains = pageOf(after, page)
    if (before !== null && isSameList(pageOf(before, page), chains)) continue
    put(keyOf(CHAINS_KEY, after.id, page), encodePage(chains))
  }
  if (before?.skipped === after.skipped) return
  const was = Map.groupBy(before?.skipped ?? [], ({ index }) => index)
  const is = Map.groupBy(after.skipped, ({ index }) => index)
  for (const [index, skipped] of is) {
    if (isSameList(was.get(index) ?? [], skipped)) continue
    put(keyOf(SKIPPED_KEY, after.id, index), encodeSkipped(skipped))
  }
  for (const index of was.keys()) {
    if (!is.has(index)) remove(keyOf(SKIPPED_KEY, after.id, index))
  }
}

function removeEpoch(epoch: Epoch, remove: Remove): void {
  remove(keyOf(EPOCH_KEY, epoch.id, 0))
  for (let page = 0; page < pagesOf(epoch); page++) remove(keyOf(CHAINS_KEY, epoch.id, page))
  for (const index of new Set(epoch.skipped.map(({ index }) => index))) {
    remove(keyOf(SKIPPED_KEY, epoch.id, index))
  }
}

/** What one step has changed; `before` is null for keys that were never written. */
export function groupKeysChanges(before: GroupKeys | null, after: GroupKeys): StateChanges {
  const put: StateRecord[] = []
  const removed: Uint8Array[] = []
  const add: Put = (key, value) => put.push([key, value])
  const remove: Remove = (key) => removed.push(key)
  const earlier = new Map(before?.epochs.map((epoch) => [toHex(epoch.id), epoch]))
  const isSameFrame =
    before !== null &&
    isSameList(
      [...earlier.keys()],
      after.epochs.map(({ id }) => toHex(id)),
    )
  if (!isSameFrame) add(frameKey(), encodeFrame(after))
  for (const epoch of after.epochs) {
    const was = earlier.get(toHex(epoch.id)) ?? null
    if (was !== epoch) epochChanges(was, epoch, add, remove)
    earlier.delete(toHex(epoch.id))
  }
  for (const epoch of earlier.values()) removeEpoch(epoch, remove)
  return { put, removed }
}

/** All records of a group, in any order. Null when there are none. */
export function decodeGroupKeys(crypto: Crypto, records: Iterable<StateRecord>): GroupKeys | null {
  const byKey = new Map(Array.from(records, ([key, value]) => [toHex(key), value]))
  if (byKey.size === 0) return null
  const take = (key: Uint8Array): Uint8Array | null => {
    const value = byKey.get(toHex(key)) ?? null
    byKey.delete(toHex(key))
    return value
  }
  const frame = take(frameKey())
  if (frame === null) throw new ProtocolError('STATE_LINKAGE', 'no frame')
  const reader = new Reader(frame, 'STATE')
  reader.version(STATE_VERSION)
  const groupId = reader.bytes(ID_BYTES).slice()
  const count = reader.within(reader.u8(), 0, GROUP_EPOCHS_MAX, 'epochs')
  const ids = Array.from({ length: count }, () => reader.bytes(ID_BYTES))
  reader.end()
  const epochs = ids.map((id) => decodeEpoch(crypto, id, take))
  if (byKey.size > 0) throw new ProtocolError('STATE_LINKAGE', 'records of no epoch')
  return { groupId, epochs }
}

function decodeEpoch(
  crypto: Crypto,
  id: Uint8Array,
  take: (key: Uint8Array) => Uint8Array | null,
): Epoch {
  const bytes = take(keyOf(EPOCH_KEY, id, 0))
  if (bytes === null) throw new ProtocolError('STATE_LINKAGE', 'no epoch')
  const reader = new Reader(bytes, 'STATE')
  reader.version(STATE_VERSION)
  const body = reader.prefixed(HEAD_BYTES_MAX).slice()
  const signature = reader.bytes(SIGNATURE_BYTES).slice()
  const ownIndex = fromOptional(reader.u16())
  const maySend = reader.within(reader.u8(), 0, 1, 'flag') === 1
  const hasPsk = reader.within(reader.u8(), 0, 1, 'flag') === 1
  const psk = hasPsk ? Secret.copy(reader.bytes(KEY_BYTES)) : null
  const lane = Secret.copy(reader.bytes(KEY_BYTES))
  const header = Secret.copy(reader.bytes(KEY_BYTES))
  const receivedSeconds = reader.u32()
  const supersededSeconds = fromOptional(reader.u32())
  reader.end()
  if (!equalBytes(epochIdOf(crypto, body), id)) throw new ProtocolError('STATE_CHECKSUM', 'epoch')
  const head = readRotationHead(new Reader(body, 'STATE'))
  const { parents, tags } = head
  const chains = decodeChains(id, tags.length / GROUP_TAG_BYTES, take)
  if (ownIndex !== null && ownIndex >= chains.length) throw new ProtocolError('STATE_FIELD')
  const skipped = chains.flatMap((_, index) => decodeSkipped(id, index, take))
  // As it was, apart from who came first within one second.
  skipped.sort((a, b) => a.storedSeconds - b.storedSeconds)
  const core = {
    id: id.slice(),
    body,
    signature,
    parents,
    tags,
    ownIndex,
    maySend,
    psk,
    lane,
    header,
  }
  return { ...core, chains, skipped, receivedSeconds, supersededSeconds }
}

function decodeChains(
  id: Uint8Array,
  count: number,
  take: (key: Uint8Array) => Uint8Array | null,
): readonly SenderChain[] {
  const pages: SenderChain[][] = []
  for (let at = 0; at < count; at += PAGE_CHAINS) {
    const bytes = take(keyOf(CHAINS_KEY, id, pages.length))
    if (bytes === null) throw new ProtocolError('STATE_LINKAGE', 'no chains')
    const reader = new Reader(bytes, 'STATE')
    reader.version(STATE_VERSION)
    const length = Math.min(PAGE_CHAINS, count - at)
    pages.push(
      Array.from({ length }, () => {
        const key = Secret.copy(reader.bytes(KEY_BYTES))
        return { key, counter: reader.u32() }
      }),
    )
    reader.end()
  }
  return pages.flat()
}

function decodeSkipped(
  id: Uint8Array,
  index: number,
  take: (key: Uint8Array) => Uint8Array | null,
): readonly SkippedSenderKey[] {
  const bytes = take(keyOf(SKIPPED_KEY, id, index))
  if (bytes === null) return []
  const reader = new Reader(bytes, 'STATE')
  reader.version(STATE_VERSION)
  const skipped: SkippedSenderKey[] = []
  while (reader.left > 0) {
    if (skipped.length === GROUP_SKIPPED_PER_SENDER_MAX) reader.fail('LIMIT', 'skipped keys')
    const counter = reader.u32()
    const storedSeconds = reader.u32()
    skipped.push({ index, counter, storedSeconds, key: Secret.copy(reader.bytes(KEY_BYTES)) })
  }
  return skipped
}
