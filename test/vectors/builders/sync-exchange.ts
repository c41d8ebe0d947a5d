// Vectors for both sides of an exchange: what they say to given messages. sync.md §4 to §6
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, Vector } from '../vector.ts'
import { symbolsOf } from './reference/riblt.ts'
import {
  counted,
  DAY,
  digests,
  type IdsByDay,
  id,
  ids,
  join,
  key,
  listOf,
  message,
  open,
  packed,
  SALT_I,
  SALT_R,
  SHARD,
  setInput,
  shorts,
  symbols,
  u16,
  u32,
  zeros,
} from './reference/sync.ts'

type Told = Omit<Vector, 'format' | 'expect' | 'output' | 'code'>

const good = (told: Told, output: Json): Vector => ({
  format: 'sync-exchange',
  ...told,
  expect: 'ok',
  output,
})

function bad(told: Told, code: ErrorCode): Vector {
  return { format: 'sync-exchange', ...told, expect: ERROR_TABLE.get(code)!.failure, code }
}

const ours: IdsByDay = { [DAY]: ids(0, 12), [DAY + 1]: ids(20, 3) }

function respond(name: string, note: string, messages: readonly Uint8Array[], set = ours): Told {
  const input = { shard: SHARD, salt: toHex(SALT_R), set: setInput(set) }
  return { name, note, entry: 'respond', input: { ...input, messages: messages.map(toHex) } }
}

function outcome(
  sent: readonly Uint8Array[],
  need: readonly Uint8Array[],
  have: readonly Uint8Array[],
  end = 'done',
): Json {
  return { sent: sent.map(toHex), need: toHex(packed(need)), have: toHex(packed(have)), end }
}

const theirs = [...ids(2, 10), ...ids(50, 2)]
const begin = [open({}), digests(ours)] as const
const code = (flag: number, end: number): Uint8Array =>
  message(4, [flag], u16(1), u32(DAY), symbols(theirs, 0, end))
const [theyOnly, weOnly] = [shorts(ids(50, 2)), shorts(ids(0, 2))]
const result = message(8, [0], listOf(theyOnly), listOf(weOnly))
const nextDay = [...ids(21, 2), ...ids(60, 1)]
const list = message(10, [1], u16(1), u32(DAY + 1), listOf(shorts(nextDay)))
const missing = missingBits(nextDay, id(60))
const listed = message(12, [0], u16(3), [missing], listOf(shorts(ids(20, 1))))
const batches = [1, 2, 4, 8, 16, 32].map((end) => message(5, symbols(theirs, end / 2, end)))

function coded(): Vector[] {
  return [
    good(
      respond('respond-equal', 'Equal roots: 55 bytes in all.', [open(ours)]),
      outcome([message(2)], [], []),
    ),
    good(
      respond('respond-digests-wanted', 'An audit gets digests though the roots are equal.', [
        open(ours, 1),
      ]),
      outcome([digests(ours)], [], [], 'open'),
    ),
    good(
      respond('respond-code', 'Four of fourteen ids differ; 24 symbols show them.', [
        begin[0],
        code(0, 24),
      ]),
      outcome([begin[1], result], theyOnly, weOnly),
    ),
    good(
      respond('respond-more', 'Batches that double, until the ids are found.', [
        begin[0],
        code(0, 1),
        ...batches.slice(1, 1 + doublings(theirs)),
      ]),
      outcome(
        [begin[1], ...Array.from({ length: doublings(theirs) }, () => message(6)), result],
        theyOnly,
        weOnly,
      ),
    ),
  ]
}

function listedToo(): Vector[] {
  return [
    good(
      respond('respond-list', 'One of three ids is missing here, one of ours is missing there.', [
        begin[0],
        list,
      ]),
      outcome([begin[1], listed], shorts(ids(60, 1)), shorts(ids(20, 1))),
    ),
    good(
      respond('respond-code-then-list', 'A list that was announced follows the result.', [
        begin[0],
        code(1, 24),
        list,
      ]),
      {
        sent: [begin[1], result, listed].map(toHex),
        need: toHex(join(packed(theyOnly), packed(shorts(ids(60, 1))))),
        have: toHex(join(packed(weOnly), packed(shorts(ids(20, 1))))),
        end: 'done',
      },
    ),
    good(
      respond('respond-refused', 'A refusal is not answered.', [begin[0], message(0, u16(1))]),
      outcome([begin[1]], [], [], 'refused'),
    ),
    good(
      respond(
        'respond-short-id-shared',
        'Two ids with one short id: not their fault, so a list is asked for.',
        [begin[0], message(4, [0], u16(1), u32(DAY), symbols(ids(0, 3), 0, 24))],
        { [DAY]: [...ids(0, 3), twinOf(id(0))] },
      ),
      outcome([digests({ [DAY]: [...ids(0, 3), twinOf(id(0))] }), message(7)], [], [], 'open'),
    ),
  ]
}

