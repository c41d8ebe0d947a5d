// drops, carriers, records, blobs and batches: requests.md §8 to §12.

import { toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Vector } from '../../vector.ts'
import {
  bad,
  envelope,
  fill,
  good,
  HINT,
  hints,
  of,
  prefixed,
  type Rest,
  row,
  u16,
  u32,
} from './request-body.ts'

export function lists(): Vector[] {
  return [
    good('drops', 'drops-first', 'The first page.', u16(0), { position: null }),
    bad(
      'drops',
      'drops-position-long',
      'A position of 97 bytes.',
      'REQUEST_LIMIT',
      prefixed(fill(97, 1)),
    ),
    good(
      'dropsPage',
      'drops-page',
      'One drop, and more of them.',
      row(of(1), prefixed(of(9)), prefixed(of(5))),
      {
        drops: ['09'],
        position: '05',
      },
    ),
    good('dropsPage', 'drops-end', 'No drops at all.', row(of(0), u16(0)), {
      drops: [],
      position: null,
    }),
    bad(
      'dropsPage',
      'drops-empty-page',
      'Whoever asks on would ask for ever.',
      'REQUEST_FIELD',
      row(of(0), prefixed(of(5))),
    ),
    bad(
      'dropsPage',
      'drops-without-bytes',
      'A drop of no bytes.',
      'REQUEST_LENGTH',
      row(of(1), u16(0), u16(0)),
    ),
    bad('dropsPage', 'drops-long', 'A drop longer than drops are.', 'REQUEST_LIMIT', {
      body: row(of(1), u16(8496)),
      zeroBytes: 8498,
    }),
  ]
}

export function carriers(): Vector[] {
  const key = fill(32, 0x33)
  const carrier = row(key, hints(HINT))
  return [
    good('carriers', 'carriers-request', 'A question for the carriers of shard 15.', u16(15), 15),
    bad(
      'carriers',
      'carriers-foreign-shard',
      'A shard that the network does not have.',
      'REQUEST_FIELD',
      u16(16),
    ),
    good('carrierList', 'carriers', 'One carrier with one address.', row(of(1), carrier), [
      { peerKey: toHex(key), addresses: [HINT] },
    ]),
    good('carrierList', 'carriers-none', 'Nobody is known.', of(0), []),
    bad('carrierList', 'carriers-17', 'One carrier too many.', 'REQUEST_LIMIT', of(17)),
    bad(
      'carrierList',
      'carriers-twice',
      'The same carrier twice.',
      'REQUEST_ORDER',
      row(of(2), carrier, carrier),
    ),
    bad(
      'carrierList',
      'carriers-key',
      'A key that nobody may have.',
      'REQUEST_FIELD',
      row(of(1), fill(32, 0xff), of(0)),
    ),
  ]
}

export function records(): Vector[] {
  const name = fill(32, 4)
  return [
    good('findRecord', 'find-record', 'The name of a record.', name, toHex(name)),
    bad(
      'findRecord',
      'find-record-cut',
      'A name lacks a byte.',
      'REQUEST_TRUNCATED',
      name.subarray(1),
    ),
    bad(
      'findRecord',
      'find-record-trailing',
      'A byte is left.',
      'REQUEST_TRAILING',
      row(name, of(0)),
    ),
    good(
      'foundRecord',
      'found-record',
      'Its size is right; the rest is asked elsewhere.',
      { body: of(), zeroBytes: 4096 },
      { record: 4096 },
    ),
    good('foundRecord', 'found-nothing', 'There is none.', of(), { record: null }),
    bad('foundRecord', 'found-record-size', 'A size that no record has.', 'REQUEST_LENGTH', {
      body: of(),
      zeroBytes: 4097,
    }),
    good(
      'keepRecord',
      'keep-record',
      'A name and a record.',
      { body: name, zeroBytes: 8192 },
      { name: toHex(name), record: 8192 },
    ),
    bad('keepRecord', 'keep-no-record', 'A name alone.', 'REQUEST_LENGTH', name),
    bad('keepRecord', 'keep-record-long', 'A record of 16,385 bytes.', 'REQUEST_LENGTH', {
      body: name,
      zeroBytes: 16_385,
    }),
  ]
}

