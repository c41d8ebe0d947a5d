import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type DropScope,
  decodeDrop,
  encodeDrop,
  restoreDrop,
  type VerifiedDrop,
} from '../../src/mailbox/drop.ts'
import { DropMemory } from '../../src/mailbox/drop-memory.ts'
import { DAY_SECONDS, filled, NETWORK_ID, NOW_SECONDS, TTL_DAYS } from './fixture.ts'

/** The memory holds verified drops, so who signed does not matter here. */
function dropOf(mailbox: number, scope: DropScope): VerifiedDrop {
  const head = { networkId: NETWORK_ID, mailbox: filled(mailbox), warrant: null }
  return restoreDrop(encodeDrop({ ...head, scope }, () => new Uint8Array(64)))
}

const ids = (mailbox: number, ...fills: readonly number[]): VerifiedDrop =>
  dropOf(mailbox, { kind: 'ids', madeAt: NOW_SECONDS, ids: fills.map(filled) })
const before = (mailbox: number, time: number): VerifiedDrop =>
  dropOf(mailbox, { kind: 'before', before: time })
const subject = (mailbox: number, id: number, timestamp: number = NOW_SECONDS) => ({
  mailbox: filled(mailbox),
  id: filled(id),
  timestamp,
})

test('a drop that nobody has verified cannot be learnt', () => {
  const memory = new DropMemory(TTL_DAYS)
  // @ts-expect-error: the compiler is what holds this
  const learn = () => memory.learn(decodeDrop(ids(1, 5).bytes))
  assert.equal(learn(), 'new')
})

test('a drop covers its ids in its own mailbox and nowhere else', () => {
  const memory = new DropMemory(TTL_DAYS)
  const drop = ids(1, 5, 6)
  assert.equal(memory.learn(drop), 'new')
  assert.equal(memory.covering(subject(1, 5)), drop)
  assert.equal(memory.covering(subject(1, 7)), null)
  assert.equal(memory.covering(subject(2, 5)), null)
})

test('somebody else’s drop of the same ids does not stand in the way of the owner’s', () => {
  const memory = new DropMemory(TTL_DAYS)
  assert.equal(memory.learn(ids(9, 5)), 'new')
  assert.equal(memory.covering(subject(1, 5)), null)
  assert.equal(memory.learn(ids(1, 5)), 'new')
  assert.ok(memory.covering(subject(1, 5)) !== null)
})

test('a bound covers what lies below it; only a later one is news', () => {
  const memory = new DropMemory(TTL_DAYS)
  assert.equal(memory.learn(before(1, 1000)), 'new')
  assert.equal(memory.learn(before(1, 1000)), 'known')
  assert.equal(memory.learn(before(1, 999)), 'known')
  assert.equal(memory.learn(before(1, 0)), 'known')
  const later = before(1, 1001)
  assert.equal(memory.learn(later), 'new')
  assert.equal(memory.size, 1)
  assert.equal(memory.covering(subject(1, 5, 1000)), later)
  assert.equal(memory.covering(subject(1, 5, 1001)), null)
  assert.equal(memory.covering(subject(2, 5, 0)), null)
})

test('a full memory refuses, and takes drops again when old ones have gone', () => {
  const small = ids(1, 1)
  const memory = new DropMemory(TTL_DAYS, small.bytes.length * 2)
  assert.equal(memory.learn(small), 'new')
  assert.equal(memory.learn(ids(2, 1)), 'new')
  assert.equal(memory.learn(ids(3, 1)), 'full')
  assert.equal(memory.covering(subject(3, 1)), null)
  assert.equal(memory.learn(ids(1, 1)), 'known')
  const end = NOW_SECONDS + (TTL_DAYS + 1) * DAY_SECONDS
  assert.equal(memory.expire(end - 1), 0)
  assert.equal(memory.expire(end), 2)
  assert.equal(memory.learn(ids(3, 1)), 'new')
})

test('forgetting one drop leaves what the others of the mailbox cover', () => {
  const memory = new DropMemory(TTL_DAYS)
  const late = dropOf(1, { kind: 'ids', madeAt: NOW_SECONDS + 100, ids: [filled(8)] })
  memory.learn(ids(1, 5))
  memory.learn(before(1, 1000))
  memory.learn(late)
  assert.equal(memory.expire(NOW_SECONDS + 31 * DAY_SECONDS), 2)
  assert.equal(memory.covering(subject(1, 5)), null)
  assert.equal(memory.covering(subject(1, 0, 10)), null)
  assert.equal(memory.covering(subject(1, 8)), late)
  assert.equal(memory.expire(NOW_SECONDS + 32 * DAY_SECONDS), 1)
  assert.equal(memory.size, 0)
})

test('in whatever order drops come, and however often, the same is covered', () => {
  const one = fc.oneof(
    fc
      .record({ mailbox: fc.nat(2), fills: fc.uniqueArray(fc.nat(6), { minLength: 1 }) })
      .map(({ mailbox, fills }) => ids(mailbox, ...fills)),
    fc
      .record({ mailbox: fc.nat(2), time: fc.nat(6) })
      .map(({ mailbox, time }) => before(mailbox, time)),
  )
  const shuffled = fc
    .array(one, { maxLength: 8 })
    .chain((drops) =>
      fc.tuple(
        fc.constant(drops),
        fc.shuffledSubarray([...drops, ...drops], { minLength: drops.length * 2 }),
      ),
    )
  fc.assert(
    fc.property(shuffled, ([drops, again]) => {
      const memory = new DropMemory(TTL_DAYS)
      const other = new DropMemory(TTL_DAYS)
      for (const drop of drops) memory.learn(drop)
      for (const drop of again) other.learn(drop)
      for (const drop of drops) assert.equal(memory.learn(drop), 'known')
      for (let n = 0; n < 3 * 7 * 7; n++) {
        const asked = subject(n % 3, Math.floor(n / 3) % 7, Math.floor(n / 21))
        const isCovered = drops.some(
          ({ mailbox, scope }) =>
            mailbox[0] === asked.mailbox[0] &&
            (scope.kind === 'before'
              ? asked.timestamp < scope.before
              : scope.ids.some((id) => id[0] === asked.id[0])),
        )
        assert.equal(memory.covering(asked) !== null, isCovered)
        assert.equal(other.covering(asked) !== null, isCovered)
      }
    }),
    { numRuns: 60 },
  )
})
