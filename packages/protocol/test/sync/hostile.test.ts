import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/codec/bytes.ts'
import { AssertionError, type ErrorCode, ProtocolError, statusOf } from '../../src/errors.ts'
import { CodedSet } from '../../src/sync/coded-set.ts'
import { encodeRefusal, type SyncEvent, sessionHash } from '../../src/sync/exchange.ts'
import { MemorySyncSet } from '../../src/sync/memory-sync-set.ts'
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from '../../src/sync/message.ts'
import { encodeSymbols } from '../../src/sync/symbols.ts'
import { FIRST_DAY, populate, randomBytesFrom, seededCrypto } from './seeded.ts'
import {
  endOf,
  idsOf,
  initiatorOf,
  responderOf,
  SHARD,
  type Side,
  tell,
  tellMessage,
} from './two-sides.ts'

const SALT = new Uint8Array(16).fill(3)
const open: SyncMessage = { kind: 'open', wantsDigests: true, salt: SALT, root: new Uint8Array(32) }

/** Says something to a side, and returns what it answers. */
function say(side: Side, message: SyncMessage): SyncMessage | null {
  const answer = tellMessage(side, encodeSyncMessage(SHARD, message))
  return answer === null ? null : decodeSyncMessage(answer).message
}

/** The side has ended with this code, has told the peer, and says nothing more. */
function assertFailed(side: Side, code: ErrorCode): void {
  assert.equal(endOf(side), code)
  const refusal = side.effects.at(-2)
  assert.deepEqual(refusal, {
    kind: 'send',
    bytes: encodeSyncMessage(SHARD, { kind: 'refuse', status: statusOf(code) }),
  })
  const before = side.effects.length
  for (const message of [open, { kind: 'next' }] as const) assert.equal(say(side, message), null)
  assert.equal(side.effects.length, before)
  assert.ok(side.exchange.isOver)
}

function openResponder(set: MemorySyncSet): Side {
  const responder = responderOf(set)
  assert.equal(say(responder, open)?.kind, 'digests')
  return responder
}

function startInitiator(set: MemorySyncSet): Side {
  const initiator = initiatorOf(set)
  tell(initiator, { kind: 'start' })
  return initiator
}

function digests(days: readonly (readonly [day: number, count: number])[]): SyncMessage {
  const fingerprint = new Uint8Array(16)
  return {
    kind: 'digests',
    salt: SALT,
    days: days.map(([day, count]) => ({ day, count, fingerprint })),
  }
}

/** `count` packed ids that ascend, beginning after `from`. */
function countingIds(count: number, from = 0): Uint8Array {
  const packed = new Uint8Array(count * 16)
  const view = new DataView(packed.buffer)
  for (let at = 0; at < count; at++) view.setUint32(at * 16, from + at + 1)
  return packed
}

const days = [FIRST_DAY]
const none = new Uint8Array(0)
/** Machines read a set and never change it: one of each size is enough. */
function heldOnce(both: number): () => MemorySyncSet {
  let set: MemorySyncSet | null = null
  const rest = { seed: 4, leftOnly: 0, rightOnly: 0, days: 1, differingDays: 1 }
  return () => {
    set ??= populate({ both, ...rest }).left
    return set
  }
}

const small = heldOnce(50)
const large = heldOnce(2_000)
const huge = heldOnce(20_000)
const noise = (count: number): Uint8Array => randomBytesFrom(count)(count * 25)

test('a version that we do not speak is answered with ours', () => {
  const responder = responderOf(small())
  const answer = tellMessage(responder, Uint8Array.of(9, 1, SHARD, 1, 2, 3))
  assert.deepEqual(answer, encodeRefusal(SHARD, new ProtocolError('SYNC_VERSION')))
  assert.equal(answer?.[0], 1)
  assertFailed(responder, 'SYNC_VERSION')
})