export function blobs(): Vector[] {
  const id = fill(32, 6)
  const offer = (bytesLength: number, seconds: number) => row(id, u32(bytesLength), u32(seconds))
  return [
    good('offerBlob', 'offer-blob', 'The largest blob, for a day.', offer(1_048_576, 86_400), {
      ...{ id: toHex(id), bytesLength: 1_048_576, keepSeconds: 86_400 },
    }),
    bad(
      'offerBlob',
      'offer-blob-long',
      'One byte more than blobs have.',
      'REQUEST_LIMIT',
      offer(1_048_577, 1),
    ),
    bad(
      'offerBlob',
      'offer-blob-absurd',
      'Four gigabytes.',
      'REQUEST_LIMIT',
      offer(0xffff_ffff, 1),
    ),
    bad('offerBlob', 'offer-blob-empty', 'A blob of no bytes.', 'REQUEST_FIELD', offer(0, 1)),
    bad('offerBlob', 'offer-blob-no-time', 'To be kept for no time.', 'REQUEST_FIELD', offer(1, 0)),
    good('blobVerdict', 'blob-wanted', 'It will be asked for.', of(1), 'wanted'),
    good('blobVerdict', 'blob-held', 'It is there.', of(2), 'held'),
    bad('blobVerdict', 'blob-verdict-0', 'Neither wanted nor held.', 'REQUEST_FIELD', of(0)),
    bad('blobVerdict', 'blob-verdict-3', 'A verdict of a later time.', 'REQUEST_FIELD', of(3)),
    good('getBlob', 'get-blob', 'The last byte of the largest blob.', row(id, u32(1_048_575)), {
      id: toHex(id),
      offset: 1_048_575,
    }),
    bad(
      'getBlob',
      'get-blob-beyond',
      'Beyond the end of every blob.',
      'REQUEST_FIELD',
      row(id, u32(1_048_576)),
    ),
    good(
      'blobPiece',
      'blob-piece',
      'The largest piece.',
      { body: of(), zeroBytes: 65_536 },
      { piece: 65_536 },
    ),
    good('blobPiece', 'blob-piece-none', 'It is not there.', of(), { piece: null }),
    bad('blobPiece', 'blob-piece-long', 'One byte more than a piece has.', 'REQUEST_LIMIT', {
      body: of(),
      zeroBytes: 65_537,
    }),
    good('findBlob', 'find-blob', 'The id of a blob.', id, toHex(id)),
    good('foundBlob', 'found-blob', 'Its length.', u32(5), { bytesLength: 5 }),
    good('foundBlob', 'found-no-blob', 'It is not there.', u32(0), { bytesLength: null }),
    bad(
      'foundBlob',
      'found-blob-long',
      'A length that no blob has.',
      'REQUEST_LIMIT',
      u32(1_048_577),
    ),
  ]
}

function batchId(body: Uint8Array): string {
  return toHex(sha256(row(utf8('ezchat/v1/hash/gossip-batch\0'), body)))
}

export function batches(): Vector[] {
  const body = row(of(2), envelope(1), envelope(2), of(1), prefixed(of(9)))
  const bad2 = (name: string, note: string, code: ErrorCode, rest: Rest) =>
    bad('gossipBatch', `batch-${name}`, note, code, rest)
  return [
    good('gossipBatch', 'batch', 'Two envelopes and a drop, and the id of the batch.', body, {
      ...{ envelopes: [1024, 1024], drops: ['09'], id: batchId(body) },
    }),
    bad2('empty', 'Nothing in it.', 'REQUEST_FIELD', of(0, 0)),
    bad2(
      'twice',
      'The same envelope twice.',
      'REQUEST_ORDER',
      row(of(2), envelope(1), envelope(1), of(0)),
    ),
    bad2(
      'descending',
      'Another order would be another message.',
      'REQUEST_ORDER',
      row(of(2), envelope(2), envelope(1), of(0)),
    ),
    bad2(
      'drops-descending',
      'The same for drops.',
      'REQUEST_ORDER',
      row(of(0, 2), prefixed(of(2)), prefixed(of(1))),
    ),
    bad2('121', 'One envelope too many, before any is read.', 'REQUEST_LIMIT', of(121)),
    bad2('long', 'More bytes than a batch may have.', 'REQUEST_LIMIT', {
      body: of(1, 1),
      zeroBytes: 131_071,
    }),
    bad2('trailing', 'A byte is left.', 'REQUEST_TRAILING', row(body, of(0))),
  ]
}
