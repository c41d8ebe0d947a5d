// Vectors for the digests and messages of sync.md, each message put together from numbers.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, JsonObject, Vector } from '../vector.ts'
import { packSymbols, symbolsOf } from './reference/riblt.ts'
import {
  counted,
  DAY,
  digest,
  digests,
  fingerprint,
  ids,
  join,
  key,
  listOf,
  message,
  open,
  type Part,
  packed,
  root,
  SALT_I,
  SALT_R,
  SHARD,
  setInput,
  shorts,
  u16,
  u32,
  zeros,
} from './reference/sync.ts'

type Told = Omit<Vector, 'format' | 'expect' | 'output' | 'code'>

const good = (told: Told, output: Json): Vector => ({
  format: 'sync',
  ...told,
  expect: 'ok',
  output,
})

function bad(told: Told, code: ErrorCode): Vector {
  return { format: 'sync', ...told, expect: ERROR_TABLE.get(code)!.failure, code }
}

function digestVectors(): Vector[] {
  const of = (name: string, note: string, all: readonly Uint8Array[]): Vector =>
    good({ name, note, entry: 'digest', input: { ids: all.map(toHex) } }, toHex(digest(all)))
  const stored = (name: string, note: string, bytes: Uint8Array, code: ErrorCode): Vector =>
    bad({ name, note, entry: 'storedDigest', input: { digest: toHex(bytes) } }, code)
  const set = { [DAY]: ids(0, 2), [DAY + 1]: ids(2, 1) }
  const salts = { initiatorSalt: toHex(SALT_I), responderSalt: toHex(SALT_R) }
  const rootInput = { shard: SHARD, initiatorSalt: toHex(SALT_I), set: setInput(set) }
  const dayInput = { ...salts, set: setInput({ [DAY]: ids(0, 2) }) }
  const ones = zeros(32).fill(255)
  return [
    of('digest', 'The sum of three ids and their number.', ids(0, 3)),
    of('digest-wraps', 'The sum is modulo 2^256, and carries run through all of it.', [ones, ones]),
    of('digest-of-nothing', 'No ids: 36 zero bytes.', []),
    good(
      { name: 'root', note: 'All days of a shard in one hash.', entry: 'root', input: rootInput },
      toHex(root(set)),
    ),
    good(
      {
        name: 'fingerprint',
        note: 'One day, salted by both.',
        entry: 'fingerprint',
        input: dayInput,
      },
      toHex(fingerprint(DAY, ids(0, 2))),
    ),
    good(
      {
        name: 'digest-stored',
        note: 'What was stored comes back.',
        entry: 'storedDigest',
        input: { digest: toHex(digest(ids(0, 3))) },
      },
      toHex(digest(ids(0, 3))),
    ),
    stored(
      'digest-truncated',
      'A stored digest of 35 bytes.',
      digest(ids(0, 1)).subarray(1),
      'SYNC_TRUNCATED',
    ),
    stored(
      'digest-trailing',
      'A stored digest of 37 bytes.',
      join(digest(ids(0, 1)), [0]),
      'SYNC_TRAILING',
    ),
    stored(
      'digest-sum-of-nothing',
      'No ids, and yet a sum.',
      join(u32(0), zeros(31), [1]),
      'SYNC_FIELD',
    ),
  ]
}

function decoded(name: string, note: string, bytes: Uint8Array, fields: JsonObject): Vector {
  const told = { name, note, entry: 'decode', input: { message: toHex(bytes) } }
  return good(told, { shard: SHARD, message: fields })
}

function goodMessages(): Vector[] {
  const two = shorts(ids(0, 2))
  const twoPacked = toHex(packed(two))
  const symbol = packSymbols(symbolsOf(key, shorts(ids(0, 1)), 1))
  const salt = toHex(SALT_I)
  const day = { day: DAY, count: 2, fingerprint: toHex(fingerprint(DAY, ids(0, 2))) }
  return [
    decoded('refuse', 'A status of the table of errors.', message(0, u16(0x1007)), {
      kind: 'refuse',
      status: 0x1007,
    }),
    decoded('open', 'Salt and root of the initiator.', open({}), {
      kind: 'open',
      wantsDigests: false,
      salt,
      root: toHex(root({})),
    }),
    decoded('equal', 'Three bytes say that there is nothing new.', message(2), { kind: 'equal' }),
    decoded('digests', 'Salt and days of the responder.', digests({ [DAY]: ids(0, 2) }), {
      kind: 'digests',
      salt: toHex(SALT_R),
      days: [day],
    }),
    decoded(
      'code',
      'Two days coded as one, and a list to follow.',
      message(4, [1], u16(2), u32(DAY), u32(DAY + 1), u16(1), symbol),
      { kind: 'code', isListNext: true, days: [DAY, DAY + 1], symbols: toHex(symbol) },
    ),
    decoded(
      'result',
      'What only the initiator has, then what only the responder has.',
      message(8, [0], u16(0), listOf(two)),
      { kind: 'result', hasMore: false, initiatorOnly: '', responderOnly: twoPacked },
    ),
    decoded(
      'list',
      'The only page of a list: its days, then its ids.',
      message(10, [1], u16(1), u32(DAY), listOf(two)),
      { kind: 'list', isLast: true, days: [DAY], ids: twoPacked },
    ),
    decoded(
      'listed',
      'Of nine ids the first and the last are missing; bits begin at the highest.',
      message(12, [0], u16(9), [0x80, 0x80], listOf(two)),
      {
        kind: 'listed',
        hasMore: false,
        missing: [true, false, false, false, false, false, false, false, true],
        ids: twoPacked,
      },
    ),
  ]
}