/** Another id with the same short id. */
function twinOf(one: Uint8Array): Uint8Array {
  return Uint8Array.from(one, (byte, at) => (at === 0 ? byte ^ 1 : byte))
}

/** How often one symbol has to be doubled until the difference shows, by the rule of §5. */
function doublings(theirs: readonly Uint8Array[]): number {
  for (let times = 0; ; times++) {
    if (canPeel(symbolsOf(key, shorts(theirs), 2 ** times), 2 ** times)) return times
  }
}

function canPeel(theirs: ReturnType<typeof symbolsOf>, length: number): boolean {
  const own = symbolsOf(key, shorts(ours[DAY]!), length)
  const left = theirs.map((symbol, at) => ({
    sum: symbol.sum ^ own[at]!.sum,
    count: (symbol.count - own[at]!.count + 256) % 256,
  }))
  const candidates = shorts([...ids(0, 2), ...ids(50, 2)])
  const parts = candidates.map((one) => symbolsOf(key, [one], length))
  const isOwn = [true, true, false, false]
  for (let again = true; again; ) {
    again = false
    for (const [item, part] of parts.entries()) {
      const sum = part[0]!.sum
      const count = isOwn[item] ? 255 : 1
      if (!left.some((symbol) => symbol.sum === sum && symbol.count === count)) continue
      for (const [at, { count: isIn }] of part.entries()) {
        if (isIn === 0) continue
        left[at]!.sum ^= sum
        left[at]!.count = (left[at]!.count - count + 256) % 256
      }
      again = true
    }
  }
  return left.every(({ sum, count }) => sum === 0n && count === 0)
}

function refusedByResponders(): Vector[] {
  const [first] = begin
  const full = message(10, [0], u16(1), u32(DAY), u16(3900), counted(3900))
  const of = (
    name: string,
    note: string,
    messages: readonly Uint8Array[],
    why: ErrorCode,
  ): Vector => bad(respond(name, note, messages), why)
  return [
    of('respond-unopened', 'Symbols before an open have no key.', [code(0, 24)], 'SYNC_STATE'),
    of('respond-opened-twice', 'An exchange is opened once.', [first, first], 'SYNC_STATE'),
    of(
      'respond-other-shard',
      'An exchange is about one shard.',
      [join([1, 1, SHARD + 1], open({}).subarray(3))],
      'SYNC_STATE',
    ),
    of('respond-to-an-answer', 'Only responders say equal.', [first, message(2)], 'SYNC_STATE'),
    of(
      'respond-next-of-nothing',
      'There is nothing to go on with.',
      [first, message(9)],
      'SYNC_STATE',
    ),
    of(
      'respond-code-twice',
      'Days are coded once in an exchange.',
      [first, code(1, 24), code(1, 24)],
      'SYNC_STATE',
    ),
    of(
      'respond-batch-too-small',
      'The second batch is as large as the first: one symbol at a time would keep us busy.',
      [first, code(0, 2), message(5, u16(1), zeros(25))],
      'SYNC_FIELD',
    ),
    of(
      'respond-pages-descending',
      'A page goes on after the one before.',
      [first, full, message(11, [1], u16(1), zeros(16))],
      'SYNC_ORDER',
    ),
    of(
      'respond-page-without-list',
      'A page belongs to a list.',
      [first, message(11, [1], list.subarray(10))],
      'SYNC_STATE',
    ),
  ]
}

function initiate(
  name: string,
  note: string,
  set: IdsByDay,
  messages: readonly Uint8Array[],
  auditPick: number | null = null,
): Told {
  const input = { shard: SHARD, salt: toHex(SALT_I), auditPick, set: setInput(set) }
  return { name, note, entry: 'initiate', input: { ...input, messages: messages.map(toHex) } }
}

