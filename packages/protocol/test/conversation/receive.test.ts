import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { gapsOf } from '../../src/conversation/chain.ts'
import { compose, composePassing } from '../../src/conversation/compose.ts'
import { encodeContent } from '../../src/conversation/content.ts'
import { chainKey, hashEntry, isPassing } from '../../src/conversation/entry.ts'
import { receive } from '../../src/conversation/receive.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { CHAIN_RUNS_MAX, CHAINS_MAX, SET_BACK_ENTRIES_MAX } from '../../src/limits.ts'
import {
  ALICE,
  ALICE_PHONE,
  BOB,
  BOB_PHONE,
  crypto,
  device,
  directTerms,
  effectsOf,
  entryBytes,
  from,
  groupTerms,
  MALLORY,
  NOW_MS,
  named,
  Person,
  signedBy,
  textDraft,
} from './people.ts'

const alice = () => new Person(directTerms(ALICE))
const bob = () => new Person(directTerms(BOB))

function monologue(count: number): Uint8Array[] {
  const author = alice()
  return Array.from({ length: count }, (_, at) => author.say(`message ${at + 1}`, NOW_MS + at))
}

const gapsOfAlice = (person: Person) => gapsOf(person.state.chains.get(chainKey(ALICE))!)

describe('who answers for an entry', () => {
  const bytes = entryBytes()

  test('its author does, through the session with that very device', () => {
    const effects = bob().hear(bytes, from(ALICE), NOW_MS)
    assert.equal(effectsOf(effects, 'append')[0]?.placed.isRelayed, false)
  })

  test('another device of ours may pass it on, and it is marked', () => {
    const effects = bob().hear(bytes, from(BOB_PHONE), NOW_MS)
    assert.equal(effectsOf(effects, 'append')[0]?.placed.isRelayed, true)
  })

  test('another device of the author may not, unless the hash is known already', () => {
    assert.throws(() => bob().hear(bytes, from(ALICE_PHONE), NOW_MS), { code: 'ENTRY_PERMISSION' })
    const [first, second] = monologue(2) as [Uint8Array, Uint8Array]
    const reader = bob()
    reader.hear(second, from(ALICE), NOW_MS)
    const effects = reader.hear(first, from(ALICE_PHONE), NOW_MS)
    assert.equal(effectsOf(effects, 'append')[0]?.placed.isRelayed, true)
  })

  test("nobody else takes part in two people's conversation", () => {
    const intruder = entryBytes({ author: MALLORY })
    for (const peer of [MALLORY, BOB_PHONE]) {
      assert.throws(() => bob().hear(intruder, from(peer), NOW_MS), { code: 'ENTRY_PERMISSION' })
    }
  })

  test("two people's words with a signature are refused, and a group's without", () => {
    assert.throws(() => bob().hear(bytes, signedBy(ALICE), NOW_MS), { code: 'ENTRY_PERMISSION' })
    const member = new Person(groupTerms(BOB))
    assert.throws(() => member.hear(bytes, from(ALICE), NOW_MS), { code: 'ENTRY_PERMISSION' })
    assert.throws(() => member.hear(bytes, signedBy(MALLORY), NOW_MS), { code: 'ENTRY_PERMISSION' })
    const [effect] = effectsOf(member.hear(bytes, signedBy(ALICE), NOW_MS), 'append')
    assert.deepEqual(effect?.placed.proof, named('proof'))
  })

  test("an entry of another conversation is nobody's business here", () => {
    assert.equal(
      bob().hear(entryBytes({ conversation: named('other') }), from(ALICE), NOW_MS),
      null,
    )
  })

  test('what passes by comes from its author only, and leaves nothing behind', () => {
    const { kind, content } = encodeContent({
      kind: 'call',
      callId: named('c', 16),
      step: 1,
      body: content0,
    })
    const call = composePassing(alice().state, { ...textDraft('x', NOW_MS), kind, content })
    const reader = bob()
    const [effect] = effectsOf(reader.hear(call, from(ALICE), NOW_MS), 'passing')
    assert.ok(effect !== undefined && isPassing(effect.entry.kind))
    assert.equal(reader.disk.records.size, 0)
    for (const peer of [ALICE_PHONE, BOB_PHONE]) {
      assert.throws(() => reader.hear(call, from(peer), NOW_MS), { code: 'ENTRY_PERMISSION' })
    }
  })
})

