import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AssertionError, ProtocolError, statusOf } from '../../src/errors.ts'
import { SYNC_IDLE_MS_MAX, SYNC_ITEMS_ALL_MAX, SYNC_ITEMS_MAX } from '../../src/limits.ts'
import { SyncBudget } from '../../src/sync/budget.ts'
import type { DayDigest } from '../../src/sync/digest.ts'
import { startExchange } from '../../src/sync/initiator.ts'
import { decodeSyncMessage, encodeSyncMessage } from '../../src/sync/message.ts'
import { answerExchange, type Responder } from '../../src/sync/responder.ts'
import { FIRST_DAY, type Pair, populate, seededCrypto } from './seeded.ts'
import { converse, endOf, initiatorOf, responderOf, SHARD, tell, tellMessage } from './two-sides.ts'

const crypto = seededCrypto(3)
const limit = { name: 'ProtocolError', code: 'SYNC_LIMIT' }

function pair(): Pair {
  const counts = { both: 900, leftOnly: 5, rightOnly: 5, days: 2, differingDays: 2 }
  return populate({ seed: 1, ...counts })
}

/** A responder that says that it holds so many, at the point where it would load them. */
function claiming(budget: SyncBudget, count: number): Responder {
  const days: DayDigest[] = [{ day: FIRST_DAY, digest: { count, sum: new Uint32Array(8) } }]
  const responder = answerExchange(crypto, { shard: SHARD, days, budget }, 0)
  const opening = startExchange(crypto, { shard: SHARD, days: [] }, 0).handle({ kind: 'start' }, 0)
  assert.equal(opening[0]?.kind, 'send')
  responder.handle({ kind: 'message', bytes: opening[0].bytes }, 0)
  return responder
}

const LIST = encodeSyncMessage(SHARD, {
  kind: 'list',
  days: [FIRST_DAY],
  isLast: true,
  ids: new Uint8Array(0),
})
const kindsOf = (responder: Responder) =>
  responder.handle({ kind: 'message', bytes: LIST }, 0).map(({ kind }) => kind)

test('the ledger is full at its limit, refuses one more and the absurd, and empties', () => {
  const budget = new SyncBudget()
  budget.reserve(SYNC_ITEMS_ALL_MAX)
  for (const count of [1, SYNC_ITEMS_ALL_MAX, Number.MAX_SAFE_INTEGER]) {
    assert.throws(() => budget.reserve(count), limit)
  }
  budget.reserve(0)
  assert.equal(budget.itemCount, SYNC_ITEMS_ALL_MAX)
  budget.release(1)
  budget.reserve(1)
  budget.release(SYNC_ITEMS_ALL_MAX)
  assert.equal(budget.itemCount, 0)
})

test('counts that are none, and a release of what nobody reserved, are bugs of the caller', () => {
  const budget = new SyncBudget(10)
  for (const count of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => budget.reserve(count), AssertionError)
    assert.throws(() => budget.release(count), AssertionError)
  }
  budget.reserve(3)
  assert.throws(() => budget.release(4), AssertionError)
  assert.equal(budget.itemCount, 3)
})

test('whatever is reserved and released, no more is out than the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40)), (counts) => {
      const budget = new SyncBudget(100)
      const held: number[] = []
      for (const count of counts) {
        try {
          budget.reserve(count)
          held.push(count)
        } catch (error: unknown) {
          assert.ok(error instanceof ProtocolError)
          assert.ok(budget.itemCount + count > 100)
          const first = held.shift()
          if (first !== undefined) budget.release(first)
        }
        assert.equal(
          budget.itemCount,
          held.reduce((sum, one) => sum + one, 0),
        )
        assert.ok(budget.itemCount <= 100)
      }
    }),
  )
})