const audited: IdsByDay = { [DAY]: ids(100, 50) }
const auditCode = message(4, [0], u16(1), u32(DAY), symbols(audited[DAY]!, 0, 32))
const nothing = message(8, [0], u16(0), u16(0))
const few: IdsByDay = { [DAY]: ids(0, 3) }
const fewListed = message(10, [1], u16(1), u32(DAY), listOf(shorts(few[DAY]!)))
const inventedDays = Array.from({ length: 400 }, (_, at) => DAY + 1 + at)
const invented: IdsByDay = Object.fromEntries(inventedDays.map((day) => [day, ids(0, 1)]))
const inventedListed = message(10, [1], u16(400), ...inventedDays.map(u32), u16(0))
const fewThere = digests({ [DAY]: ids(1, 3) })
const front = packed(shorts(few[DAY]!)).slice(0, 16)
const audit = (name: string, note: string, answer: Uint8Array, why: ErrorCode): Vector =>
  bad(initiate(name, note, audited, [digests(audited), answer], 0), why)
const listing = (name: string, note: string, answer: Uint8Array, why: ErrorCode): Vector =>
  bad(initiate(name, note, few, [fewThere, answer]), why)
const listedWith = (...all: Uint8Array[]): Uint8Array =>
  message(12, [0], u16(3), [0], u16(all.length), ...all)

function initiators(): Vector[] {
  return [
    good(
      initiate('initiate-equal', 'Nothing new.', few, [message(2)]),
      outcome([open(few)], [], []),
    ),
    good(
      initiate('initiate-list', 'Few ids are listed: symbols would be more bytes.', few, [
        fewThere,
        message(12, [0], u16(3), [missingBits(few[DAY]!, id(0))], listOf(shorts(ids(3, 1)))),
      ]),
      outcome([open(few), fewListed], shorts(ids(3, 1)), shorts(ids(0, 1))),
    ),
    good(
      initiate(
        'initiate-audit',
        'A day that looks equal is coded all the same.',
        audited,
        [digests(audited), nothing],
        0,
      ),
      outcome([open(audited, 1), auditCode], [], []),
    ),
    good(
      initiate(
        'initiate-most-days',
        'Both sides together have 401 days: the oldest, which is our own, is left to later.',
        few,
        [digests(invented)],
      ),
      outcome([open(few), inventedListed], [], [], 'open'),
    ),
  ]
}

function refusedByInitiators(): Vector[] {
  return [
    bad(
      initiate('initiate-audit-denied', 'Digests were asked for.', audited, [message(2)], 0),
      'SYNC_STATE',
    ),
    bad(
      initiate('initiate-no-difference', 'The root was said to differ, and no day does.', few, [
        digests(few),
      ]),
      'SYNC_FIELD',
    ),
    audit(
      'initiate-result-foreign',
      'An id that only the initiator is said to have, and has not.',
      message(8, [0], listOf(shorts(ids(999, 1))), u16(0)),
      'SYNC_CHECKSUM',
    ),
    audit(
      'initiate-result-known',
      'An id that only the responder is said to have, and the initiator has.',
      message(8, [0], u16(0), listOf(shorts(ids(100, 1)))),
      'SYNC_CHECKSUM',
    ),
    audit(
      'initiate-result-on-both-sides',
      'An id that either side alone is said to have.',
      message(8, [0], listOf(shorts(ids(100, 1))), listOf(shorts(ids(100, 1)))),
      'SYNC_ORDER',
    ),
    audit(
      'initiate-result-endless',
      'More ids than there were symbols cannot have been in them.',
      message(8, [0], u16(0), u16(33), counted(33)),
      'SYNC_LIMIT',
    ),
    listing(
      'initiate-listed-own',
      'An id of the page is not one that the initiator lacks.',
      listedWith(front),
      'SYNC_ORDER',
    ),
    listing(
      'initiate-listed-too-few',
      'Two of three ids answered, and no more to come.',
      message(12, [0], u16(2), [0], u16(0)),
      'SYNC_FIELD',
    ),
    listing(
      'initiate-listed-too-many',
      'Four answers for three ids.',
      message(12, [0], u16(4), [0], u16(0)),
      'SYNC_FIELD',
    ),
  ]
}

/** The bit of one id among others, ascending. */
function missingBits(all: readonly Uint8Array[], one: Uint8Array): number {
  const order = shorts(all).map(toHex).sort()
  return 0x80 >> order.indexOf(toHex(one.subarray(16)))
}

export function build(): Vector[] {
  return [
    ...coded(),
    ...listedToo(),
    ...refusedByResponders(),
    ...initiators(),
    ...refusedByInitiators(),
  ]
}