const content0 = new Uint8Array(0)

describe('a chain', () => {
  test('shows what is missing, and closes the gap with what comes', () => {
    const [one, two, three, four] = monologue(4) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const reader = bob()
    reader.hear(one, from(ALICE), NOW_MS)
    const opened = effectsOf(reader.hear(four, from(ALICE), NOW_MS), 'gaps')
    assert.deepEqual(opened[0]?.gaps, [{ from: 2, to: 3 }])
    const smaller = effectsOf(reader.hear(three, from(ALICE), NOW_MS), 'gaps')
    assert.deepEqual(smaller[0]?.gaps, [{ from: 2, to: 2 }])
    const closed = effectsOf(reader.hear(two, from(ALICE), NOW_MS), 'gaps')
    assert.deepEqual(closed[0]?.gaps, [])
    assert.equal(reader.disk.placed.length, 4)
  })

  test('takes an entry once, whoever brings it and however often', () => {
    const entries = monologue(5)
    const reader = bob()
    for (const bytes of entries) reader.hear(bytes, from(ALICE), NOW_MS)
    for (const bytes of [...entries, ...entries]) {
      const effects = reader.hear(bytes, from(ALICE), NOW_MS + 1)
      assert.deepEqual(
        effects?.map(({ kind }) => kind),
        ['duplicate'],
      )
    }
    reader.restart()
    for (const bytes of entries) {
      const effects = reader.hear(bytes.slice(), from(BOB_PHONE), NOW_MS + 1)
      assert.deepEqual(
        effects?.map(({ kind }) => kind),
        ['duplicate'],
      )
    }
    assert.equal(reader.disk.placed.length, 5)
  })

  test('that says two things at one place raises an alarm and keeps the first', () => {
    for (const sequence of [2, 3]) {
      const entries = monologue(3)
      const reader = bob()
      for (const bytes of entries) reader.hear(bytes, from(ALICE), NOW_MS)
      const other = entryBytes({ sequence })
      const effects = reader.hear(other, from(ALICE), NOW_MS)
      const [alarm] = effectsOf(effects, 'alarm')
      assert.equal(effects?.length, 1)
      assert.equal(alarm?.alarm, 'equivocation')
      assert.deepEqual(alarm.first?.bytes, entries[sequence - 1])
      assert.deepEqual(alarm.second.bytes, other)
      assert.equal(reader.disk.placed.length, 3)
    }
  })

  test('that does not continue itself is shown all the same, with an alarm', () => {
    const [one] = monologue(1) as [Uint8Array]
    const reader = bob()
    reader.hear(one, from(ALICE), NOW_MS)
    const effects = reader.hear(entryBytes({ sequence: 2 }), from(ALICE), NOW_MS)
    assert.equal(effectsOf(effects, 'append')[0]?.placed.isUnlinked, true)
    assert.equal(effectsOf(effects, 'alarm')[0]?.alarm, 'broken-chain')
    const next = reader.hear(entryBytes({ sequence: 3 }), from(ALICE), NOW_MS)
    assert.equal(effectsOf(next, 'append')[0]?.placed.isUnlinked, true)
    assert.deepEqual(gapsOfAlice(reader), [])
  })

  test('with a forged middle from its own author raises an alarm from either side', () => {
    const [, two] = monologue(2) as [Uint8Array, Uint8Array]
    const reader = bob()
    reader.hear(two, from(ALICE), NOW_MS)
    const effects = reader.hear(entryBytes(), from(ALICE), NOW_MS)
    assert.equal(effectsOf(effects, 'append')[0]?.placed.isUnlinked, true)
    assert.equal(effectsOf(effects, 'alarm')[0]?.alarm, 'broken-chain')
  })

  test('is not filled by a holder that lies', () => {
    const [one, two, three] = monologue(3) as [Uint8Array, Uint8Array, Uint8Array]
    const reader = bob()
    reader.hear(three, from(ALICE), NOW_MS)
    const lie = entryBytes({ sequence: 2 })
    assert.throws(() => reader.hear(lie, from(ALICE_PHONE), NOW_MS), { code: 'ENTRY_LINKAGE' })
    assert.throws(() => reader.hear(one, from(ALICE_PHONE), NOW_MS), { code: 'ENTRY_PERMISSION' })
    reader.hear(two, from(ALICE_PHONE), NOW_MS)
    reader.hear(one, from(ALICE_PHONE), NOW_MS)
    assert.deepEqual(gapsOfAlice(reader), [])
    const old = entryBytes({ sequence: 2 })
    assert.throws(() => reader.hear(old, from(ALICE_PHONE), NOW_MS), { code: 'ENTRY_PERMISSION' })
  })

  test('with more gaps than are remembered still takes what comes for the oldest', () => {
    const entries = monologue(2 * CHAIN_RUNS_MAX + 7)
    const reader = bob()
    for (let at = 1; at < entries.length; at += 2) reader.hear(entries[at]!, from(ALICE), NOW_MS)
    const chain = reader.state.chains.get(chainKey(ALICE))!
    assert.equal(chain.runs.length, CHAIN_RUNS_MAX)
    // What was given up is not said to be there: its author would stop sending it.
    for (const { from, to } of chain.runs) assert.equal(from, to)
    assert.equal(chain.floor, chain.runs[0]!.from)
    reader.restart()
    for (const bytes of entries) reader.hear(bytes, from(ALICE), NOW_MS)
    for (const bytes of entries) reader.hear(bytes, from(ALICE), NOW_MS)
    assert.deepEqual(
      reader.disk.placed.map(({ entry }) => entry.sequence),
      entries.map((_, at) => at + 1),
    )
  })

  test('with the largest sequence allocates nothing for what is missing', () => {
    const reader = bob()
    const far = entryBytes({ sequence: Number.MAX_SAFE_INTEGER })
    const [effect] = effectsOf(reader.hear(far, from(ALICE), NOW_MS), 'gaps')
    assert.deepEqual(effect?.gaps, [{ from: 1, to: Number.MAX_SAFE_INTEGER - 1 }])
    assert.ok([...reader.disk.records.values()].every((value) => value.length < 200))
  })

  test('of a member who was there before us begins where we first see it', () => {
    const reader = new Person(groupTerms(BOB, 'joining'))
    const effects = reader.hear(entryBytes({ sequence: 57 }), signedBy(ALICE), NOW_MS)
    assert.deepEqual(effectsOf(effects, 'gaps'), [])
    reader.hear(entryBytes({ sequence: 60 }), signedBy(ALICE), NOW_MS)
    assert.deepEqual(gapsOfAlice(reader), [{ from: 58, to: 59 }])
    const late = reader.hear(entryBytes({ sequence: 56 }), signedBy(ALICE), NOW_MS)
    assert.equal(effectsOf(late, 'append').length, 1)
    const older = reader.hear(entryBytes({ sequence: 40 }), signedBy(ALICE), NOW_MS)
    assert.equal(effectsOf(older, 'append').length, 1)
    assert.deepEqual(gapsOfAlice(reader), [{ from: 58, to: 59 }])
    const again = reader.hear(entryBytes({ sequence: 56 }), signedBy(ALICE), NOW_MS)
    assert.equal(effectsOf(again, 'duplicate').length, 1)
  })
})

