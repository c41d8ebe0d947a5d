import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import {
  decodeBlobPiece,
  decodeBlobVerdict,
  decodeFindBlob,
  decodeFoundBlob,
  decodeGetBlob,
  decodeOfferBlob,
} from '@ezchat/protocol/request/blob.ts'
import { decodeCarriers, decodeCarriersRequest } from '@ezchat/protocol/request/carriers.ts'
import { decodeDropsPage, decodeDropsRequest } from '@ezchat/protocol/request/drops.ts'
import { decodeFetch, decodeFetched } from '@ezchat/protocol/request/fetch.ts'
import { decodeGossipBatch, gossipMessageId } from '@ezchat/protocol/request/gossip-batch.ts'
import { decodeDuty, decodeHello } from '@ezchat/protocol/request/hello.ts'
import { decodeLoad, decodeLoaded } from '@ezchat/protocol/request/load.ts'
import { METHODS, methodOf } from '@ezchat/protocol/request/method.ts'
import { decodePush, decodePushed } from '@ezchat/protocol/request/push.ts'
import {
  decodeFindRecord,
  decodeFoundRecord,
  decodeKeepRecord,
} from '@ezchat/protocol/request/record.ts'
import { decodeRoots, decodeRootsAnswer, rootOfShards } from '@ezchat/protocol/request/roots.ts'
import { decodeSyncStep } from '@ezchat/protocol/request/sync.ts'
import {
  decodeArrived,
  decodeSeen,
  decodeUnwatch,
  decodeWatch,
} from '@ezchat/protocol/request/watch.ts'
import { bytes, list, number } from '../input.ts'
import type { Entries, Json, JsonObject } from '../vector.ts'

/** Above so many bytes only the length is compared. */
const LONG_BYTES = 1024

function json(value: unknown): Json {
  if (value instanceof Uint8Array) return value.length < LONG_BYTES ? toHex(value) : value.length
  if (Array.isArray(value)) return value.map(json)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, json(field)]))
  }
  const isPlain = typeof value === 'string' || typeof value === 'number' || value === null
  assert(isPlain || typeof value === 'boolean', 'vector: expected plain values')
  return value as Json
}

function bodyOf(input: JsonObject): Uint8Array {
  const body = bytes(input, 'body')
  if (input.zeroBytes === undefined) return body
  return concatBytes(body, new Uint8Array(number(input, 'zeroBytes')))
}

function network(input: JsonObject): { shardBits: number } {
  return { shardBits: number(input, 'shardBits') }
}

function plain(decode: (body: Uint8Array) => unknown) {
  return (input: JsonObject): Json => json(decode(bodyOf(input)))
}

function sharded(decode: (network: { shardBits: number }, body: Uint8Array) => unknown) {
  return (input: JsonObject): Json => json(decode(network(input), bodyOf(input)))
}

export const entries: Entries = {
  method(input) {
    const name = methodOf(number(input, 'number'))
    return name === null ? null : { name, ...METHODS[name] }
  },
  hello: sharded(decodeHello),
  shards: sharded(decodeDuty),
  push: plain(decodePush),
  pushed: plain(decodePushed),
  load: sharded(decodeLoad),
  loaded: plain(decodeLoaded),
  sync: plain(decodeSyncStep),
  roots: sharded(decodeRoots),
  rootsAnswer(input) {
    const count = number(input, 'shardCount')
    return { fingerprints: json(decodeRootsAnswer(bodyOf(input), count)) }
  },
  rootOfShards(input, crypto) {
    assert(Array.isArray(input.shards), 'vector input shards: expected a list')
    const shards = input.shards.map(Number)
    const fingerprints = list(input, 'fingerprints')
    return toHex(rootOfShards(crypto, bytes(input, 'salt'), shards, fingerprints))
  },
  fetch: sharded(decodeFetch),
  fetched: plain(decodeFetched),
  watch: sharded(decodeWatch),
  unwatch: plain(decodeUnwatch),
  arrived: plain(decodeArrived),
  seen: plain(decodeSeen),
  drops: plain((body) => ({ position: decodeDropsRequest(body) })),
  dropsPage: plain(decodeDropsPage),
  carriers: sharded(decodeCarriersRequest),
  carrierList: plain(decodeCarriers),
  findRecord: plain(decodeFindRecord),
  foundRecord: plain((body) => ({ record: decodeFoundRecord(body) })),
  keepRecord: plain(decodeKeepRecord),
  offerBlob: plain(decodeOfferBlob),
  blobVerdict: plain(decodeBlobVerdict),
  getBlob: plain(decodeGetBlob),
  blobPiece: plain((body) => ({ piece: decodeBlobPiece(body) })),
  findBlob: plain(decodeFindBlob),
  foundBlob: plain((body) => ({ bytesLength: decodeFoundBlob(body) })),
  gossipBatch(input, crypto: Crypto) {
    const body = bodyOf(input)
    const batch = json(decodeGossipBatch(body)) as JsonObject
    return { ...batch, id: toHex(gossipMessageId(crypto, body)) }
  },
}