test('a refusal ends the exchange and is not answered', () => {
  for (const side of [startInitiator(small()), openResponder(small())]) {
    assert.equal(say(side, { kind: 'refuse', status: 0xffff }), null)
    assert.deepEqual(side.effects.at(-1), { kind: 'refused', status: 0xffff })
    assert.ok(side.exchange.isOver)
  }
})

test('another shard, or broken bytes, end the exchange', () => {
  const other = startInitiator(small())
  tellMessage(other, encodeSyncMessage(SHARD + 1, { kind: 'equal' }))
  assertFailed(other, 'SYNC_STATE')
  const broken = openResponder(small())
  tellMessage(broken, Uint8Array.of(1, 1))
  assertFailed(broken, 'SYNC_TRUNCATED')
  const long = openResponder(small())
  tellMessage(long, new Uint8Array(1_000_000))
  assertFailed(long, 'SYNC_LIMIT')
})

const MESSAGES: readonly SyncMessage[] = [
  open,
  { kind: 'equal' },
  { kind: 'more' },
  { kind: 'fallback' },
  { kind: 'next' },
  digests([[FIRST_DAY, 3]]),
  { kind: 'code', isListNext: false, days, symbols: noise(3) },
  { kind: 'symbols', symbols: noise(3) },
  {
    kind: 'result',
    hasMore: false,
    initiatorOnly: new Uint8Array(0),
    responderOnly: new Uint8Array(0),
  },
  { kind: 'list', isLast: true, days, ids: countingIds(3) },
  { kind: 'page', isLast: true, ids: countingIds(3) },
  { kind: 'listed', hasMore: false, missing: [], ids: new Uint8Array(0) },
]

const STATES: readonly [name: string, reach: () => Side, allowed: readonly string[]][] = [
  ['an initiator that has not begun', () => initiatorOf(large()), []],
  ['an initiator that has opened', () => startInitiator(large()), ['digests', 'equal']],
  [
    'an initiator that awaits an audit',
    () => {
      const initiator = initiatorOf(large(), { auditPick: 0 })
      tell(initiator, { kind: 'start' })
      return initiator
    },
    ['digests'],
  ],
  [
    'an initiator that has sent symbols',
    () => {
      const initiator = startInitiator(large())
      assert.equal(say(initiator, digests([[FIRST_DAY, 2_001]]))?.kind, 'code')
      return initiator
    },
    ['more', 'fallback', 'result'],
  ],
  [
    'an initiator that has listed',
    () => {
      const initiator = startInitiator(small())
      assert.equal(say(initiator, digests([[FIRST_DAY, 2]]))?.kind, 'list')
      return initiator
    },
    ['listed'],
  ],
  ['a responder that nobody has asked', () => responderOf(large()), ['open']],
  ['a responder that has sent digests', () => openResponder(large()), ['code', 'list']],
  [
    'a responder that has asked for more',
    () => {
      const responder = openResponder(large())
      const code = { kind: 'code', isListNext: false, days, symbols: noise(3) } as const
      assert.equal(say(responder, code)?.kind, 'more')
      return responder
    },
    ['symbols', 'list'],
  ],
  [
    'a responder with a page that is answered in part',
    () => {
      const responder = openResponder(huge())
      const list = { kind: 'list', isLast: true, days, ids: new Uint8Array(0) } as const
      assert.equal(say(responder, list)?.kind, 'listed')
      return responder
    },
    ['next'],
  ],
  [
    'a responder with a page that is answered',
    () => {
      const responder = openResponder(small())
      const list = { kind: 'list', isLast: false, days, ids: countingIds(3_900) } as const
      assert.equal(say(responder, list)?.kind, 'listed')
      return responder
    },
    ['page'],
  ],
]

for (const [name, reach, allowed] of STATES) {
  test(`${name} takes ${allowed.join(' or ') || 'nothing'}, and refuses the rest`, () => {
    for (const message of MESSAGES) {
      const side = reach()
      say(side, message)
      if (allowed.includes(message.kind)) assert.notEqual(endOf(side), 'SYNC_STATE', message.kind)
      else assertFailed(side, 'SYNC_STATE')
    }
  })
}