test('exchanges share the room, and the one that finds none is refused before it loads', () => {
  const budget = new SyncBudget()
  const first = claiming(budget, SYNC_ITEMS_MAX)
  const second = claiming(budget, SYNC_ITEMS_MAX)
  assert.equal(budget.itemCount, 0)
  assert.deepEqual([kindsOf(first), kindsOf(second)], [['load'], ['load']])
  assert.equal(budget.itemCount, SYNC_ITEMS_ALL_MAX)
  const third = claiming(budget, 1)
  const [refusal, fail] = third.handle({ kind: 'message', bytes: LIST }, 0)
  assert.equal(refusal?.kind, 'send')
  const status = statusOf('SYNC_LIMIT')
  assert.deepEqual(decodeSyncMessage(refusal.bytes).message, { kind: 'refuse', status })
  assert.ok(fail?.kind === 'fail' && fail.error.code === 'SYNC_LIMIT' && third.isOver)
  assert.equal(budget.itemCount, SYNC_ITEMS_ALL_MAX)
  first.close()
  assert.deepEqual(kindsOf(claiming(budget, 1)), ['load'])
})

test('whichever way an exchange ends, its room is free again, and only once', () => {
  const refusal = encodeSyncMessage(SHARD, { kind: 'refuse', status: statusOf('SYNC_LIMIT') })
  const ends: ((responder: Responder) => void)[] = [
    (responder) => responder.close(),
    (responder) => responder.handle({ kind: 'message', bytes: refusal }, 0),
    (responder) => responder.handle({ kind: 'message', bytes: Uint8Array.of(9) }, 0),
    (responder) => responder.handle({ kind: 'timeout' }, SYNC_IDLE_MS_MAX),
  ]
  for (const end of ends) {
    const budget = new SyncBudget(15)
    budget.reserve(5)
    const responder = claiming(budget, 10)
    assert.deepEqual(kindsOf(responder), ['load'])
    assert.equal(budget.itemCount, 15)
    end(responder)
    responder.close()
    assert.ok(responder.isOver)
    assert.deepEqual(responder.handle({ kind: 'message', bytes: LIST }, 0), [])
    assert.equal(budget.itemCount, 5)
  }
})

test('an initiator holds room for its own ids from the digests on', () => {
  const { left, right } = pair()
  const budget = new SyncBudget(905)
  const [initiator, responder] = [initiatorOf(left, { budget }), responderOf(right)]
  const opening = tell(initiator, { kind: 'start' })
  assert.ok(opening !== null)
  const digests = tellMessage(responder, opening)
  assert.ok(digests !== null)
  assert.equal(budget.itemCount, 0)
  assert.ok(tellMessage(initiator, digests) !== null)
  assert.equal(budget.itemCount, 905)
  initiator.exchange.close()
  assert.equal(budget.itemCount, 0)
})

test('an exchange with just enough room on both sides is done, and leaves none reserved', () => {
  const { left, right } = pair()
  const budgets = [new SyncBudget(905), new SyncBudget(905)] as const
  const initiator = initiatorOf(left, { budget: budgets[0] })
  const responder = responderOf(right, { budget: budgets[1] })
  converse(initiator, responder)
  assert.deepEqual([endOf(initiator), endOf(responder)], ['done', 'done'])
  assert.deepEqual([budgets[0].itemCount, budgets[1].itemCount], [0, 0])
})

test('a responder without room refuses, and the initiator hears why', () => {
  const { left, right } = pair()
  const budget = new SyncBudget(904)
  const [initiator, responder] = [initiatorOf(left), responderOf(right, { budget })]
  converse(initiator, responder)
  assert.deepEqual([endOf(initiator), endOf(responder)], ['refused', 'SYNC_LIMIT'])
  assert.equal(budget.itemCount, 0)
})

test('an initiator without room ends its own exchange and tells the other side', () => {
  const { left, right } = pair()
  const budget = new SyncBudget(904)
  const [initiator, responder] = [initiatorOf(left, { budget }), responderOf(right)]
  converse(initiator, responder)
  assert.equal(endOf(initiator), 'SYNC_LIMIT')
  assert.ok(initiator.exchange.isOver && responder.exchange.isOver)
  assert.equal(budget.itemCount, 0)
})