describe('our own chain', () => {
  test('gives the same entry for the same id, however often it is asked', () => {
    const author = alice()
    const first = author.say('once', NOW_MS)
    author.say('between', NOW_MS)
    assert.deepEqual(author.say('once', NOW_MS + 9), first)
    assert.equal(author.disk.placed.length, 2)
    const draft = { ...textDraft('once', NOW_MS), content: named('other') }
    assert.throws(() => author.compose(draft), AssertionError)
  })

  test('that others know more of was set back, and goes on after what they know', () => {
    const author = alice()
    const said = [author.say('1', NOW_MS), author.say('2', NOW_MS), author.say('3', NOW_MS)]
    const restored = alice()
    restored.hear(said[0]!, from(ALICE_PHONE), NOW_MS)
    const effects = restored.hear(said[1]!, from(ALICE_PHONE), NOW_MS)
    assert.equal(effectsOf(effects, 'alarm')[0]?.alarm, 'set-back')
    restored.hear(said[2]!, from(ALICE_PHONE), NOW_MS)
    restored.say('4', NOW_MS)
    assert.deepEqual(
      restored.disk.placed.map(({ entry }) => entry.sequence),
      [1, 2, 3, 4],
    )
  })

  test('cannot be pushed to the end of its numbers by a device of ours that was stolen', () => {
    const author = alice()
    author.say('1', NOW_MS)
    const sequence = 1 + SET_BACK_ENTRIES_MAX
    for (const far of [sequence + 1, Number.MAX_SAFE_INTEGER]) {
      const bytes = entryBytes({ sequence: far })
      assert.throws(() => author.hear(bytes, from(ALICE_PHONE), NOW_MS), { code: 'ENTRY_LIMIT' })
    }
    author.hear(entryBytes({ sequence }), from(ALICE_PHONE), NOW_MS)
    author.say('2', NOW_MS)
    assert.equal(author.disk.placed.at(-1)?.entry.sequence, sequence + 1)
  })

  test('does not mix what is kept with what passes by', () => {
    const { state } = alice()
    const draft = textDraft('x', NOW_MS)
    assert.throws(() => compose(state, crypto, { ...draft, kind: 0x8001 }, null), AssertionError)
    assert.throws(() => composePassing(state, draft), AssertionError)
  })
})