test('a responder with pages of a result left takes next, and no list', () => {
  const responder = responderOf(huge())
  const opened = say(responder, open)
  assert.ok(opened?.kind === 'digests')
  const draw = randomBytesFrom(5)
  const theirs = new MemorySyncSet()
  for (let i = 0; i < 100; i++) theirs.add(FIRST_DAY, draw(32))
  // As an initiator would that has none of the 20,000 ids, but is patient.
  const hash = sessionHash(seededCrypto(1), SHARD, SALT, opened.salt)
  const set = new CodedSet(hash, 2_400, 0)
  for (const piece of theirs.shortIds(days)) set.add(piece)
  const symbolsOf = (from: number, count: number) =>
    encodeSymbols(set.symbolsTo(from + count), from, count)
  let answer = say(responder, {
    kind: 'code',
    isListNext: true,
    days,
    symbols: symbolsOf(0, 2_400),
  })
  for (let sent = 2_400; answer?.kind === 'more'; sent += 2_400) {
    answer = say(responder, { kind: 'symbols', symbols: symbolsOf(sent, 2_400) })
  }
  assert.ok(answer?.kind === 'result' && answer.hasMore)
  say(responder, { kind: 'list', isLast: true, days, ids: none })
  assertFailed(responder, 'SYNC_STATE')
})

test('a message that comes while the host still reads its ids is out of place', () => {
  const bytes = (message: SyncMessage): Uint8Array => encodeSyncMessage(SHARD, message)
  for (const first of MESSAGES.filter(({ kind }) => kind === 'code' || kind === 'list')) {
    for (const second of MESSAGES) {
      const { exchange } = openResponder(small())
      const [load] = exchange.handle({ kind: 'message', bytes: bytes(first) }, 0)
      assert.equal(load?.kind, 'load')
      const last = exchange.handle({ kind: 'message', bytes: bytes(second) }, 0).at(-1)
      assert.ok(last?.kind === 'fail' && last.error.code === 'SYNC_STATE', second.kind)
    }
  }
  for (const there of [2, 2_001]) {
    for (const second of MESSAGES) {
      const { exchange } = startInitiator(large())
      const event = { kind: 'message', bytes: bytes(digests([[FIRST_DAY, there]])) } as const
      assert.equal(exchange.handle(event, 0)[0]?.kind, 'load')
      const last = exchange.handle({ kind: 'message', bytes: bytes(second) }, 0).at(-1)
      assert.ok(last?.kind === 'fail' && last.error.code === 'SYNC_STATE', second.kind)
    }
  }
})

test('symbols that never decode end in a list, after 131,072 of them at most', () => {
  const responder = openResponder(small())
  const draw = randomBytesFrom(1)
  let sent = 2_400
  let answer = say(responder, { kind: 'code', isListNext: false, days, symbols: draw(sent * 25) })
  let batches = 1
  while (answer?.kind === 'more') {
    const count = Math.min(sent, 2_400, 131_072 - sent)
    answer = say(responder, { kind: 'symbols', symbols: draw(count * 25) })
    sent += count
    batches++
  }
  assert.deepEqual([answer?.kind, sent, batches], ['fallback', 131_072, 55])
  say(responder, { kind: 'symbols', symbols: draw(25) })
  assertFailed(responder, 'SYNC_STATE')
})

test('a batch of another size than the rule says is refused', () => {
  for (const count of [1, 2, 4, 2_400]) {
    const responder = openResponder(small())
    say(responder, { kind: 'code', isListNext: false, days, symbols: noise(3) })
    say(responder, { kind: 'symbols', symbols: noise(count) })
    assertFailed(responder, 'SYNC_FIELD')
  }
})

test('a responder that always wants more gets no more bytes than the ids have', () => {
  const initiator = startInitiator(large())
  let answer = say(initiator, digests([[FIRST_DAY, 2_001]]))
  let bytes = 0
  while (answer !== null && 'symbols' in answer) {
    bytes += answer.symbols.length
    answer = say(initiator, { kind: 'more' })
  }
  assert.equal(answer?.kind, 'list')
  assert.ok(bytes <= 2_001 * 16, `${bytes} bytes`)
})