const broken = (name: string, note: string, bytes: Uint8Array, code: ErrorCode): Vector =>
  bad({ name, note, entry: 'decode', input: { message: toHex(bytes) } }, code)

function brokenHeaders(): Vector[] {
  return [
    broken(
      'unknown-version',
      'Version 2: the reader cannot know what follows.',
      join([2, 2, SHARD]),
      'SYNC_VERSION',
    ),
    broken('unknown-kind', 'Kind 13 does not exist in version 1.', message(13), 'SYNC_KIND'),
    broken(
      'truncated',
      'The root of an open ends a byte early.',
      open({}).slice(0, -1),
      'SYNC_TRUNCATED',
    ),
    broken('trailing-byte', 'A byte after an equal.', message(2, [0]), 'SYNC_TRAILING'),
    broken(
      'flag-of-two',
      'A flag is 0 or 1: a second way to say yes would be a second form.',
      message(1, [2], zeros(48)),
      'SYNC_FIELD',
    ),
  ]
}

function brokenDays(): Vector[] {
  const day = (number: number, count = 1): number[] => [...u32(number), ...u32(count), ...zeros(16)]
  const code = (...days: number[]): Uint8Array =>
    message(4, [0], u16(days.length), ...days.map(u32), u16(1), zeros(25))
  const many = Array.from({ length: 401 }, (_, at) => at)
  return [
    broken(
      'day-of-no-ids',
      'A day without ids has no digest, so its count is never 0.',
      message(3, SALT_R, u16(1), day(DAY, 0)),
      'SYNC_FIELD',
    ),
    broken('days-descending', 'Days ascend.', code(DAY, DAY - 1), 'SYNC_ORDER'),
    broken(
      'day-twice',
      'A day is named once.',
      message(3, SALT_R, u16(2), day(DAY), day(DAY)),
      'SYNC_ORDER',
    ),
    broken('no-days', 'Symbols are of at least one day.', code(), 'SYNC_FIELD'),
    broken('too-many-days', 'A message has 400 days at most.', code(...many), 'SYNC_LIMIT'),
    broken('no-symbols', 'A batch has at least one symbol.', message(5, u16(0)), 'SYNC_FIELD'),
    broken(
      'too-many-symbols',
      'A batch has 2,400 symbols at most; the length is refused before anything is read.',
      message(5, u16(2401)),
      'SYNC_LIMIT',
    ),
  ]
}

function brokenLists(): Vector[] {
  const page = (flag: number, ...parts: Part[]): Uint8Array => message(11, [flag], ...parts)
  return [
    broken(
      'ids-descending',
      'Ids ascend.',
      page(1, u16(2), counted(2).subarray(16), zeros(16)),
      'SYNC_ORDER',
    ),
    broken('id-twice', 'An id is named once.', page(1, u16(2), zeros(32)), 'SYNC_ORDER'),
    broken(
      'too-many-ids',
      'A page has 3,900 ids at most; the length is refused before anything is read.',
      page(1, u16(3901)),
      'SYNC_LIMIT',
    ),
    broken(
      'page-not-full',
      'A page that is not the last is full, or there could be a million of them.',
      page(0, u16(1), zeros(16)),
      'SYNC_FIELD',
    ),
    broken('empty-page', 'There is no page after the last id.', page(1, u16(0)), 'SYNC_FIELD'),
    broken(
      'result-not-full',
      'A page of a result that others follow is full.',
      message(8, [1], u16(1), zeros(16), u16(0)),
      'SYNC_FIELD',
    ),
    broken(
      'filler-bit',
      'Bits after the last one are 0.',
      message(12, [0], u16(3), [0x10], u16(0)),
      'SYNC_FIELD',
    ),
    broken(
      'too-long',
      'A message of 65,537 bytes is not even looked at.',
      message(2, zeros(65_534)),
      'SYNC_LIMIT',
    ),
  ]
}

export function build(): Vector[] {
  return [
    ...digestVectors(),
    ...goodMessages(),
    ...brokenHeaders(),
    ...brokenDays(),
    ...brokenLists(),
  ]
}
