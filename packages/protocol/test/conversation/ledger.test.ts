import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../../src/codec/bytes.ts'
import type { Range } from '../../src/conversation/chain.ts'
import { chainKey } from '../../src/conversation/entry.ts'
import type { ReceiptContent } from '../../src/conversation/kinds/receipt.ts'
import {
  type LedgerEvent,
  type LedgerStatus,
  newLedger,
  stepLedger,
} from '../../src/conversation/ledger.ts'
import { deliveredReceipt, ReceiptBook } from '../../src/conversation/receipt-book.ts'
import { includesSequence, withStretch } from '../../src/conversation/stretches.ts'
import { AssertionError } from '../../src/errors.ts'
import { RECEIPT_STRETCHES_MAX } from '../../src/limits.ts'
import {
  ALICE,
  ALICE_PHONE,
  BOB,
  BOB_PHONE,
  directTerms,
  entryBytes,
  from,
  MALLORY,
  NOW_MS,
  Person,
} from './people.ts'

const RANK: readonly LedgerStatus[] = ['queued', 'stored', 'expired', 'delivered', 'read']

const anyEvent: fc.Arbitrary<LedgerEvent> = fc.oneof(
  fc.record({ kind: fc.constant('stored' as const), carrier: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ kind: fc.constant('carriers-wanted' as const), count: fc.nat(4) }),
  fc.record({
    kind: fc.constantFrom('delivered' as const, 'read' as const),
    identity: fc.constantFrom('bob', 'carol', 'stranger', '__proto__'),
    device: fc.constantFrom('1', '2'),
  }),
  fc.record({ kind: fc.constant('expired' as const) }),
)

const run = (events: readonly LedgerEvent[], recipients = ['bob', 'carol']) =>
  events.reduce(stepLedger, newLedger(recipients, 3))

describe('the ledger of a message', () => {
  test('never goes back, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30, size: 'max' }), (events) => {
        let ledger = newLedger(['bob', 'carol'], 3)
        for (const event of events) {
          const next = stepLedger(ledger, event)
          assert.ok(RANK.indexOf(next.status) >= RANK.indexOf(ledger.status))
          assert.deepEqual(stepLedger(next, event), next)
          ledger = next
        }
      }),
    )
  })

  test('ends the same whatever order receipts come in', () => {
    fc.assert(
      fc.property(
        fc.array(
          anyEvent.filter(({ kind }) => kind !== 'carriers-wanted'),
          { maxLength: 20 },
        ),
        (events) => assert.equal(run(events).status, run([...events].reverse()).status),
      ),
    )
  })

  test('is stored with three distinct carriers, or all that there are', () => {
    const stored = (carrier: string): LedgerEvent => ({ kind: 'stored', carrier })
    assert.equal(run([stored('a'), stored('b'), stored('a')]).status, 'queued')
    assert.equal(run([stored('a'), stored('b'), stored('c')]).status, 'stored')
    assert.equal(run([stored('a'), { kind: 'carriers-wanted', count: 1 }]).status, 'stored')
    assert.equal(run([{ kind: 'carriers-wanted', count: 0 }]).status, 'queued')
    assert.throws(() => newLedger(['bob'], 0), AssertionError)
  })

  test('is delivered when everybody has it on one device, and read when everybody read it', () => {
    const say = (kind: 'delivered' | 'read', identity: string): LedgerEvent => ({
      kind,
      identity,
      device: '1',
    })
    assert.equal(run([say('delivered', 'bob')]).status, 'queued')
    assert.equal(run([say('delivered', 'bob'), say('read', 'carol')]).status, 'delivered')
    assert.equal(run([say('read', 'bob'), say('read', 'carol')]).status, 'read')
    assert.equal(run([say('read', 'stranger'), say('delivered', 'stranger')]).status, 'queued')
    assert.equal(run([say('read', 'stranger')], []).status, 'queued')
  })

  test('that expired is delivered all the same when its recipient had it', () => {
    const delivered: LedgerEvent = { kind: 'delivered', identity: 'bob', device: '1' }
    assert.equal(run([{ kind: 'expired' }], ['bob']).status, 'expired')
    assert.equal(run([{ kind: 'expired' }, delivered], ['bob']).status, 'delivered')
    assert.equal(run([delivered, { kind: 'expired' }], ['bob']).status, 'delivered')
  })
})

