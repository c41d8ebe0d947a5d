import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Reader } from '../../src/codec/reader.ts'
import { CLOCK_AHEAD_MS_MAX } from '../../src/constants.ts'
import { markRead } from '../../src/conversation/compose.ts'
import type { PlacedEntry } from '../../src/conversation/log-event.ts'
import {
  compareStamps,
  FIRST_STAMP,
  LAST_STAMP,
  latestBelieved,
  nextStamp,
  observeStamp,
  orderKey,
  readStamp,
  type Stamp,
  stampAfter,
  stampBefore,
  wallMs,
} from '../../src/conversation/stamp.ts'
import { AssertionError } from '../../src/errors.ts'
import { MISSING_PARENTS_MAX, RECENT_PLACES_MAX } from '../../src/limits.ts'
import {
  ALICE,
  BOB,
  directTerms,
  effectsOf,
  entryBytes,
  from,
  NOW_MS,
  named,
  Person,
} from './people.ts'

const YEAR_MS = 31_536_000_000
const bob = () => new Person(directTerms(BOB))
const alice = () => new Person(directTerms(ALICE))
const stampOf = ({ order }: PlacedEntry): Stamp => readStamp(new Reader(order, 'STATE'))
const texts = (person: Person) =>
  person.disk.placed.map(({ entry }) => new TextDecoder().decode(entry.content.subarray(8)))

const anyStamp = fc.record({
  ms: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  counter: fc.integer({ min: 0, max: 0xffff }),
})

describe('a stamp', () => {
  test('and the one after it have nothing between them', () => {
    fc.assert(
      fc.property(anyStamp, (stamp) => {
        const after = stampAfter(stamp)
        if (compareStamps(stamp, LAST_STAMP) === 0) return
        assert.ok(compareStamps(after, stamp) > 0)
        assert.deepEqual(stampBefore(after), { ...stamp })
      }),
    )
    assert.deepEqual(stampAfter(LAST_STAMP), LAST_STAMP)
    assert.deepEqual(stampBefore(FIRST_STAMP), FIRST_STAMP)
    assert.deepEqual(stampAfter({ ms: 5, counter: 0xffff }), { ms: 6, counter: 0 })
    assert.deepEqual(stampBefore({ ms: 6, counter: 0 }), { ms: 5, counter: 0xffff })
  })

  test('sorts as its bytes do', () => {
    const place = { author: ALICE.identity, device: ALICE.device, sequence: 1 }
    fc.assert(
      fc.property(anyStamp, anyStamp, (a, b) => {
        const order = Buffer.compare(orderKey(a, place), orderKey(b, place))
        assert.equal(Math.sign(order), Math.sign(compareStamps(a, b)))
      }),
    )
  })

  test('of ours always grows while the clock is near the truth, also when it goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -200_000, max: 200_000 })), (jumps) => {
        let own = nextStamp(FIRST_STAMP, NOW_MS)
        for (const jump of jumps) {
          const next = nextStamp(own, NOW_MS + jump / 2)
          assert.ok(compareStamps(next, own) > 0)
          own = next
        }
      }),
    )
  })

  test('of ours comes back after a clock that was years ahead is set right', () => {
    const ahead = nextStamp(FIRST_STAMP, NOW_MS + 10 * YEAR_MS)
    assert.equal(nextStamp(ahead, NOW_MS).ms, NOW_MS)
  })

  test('of ours follows no clock farther than is believed', () => {
    const liar = { ms: NOW_MS + 10 * YEAR_MS, counter: 7 }
    assert.deepEqual(observeStamp(FIRST_STAMP, liar, NOW_MS), latestBelieved(NOW_MS))
  })

  test('can be made of any clock', () => {
    for (const nowMs of [-1, 0, 0.5, 2 ** 60, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      assert.ok(compareStamps(nextStamp(FIRST_STAMP, nowMs), LAST_STAMP) < 0)
      assert.ok(latestBelieved(nowMs).ms < 2 ** 48)
    }
    assert.throws(() => wallMs(Number.NaN), AssertionError)
  })
})

