import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/codec/bytes.ts'
import { startExchange } from '../../src/sync/initiator.ts'
import { MemorySyncSet } from '../../src/sync/memory-sync-set.ts'
import { decodeSyncMessage } from '../../src/sync/message.ts'
import { answerExchange } from '../../src/sync/responder.ts'
import {
  FIRST_DAY,
  hex,
  type Pair,
  type Population,
  populate,
  seededCrypto,
  unpack,
} from './seeded.ts'
import {
  converse,
  endOf,
  idsOf,
  initiatorOf,
  responderOf,
  SHARD,
  type Side,
  type Traffic,
} from './two-sides.ts'

interface Outcome {
  readonly traffic: Traffic
  readonly initiator: Side
  readonly responder: Side
  readonly kinds: readonly string[]
}

function reconcile({ left, right }: Pair, auditPick: number | null = null): Outcome {
  const initiator = initiatorOf(left, { auditPick })
  const responder = responderOf(right)
  const traffic = converse(initiator, responder)
  const kinds = traffic.messages.map((bytes) => decodeSyncMessage(bytes).message.kind)
  return { traffic, initiator, responder, kinds }
}

/** Both sides know exactly the symmetric difference, and both know that they are done. */
function assertReconciled({ initiator, responder }: Outcome, pair: Pair): void {
  assert.deepEqual([endOf(initiator), endOf(responder)], ['done', 'done'])
  assert.deepEqual(idsOf(initiator, 'have'), pair.leftOnly)
  assert.deepEqual(idsOf(initiator, 'need'), pair.rightOnly)
  assert.deepEqual(idsOf(responder, 'need'), pair.leftOnly)
  assert.deepEqual(idsOf(responder, 'have'), pair.rightOnly)
}

function population(change: Partial<Population>): Population {
  return { seed: 1, both: 0, leftOnly: 0, rightOnly: 0, days: 31, differingDays: 31, ...change }
}

test('after an exchange both sides know exactly what the other lacks', () => {
  const knobs = fc.record({
    seed: fc.nat(0xffffffff),
    both: fc.oneof(fc.nat(20), fc.nat(1_500)),
    leftOnly: fc.oneof(fc.constant(0), fc.nat(10), fc.nat(300)),
    rightOnly: fc.oneof(fc.constant(0), fc.nat(10), fc.nat(300)),
    days: fc.integer({ min: 1, max: 31 }),
    differingDays: fc.integer({ min: 1, max: 40 }),
  })
  fc.assert(
    fc.property(knobs, fc.option(fc.nat(0xffff)), (knob, auditPick) => {
      const pair = populate(knob)
      assertReconciled(reconcile(pair, auditPick), pair)
    }),
    { numRuns: 60 },
  )
})

const SHAPES: readonly [name: string, population: Partial<Population>, kinds: string][] = [
  ['both empty', {}, 'open equal'],
  ['equal', { both: 2_000 }, 'open equal'],
  ['the initiator empty', { rightOnly: 900 }, 'open digests list listed'],
  ['the responder empty', { leftOnly: 900 }, 'open digests list listed'],
  ['nothing in common, few', { leftOnly: 90, rightOnly: 90 }, 'open digests list listed'],
  [
    'nothing in common, as many on both sides',
    { leftOnly: 400, rightOnly: 400 },
    'open digests code more list listed',
  ],
  [
    'few differences, spread',
    { both: 2_000, leftOnly: 9, rightOnly: 9 },
    'open digests code result',
  ],
  [
    'few differences in one day of many',
    { both: 9_000, leftOnly: 20, rightOnly: 20, days: 3, differingDays: 1 },
    'open digests code result',
  ],
  [
    'one day missing, others nearly equal',
    { both: 9_000, days: 9, rightOnly: 100, differingDays: 10 },
    'open digests code result list listed',
  ],
]