test('digests that differ nowhere, or are too much, are refused', () => {
  const nowhere = startInitiator(new MemorySyncSet())
  say(nowhere, digests([]))
  assertFailed(nowhere, 'SYNC_FIELD')
  const much = startInitiator(new MemorySyncSet())
  say(much, digests([[FIRST_DAY, 0xffffffff]]))
  assertFailed(much, 'SYNC_LIMIT')
})

test('a responder with days of its own invention cannot have us send more days than there may be', () => {
  const set = new MemorySyncSet()
  const draw = randomBytesFrom(8)
  for (let i = 0; i < 8_000; i++) set.add(FIRST_DAY + (i % 400), draw(32))
  for (const from of [FIRST_DAY - 400, FIRST_DAY + 400]) {
    const initiator = startInitiator(set)
    const invented = Array.from({ length: 400 }, (_, i) => [from + i, 1] as const)
    const list = say(initiator, digests(invented))
    assert.ok(list?.kind === 'list')
    assert.deepEqual([list.days.length, list.days[0]], [400, Math.max(from, FIRST_DAY)])
  }
})

test('a responder never loads more than the limit for a peer', () => {
  const set = small()
  const digest = { ...set.digests()[0]!.digest, count: 2_097_153 }
  for (const message of MESSAGES.filter(({ kind }) => kind === 'code' || kind === 'list')) {
    const responder = responderOf(set, { days: [{ day: FIRST_DAY, digest }] })
    say(responder, open)
    say(responder, message)
    assertFailed(responder, 'SYNC_LIMIT')
  }
})

/** An initiator that has sent symbols, and one id that it has. */
function codedInitiator(): [initiator: Side, own: Uint8Array] {
  const initiator = startInitiator(large())
  say(initiator, digests([[FIRST_DAY, 2_001]]))
  const [first] = [...initiator.set.shortIds(days)]
  return [initiator, first!.slice(0, 16)]
}

test('a result about ids that are not ours, or that we have, is refused', () => {
  const foreign = countingIds(1)
  const cases: [initiatorOnly: Uint8Array, responderOnly: Uint8Array, code: ErrorCode][] = []
  const [, own] = codedInitiator()
  cases.push([foreign, none, 'SYNC_CHECKSUM'])
  cases.push([none, own, 'SYNC_CHECKSUM'])
  cases.push([own, own, 'SYNC_ORDER'])
  for (const [initiatorOnly, responderOnly, code] of cases) {
    const [initiator] = codedInitiator()
    say(initiator, { kind: 'result', hasMore: false, initiatorOnly, responderOnly })
    assertFailed(initiator, code)
    assert.deepEqual(idsOf(initiator, 'need'), [])
  }
})

test('a result with more ids than there were symbols is refused', () => {
  const [initiator] = codedInitiator()
  const responderOnly = countingIds(3_900)
  say(initiator, { kind: 'result', hasMore: true, initiatorOnly: none, responderOnly })
  assertFailed(initiator, 'SYNC_LIMIT')
})

test('pages of a result that do not ascend are refused', () => {
  const initiator = startInitiator(huge())
  let answer = say(initiator, digests([[FIRST_DAY, 22_000]]))
  for (let i = 0; i < 2; i++) answer = say(initiator, { kind: 'more' })
  assert.equal(answer?.kind, 'symbols')
  const responderOnly = countingIds(3_900)
  const page = { kind: 'result', hasMore: true, initiatorOnly: none, responderOnly } as const
  assert.equal(say(initiator, page)?.kind, 'next')
  say(initiator, page)
  assertFailed(initiator, 'SYNC_ORDER')
})

