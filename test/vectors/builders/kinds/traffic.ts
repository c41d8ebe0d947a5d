// What devices say to each other: kinds.md §7 to §9.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { JsonObject, Vector } from '../../vector.ts'
import {
  ALICE,
  ALICE_PHONE,
  hexOf,
  type RawAuthor,
  rawEntry,
  seed,
  u,
} from '../conversation/raw.ts'
import { bad, bytes, good, NO_HASH, prefixed } from './raw.ts'

const RECEIPT = 0x8001
const CALL = 0x8002
const REQUEST = 0x8003
const ANSWER = 0x8004
const MEMBERSHIP = 8
const FAR = 2n ** 53n

const [FIRST, SECOND] = [ALICE, ALICE_PHONE].sort((a, b) => Buffer.compare(a.device, b.device)) as [
  RawAuthor,
  RawAuthor,
]

const stretch = (author: RawAuthor, from: bigint | number, to: bigint | number): Uint8Array =>
  concatBytes(author.identity, author.device, u(8, from), u(8, to))
const shown = (author: RawAuthor, from: number, to: number): JsonObject => ({
  author: hexOf(author),
  from,
  to,
})

function goodReceipts(): Vector[] {
  const one = stretch(FIRST, 1, 4)
  return [
    good(
      'receipt-delivered',
      'What a device has, of two chains.',
      RECEIPT,
      bytes(1, 3, one, stretch(FIRST, 6, 6), stretch(SECOND, 1, 2)),
      {
        kind: 'receipt',
        state: 'delivered',
        ranges: [shown(FIRST, 1, 4), shown(FIRST, 6, 6), shown(SECOND, 1, 2)],
      },
    ),
    good('receipt-read', 'What was read on a device.', RECEIPT, bytes(2, 1, one), {
      kind: 'receipt',
      state: 'read',
      ranges: [shown(FIRST, 1, 4)],
    }),
  ]
}

function badReceipts(): Vector[] {
  const one = stretch(FIRST, 1, 4)
  return [
    bad(
      'receipt-state',
      'A receipt says delivered or read.',
      RECEIPT,
      bytes(3, 1, one),
      'CONTENT_FIELD',
    ),
    bad(
      'receipt-for-nothing',
      'A receipt is for something.',
      RECEIPT,
      bytes(1, 0),
      'CONTENT_LENGTH',
    ),
    bad(
      'receipt-too-many',
      'A receipt has at most 64 stretches.',
      RECEIPT,
      bytes(1, 65, one),
      'CONTENT_LIMIT',
    ),
    bad(
      'receipt-touching',
      'Stretches that touch are one.',
      RECEIPT,
      bytes(1, 2, one, stretch(FIRST, 5, 6)),
      'CONTENT_ORDER',
    ),
    bad(
      'receipt-unsorted',
      'Stretches are sorted by identity, device, sequence.',
      RECEIPT,
      bytes(1, 2, stretch(SECOND, 1, 2), one),
      'CONTENT_ORDER',
    ),
    bad(
      'receipt-backwards',
      'A stretch does not end before it begins.',
      RECEIPT,
      bytes(1, 1, stretch(FIRST, 4, 1)),
      'CONTENT_FIELD',
    ),
    bad(
      'receipt-sequence-0',
      'What passes by has no receipt.',
      RECEIPT,
      bytes(1, 1, stretch(FIRST, 0, 1)),
      'CONTENT_FIELD',
    ),
    bad(
      'receipt-sequence-too-large',
      'No entry has such a sequence.',
      RECEIPT,
      bytes(1, 1, stretch(FIRST, 1, FAR)),
      'CONTENT_FIELD',
    ),
  ]
}

