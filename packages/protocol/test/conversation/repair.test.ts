import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareBytes } from '../../src/codec/bytes.ts'
import { ANSWER_ENTRIES_MAX, PASSING_CONTENT_BYTES_MAX } from '../../src/constants.ts'
import { answerRequest, spendPatience } from '../../src/conversation/answer.ts'
import { gapsOf } from '../../src/conversation/chain.ts'
import { decodeContent, encodeContent } from '../../src/conversation/content.ts'
import { type Author, chainKey, decodeEntry } from '../../src/conversation/entry.ts'
import type { RequestContent } from '../../src/conversation/kinds/history.ts'
import { type Asking, repair, repairAtMs } from '../../src/conversation/repair.ts'
import { ProtocolError } from '../../src/errors.ts'
import {
  ANSWER_BYTES_MAX,
  ASK_COUNT_MAX,
  ASK_DELAY_MS,
  ASK_DELAY_MS_MAX,
  ASKS_PER_TURN_MAX,
  REQUESTS_PER_HOUR_MAX,
} from '../../src/limits.ts'
import {
  ALICE,
  ALICE_PHONE,
  BOB,
  BOB_PHONE,
  device,
  directTerms,
  entryBytes,
  from,
  groupTerms,
  NOW_MS,
  named,
  Person,
  signedBy,
} from './people.ts'

const HOLDERS: readonly Author[] = [ALICE_PHONE, BOB, BOB_PHONE, ALICE]

function monologue(count: number): { author: Person; entries: Uint8Array[] } {
  const author = new Person(directTerms(ALICE))
  const entries = Array.from({ length: count }, (_, at) => author.say(`${at}`, NOW_MS + at))
  return { author, entries }
}

function ask(person: Person, nowMs: number, holders = HOLDERS): readonly Asking[] {
  const { changes, askings } = repair(person.state, { holders, nowMs })
  person.keep(changes, [])
  return askings
}

const request = (from: number, to: number): RequestContent => ({
  kind: 'request',
  ranges: [{ author: ALICE, from, to }],
  hashes: [],
})