for (const [name, change, kinds] of SHAPES) {
  test(`sets that are: ${name}`, () => {
    const pair = populate(population(change))
    const outcome = reconcile(pair)
    assertReconciled(outcome, pair)
    assert.equal(outcome.kinds.join(' '), kinds)
  })
}

test('nothing new is one round trip and 55 bytes, however many ids and days there are', () => {
  const outcome = reconcile(populate(population({ both: 5_000 })))
  assert.deepEqual([outcome.traffic.roundTrips, outcome.traffic.bytes], [1, 55])
})

test('a hundred differences in 20,000 are two round trips and less than 16 KiB', () => {
  const pair = populate(population({ both: 20_000, leftOnly: 50, rightOnly: 50 }))
  const outcome = reconcile(pair)
  assertReconciled(outcome, pair)
  assert.equal(outcome.traffic.roundTrips, 2)
  assert.ok(outcome.traffic.bytes < 16_384, `${outcome.traffic.bytes} bytes`)
})

test('differences that the counts do not show take more batches, each doubling the last', () => {
  const pair = populate(population({ both: 10_000, leftOnly: 1_500, rightOnly: 1_500, days: 3 }))
  const outcome = reconcile(pair)
  assertReconciled(outcome, pair)
  const sizes = outcome.traffic.messages.flatMap((bytes) => {
    const { message } = decodeSyncMessage(bytes)
    return 'symbols' in message ? [message.symbols.length / 25] : []
  })
  const [first, ...rest] = sizes
  let sent = first!
  for (const size of rest) {
    assert.equal(size, Math.min(sent, 2_400))
    sent += size
  }
  assert.ok(sent < 6_500, `${sent} symbols`)
})

test('where symbols get dearer than the ids, the initiator lists', () => {
  const half = { both: 0, leftOnly: 3_000, rightOnly: 3_000, days: 1, differingDays: 1 }
  const pair = populate(population(half))
  const outcome = reconcile(pair)
  assertReconciled(outcome, pair)
  assert.match(outcome.kinds.join(' '), /^open digests code more (symbols more )*list listed/)
  const symbolBytes = outcome.traffic.messages
    .filter((_, at) => ['code', 'symbols'].includes(outcome.kinds[at]!))
    .reduce((sum, { length }) => sum + length, 0)
  assert.ok(symbolBytes <= 3_000 * 16 + 100, `${symbolBytes} bytes of symbols`)
})

test('lists and results longer than a message go page by page', () => {
  const lists = populate(population({ both: 100, leftOnly: 4_500, rightOnly: 9_000 }))
  const listed = reconcile(lists)
  assertReconciled(listed, lists)
  assert.ok(listed.kinds.includes('page') && listed.kinds.includes('next'))

  const results = populate(
    population({ both: 12_000, leftOnly: 2_200, rightOnly: 2_200, days: 1, differingDays: 1 }),
  )
  const coded = reconcile(results)
  assertReconciled(coded, results)
  assert.match(coded.kinds.join(' '), /result next result$/)
})

test('no message is longer than 64 KiB', () => {
  const pair = populate(population({ both: 9_000, leftOnly: 9_000, rightOnly: 200 }))
  for (const message of reconcile(pair).traffic.messages) assert.ok(message.length <= 65_536)
})

/** Different ids with the same sum: one's low half is raised by what the other's is lowered. */
function forgedEqual(): Pair {
  const pair = populate(population({ both: 3_000, days: 3 }))
  const ids = [...pair.left.shortIds([FIRST_DAY])].slice(0, 1)
  const [a, b] = [ids[0]!.slice(0, 16), ids[0]!.slice(16, 32)]
  const [fullA, fullB] = [pair.left.resolve(a)!, pair.left.resolve(b)!]
  const [newA, newB] = [fullA.slice(), fullB.slice()]
  newA[20] = fullA[20]! - 1
  newB[20] = fullB[20]! + 1
  for (const [gone, come] of [
    [fullA, newA],
    [fullB, newB],
  ] as const) {
    pair.right.remove(FIRST_DAY, gone)
    pair.right.add(FIRST_DAY, come)
  }
  const shorts = (...full: Uint8Array[]): string[] => full.map((id) => hex(id.subarray(16))).sort()
  return { ...pair, leftOnly: shorts(fullA, fullB), rightOnly: shorts(newA, newB) }
}

