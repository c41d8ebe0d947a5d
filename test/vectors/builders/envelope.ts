import { concatBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, Vector } from '../vector.ts'
import {
  big,
  compose,
  effort,
  FREE,
  HONEST,
  idOf,
  inputOf,
  type Network,
  NOW,
  PAID,
  type Parts,
  payFor,
  type Reading,
  seed,
} from './envelope/compose.ts'
import { brokenSeals, seals } from './envelope/seals.ts'

const DAY = 86_400
const END = NOW + FREE.ttlDays * DAY

function accepted(name: string, note: string, lie: Partial<Parts>, reading: Reading = {}): Vector {
  const { network = FREE } = reading
  const parts = { ...HONEST, ...lie }
  const envelope = network.price === 0 ? compose(parts) : payFor(network, compose(parts))
  const id = idOf(network, envelope)
  const output: Json = {
    id: toHex(id),
    shard: parts.shard,
    mailbox: toHex(parts.mailbox),
    timestamp: parts.timestamp,
    nonce: toHex(envelope.subarray(39, 47)),
    bodyBytes: envelope.length - 47,
    expiresAt: parts.timestamp + network.ttlDays * DAY,
    effort: effort(id),
  }
  const input = inputOf(envelope, reading)
  return { format: 'envelope', name, note, entry: 'decode', input, expect: 'ok', output }
}

function refused(
  name: string,
  note: string,
  code: ErrorCode,
  envelope: Uint8Array,
  reading: Reading = {},
): Vector {
  const expect = ERROR_TABLE.get(code)!.failure
  const input = inputOf(envelope, reading)
  return { format: 'envelope', name, note, entry: 'decode', input, expect, code }
}

const body = (bucketBytes: number) => new Uint8Array(bucketBytes - 47).fill(0xbd)
const limits = (name: string, note: string, lie: Partial<Parts>, reading: Reading = {}) =>
  accepted(name, note, { body: body(1024), ...lie }, reading)

function acceptances(): Vector[] {
  const shards = { ...FREE, shardBits: 0 }
  const oneTrial = { ...FREE, price: 1, ttlDays: 1 }
  return [
    limits('smallest-bucket', 'An envelope of 1 KiB in a network that asks for no work.', {}),
    limits('bucket-of-4-kib', 'An envelope of 4 KiB is the second size.', { body: body(4096) }),
    limits('bucket-of-16-kib', 'An envelope of 16 KiB is the third size.', { body: body(16384) }),
    limits('largest-bucket', 'An envelope of 64 KiB is the largest.', { body: body(65536) }),
    limits(
      'paid',
      'The nonce makes the id small enough for 60 expected trials.',
      {},
      { network: PAID },
    ),
    limits('last-shard', 'Shard 255 of 256.', { shard: 255 }),
    limits('only-shard', 'Shard 0, where there is no other.', { shard: 0 }, { network: shards }),
    limits('last-second', 'Read in the last second of its life.', {}, { now: END - 1 }),
    limits('day-ahead', 'Exactly 24 hours ahead of the reader.', {}, { now: NOW - DAY }),
    limits(
      'last-timestamp',
      'The last timestamp that fits, and an end that does not fit 32 bits.',
      {
        timestamp: 4_294_966_800,
      },
      { now: 4_294_966_800 },
    ),
    limits(
      'one-trial',
      'Where one trial is expected every id is good, and the nonce is zero.',
      {},
      { network: oneTrial },
    ),
    limits(
      'mailbox-off-the-curve',
      'No point of the curve has this y: carriers do not pay for finding out, nobody owns it.',
      { mailbox: fromHex(`02${'00'.repeat(31)}`) },
    ),
  ]
}

function wrongLength(): Vector[] {
  const whole = compose({ ...HONEST, body: body(1024) })
  const no = (name: string, note: string, bytes: Uint8Array, network = FREE) =>
    refused(name, note, 'ENVELOPE_LENGTH', bytes, { network })
  return [
    no('empty', 'No bytes at all.', new Uint8Array(0)),
    no('header-only', 'A header and no body.', whole.subarray(0, 47)),
    no('truncated', 'The last byte is missing.', whole.subarray(0, -1)),
    no('trailing-byte', 'A byte too many.', concatBytes(whole, Uint8Array.of(0))),
    no(
      'between-buckets',
      '2 KiB: a size of its own is a mark.',
      compose({ ...HONEST, body: body(2048) }),
    ),
    no('bucket-not-allowed', '1 KiB, in a network of larger envelopes only.', whole, {
      ...FREE,
      bucketsMask: 0b1110,
    }),
    no(
      'larger-than-largest',
      'A byte more than 64 KiB.',
      compose({ ...HONEST, body: body(65537) }),
    ),
  ]
}

