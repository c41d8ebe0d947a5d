import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MailboxBook } from '../../src/mailbox/book.ts'
import { doorPeriod } from '../../src/mailbox/door.ts'
import { laneDay } from '../../src/mailbox/lane.ts'
import {
  type MailboxKind,
  readableWindow,
  unreadableFromSeconds,
} from '../../src/mailbox/window.ts'
import { DAY_SECONDS, filled, NOW_SECONDS, TTL_DAYS } from './fixture.ts'

const kinds = fc.constantFrom<MailboxKind>('door', 'lane')
const times = fc.integer({ min: 40_000_000, max: 0xffffffff })
const lives = fc.integer({ min: 1, max: 365 })

function numberOf(kind: MailboxKind, seconds: number): number {
  return kind === 'door' ? doorPeriod(seconds) : laneDay(seconds)
}

test('the mailbox of any envelope that may still be alive is in the window', () => {
  fc.assert(
    fc.property(
      kinds,
      times,
      lives,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (kind, now, ttlDays, where) => {
        // The oldest that some carrier still has, to the newest that any accepts.
        const oldest = now - ttlDays * DAY_SECONDS - DAY_SECONDS
        const timestamp = Math.floor(oldest + where * (now + DAY_SECONDS - oldest))
        const { first, last } = readableWindow(kind, now, ttlDays)
        const day = numberOf(kind, timestamp)
        assert.ok(first <= day && day <= last)
        assert.ok(now < unreadableFromSeconds(kind, day, ttlDays) || timestamp === oldest)
      },
    ),
  )
})

test('a window is no longer than its time to live and three days', () => {
  fc.assert(
    fc.property(kinds, times, lives, (kind, now, ttlDays) => {
      const { first, last } = readableWindow(kind, now, ttlDays)
      assert.ok(last - first + 1 <= ttlDays + 3)
    }),
  )
})

test('a window does not reach before the first day', () => {
  assert.deepEqual(readableWindow('lane', 1000, 30), { first: 0, last: 1 })
  assert.deepEqual(readableWindow('door', 1000, 30), { first: 0, last: 0 })
})

test('a book finds the owner of its mailboxes and of no others', () => {
  const book = new MailboxBook<string>(TTL_DAYS)
  assert.ok(book.add(filled(1), { owner: 'bob', kind: 'lane', day: 1 }))
  assert.ok(book.add(filled(2), { owner: 'carol', kind: 'door', day: 2 }))
  assert.deepEqual(book.find(filled(1)), { owner: 'bob', kind: 'lane', day: 1 })
  assert.equal(book.find(filled(2))?.owner, 'carol')
  assert.equal(book.find(filled(3)), null)
  for (const length of [0, 31, 33, 64]) assert.equal(book.find(new Uint8Array(length)), null)
  assert.equal(book.size, 2)
})

test('a full book refuses a new mailbox and keeps the ones that it has', () => {
  const book = new MailboxBook<number>(TTL_DAYS, 3)
  const entry = { owner: 1, kind: 'lane', day: 1 } as const
  for (const n of [1, 2, 3]) assert.ok(book.add(filled(n), entry))
  assert.ok(!book.add(filled(4), entry))
  assert.equal(book.find(filled(4)), null)
  assert.ok(book.add(filled(2), { ...entry, owner: 7 }))
  assert.equal(book.find(filled(2))?.owner, 7)
  assert.equal(book.remove(1), 2)
  assert.ok(book.add(filled(4), entry))
})

test('a mailbox is forgotten in the second in which nothing for it can be alive', () => {
  const day = laneDay(NOW_SECONDS)
  for (const kind of ['lane', 'door'] as const) {
    const book = new MailboxBook<string>(TTL_DAYS)
    book.add(filled(1), { owner: 'bob', kind, day })
    book.add(filled(2), { owner: 'bob', kind, day: day + 1 })
    const end = unreadableFromSeconds(kind, day, TTL_DAYS)
    assert.equal(book.expire(end - 1), 0)
    assert.equal(book.expire(end), 1)
    assert.equal(book.find(filled(1)), null)
    assert.ok(book.find(filled(2)) !== null)
    assert.equal(book.expire(end + DAY_SECONDS), 1)
    assert.equal(book.size, 0)
  }
})