test('the number of devices that a conversation follows has a limit', () => {
  const reader = new Person(groupTerms(BOB))
  const chains = new Map()
  const state = { ...reader.state, chains }
  const chain = { author: ALICE, floor: 1, runs: [], ask: null }
  for (let at = 0; at < CHAINS_MAX; at++) chains.set(`${at}`, chain)
  const arrival = { bytes: entryBytes(), witness: signedBy(ALICE), nowMs: NOW_MS }
  assert.throws(() => receive(state, crypto, arrival), { code: 'ENTRY_LIMIT' })
  chains.delete('0')
  assert.ok(receive(state, crypto, arrival) !== null)
})

test('two identities with one device id have two chains', () => {
  const twin = { identity: device('twin').identity, device: ALICE.device }
  const reader = new Person(groupTerms(BOB))
  reader.hear(entryBytes(), signedBy(ALICE), NOW_MS)
  const effects = reader.hear(entryBytes({ author: twin }), signedBy(twin), NOW_MS)
  assert.equal(effectsOf(effects, 'append').length, 1)
  assert.equal(reader.disk.placed.length, 2)
})

test('changed bytes of an entry end in an outcome, null or an error of the format', () => {
  const said = monologue(6)
  const witness = fc.constantFrom(from(ALICE), from(ALICE_PHONE), from(BOB_PHONE), signedBy(ALICE))
  const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), witness, flips), { maxLength: 12 }), (arrivals) => {
      const reader = bob()
      for (const [which, by, changes] of arrivals) {
        const bytes = said[which]!.slice()
        for (const [at, flip] of changes) bytes[at % bytes.length]! ^= flip
        try {
          reader.hear(bytes, by, NOW_MS)
        } catch (error: unknown) {
          assert.ok(error instanceof ProtocolError, String(error))
        }
      }
    }),
    { numRuns: 1000 },
  )
})

test('a hash of two entries with one byte of difference differs', () => {
  assert.notDeepEqual(hashEntry(crypto, entryBytes()), hashEntry(crypto, entryBytes({ kind: 2 })))
})
