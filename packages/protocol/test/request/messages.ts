// Every codec of requests with messages for it, so that one suite holds all of them.
import fc from 'fast-check'
import { compareBytes } from '../../src/codec/bytes.ts'
import { RECEIPT_BYTES, RECORD_SIZES_BYTES } from '../../src/constants.ts'
import * as blob from '../../src/request/blob.ts'
import * as carriers from '../../src/request/carriers.ts'
import * as drops from '../../src/request/drops.ts'
import * as fetch from '../../src/request/fetch.ts'
import * as gossip from '../../src/request/gossip-batch.ts'
import * as hello from '../../src/request/hello.ts'
import * as load from '../../src/request/load.ts'
import * as push from '../../src/request/push.ts'
import * as record from '../../src/request/record.ts'
import * as roots from '../../src/request/roots.ts'
import type { Selector } from '../../src/request/selector.ts'
import * as sync from '../../src/request/sync.ts'
import * as watch from '../../src/request/watch.ts'

export const NETWORK = { shardBits: 4 }

export interface Codec {
  readonly name: string
  readonly encode: (message: never) => Uint8Array
  readonly decode: (bytes: Uint8Array) => unknown
  readonly messages: fc.Arbitrary<unknown>
  readonly bytesMax: number
}

function codec<T>(
  name: string,
  bytesMax: number,
  encode: (message: T) => Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
  messages: fc.Arbitrary<T>,
): Codec {
  return { name, bytesMax, encode, decode, messages }
}

const plain = { noNullPrototype: true }
const bytes = (least: number, most = least) => fc.uint8Array({ minLength: least, maxLength: most })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const positive = fc.integer({ min: 1, max: 0xffff_ffff })
const shard = fc.nat(15)
const hint = fc.integer({ min: 1, max: 65_535 }).map((port) => `/ip4/127.0.0.1/tcp/${port}`)
const hints = fc.uniqueArray(hint, { maxLength: 4 })
const drop = bytes(1, 300)
const cursor = bytes(1, 96)
const shards = fc.uniqueArray(shard).map((list) => list.sort((a, b) => a - b))

function ascending(one: fc.Arbitrary<Uint8Array>, least: number, most: number) {
  const lengths = { minLength: least, maxLength: most }
  return fc
    .uniqueArray(one, { ...lengths, selector: (item) => item.join() })
    .map((list) => list.sort(compareBytes))
}

function envelopes(least: number, most = 16): fc.Arbitrary<Uint8Array[]> {
  const envelope = fc
    .tuple(fc.constantFrom(1024, 1024, 1024, 4096), u32)
    .map(([length, number]) => {
      const filled = new Uint8Array(length)
      new DataView(filled.buffer).setUint32(0, number)
      return filled
    })
  return ascending(envelope, least, most).map((list) => list.slice(0, 15))
}

export const selectors: fc.Arbitrary<Selector> = fc.oneof(
  fc.record(
    { kind: fc.constant('mailboxes' as const), mailboxes: ascending(bytes(32), 1, 64) },
    plain,
  ),
  fc.record({ kind: fc.constant('prefix' as const), prefix: bytes(1, 31) }, plain),
  fc.record({ kind: fc.constant('shard' as const), shard }, plain),
)

const duties = fc
  .tuple(fc.boolean(), shards)
  .map(([isCarrier, list]) => ({ isCarrier, shards: isCarrier ? list : [] }))

const outcomes = fc.oneof(
  fc.record({ kind: fc.constant('receipt' as const), receipt: bytes(RECEIPT_BYTES) }, plain),
  fc.record({ kind: fc.constant('dropped' as const), drop }, plain),
  fc.record(
    { kind: fc.constant('refused' as const), status: fc.integer({ min: 1, max: 65_535 }) },
    plain,
  ),
)

const records = fc.constantFrom(...RECORD_SIZES_BYTES).map((size) => new Uint8Array(size).fill(7))

const opening: readonly Codec[] = [
  codec(
    'hello',
    hello.HELLO_BYTES_MAX,
    (message) => hello.encodeHello(NETWORK, message),
    (body) => hello.decodeHello(NETWORK, body),
    fc
      .tuple(duties, fc.boolean(), hints)
      .map(([duty, isStem, addresses]) => ({ ...duty, isStem, addresses })),
  ),
  codec(
    'shards',
    hello.DUTY_BYTES,
    (message) => hello.encodeDuty(NETWORK, message),
    (body) => hello.decodeDuty(NETWORK, body),
    duties,
  ),
  codec('push', push.PUSH_BYTES_MAX, push.encodePush, push.decodePush, envelopes(1)),
  codec(
    'pushed',
    66_000,
    push.encodePushed,
    push.decodePushed,
    fc.array(outcomes, { minLength: 1, maxLength: 64 }),
  ),
  codec(
    'load',
    load.LOAD_BYTES_MAX,
    (message) => load.encodeLoad(NETWORK, message),
    (body) => load.decodeLoad(NETWORK, body),
    fc.record({ shard, shortIds: ascending(bytes(16), 1, 100) }, plain),
  ),
  codec(
    'loaded',
    load.LOADED_BYTES_MAX,
    load.encodeLoaded,
    load.decodeLoaded,
    fc.record({ takenCount: fc.integer({ min: 16, max: 1024 }), envelopes: envelopes(0) }, plain),
  ),
  codec(
    'sync',
    sync.SYNC_STEP_BYTES_MAX,
    sync.encodeSyncStep,
    sync.decodeSyncStep,
    fc.record({ exchange: u32, message: bytes(1, 500) }, plain),
  ),
]