describe('a set of stretches', () => {
  test('holds exactly what was put into it', () => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.nat(5))
      .map(([start, length]) => ({ from: start, to: start + length }))
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), (ranges) => {
        const stretches = ranges.reduce<readonly Range[]>(withStretch, [])
        for (let at = 0; at < 70; at++) {
          const isIn = ranges.some(({ from, to }) => from <= at && at <= to)
          assert.equal(includesSequence(stretches, at), isIn)
        }
        for (const [at, { from }] of stretches.entries()) {
          if (at > 0) assert.ok(from > stretches[at - 1]!.to + 1)
        }
        for (const held of ranges) assert.equal(withStretch(stretches, held), stretches)
      }),
    )
  })

  test('forgets the lowest beyond its limit, and never claims what it was not told', () => {
    let stretches: readonly Range[] = []
    for (let at = 1; at <= RECEIPT_STRETCHES_MAX + 10; at++) {
      stretches = withStretch(stretches, { from: at * 2, to: at * 2 })
    }
    assert.equal(stretches.length, RECEIPT_STRETCHES_MAX)
    assert.ok(!includesSequence(stretches, 2) && !includesSequence(stretches, 31))
    assert.ok(includesSequence(stretches, 148))
  })
})

describe('the receipt book', () => {
  const isKnown = (chain: string) => [ALICE, ALICE_PHONE, BOB].map(chainKey).includes(chain)
  const receipt = (
    state: ReceiptContent['state'],
    start: number,
    to: number,
    author = ALICE,
  ): ReceiptContent => ({ kind: 'receipt', state, ranges: [{ author, from: start, to }] })

  test('knows per person the most that one of their devices said', () => {
    const book = new ReceiptBook(isKnown)
    book.add(BOB, receipt('delivered', 1, 5))
    book.add(BOB_PHONE, receipt('read', 3, 3))
    book.add(MALLORY, receipt('read', 3, 3, BOB))
    const bob = toHex(BOB.identity)
    assert.deepEqual([...book.statesOf(ALICE, 3)], [[bob, 'read']])
    assert.deepEqual([...book.statesOf(ALICE, 5)], [[bob, 'delivered']])
    assert.deepEqual([...book.statesOf(ALICE, 6)], [])
    assert.equal(book.devicesOf(ALICE, 3).length, 2)
  })

  test('takes a receipt once, and says what is new in it', () => {
    const book = new ReceiptBook(isKnown)
    assert.equal(book.add(BOB, receipt('delivered', 1, 5)).length, 1)
    assert.deepEqual(book.add(BOB, receipt('delivered', 2, 4)), [])
    assert.equal(book.add(BOB, receipt('read', 2, 4)).length, 1)
  })

  test("takes nobody's word for having their own messages", () => {
    const book = new ReceiptBook(isKnown)
    assert.deepEqual(book.add(ALICE_PHONE, receipt('read', 1, 9)), [])
    assert.equal(book.statesOf(ALICE, 1).size, 0)
  })

  test('keeps nothing about chains that somebody made up', () => {
    const book = new ReceiptBook(isKnown)
    assert.deepEqual(book.add(BOB, receipt('read', 1, 9, MALLORY)), [])
    assert.equal(book.statesOf(MALLORY, 1).size, 0)
  })

  test('is filled by what the log of another holds', () => {
    const reader = new Person(directTerms(BOB))
    assert.equal(deliveredReceipt(reader.state.chains.values(), ALICE.identity), null)
    for (const sequence of [1, 4]) reader.hear(entryBytes({ sequence }), from(ALICE), NOW_MS)
    reader.say('own', NOW_MS)
    assert.deepEqual(deliveredReceipt(reader.state.chains.values(), ALICE.identity), {
      kind: 'receipt',
      state: 'delivered',
      ranges: [
        { author: ALICE, from: 1, to: 1 },
        { author: ALICE, from: 4, to: 4 },
      ],
    })
  })
})