function wrongField(): Vector[] {
  const no = (name: string, note: string, code: ErrorCode, lie: Partial<Parts>) =>
    refused(name, note, code, compose({ ...HONEST, body: body(1024), ...lie }))
  const key = (name: string, note: string, hex: string) =>
    no(name, note, 'MAILBOX_INVALID', { mailbox: fromHex(hex) })
  return [
    no('version-zero', 'Version 0, which never was.', 'ENVELOPE_VERSION', { version: 0 }),
    no('unknown-version', 'Version 2, which is not known yet.', 'ENVELOPE_VERSION', { version: 2 }),
    no('no-such-shard', 'Shard 256 of 256.', 'ENVELOPE_FIELD', { shard: 256 }),
    no('second-off', 'A timestamp of one second more: the clock of its author.', 'ENVELOPE_FIELD', {
      timestamp: NOW + 1,
    }),
    no('minutes-off', 'A whole number of minutes, and not of ten.', 'ENVELOPE_FIELD', {
      timestamp: NOW + 300,
    }),
    key(
      'zero-mailbox',
      'A point of order 4, and what forgetting to fill it in gives.',
      '00'.repeat(32),
    ),
    key(
      'neutral-mailbox',
      'The neutral element: anybody could sign its drops.',
      `01${'00'.repeat(31)}`,
    ),
    key(
      'order-eight-mailbox',
      'A point of order 8: anybody could sign its drops.',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    ),
    key(
      'non-canonical-mailbox',
      'The y of a point, plus the prime: a second name for one mailbox.',
      `f0${'ff'.repeat(30)}7f`,
    ),
  ]
}

function wrongTime(): Vector[] {
  const envelope = compose({ ...HONEST, body: body(1024) })
  const at = (name: string, note: string, code: ErrorCode, now: number) =>
    refused(name, note, code, envelope, { now })
  return [
    at('expired', 'Read in the first second after its life.', 'ENVELOPE_EXPIRED', END),
    at('long-expired', 'Read a year later.', 'ENVELOPE_EXPIRED', NOW + 365 * DAY),
    at('too-far-ahead', 'A second more than 24 hours ahead.', 'ENVELOPE_FUTURE', NOW - DAY - 1),
  ]
}

function wrongPostage(): Vector[] {
  const network = { ...PAID, price: 100 }
  const plain = compose({ ...HONEST, body: body(1024) })
  const paid = payFor(network, plain)
  const changed = Uint8Array.from(paid)
  changed[1023]! ^= 1
  const moved = concatBytes(paid.subarray(0, 35), big(NOW - 600, 4), paid.subarray(39))
  const one = { ...FREE, price: 1, ttlDays: 1 }
  const no = (name: string, note: string, code: ErrorCode, bytes: Uint8Array, by: Network) =>
    refused(name, note, code, bytes, { network: by })
  const stamped = concatBytes(plain.subarray(0, 39), big(1, 8), plain.subarray(47))
  const elsewhere = { ...network, id: seed('other network') }
  return [
    no('unpaid', 'No work was done.', 'POSTAGE_UNPAID', plain, network),
    no('underpaid', 'Paid for a price of 100 where 100,000 is asked.', 'POSTAGE_UNPAID', paid, {
      ...network,
      price: 100_000,
    }),
    no(
      'paid-elsewhere',
      'The work was done for another network.',
      'POSTAGE_UNPAID',
      paid,
      elsewhere,
    ),
    no(
      'changed-after-payment',
      'A bit of the body is not the one paid for.',
      'POSTAGE_UNPAID',
      changed,
      network,
    ),
    no(
      'moved-after-payment',
      'The timestamp is not the one paid for.',
      'POSTAGE_UNPAID',
      moved,
      network,
    ),
    no(
      'nonce-for-nothing',
      'A nonce where no work is asked for: a copy under another id.',
      'POSTAGE_FIELD',
      stamped,
      FREE,
    ),
    no(
      'nonce-for-one-trial',
      'A nonce where every id is good: a copy under another id.',
      'POSTAGE_FIELD',
      stamped,
      one,
    ),
  ]
}

export function build(): Vector[] {
  return [
    ...acceptances(),
    ...wrongLength(),
    ...wrongField(),
    ...wrongTime(),
    ...wrongPostage(),
    ...seals(),
    ...brokenSeals(),
  ]
}