const comparing: readonly Codec[] = [
  codec(
    'roots',
    roots.ROOTS_BYTES,
    (message) => roots.encodeRoots(NETWORK, message),
    (body) => roots.decodeRoots(NETWORK, body),
    fc.record(
      { salt: bytes(16), shards: shards.filter((list) => list.length > 0), root: bytes(32) },
      plain,
    ),
  ),
  codec(
    'fingerprints',
    roots.ROOTS_ANSWER_BYTES_MAX,
    roots.encodeRootsAnswer,
    (body) => roots.decodeRootsAnswer(body, 3),
    fc.option(fc.tuple(bytes(16), bytes(16), bytes(16))),
  ),
]

const fetching: readonly Codec[] = [
  codec(
    'fetch',
    fetch.FETCH_BYTES_MAX,
    (message) => fetch.encodeFetch(NETWORK, message),
    (body) => fetch.decodeFetch(NETWORK, body),
    fc.record(
      {
        selector: selectors,
        cursor: fc.option(cursor),
        bytesMax: fc.integer({ min: 1, max: 65_536 }),
      },
      plain,
    ),
  ),
  codec(
    'fetched',
    fetch.FETCHED_BYTES_MAX,
    fetch.encodeFetched,
    fetch.decodeFetched,
    fc.record({ envelopes: envelopes(0), cursor, isEnd: fc.boolean() }, plain),
  ),
  codec(
    'watch',
    watch.WATCH_BYTES_MAX,
    (message) => watch.encodeWatch(NETWORK, message),
    (body) => watch.decodeWatch(NETWORK, body),
    fc.record({ watch: u32, selector: selectors, cursor: fc.option(cursor) }, plain),
  ),
  codec('unwatch', watch.UNWATCH_BYTES, watch.encodeUnwatch, watch.decodeUnwatch, u32),
  codec(
    'arrived',
    watch.ARRIVED_BYTES_MAX,
    watch.encodeArrived,
    watch.decodeArrived,
    fc.record({ watch: u32, notice: positive, envelopes: envelopes(1), cursor }, plain),
  ),
  codec(
    'seen',
    watch.SEEN_BYTES,
    watch.encodeSeen,
    watch.decodeSeen,
    fc.record({ watch: u32, notice: positive }, plain),
  ),
]

const others: readonly Codec[] = [
  codec(
    'drops',
    drops.DROPS_BYTES_MAX,
    drops.encodeDropsRequest,
    drops.decodeDropsRequest,
    fc.option(cursor),
  ),
  codec(
    'dropped',
    66_000,
    drops.encodeDropsPage,
    drops.decodeDropsPage,
    fc.record(
      { drops: fc.array(drop, { minLength: 1, maxLength: 64 }), position: fc.option(cursor) },
      plain,
    ),
  ),
  codec(
    'carriers',
    carriers.CARRIERS_REQUEST_BYTES,
    (message) => carriers.encodeCarriersRequest(NETWORK, message),
    (body) => carriers.decodeCarriersRequest(NETWORK, body),
    shard,
  ),
  codec(
    'carrierList',
    carriers.CARRIERS_ANSWER_BYTES_MAX,
    carriers.encodeCarriers,
    carriers.decodeCarriers,
    fc.uniqueArray(fc.record({ peerKey: peerKeys(), addresses: hints }, plain), {
      maxLength: 16,
      selector: ({ peerKey }) => peerKey.join(),
    }),
  ),
  codec(
    'findRecord',
    record.FIND_RECORD_BYTES,
    record.encodeFindRecord,
    record.decodeFindRecord,
    bytes(32),
  ),
  codec(
    'foundRecord',
    record.RECORD_BYTES_MAX,
    record.encodeFoundRecord,
    record.decodeFoundRecord,
    fc.option(records),
  ),
  codec(
    'keepRecord',
    record.KEEP_RECORD_BYTES_MAX,
    record.encodeKeepRecord,
    record.decodeKeepRecord,
    fc.record({ name: bytes(32), record: records }, plain),
  ),
  codec(
    'offerBlob',
    blob.OFFER_BLOB_BYTES,
    blob.encodeOfferBlob,
    blob.decodeOfferBlob,
    fc.record(
      { id: bytes(32), bytesLength: fc.integer({ min: 1, max: 2 ** 20 }), keepSeconds: positive },
      plain,
    ),
  ),
  codec(
    'blobVerdict',
    1,
    blob.encodeBlobVerdict,
    blob.decodeBlobVerdict,
    fc.constantFrom('wanted' as const, 'held' as const),
  ),
  codec(
    'getBlob',
    blob.BLOB_PIECE_REQUEST_BYTES,
    blob.encodeGetBlob,
    blob.decodeGetBlob,
    fc.record({ id: bytes(32), offset: fc.nat(2 ** 20 - 1) }, plain),
  ),
  codec('findBlob', 32, blob.encodeFindBlob, blob.decodeFindBlob, bytes(32)),
  codec(
    'foundBlob',
    4,
    blob.encodeFoundBlob,
    blob.decodeFoundBlob,
    fc.option(fc.integer({ min: 1, max: 2 ** 20 })),
  ),
  codec(
    'gossipBatch',
    131_072,
    gossip.encodeGossipBatch,
    gossip.decodeGossipBatch,
    fc.record({ envelopes: envelopes(1), drops: ascending(drop, 0, 20) }, plain),
  ),
]

/** Any 32 bytes below the field's order with an even top are good for the cheap check of keys. */
function peerKeys(): fc.Arbitrary<Uint8Array> {
  return fc.nat(0xffff).map((number) => {
    const key = new Uint8Array(32).fill(0x33)
    new DataView(key.buffer).setUint16(0, number)
    return key
  })
}

export const CODECS: readonly Codec[] = [...opening, ...comparing, ...fetching, ...others]