test('forged sums hide a difference until an audit picks their day', () => {
  const pair = forgedEqual()
  assert.deepEqual(pair.left.digests(), pair.right.digests())
  const blind = reconcile(pair)
  assert.equal(blind.kinds.join(' '), 'open equal')
  assert.deepEqual(idsOf(blind.initiator, 'need'), [])
  const elsewhere = reconcile(pair, 1)
  assert.equal(elsewhere.kinds.join(' '), 'open digests code result')
  assert.deepEqual(idsOf(elsewhere.initiator, 'need'), [])
  const audit = reconcile(pair, 0)
  assertReconciled(audit, pair)
  assert.ok(audit.traffic.bytes < 2_000, `${audit.traffic.bytes} bytes`)
})

test('one exchange in sixteen is an audit', () => {
  const { left } = populate(population({ both: 10, days: 1 }))
  const crypto = seededCrypto(9)
  let audits = 0
  for (let i = 0; i < 1_600; i++) {
    const init = { shard: SHARD, days: left.digests() }
    const [effect] = startExchange(crypto, init, 0).handle({ kind: 'start' }, 0)
    assert.equal(effect?.kind, 'send')
    const { message } = decodeSyncMessage(effect.bytes)
    assert.equal(message.kind, 'open')
    if (message.wantsDigests) audits++
  }
  assert.ok(audits > 60 && audits < 150, `${audits} audits in 1,600`)
})

test('salts are drawn afresh for every exchange, on both sides', () => {
  const { left, right } = populate(population({ both: 5, leftOnly: 1, days: 1 }))
  const crypto = seededCrypto(10)
  const salts = new Set<string>()
  for (let i = 0; i < 5; i++) {
    const initiator = startExchange(crypto, { shard: SHARD, days: left.digests() }, 0)
    const responder = answerExchange(crypto, { shard: SHARD, days: right.digests() }, 0)
    const sides: Side[] = [
      { exchange: initiator, set: left, effects: [] },
      { exchange: responder, set: right, effects: [] },
    ]
    for (const bytes of converse(sides[0]!, sides[1]!).messages) {
      const { message } = decodeSyncMessage(bytes)
      if ('salt' in message) salts.add(hex(message.salt))
    }
    assert.equal(endOf(sides[0]!), 'done')
  }
  assert.equal(salts.size, 10)
})

/** What a change of the wire changes too: then the vectors and the specification change with it. */
const TRACES: readonly [Partial<Population>, string][] = [
  [{ both: 900, leftOnly: 3, rightOnly: 4, days: 2 }, 'd8a6d2d85244750222dc3d95febff586'],
  [{ both: 30, leftOnly: 3, rightOnly: 4, days: 2 }, '133107b7c15871739ab452740fa8c1ae'],
]

test('the same sets and salts give the same bytes', () => {
  for (const [change, expected] of TRACES) {
    const { traffic } = reconcile(populate(population(change)))
    const hash = createHash('sha256')
      .update(concatBytes(...traffic.messages))
      .digest('hex')
    assert.equal(hash.slice(0, 32), expected)
  }
})

/** Each side gets what it needs from the other. The differences are in the first two days. */
function transfer(initiator: Side, responder: Side): void {
  for (const [to, from] of [
    [initiator, responder],
    [responder, initiator],
  ] as const) {
    for (const shortId of idsOf(to, 'need')) {
      const id = from.set.resolve(Buffer.from(shortId, 'hex'))!
      const days = from.set.digests().map(({ day }) => day)
      to.set.add(days.find((day) => holds(from.set, day, shortId))!, id)
    }
  }
}