describe('a gap', () => {
  test('is asked about after a delay, first its author, then our devices, then the others', () => {
    const { entries } = monologue(3)
    const reader = new Person(directTerms(BOB))
    reader.hear(entries[0]!, from(ALICE), NOW_MS)
    assert.equal(repairAtMs(reader.state), null)
    reader.hear(entries[2]!, from(ALICE), NOW_MS)
    assert.equal(repairAtMs(reader.state), NOW_MS + ASK_DELAY_MS)
    assert.deepEqual(ask(reader, NOW_MS + ASK_DELAY_MS - 1), [])
    const asked: Author[] = []
    let delayMs = 0
    for (let round = 0; round < 4; round++) {
      const atMs = repairAtMs(reader.state)!
      const [asking, ...others] = ask(reader, atMs)
      assert.equal(others.length, 0)
      assert.deepEqual(asking?.request, request(2, 2))
      asked.push(asking.to)
      assert.ok(repairAtMs(reader.state)! - atMs > delayMs)
      delayMs = repairAtMs(reader.state)! - atMs
    }
    assert.deepEqual(asked, [ALICE, BOB_PHONE, ALICE_PHONE, ALICE])
  })

  test('that is long is filled piece by piece by the holder that has it, without waiting long', async () => {
    const { author, entries } = monologue(1000)
    const reader = new Person(directTerms(BOB))
    reader.hear(entries.at(-1)!, from(ALICE), NOW_MS)
    const asked: Author[] = []
    let nowMs = NOW_MS
    for (let round = 0; round < 12 && repairAtMs(reader.state) !== null; round++) {
      nowMs = repairAtMs(reader.state)!
      const [asking] = ask(reader, nowMs)
      asked.push(asking!.to)
      // Of all holders only one of our own devices answers.
      if (asking!.to !== BOB_PHONE) continue
      for (const answer of await answerRequest(asking!.request, author.disk.source())) {
        for (const { bytes } of answer.entries) reader.hear(bytes, from(BOB_PHONE), nowMs)
      }
    }
    assert.equal(reader.disk.placed.length, 1000)
    assert.deepEqual(asked, [ALICE, ...Array.from({ length: 8 }, () => BOB_PHONE)])
    assert.ok(nowMs - NOW_MS < 100_000, `${nowMs - NOW_MS} ms`)
  })

  test('that nobody can fill is asked about ever more rarely, and no more in the end', () => {
    const reader = new Person(directTerms(BOB))
    reader.hear(entryBytes({ sequence: 2 }), from(ALICE), NOW_MS)
    let nowMs = NOW_MS
    for (let round = 0; round < ASK_COUNT_MAX; round++) {
      const nextMs = repairAtMs(reader.state)!
      assert.ok(nextMs > nowMs && nextMs - nowMs <= ASK_DELAY_MS_MAX)
      nowMs = nextMs
      assert.equal(ask(reader, nowMs).length, 1)
    }
    assert.equal(repairAtMs(reader.state), null)
    assert.deepEqual(ask(reader, nowMs + 100 * ASK_DELAY_MS_MAX), [])
    reader.hear(entryBytes(), from(ALICE), nowMs)
    assert.equal(repairAtMs(reader.state), null)
  })

  test('is asked about soon though our clock was years ahead when it opened', () => {
    const reader = new Person(directTerms(BOB))
    reader.hear(entryBytes({ sequence: 2 }), from(ALICE), NOW_MS + 10 * 365 * 86_400_000)
    assert.equal(ask(reader, NOW_MS).length, 1)
  })

  test('waits when there is nobody to ask', () => {
    const reader = new Person(directTerms(BOB))
    reader.hear(entryBytes({ sequence: 2, parents: [named('p')] }), from(ALICE), NOW_MS)
    assert.deepEqual(ask(reader, NOW_MS + ASK_DELAY_MS, [BOB]), [])
    assert.equal(ask(reader, NOW_MS + ASK_DELAY_MS).length, 2)
  })

  test('of any size asks for the last entries of it, which are checked by what follows', () => {
    const reader = new Person(directTerms(BOB))
    reader.hear(entryBytes({ sequence: Number.MAX_SAFE_INTEGER }), from(ALICE), NOW_MS)
    const [asking] = ask(reader, NOW_MS + ASK_DELAY_MS)
    const to = Number.MAX_SAFE_INTEGER - 1
    assert.deepEqual(asking?.request, request(to - ANSWER_ENTRIES_MAX + 1, to))
  })

  test('of several, the highest are asked for first', () => {
    const reader = new Person(directTerms(BOB))
    for (const sequence of [201, 300]) {
      reader.hear(entryBytes({ sequence }), from(ALICE), NOW_MS)
    }
    const [asking] = ask(reader, NOW_MS + ASK_DELAY_MS)
    assert.deepEqual(asking?.request.ranges, [
      { author: ALICE, from: 171, to: 200 },
      { author: ALICE, from: 202, to: 299 },
    ])
  })

  test('in many chains makes a bounded number of requests a turn, and the rest the next', () => {
    const reader = new Person(groupTerms(BOB))
    const authors = Array.from({ length: 3 * ASKS_PER_TURN_MAX }, (_, at) => device(`member ${at}`))
    for (const author of authors) {
      reader.hear(entryBytes({ author, sequence: 2 }), signedBy(author), NOW_MS)
    }
    const sizes = [1, 2, 3, 4].map(() => ask(reader, NOW_MS + ASK_DELAY_MS, authors).length)
    assert.deepEqual(sizes, [ASKS_PER_TURN_MAX, ASKS_PER_TURN_MAX, ASKS_PER_TURN_MAX, 0])
  })

  test('in many chains with one holder makes one request with as many ranges as it may have', () => {
    const reader = new Person(groupTerms(BOB))
    for (let at = 0; at < 40; at++) {
      const author = device(`member ${at}`)
      reader.hear(entryBytes({ author, sequence: 2 }), signedBy(author), NOW_MS)
    }
    for (const count of [32, 8]) {
      const [asking, ...others] = ask(reader, NOW_MS + ASK_DELAY_MS, [ALICE])
      assert.equal(others.length, 0)
      assert.equal(asking?.request.ranges.length, count)
      const { kind, content } = encodeContent(asking.request)
      assert.deepEqual(decodeContent(kind, content), asking.request)
    }
  })
})

test('parents that are missing are asked for by their hashes', () => {
  const reader = new Person(directTerms(BOB))
  const parents = [named('p'), named('q')].sort(compareBytes)
  reader.hear(entryBytes({ parents }), from(ALICE), NOW_MS)
  const [asking] = ask(reader, NOW_MS + ASK_DELAY_MS)
  assert.deepEqual(asking?.request, { kind: 'request', ranges: [], hashes: parents })
  assert.equal(asking.to, BOB_PHONE)
})