function requests(): Vector[] {
  const hashes = [seed('h1'), seed('h2')].sort(Buffer.compare) as [Uint8Array, Uint8Array]
  const [low, high] = hashes
  return [
    good(
      'request',
      'Stretches of chains, and hashes.',
      REQUEST,
      bytes(1, stretch(FIRST, 2, 9), 2, low, high),
      {
        kind: 'request',
        ranges: [shown(FIRST, 2, 9)],
        hashes: hashes.map((hash) => toHex(hash)),
      },
    ),
    bad(
      'request-for-nothing',
      'A request is for something.',
      REQUEST,
      bytes(0, 0),
      'CONTENT_LENGTH',
    ),
    bad(
      'request-ranges-too-many',
      'A request has at most 32 stretches.',
      REQUEST,
      bytes(33),
      'CONTENT_LIMIT',
    ),
    bad(
      'request-hashes-too-many',
      'A request has at most 64 hashes.',
      REQUEST,
      bytes(0, 65),
      'CONTENT_LIMIT',
    ),
    bad(
      'request-hashes-unsorted',
      'Hashes are ascending.',
      REQUEST,
      bytes(0, 2, high, low),
      'CONTENT_ORDER',
    ),
    bad(
      'request-zero-hash',
      'Zero is the hash of nothing.',
      REQUEST,
      bytes(0, 1, NO_HASH),
      'CONTENT_FIELD',
    ),
  ]
}

function answers(): Vector[] {
  const entry = rawEntry()
  const proof = seed('proof')
  return [
    good(
      'answer',
      "Entries with what shows that they are their authors'.",
      ANSWER,
      bytes(2, u(2, 0), prefixed(entry), prefixed(proof), prefixed(entry)),
      {
        kind: 'answer',
        entries: [
          { bytes: toHex(entry), proof: '' },
          { bytes: toHex(entry), proof: toHex(proof) },
        ],
      },
    ),
    good('answer-empty', 'The holder has none of it.', ANSWER, bytes(0), {
      kind: 'answer',
      entries: [],
    }),
    bad(
      'answer-too-many',
      'An answer has at most 128 entries.',
      ANSWER,
      bytes(129),
      'CONTENT_LIMIT',
    ),
    bad(
      'answer-proof-too-long',
      'A proof has at most 1 KiB.',
      ANSWER,
      bytes(1, u(2, 1025)),
      'CONTENT_LIMIT',
    ),
    bad(
      'answer-entry-too-long',
      'No entry that is kept is longer than 49,559 bytes.',
      ANSWER,
      bytes(1, u(2, 0), u(2, 49_560)),
      'CONTENT_LIMIT',
    ),
    bad(
      'answer-trailing-byte',
      'Nothing follows the last entry.',
      ANSWER,
      bytes(0, 0),
      'CONTENT_TRAILING',
    ),
  ]
}

function opaque(): Vector[] {
  const callId = seed('call', 16)
  return [
    good('call', 'A step of a call, which calls read.', CALL, bytes(callId, 3, seed('body')), {
      kind: 'call',
      callId: toHex(callId),
      step: 3,
      body: toHex(seed('body')),
    }),
    bad(
      'call-cut',
      'A call has a name of 16 bytes.',
      CALL,
      callId.subarray(1),
      'CONTENT_TRUNCATED',
    ),
    good('membership', 'An operation, which groups read.', MEMBERSHIP, seed('body'), {
      kind: 'membership',
      body: toHex(seed('body')),
    }),
    bad('membership-empty', 'An operation has bytes.', MEMBERSHIP, bytes(), 'CONTENT_LENGTH'),
    {
      format: 'kinds',
      name: 'unknown-kind',
      note: 'A kind of the future is kept and passed on, and not read.',
      entry: 'decode',
      input: { kind: 0x7abc, content: toHex(seed('future')) },
      expect: 'not-mine',
    },
    {
      format: 'kinds',
      name: 'unknown-passing-kind',
      note: 'A kind of the future that passes by is let by.',
      entry: 'decode',
      input: { kind: 0x9abc, content: toHex(seed('future')) },
      expect: 'not-mine',
    },
  ]
}

export const trafficVectors = (): Vector[] => [
  ...goodReceipts(),
  ...badReceipts(),
  ...requests(),
  ...answers(),
  ...opaque(),
]