test('an endless result is cut off at the number of symbols', () => {
  const initiator = startInitiator(huge())
  say(initiator, digests([[FIRST_DAY, 22_000]]))
  for (let i = 0; i < 2; i++) say(initiator, { kind: 'more' })
  let pages = 0
  while (!initiator.exchange.isOver) {
    const responderOnly = countingIds(3_900, 3_900 * pages++)
    say(initiator, { kind: 'result', hasMore: true, initiatorOnly: none, responderOnly })
  }
  assertFailed(initiator, 'SYNC_LIMIT')
  assert.equal(pages, 2)
})

/** An initiator that has listed two pages' worth, and its first page. */
function listingInitiator(count = 5_000): [initiator: Side, page: Uint8Array] {
  const set = new MemorySyncSet()
  const draw = randomBytesFrom(6)
  for (let i = 0; i < count; i++) {
    const id = draw(32)
    id[31]! &= 0xfe // So that `after` gives an id that is not in the set.
    set.add(FIRST_DAY, id)
  }
  const initiator = startInitiator(set)
  const list = say(initiator, digests([[FIRST_DAY, 2]]))
  assert.equal(list?.kind, 'list')
  return [initiator, list.ids]
}

const answered = (count: number): boolean[] => new Array<boolean>(count).fill(false)
const after = (id: Uint8Array): Uint8Array => {
  const next = id.slice()
  next[15]! |= 1
  return next
}

test('an answer to a list that names ids outside its part is refused', () => {
  const [, page] = listingInitiator()
  const last = page.subarray(-16)
  const beyond = new Uint8Array(16).fill(0xff)
  for (const id of [page.slice(0, 16), last.slice(), beyond]) {
    const [initiator] = listingInitiator()
    say(initiator, { kind: 'listed', hasMore: false, missing: answered(3_900), ids: id })
    assertFailed(initiator, 'SYNC_ORDER')
  }
  const [inside] = listingInitiator()
  const ids = after(page.subarray(160, 176))
  assert.equal(
    say(inside, { kind: 'listed', hasMore: false, missing: answered(3_900), ids })?.kind,
    'page',
  )
  assert.equal(idsOf(inside, 'need').length, 1)
})

test('an answer to a list that goes back, or beyond what it covers, is refused', () => {
  const more = { kind: 'listed', hasMore: true } as const
  const [back, page] = listingInitiator()
  const ids = countingIds(3_900)
  const first = page.subarray(0, 16)
  assert.ok(Buffer.compare(ids.subarray(-16), first) < 0)
  assert.equal(say(back, { ...more, missing: [], ids })?.kind, 'next')
  say(back, { ...more, missing: [], ids })
  assertFailed(back, 'SYNC_ORDER')

  const [uncovered] = listingInitiator()
  const late = concatBytes(countingIds(3_899), after(first))
  say(uncovered, { ...more, missing: [], ids: late })
  assertFailed(uncovered, 'SYNC_ORDER')

  const [covered] = listingInitiator()
  assert.equal(say(covered, { ...more, missing: answered(1), ids })?.kind, 'next')
  say(covered, { ...more, missing: [], ids: countingIds(3_900, 3_900) })
  assertFailed(covered, 'SYNC_ORDER')
})

test('an answer about more or fewer ids than the page has is refused', () => {
  for (const [missing, hasMore] of [
    [3_899, false],
    [101, false],
  ] as const) {
    const [initiator] = listingInitiator(missing === 101 ? 100 : 5_000)
    say(initiator, { kind: 'listed', hasMore, missing: answered(missing), ids: none })
    assertFailed(initiator, 'SYNC_FIELD')
  }
})

test('a responder that names ids without end is cut off', () => {
  const initiator = startInitiator(new MemorySyncSet())
  assert.equal(say(initiator, digests([[FIRST_DAY, 2]]))?.kind, 'list')
  let pages = 0
  while (!initiator.exchange.isOver) {
    const ids = countingIds(3_900, 3_900 * pages++)
    say(initiator, { kind: 'listed', hasMore: true, missing: [], ids })
  }
  assertFailed(initiator, 'SYNC_LIMIT')
  assert.equal(pages, Math.floor(2_097_152 / 3_900) + 1)
})

