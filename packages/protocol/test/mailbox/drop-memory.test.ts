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
import { type DropCoverage, DropMemory } from '../../src/mailbox/drop-memory.ts'
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

/** A carrier that holds these, in whatever mailbox. */
const holding = (...fills: readonly number[]): DropCoverage => ({
  isHeld: (id) => fills.includes(id[0]!),
  heldBelowBound: fills.length,
})

test('who fills the memory with drops of what nobody holds keeps no owner’s drop out', () => {
  const bytesMax = 32 * ids(1, 1).bytes.length
  const memory = new DropMemory(TTL_DAYS, bytesMax)
  for (let mailbox = 100; memory.learn(ids(mailbox, 1)) !== 'full'; mailbox++);
  assert.equal(memory.size, 32)
  const evicted: number[] = []
  for (let owner = 1; owner <= 32; owner++) {
    const verdict = memory.learn(ids(owner, 5), holding(5), (drop) =>
      evicted.push(drop.mailbox[0]!),
    )
    assert.equal(verdict, 'new')
    assert.equal(memory.learn(ids(200 + owner, 5)), 'full')
    assert.ok(memory.bytes <= bytesMax)
  }
  assert.deepEqual(
    evicted,
    Array.from({ length: 32 }, (_, at) => 100 + at),
  )
  for (let owner = 1; owner <= 32; owner++) assert.ok(memory.covering(subject(owner, 5)))
  assert.equal(memory.covering(subject(100, 1)), null)
  assert.equal(memory.learn(ids(65, 5), holding(5)), 'full')
})

test('what covers least per byte goes first, and nothing goes for what covers no more', () => {
  const [none, one, two] = [ids(1, 1, 2), ids(2, 1, 2), ids(3, 1, 2)]
  const memory = new DropMemory(TTL_DAYS, none.bytes.length * 3)
  const gone: VerifiedDrop[] = []
  const learn = (drop: VerifiedDrop, ...held: readonly number[]) =>
    memory.learn(drop, holding(...held), (other) => gone.push(other))
  assert.equal(learn(two, 1, 2), 'new')
  assert.equal(learn(one, 1), 'new')
  assert.equal(learn(none), 'new')
  assert.equal(learn(ids(4, 1, 2)), 'full')
  assert.equal(learn(ids(5, 1, 2), 1), 'new')
  assert.deepEqual(gone, [none])
  assert.equal(learn(ids(6, 1, 2), 1), 'full')
  assert.equal(learn(ids(7, 1, 2), 1, 2), 'new')
  assert.deepEqual(gone, [none, one])
  assert.equal(learn(ids(8, 1), 1), 'new')
  assert.equal(learn(ids(9, 1, 2), 1), 'full')
  assert.ok(memory.covering(subject(3, 2)) === two)
})

test('one envelope does not pay for many drops', () => {
  const memory = new DropMemory(TTL_DAYS, ids(1, 1, 2).bytes.length * 2)
  assert.equal(memory.learn(ids(1, 1, 2), holding(1)), 'new')
  assert.equal(memory.learn(ids(1, 1, 3), holding(1)), 'new')
  assert.equal(memory.learn(ids(1, 1, 4), holding(1)), 'full')
  assert.equal(memory.learn(ids(2, 1), holding(1)), 'new')
  assert.ok(memory.covering(subject(1, 2)))
  assert.equal(memory.covering(subject(1, 3)), null)
})

test('an id that two drops name stays covered when one of them has gone', () => {
  const first = ids(1, 1, 2, 3)
  const second = ids(1, 1, 4)
  const third = ids(1, 1, 5)
  const memory = new DropMemory(TTL_DAYS, first.bytes.length + second.bytes.length * 2)
  memory.learn(first)
  memory.learn(second, holding(4))
  memory.learn(third, holding(5))
  assert.equal(memory.learn(ids(2, 1), holding(1)), 'new')
  assert.equal(memory.covering(subject(1, 2)), null)
  assert.equal(memory.covering(subject(1, 1)), second)
  assert.equal(memory.learn(second), 'known')
  assert.equal(memory.expire(NOW_SECONDS + (TTL_DAYS + 1) * DAY_SECONDS), 3)
  assert.equal(memory.bytes, 0)
  assert.equal(memory.covering(subject(1, 1)), null)
})

test('a later bound takes the place and the worth of an earlier one, in a full memory too', () => {
  const memory = new DropMemory(TTL_DAYS, before(1, 1).bytes.length * 2)
  assert.equal(memory.learn(before(1, 1000), holding(1)), 'new')
  assert.equal(memory.learn(before(2, 1000)), 'new')
  assert.equal(memory.learn(before(1, 1001)), 'new')
  assert.equal(memory.learn(before(2, 1001)), 'new')
  assert.equal(memory.size, 2)
  assert.equal(memory.learn(before(3, 1000), holding(1)), 'new')
  assert.equal(memory.covering(subject(2, 5, 10)), null)
  assert.ok(memory.covering(subject(1, 5, 10)))
  assert.equal(memory.learn(before(4, 1000), holding(1)), 'full')
})

test('whatever comes, memory is bounded and goes to the drops that cover most per byte', () => {
  const one = fc.record({
    mailbox: fc.nat(5),
    fills: fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 4 }),
  })
  const bytesMax = 900
  const bytesOf = (drops: readonly VerifiedDrop[]) =>
    drops.reduce((sum, { bytes }) => sum + bytes.length, 0)
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), (steps) => {
      const memory = new DropMemory(TTL_DAYS, bytesMax)
      const worth = new Map<VerifiedDrop, number>()
      for (const { mailbox, fills } of steps) {
        const drop = ids(mailbox, ...fills)
        const gone: VerifiedDrop[] = []
        let held = 0
        const isHeld = (id: Uint8Array) => id[0]! % 3 === 0 && ++held > 0
        const coverage = { isHeld, heldBelowBound: 0 }
        const verdict = memory.learn(drop, coverage, (other) => gone.push(other))
        const own = held / drop.bytes.length
        const poorer = [...worth.keys()].filter((other) => worth.get(other)! < own)
        for (const other of gone) {
          assert.ok(poorer.includes(other))
          const stays = poorer.filter((another) => !gone.includes(another))
          assert.ok(stays.every((another) => worth.get(another)! >= worth.get(other)!))
        }
        if (verdict === 'full')
          assert.ok(
            bytesOf([...worth.keys()].filter((other) => !poorer.includes(other))) +
              drop.bytes.length >
              bytesMax,
          )
        if (verdict !== 'new') assert.equal(gone.length, 0)
        else worth.set(drop, own)
        for (const other of gone) worth.delete(other)
        assert.equal(memory.bytes, bytesOf([...worth.keys()]))
        assert.ok(memory.bytes <= bytesMax)
      }
    }),
    { numRuns: 200 },
  )
})