describe('an entry', () => {
  test('with a clock up to five minutes ahead is believed, and held back from there', () => {
    for (const [ahead, isSuspect] of [
      [CLOCK_AHEAD_MS_MAX, false],
      [CLOCK_AHEAD_MS_MAX + 1, true],
      [100 * YEAR_MS, true],
      [2 ** 48 - 1 - NOW_MS, true],
    ] as const) {
      const bytes = entryBytes({ stamp: { ms: NOW_MS + ahead, counter: 0 } })
      const [effect] = effectsOf(bob().hear(bytes, from(ALICE), NOW_MS), 'append')
      assert.equal(effect?.placed.isClockSuspect, isSuspect)
      assert.ok(stampOf(effect.placed).ms <= NOW_MS + CLOCK_AHEAD_MS_MAX)
    }
  })

  test('from the far past is put after what has been read', () => {
    const reader = bob()
    const author = alice()
    reader.hear(author.say('seen', NOW_MS), from(ALICE), NOW_MS)
    reader.keep(markRead(reader.state, stampOf(reader.disk.placed[0]!)), [])
    assert.deepEqual(markRead(reader.state, FIRST_STAMP), [])
    const other = { identity: ALICE.identity, device: named('phone', 16) }
    const bytes = entryBytes({ author: other, stamp: { ms: 5, counter: 0 } })
    const [effect] = effectsOf(reader.hear(bytes, from(other), NOW_MS), 'append')
    assert.equal(effect?.placed.isLate, true)
    assert.equal(effect.placed.entry.stamp.ms, 5)
    assert.deepEqual(reader.shown().at(-1), Buffer.from(effect.placed.hash).toString('hex'))
  })

  test('that fills a gap goes into it, though what is around was read', () => {
    const author = alice()
    const [one, two, three] = ['1', '2', '3'].map((text, at) => author.say(text, NOW_MS + at))
    const reader = bob()
    reader.hear(one!, from(ALICE), NOW_MS)
    reader.hear(three!, from(ALICE), NOW_MS)
    reader.keep(markRead(reader.state, stampOf(reader.disk.placed[1]!)), [])
    const [effect] = effectsOf(reader.hear(two!, from(ALICE), NOW_MS + 1000), 'append')
    assert.equal(effect?.placed.isLate, false)
    assert.deepEqual(
      reader.disk.placed.map(({ entry }) => entry.sequence),
      [1, 2, 3],
    )
  })

  test('comes after its parents and its predecessor, whatever its clock says', () => {
    const reader = bob()
    const said = reader.say('question', NOW_MS)
    const parents = [reader.disk.placed[0]!.hash]
    reader.hear(entryBytes({ parents, stamp: { ms: 1, counter: 0 } }), from(ALICE), NOW_MS)
    const previous = reader.disk.placed[1]!.hash
    reader.hear(
      entryBytes({ sequence: 2, previous, stamp: { ms: 0, counter: 0 } }),
      from(ALICE),
      NOW_MS,
    )
    const shown = reader.disk.placed
    assert.deepEqual(shown[0]?.bytes, said)
    assert.deepEqual(
      shown.slice(1).map(({ entry }) => entry.sequence),
      [1, 2],
    )
  })

  test('that comes after its child is put before it', () => {
    const author = alice()
    const asked = author.say('question', NOW_MS + 200_000) // Three minutes fast.
    const other = bob()
    other.hear(asked, from(ALICE), NOW_MS)
    const answer = other.say('answer', NOW_MS)
    const phone = { identity: BOB.identity, device: named('phone', 16) }
    const reader = new Person(directTerms(phone))
    assert.equal(effectsOf(reader.hear(answer, from(BOB), NOW_MS), 'missing-parents')[0]?.count, 1)
    const effects = reader.hear(asked, from(ALICE), NOW_MS)
    assert.equal(effectsOf(effects, 'missing-parents')[0]?.count, 0)
    assert.deepEqual(texts(reader), ['question', 'answer'])
    assert.equal(reader.state.missing.size, 0)
  })

  test('that comes after a child with a slow clock is put before it all the same', () => {
    const author = alice()
    const asked = author.say('question', NOW_MS)
    const parents = [author.disk.placed[0]!.hash]
    const phone = { identity: ALICE.identity, device: named('phone', 16) }
    for (const ms of [0, 5, NOW_MS]) {
      const answer = entryBytes({ author: phone, parents, stamp: { ms, counter: 0 } })
      const reader = bob()
      reader.hear(answer, from(phone), NOW_MS)
      if (ms === 5) reader.restart()
      const [effect] = effectsOf(reader.hear(asked, from(ALICE), NOW_MS), 'append')
      assert.equal(effect?.placed.isLate, false)
      const expected = ms === 0 ? [ms, ms] : [ms - 1, ms]
      assert.deepEqual(
        reader.disk.placed.map((placed) => stampOf(placed).ms),
        expected,
      )
      if (ms > 0) assert.deepEqual(reader.disk.placed[0]?.bytes, asked)
    }
  })

  test('has a place from which nothing ever moves it', () => {
    const reader = bob()
    const author = alice()
    const entries = Array.from({ length: 40 }, (_, at) => author.say(`${at}`, NOW_MS + at * 7))
    fc.assert(
      fc.property(fc.shuffledSubarray(entries), (order) => {
        for (const bytes of order) {
          const before = reader.shown()
          reader.hear(bytes, from(ALICE), NOW_MS)
          const after = reader.shown().filter((hash) => before.includes(hash))
          assert.deepEqual(after, before)
        }
      }),
      { numRuns: 5 },
    )
  })
})