test('an initiator that lists without end is cut off', () => {
  const responder = openResponder(new MemorySyncSet())
  say(responder, { kind: 'list', isLast: false, days, ids: countingIds(3_900) })
  let pages = 1
  while (!responder.exchange.isOver) {
    say(responder, { kind: 'page', isLast: false, ids: countingIds(3_900, 3_900 * pages++) })
  }
  assertFailed(responder, 'SYNC_LIMIT')
  assert.equal(pages, Math.floor(2_097_152 / 3_900) + 1)
})

test('pages of a list that do not ascend are refused', () => {
  const responder = openResponder(small())
  say(responder, { kind: 'list', isLast: false, days, ids: countingIds(3_900) })
  say(responder, { kind: 'page', isLast: true, ids: countingIds(1) })
  assertFailed(responder, 'SYNC_ORDER')
})

test('a peer that falls silent, or takes for ever, is given up', () => {
  const timeout: SyncEvent = { kind: 'timeout' }
  const silent = startInitiator(small())
  assert.equal(silent.exchange.deadlineMs, 30_000)
  assert.equal(tell(silent, timeout, 29_999), null)
  tell(silent, timeout, 30_000)
  assertFailed(silent, 'SYNC_EXPIRED')

  const late = openResponder(small())
  tell(late, { kind: 'message', bytes: encodeSyncMessage(SHARD, { kind: 'next' }) }, 30_000)
  assertFailed(late, 'SYNC_EXPIRED')

  const slow = initiatorOf(new MemorySyncSet())
  tell(slow, { kind: 'start' })
  const say2 = (message: SyncMessage, now: number) =>
    tell(slow, { kind: 'message', bytes: encodeSyncMessage(SHARD, message) }, now)
  say2(digests([[FIRST_DAY, 2]]), 1)
  let now = 0
  for (let page = 0; !slow.exchange.isOver; page++) {
    now += 29_000
    say2({ kind: 'listed', hasMore: true, missing: [], ids: countingIds(3_900, 3_900 * page) }, now)
  }
  assertFailed(slow, 'SYNC_EXPIRED')
  assert.ok(now >= 600_000 && now < 630_000)
})

test('random messages in any order end in effects, never in an untyped error', () => {
  const anyBytes = fc.oneof(
    fc.constantFrom(...MESSAGES.map((message) => encodeSyncMessage(SHARD, message))),
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(fc.constantFrom(...MESSAGES), fc.nat(300), fc.nat(255)).map(([message, at, value]) => {
      const bytes = encodeSyncMessage(SHARD, message)
      bytes[at % bytes.length] = value
      return bytes
    }),
  )
  const sets = [new MemorySyncSet(), small(), large()]
  fc.assert(
    fc.property(
      fc.array(anyBytes, { maxLength: 12 }),
      fc.nat(2),
      fc.boolean(),
      (sequence, pick, asks) => {
        const side = asks ? startInitiator(sets[pick]!) : responderOf(sets[pick]!)
        for (const bytes of sequence) {
          const answer = tellMessage(side, bytes)
          if (answer !== null) decodeSyncMessage(answer)
        }
        assert.ok(
          side.effects.every(
            (effect) => effect.kind !== 'fail' || effect.error instanceof ProtocolError,
          ),
        )
      },
    ),
    { numRuns: 300 },
  )
})

test('a host that answers what was not asked has a bug', () => {
  const items: SyncEvent = { kind: 'items', shortIds: new Uint8Array(0), isLast: true }
  const [coding] = codedInitiator()
  const [listing] = listingInitiator()
  for (const side of [initiatorOf(small()), responderOf(small()), coding, listing]) {
    assert.throws(() => side.exchange.handle(items, 0), AssertionError)
  }
  assert.throws(() => coding.exchange.handle({ kind: 'start' }, 0), AssertionError)
  assert.throws(() => responderOf(small()).exchange.handle({ kind: 'start' }, 0), AssertionError)
})