function holds(set: MemorySyncSet, day: number, shortId: string): boolean {
  return unpack([...set.shortIds([day])]).includes(shortId)
}

test('an exchange is about what was held when it began', () => {
  const { left, right } = populate(population({ both: 50, days: 1 }))
  const initiator = initiatorOf(left)
  const responder = responderOf(right)
  left.add(FIRST_DAY, new Uint8Array(32).fill(1))
  right.add(FIRST_DAY, new Uint8Array(32).fill(2))
  assert.equal(converse(initiator, responder).bytes, 55)
})

test('a day that has been emptied is a day without ids', () => {
  const [left, right] = [new MemorySyncSet(), new MemorySyncSet()]
  const id = new Uint8Array(32).fill(1)
  for (const set of [left, right]) {
    set.add(FIRST_DAY, id)
    set.remove(FIRST_DAY, id)
  }
  right.add(FIRST_DAY + 1, id)
  const pair = { left, right, leftOnly: [], rightOnly: [hex(id.subarray(16))] }
  assertReconciled(reconcile(pair), pair)
  const emptied = reconcile({ ...pair, right: new MemorySyncSet() })
  assert.deepEqual(emptied.kinds, ['open', 'equal'])
})

test('there is nothing to audit where there are no days', () => {
  const empty = new MemorySyncSet()
  const outcome = reconcile({ left: empty, right: empty, leftOnly: [], rightOnly: [] }, 5)
  assert.deepEqual(outcome.kinds, ['open', 'equal'])
})

test('ids that come and go during an exchange are found by the next one', () => {
  const pair = populate(population({ both: 4_000, leftOnly: 5, rightOnly: 5, days: 2 }))
  const initiator = initiatorOf(pair.left)
  const responder = responderOf(pair.right)
  // After the digests were taken, before the ids are read.
  const late = new Uint8Array(32).fill(0xab)
  pair.left.add(FIRST_DAY, late)
  const [gone] = [...pair.right.shortIds([FIRST_DAY])]
  pair.right.remove(FIRST_DAY, pair.right.resolve(gone!.slice(0, 16))!)
  converse(initiator, responder)
  assert.deepEqual([endOf(initiator), endOf(responder)], ['done', 'done'])
  transfer(initiator, responder)
  const next = reconcile(pair)
  transfer(next.initiator, next.responder)
  assert.deepEqual(reconcile(pair).kinds, ['open', 'equal'])
})

for (const holder of ['left', 'right'] as const) {
  test(`two ids with one short id on the ${holder} count as one: nothing else is lost`, () => {
    const differences = { leftOnly: 5, rightOnly: 5, days: 1, differingDays: 1 }
    const pair = populate(population({ both: 4_000, ...differences }))
    const [some] = [...pair.left.shortIds([FIRST_DAY])]
    const twin = pair.left.resolve(some!.slice(0, 16))!
    twin[0]! ^= 1
    pair[holder].add(FIRST_DAY, twin)
    const outcome = reconcile(pair)
    assertReconciled(outcome, pair)
    assert.ok(outcome.kinds.includes('fallback'), outcome.kinds.join(' '))
  })
}

test('days beyond the four hundred that fit are left to others, the oldest first', () => {
  const [left, right] = [new MemorySyncSet(), new MemorySyncSet()]
  for (let day = 0; day < 450; day++) left.add(day, new Uint8Array(32).fill(day & 0xff))
  const outcome = reconcile({ left, right, leftOnly: [], rightOnly: [] })
  assert.deepEqual([endOf(outcome.initiator), endOf(outcome.responder)], ['done', 'done'])
  assert.equal(idsOf(outcome.initiator, 'have').length, 256)
  const back = reconcile({ left: right, right: left, leftOnly: [], rightOnly: [] })
  assert.equal(idsOf(back.initiator, 'need').length, 256)
})