test('a device whose clock was years ahead is back in order as soon as it is set right', () => {
  const author = alice()
  const reader = bob()
  const fast = author.say('fast', NOW_MS + 10 * YEAR_MS)
  const [suspect] = effectsOf(reader.hear(fast, from(ALICE), NOW_MS), 'append')
  assert.equal(suspect?.placed.isClockSuspect, true)
  const right = author.say('right', NOW_MS + 1000)
  const [effect] = effectsOf(reader.hear(right, from(ALICE), NOW_MS + 1000), 'append')
  assert.equal(effect?.placed.isClockSuspect, false)
  assert.equal(effect.placed.entry.stamp.ms, NOW_MS + 1000)
  author.hear(reader.say('reply', NOW_MS + 2000), from(BOB), NOW_MS + 2000)
  for (const person of [author, reader]) assert.deepEqual(texts(person), ['fast', 'right', 'reply'])
})

test('our own entry comes after all that we have read, and its stamp after our last', () => {
  const author = alice()
  const read = { ms: NOW_MS + 1_000_000, counter: 3 }
  author.keep(markRead(author.state, read), [])
  author.say('after', NOW_MS)
  assert.deepEqual(stampOf(author.disk.placed[0]!), stampAfter(read))

  const jumping = alice()
  jumping.say('fast', NOW_MS + 10 * YEAR_MS)
  for (const text of ['1', '2', '3']) jumping.say(text, NOW_MS)
  const claimed = jumping.disk.placed.map(({ entry }) => entry.stamp)
  assert.deepEqual(claimed.slice(1), [
    { ms: NOW_MS, counter: 0 },
    { ms: NOW_MS, counter: 1 },
    { ms: NOW_MS, counter: 2 },
  ])
  assert.deepEqual(texts(jumping), ['fast', '1', '2', '3'])
})

test('our next entry names what nothing else follows, and only that', () => {
  const reader = bob()
  const author = alice()
  const said = ['1', '2', '3'].map((text) => author.say(text, NOW_MS))
  for (const bytes of said) reader.hear(bytes, from(ALICE), NOW_MS)
  const [, , last] = author.disk.placed.map(({ hash }) => hash)
  reader.say('one answer', NOW_MS)
  const answer = () => reader.disk.bySequence(BOB).at(-1)!.placed.entry.parents
  assert.deepEqual(answer(), [last])
  reader.say('another', NOW_MS)
  assert.deepEqual(answer(), [])

  const late = bob()
  const phone = { identity: ALICE.identity, device: named('phone', 16) }
  late.hear(entryBytes({ author: phone, parents: [last!] }), from(phone), NOW_MS)
  for (const bytes of said) late.hear(bytes, from(ALICE), NOW_MS)
  assert.equal(late.state.margin.heads.length, 1)
})

test('parents that nobody ever sees are given up, the oldest first', () => {
  const reader = bob()
  let previous = new Uint8Array(32)
  for (let sequence = 1; sequence <= MISSING_PARENTS_MAX + 3; sequence++) {
    const bytes = entryBytes({ sequence, previous, parents: [named(`lost ${sequence}`)] })
    reader.hear(bytes, from(ALICE), NOW_MS)
    previous = reader.disk.placed.at(-1)!.hash.slice()
  }
  assert.equal(reader.state.missing.size, MISSING_PARENTS_MAX)
  const lost = [...reader.state.missing.values()].map(({ hash }) =>
    Buffer.from(hash).toString('hex'),
  )
  assert.ok(!lost.includes(Buffer.from(named('lost 1')).toString('hex')))
})

test('a reply to something old is placed by looking the old place up', () => {
  const reader = bob()
  reader.say('old', NOW_MS)
  const parents = [reader.disk.placed[0]!.hash]
  let previous = new Uint8Array(32)
  for (let sequence = 1; sequence <= RECENT_PLACES_MAX + 5; sequence++) {
    reader.hear(entryBytes({ sequence, previous }), from(ALICE), NOW_MS)
    previous = reader.disk.bySequence(ALICE).at(-1)!.placed.hash.slice()
  }
  const phone = { identity: ALICE.identity, device: named('phone', 16) }
  const bytes = entryBytes({ author: phone, parents, stamp: { ms: 1, counter: 0 } })
  const [effect] = effectsOf(reader.hear(bytes, from(phone), NOW_MS), 'append')
  assert.ok(compareStamps(stampOf(effect!.placed), stampOf(reader.disk.placed[0]!)) > 0)
  assert.equal(reader.state.missing.size, 0)
})
