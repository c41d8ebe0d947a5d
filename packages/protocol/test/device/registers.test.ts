import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { toHex, utf8 } from '../../src/codec/bytes.ts'
import { CLOCK_AHEAD_MS_MAX } from '../../src/constants.ts'
import { Secret } from '../../src/crypto/secret.ts'
import {
  type Contact,
  decodeContact,
  encodeContact,
  NEW_CONTACT,
} from '../../src/device/contact.ts'
import { decodeRegister, encodeRegister, type Register } from '../../src/device/register.ts'
import {
  decodeReadMark,
  decodeRegisterKey,
  encodeReadMark,
  encodeRegisterKey,
} from '../../src/device/register-key.ts'
import {
  changesSince,
  forgetRemoved,
  mergeRegisters,
  NO_REGISTERS,
  nextBelievedMs,
  type Registers,
  registerValue,
  registerValues,
  registerWords,
  restampRegisters,
  writeRegister,
} from '../../src/device/registers.ts'
import { decodeSetting, encodeSetting } from '../../src/device/setting.ts'
import { ProtocolError } from '../../src/errors.ts'
import { REGISTER_REMOVED_SECONDS, REGISTER_WRITERS_MAX, REGISTERS_MAX } from '../../src/limits.ts'
import { seedOf } from './family.ts'

const NOW_MS = 1_800_000_000_000
const DAY_MS = 86_400_000
const device = (number: number): Uint8Array => new Uint8Array(16).fill(number)
const keyOf = (name: string): Uint8Array => encodeRegisterKey({ area: 'setting', name })
const text = (value: string): Secret => Secret.copy(utf8(value))
const theme = keyOf('theme')

function write(from: Registers, by: number, value: string | null, nowMs = NOW_MS, key = theme) {
  const content = value === null ? null : text(value)
  return writeRegister(from, { key, value: content, device: device(by) }, nowMs)
}

const shown = (registers: Registers, nowMs = NOW_MS, key = theme): string | null => {
  const value = registerValue(registers, key, nowMs)
  return value && new TextDecoder().decode(value.reveal())
}

const refuses = (run: () => void, code: string): void => {
  assert.throws(run, (error: unknown) => error instanceof ProtocolError && error.code === code)
}

function wordsOf(registers: Registers): string[] {
  return [...registerWords(registers)].map((word) => toHex(encodeRegister(word))).sort()
}

const anyWord: fc.Arbitrary<Register> = fc
  .record({
    key: fc.constantFrom(theme, keyOf('sound')),
    by: fc.integer({ min: 1, max: 3 }),
    sequence: fc.integer({ min: 1, max: 4 }),
    ms: fc.integer({ min: -3, max: 3 }),
    counter: fc.nat(1),
    value: fc.constantFrom('a', 'b', null),
  })
  .map(({ key, by, sequence, ms, counter, value }) => ({
    key,
    device: device(by),
    sequence,
    stamp: { ms: NOW_MS + ms * DAY_MS, counter },
    value: value === null ? null : text(value),
  }))