describe('an answer', () => {
  test('fills a gap from any holder, from its end', async () => {
    const { author, entries } = monologue(30)
    const reader = new Person(directTerms(BOB))
    reader.hear(entries[29]!, from(ALICE), NOW_MS)
    const [answer] = await answerRequest(request(1, 29), author.disk.source())
    for (const { bytes } of answer!.entries) reader.hear(bytes, from(ALICE_PHONE), NOW_MS)
    assert.equal(reader.disk.placed.length, 30)
    assert.deepEqual(gapsOf(reader.state.chains.get(chainKey(ALICE))!), [])
  })

  test('of a holder that lies changes nothing, and the next holder heals the gap', async () => {
    const { author, entries } = monologue(10)
    const reader = new Person(directTerms(BOB))
    reader.hear(entries[0]!, from(ALICE), NOW_MS)
    reader.hear(entries[9]!, from(ALICE), NOW_MS)
    const records = new Map(reader.disk.records)
    for (let sequence = 9; sequence > 1; sequence--) {
      const lies = [
        entryBytes({ sequence }),
        entryBytes({ sequence, previous: named('lie') }),
        entries[Math.max(sequence - 2, 1)]!,
      ]
      for (const lie of lies) {
        assert.throws(() => reader.hear(lie, from(ALICE_PHONE), NOW_MS), ProtocolError)
      }
    }
    assert.deepEqual(reader.disk.records, records)
    const answers = await answerRequest(request(2, 9), author.disk.source())
    for (const { bytes } of answers.flatMap((answer) => answer.entries)) {
      reader.hear(bytes, from(ALICE_PHONE), NOW_MS)
    }
    assert.deepEqual(
      reader.disk.placed.map(({ entry }) => entry.sequence),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
  })

  test('fits into envelopes, and one request never costs more than four of the largest', async () => {
    const author = new Person(directTerms(ALICE))
    for (let at = 0; at < 12; at++) {
      author.compose({
        id: named(`${at}`, 16),
        kind: 1,
        quiet: false,
        content: new Uint8Array(49_152),
        nowMs: NOW_MS,
      })
    }
    const answers = await answerRequest(request(1, 12), author.disk.source())
    assert.equal(answers.length, 4)
    let bytes = 0
    for (const answer of answers) {
      const { content } = encodeContent(answer)
      assert.ok(content.length <= PASSING_CONTENT_BYTES_MAX)
      bytes += content.length
    }
    assert.ok(bytes <= ANSWER_BYTES_MAX + answers.length)
  })

  test('has at most so many entries, whatever is asked for', async () => {
    const { author } = monologue(ANSWER_ENTRIES_MAX + 20)
    const count = async (asked: RequestContent) =>
      (await answerRequest(asked, author.disk.source())).flatMap(({ entries }) => entries).length
    assert.equal(await count(request(1, Number.MAX_SAFE_INTEGER)), ANSWER_ENTRIES_MAX)
    const ranges = [
      { author: ALICE, from: 1, to: 10 },
      { author: ALICE, from: 20, to: Number.MAX_SAFE_INTEGER },
    ]
    const twoRanges: RequestContent = { kind: 'request', ranges, hashes: [] }
    assert.equal(await count(twoRanges), ANSWER_ENTRIES_MAX)
    const answers = await answerRequest(twoRanges, author.disk.source())
    const sequences = answers
      .flatMap(({ entries }) => entries)
      .map(({ bytes }) => decodeEntry(bytes).sequence)
    assert.equal(Math.min(...sequences), 21)
  })

  test('gives entries by hash, and says so when it has none', async () => {
    const { author } = monologue(3)
    const hashes = [author.disk.placed[1]!.hash]
    const source = author.disk.source()
    const [found] = await answerRequest({ kind: 'request', ranges: [], hashes }, source)
    assert.deepEqual(
      found?.entries.map(({ bytes }) => bytes),
      [author.disk.placed[1]!.bytes],
    )
    const nothing = await answerRequest(
      { kind: 'request', ranges: [], hashes: [named('nothing')] },
      source,
    )
    assert.deepEqual(nothing, [{ kind: 'answer', entries: [] }])
  })
})

test('whoever asks too often in an hour gets no answer until it is over', () => {
  let asked: readonly number[] = []
  for (let at = 0; at < REQUESTS_PER_HOUR_MAX; at++) {
    const next = spendPatience(asked, NOW_MS + at)
    assert.ok(next !== null)
    asked = next
  }
  assert.equal(spendPatience(asked, NOW_MS + 3_599_999), null)
  assert.equal(spendPatience(asked, NOW_MS + 3_600_000)?.length, REQUESTS_PER_HOUR_MAX)
  assert.deepEqual(spendPatience(asked, NOW_MS - 1), [NOW_MS - 1])
})