describe('registers', () => {
  test('end up the same in whatever order, batches and numbers their words arrive', () => {
    const shuffled = fc
      .array(anyWord, { maxLength: 12 })
      .chain((words) =>
        fc.tuple(
          fc.constant(words),
          fc.shuffledSubarray([...words, ...words], { minLength: 2 * words.length }),
          fc.integer({ min: 1, max: 5 }),
        ),
      )
    fc.assert(
      fc.property(shuffled, fc.integer({ min: -3, max: 4 }), ([words, others, size], day) => {
        const nowMs = NOW_MS + day * DAY_MS
        const one = mergeRegisters(NO_REGISTERS, words, nowMs).registers
        let two = NO_REGISTERS
        for (let at = 0; at < others.length; at += size) {
          two = mergeRegisters(two, others.slice(at, at + size), nowMs).registers
        }
        assert.deepEqual(wordsOf(one), wordsOf(two))
        for (const key of [theme, keyOf('sound')]) {
          for (const laterMs of [nowMs, nowMs + 9 * DAY_MS]) {
            assert.equal(shown(one, laterMs, key), shown(two, laterMs, key))
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('hold what their writers said last, when words pass between devices as they like', () => {
    const step = fc.record({
      by: fc.nat(2),
      to: fc.nat(2),
      value: fc.constantFrom('a', 'b', 'c', null),
      isWrite: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const all = [NO_REGISTERS, NO_REGISTERS, NO_REGISTERS]
        steps.forEach(({ by, to, value, isWrite }, at) => {
          const nowMs = NOW_MS + at
          if (isWrite) {
            all[by] = write(all[by]!, by + 1, value, nowMs).registers
            assert.equal(shown(all[by]!, nowMs), value, 'a write of one’s own counts at once')
          } else all[to] = mergeRegisters(all[to]!, registerWords(all[by]!), nowMs).registers
        })
        const endMs = NOW_MS + steps.length
        for (let i = 0; i < 9; i++) {
          const from = all[i % 3]!
          const to = (i + 1) % 3
          all[to] = mergeRegisters(all[to]!, registerWords(from), endMs).registers
        }
        assert.deepEqual(wordsOf(all[0]!), wordsOf(all[1]!))
        assert.deepEqual(wordsOf(all[1]!), wordsOf(all[2]!))
        assert.equal(shown(all[0]!, endMs), shown(all[2]!, endMs))
      }),
      { numRuns: 150 },
    )
  })

  test('say what changed, and what to write', () => {
    const first = write(NO_REGISTERS, 1, 'dark')
    assert.equal(first.put.length, 1)
    assert.deepEqual(
      first.changes.map(({ key }) => key),
      [theme],
    )
    const again = mergeRegisters(first.registers, first.put, NOW_MS)
    assert.deepEqual([again.put, again.changes, again.suspects], [[], [], []])
    const same = write(first.registers, 2, 'dark', NOW_MS + 1)
    assert.deepEqual(same.changes, [])
    const gone = write(same.registers, 1, null, NOW_MS + 2)
    assert.deepEqual(gone.changes, [{ key: theme, value: null }])
    assert.deepEqual([...registerValues(gone.registers, NOW_MS + 2)], [])
    assert.equal([...registerValues(same.registers, NOW_MS + 2)].length, 1)
  })

  test('two words with one number of one device cannot bring something back', () => {
    const { put } = write(NO_REGISTERS, 1, 'dark')
    const removed = { ...put[0]!, value: null }
    for (const order of [
      [put[0]!, removed],
      [removed, put[0]!],
    ]) {
      assert.equal(shown(mergeRegisters(NO_REGISTERS, order, NOW_MS).registers), null)
    }
  })
})

describe('a wrong clock', () => {
  const yearMs = 365 * DAY_MS
  const ahead = write(NO_REGISTERS, 1, 'from the future', NOW_MS + yearMs).put

  test('cannot take a register from the others until its time has come', () => {
    const here = write(NO_REGISTERS, 2, 'here').registers
    const merged = mergeRegisters(here, ahead, NOW_MS)
    assert.deepEqual(merged.suspects, [device(1)])
    assert.deepEqual(merged.changes, [])
    assert.equal(shown(merged.registers), 'here')
    const next = write(merged.registers, 2, 'here again', NOW_MS + 1)
    assert.equal(shown(next.registers, NOW_MS + 1), 'here again')
    assert.ok(next.registers.clock.ms <= NOW_MS + 1, 'our clock does not follow')
    const dueMs = nextBelievedMs(next.registers, NOW_MS)
    assert.equal(dueMs, NOW_MS + yearMs - CLOCK_AHEAD_MS_MAX)
    assert.equal(shown(next.registers, dueMs! - 1), 'here again')
    assert.equal(shown(next.registers, dueMs!), 'from the future')
    const changes = changesSince(next.registers, dueMs! - 1, dueMs!)
    assert.deepEqual(
      changes.map(({ key }) => key),
      [theme],
    )
    assert.deepEqual(changesSince(next.registers, dueMs!, dueMs! + 1), [])
    assert.equal(nextBelievedMs(next.registers, dueMs!), null)
  })

  test('that is set right says again what it said, and nobody waits', () => {
    const own = mergeRegisters(NO_REGISTERS, ahead, NOW_MS + yearMs).registers
    const others = mergeRegisters(NO_REGISTERS, ahead, NOW_MS).registers
    const mended = restampRegisters(own, device(1), NOW_MS)
    assert.equal(shown(mended.registers), 'from the future')
    const after = mergeRegisters(others, mended.put, NOW_MS).registers
    assert.equal(shown(after), 'from the future')
    assert.equal(shown(mergeRegisters(after, ahead, NOW_MS).registers), 'from the future')
    assert.equal(nextBelievedMs(after, NOW_MS), null)
    const later = write(after, 2, 'mine', NOW_MS + 1).registers
    assert.equal(shown(mergeRegisters(later, ahead, NOW_MS + 1).registers, NOW_MS + yearMs), 'mine')
    assert.deepEqual(restampRegisters(mended.registers, device(1), NOW_MS).put, [])
  })

  test('of some minutes does not keep others from writing', () => {
    const rival = write(NO_REGISTERS, 1, 'theirs', NOW_MS + CLOCK_AHEAD_MS_MAX).put
    const merged = mergeRegisters(NO_REGISTERS, rival, NOW_MS).registers
    assert.equal(shown(merged), 'theirs')
    assert.equal(shown(write(merged, 2, 'mine').registers), 'mine')
  })

  test('of our own that was far ahead does not make what we write later count less', () => {
    const own = write(NO_REGISTERS, 2, 'too early', NOW_MS + yearMs, keyOf('sound')).registers
    const rival = write(NO_REGISTERS, 1, 'theirs', NOW_MS + 240_000).put
    const merged = mergeRegisters(own, rival, NOW_MS).registers
    assert.equal(shown(write(merged, 2, 'mine').registers), 'mine')
  })

  test('that stands in the past still writes over what it has seen', () => {
    const seen = write(NO_REGISTERS, 1, 'theirs').registers
    assert.equal(shown(write(seen, 2, 'mine', NOW_MS - 60_000).registers), 'mine')
  })
})

describe('limits of registers', () => {
  test('the oldest writer of one goes', () => {
    const words = Array.from({ length: REGISTER_WRITERS_MAX + 1 }, (_, at) => ({
      ...write(NO_REGISTERS, at + 1, 'x', NOW_MS + at).put[0]!,
    }))
    const { registers, put, removed } = mergeRegisters(NO_REGISTERS, words, NOW_MS)
    assert.equal([...registerWords(registers)].length, REGISTER_WRITERS_MAX)
    assert.equal(put.length, REGISTER_WRITERS_MAX)
    assert.deepEqual(
      removed.map(({ device: [number] }) => number),
      [1],
    )
  })

  test('what was removed longest ago gives way, and without any the next one is refused', () => {
    const [word] = write(NO_REGISTERS, 1, 'x').put
    const words = Array.from({ length: REGISTERS_MAX }, (_, at) => ({
      ...word!,
      key: encodeRegisterKey({ area: 'setting', name: `s${at}` }),
      value: at === 5 || at === 6 ? null : word!.value,
      stamp: { ms: at === 6 ? NOW_MS - 1 : NOW_MS, counter: 0 },
    }))
    const full = mergeRegisters(NO_REGISTERS, words, NOW_MS).registers
    const room = write(full, 1, 'new')
    assert.deepEqual(
      room.removed.map(({ key }) => toHex(key)),
      [toHex(keyOf('s6'))],
    )
    assert.equal(room.registers.byKey.size, REGISTERS_MAX)
    const last = write(room.registers, 1, 'newer', NOW_MS, keyOf('other')).registers
    refuses(() => write(last, 1, 'newest', NOW_MS, keyOf('more')), 'REGISTER_LIMIT')
  })

  test('what was removed is forgotten after more than a year, and nothing else', () => {
    const removed = write(write(NO_REGISTERS, 1, 'x').registers, 1, null, NOW_MS + 1).registers
    const kept = write(removed, 1, 'y', NOW_MS, keyOf('sound')).registers
    const lastMs = NOW_MS + 1 + REGISTER_REMOVED_SECONDS * 1000
    assert.equal(forgetRemoved(kept, lastMs).removed.length, 0)
    const after = forgetRemoved(kept, lastMs + 1)
    assert.deepEqual(
      after.removed.map(({ key }) => toHex(key)),
      [toHex(theme)],
    )
    assert.equal(shown(after.registers, lastMs, keyOf('sound')), 'y')
  })
})

describe('values', () => {
  const contact: Contact = {
    petname: 'Bob',
    isVerified: true,
    isBlocked: false,
    isMuted: true,
    doorSecret: seedOf('door of bob'),
    homeShard: 0,
    addedSeconds: 1_800_000_000,
    unknown: new Map([[9, Secret.copy(utf8('later'))]]),
  }

  test('a contact comes back as it was, with what later versions wrote', () => {
    for (const one of [contact, NEW_CONTACT, { ...NEW_CONTACT, isBlocked: true }]) {
      const bytes = encodeContact(one)
      const back = decodeContact(bytes)
      assert.deepEqual(encodeContact(back).reveal(), bytes.reveal())
      assert.equal(back.petname, one.petname)
      assert.deepEqual(
        [back.isVerified, back.isBlocked, back.isMuted, back.homeShard, back.addedSeconds],
        [one.isVerified, one.isBlocked, one.isMuted, one.homeShard, one.addedSeconds],
      )
      assert.deepEqual(back.doorSecret?.reveal(), one.doorSecret?.reveal())
      assert.deepEqual([...back.unknown.keys()], [...one.unknown.keys()])
    }
  })

  test('settings come back as they were', () => {
    for (const setting of [
      { kind: 'flag', value: true },
      { kind: 'number', value: Number.MAX_SAFE_INTEGER },
      { kind: 'text', value: 'dark' },
    ] as const) {
      assert.deepEqual(decodeSetting(encodeSetting(setting)), setting)
    }
    const later = decodeSetting(Secret.copy(Uint8Array.of(1, 77, 1, 2, 3)))
    assert.ok(later.kind === 'unknown')
    assert.deepEqual(encodeSetting(later).reveal(), Uint8Array.of(1, 77, 1, 2, 3))
    refuses(
      () => decodeSetting(Secret.copy(Uint8Array.of(1, 77, ...new Uint8Array(4097)))),
      'REGISTER_LIMIT',
    )
  })

  test('keys and marks come back as they were, and later areas are kept', () => {
    const id = new Uint8Array(32).fill(3)
    for (const subject of [
      { area: 'contact', identityKey: id },
      { area: 'read', conversation: id },
      { area: 'setting', name: 'sound.volume' },
    ] as const) {
      assert.deepEqual(decodeRegisterKey(encodeRegisterKey(subject)), subject)
    }
    assert.equal(decodeRegisterKey(Uint8Array.of(9, 1, 2)), null)
    const mark = { entryHash: id, stamp: { ms: NOW_MS, counter: 7 } }
    assert.deepEqual(decodeReadMark(encodeReadMark(mark)), mark)
  })

  test('words come back as they were', () => {
    fc.assert(
      fc.property(anyWord, (word) => {
        const bytes = encodeRegister(word)
        assert.deepEqual(encodeRegister(decodeRegister(bytes)), bytes)
      }),
    )
  })

  test('nothing of a contact prints its door', () => {
    const value = encodeContact(contact)
    const { registers, put, changes } = writeRegister(
      NO_REGISTERS,
      {
        key: encodeRegisterKey({
          area: 'contact',
          identityKey: device(1).slice(0, 16) && new Uint8Array(32).fill(1),
        }),
        value,
        device: device(1),
      },
      NOW_MS,
    )
    const printed = inspect([contact, registers, put, changes, decodeContact(value)], {
      depth: 12,
      maxArrayLength: 1e6,
    })
    const secret = contact.doorSecret!.reveal()
    assert.ok(!printed.includes([...secret.subarray(0, 12)].join(', ')))
    assert.ok(!printed.includes(toHex(secret)))
  })
})
