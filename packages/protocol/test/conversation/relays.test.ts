import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex, utf8 } from '../../src/codec/bytes.ts'
import { answerRequest } from '../../src/conversation/answer.ts'
import { gapsOf } from '../../src/conversation/chain.ts'
import { chainKey, decodeEntry, isSameAuthor } from '../../src/conversation/entry.ts'
import { repair, repairAtMs } from '../../src/conversation/repair.ts'
import { ProtocolError } from '../../src/errors.ts'
import {
  ALICE,
  ALICE_PHONE,
  BOB,
  BOB_PHONE,
  directTerms,
  effectsOf,
  entryBytes,
  from,
  NOW_MS,
  Person,
} from './people.ts'

// Two people with two devices each. Alice's phone is in a thief's hands: it contradicts itself, and
// makes up what others said. Everything comes through the session with some device.
const THIEF = ALICE_PHONE
const DEVICES = [ALICE, BOB, BOB_PHONE, THIEF] as const
const HONEST = [0, 1, 2] as const

type Step =
  | { readonly kind: 'say'; readonly who: 0 | 1 | 2 }
  | { readonly kind: 'deliver'; readonly who: 0 | 1 | 2; readonly which: number }
  | { readonly kind: 'relay'; readonly by: number; readonly to: 0 | 1 | 2; readonly which: number }
  | { readonly kind: 'contradict'; readonly to: 0 | 1 | 2; readonly sequence: number }
  | {
      readonly kind: 'make-up'
      readonly to: 0 | 1 | 2
      readonly sequence: number
      readonly of: number
    }
  | { readonly kind: 'restart'; readonly who: 0 | 1 | 2 }

const who = fc.constantFrom(...HONEST)
const sequence = fc.integer({ min: 1, max: 9 })
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('say' as const), who }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('deliver' as const), who, which: fc.nat() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('relay' as const),
      by: fc.nat(3),
      to: who,
      which: fc.nat(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('contradict' as const), to: who, sequence }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('make-up' as const),
      to: who,
      sequence,
      of: fc.nat(2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), who }) },
)

class Household {
  readonly people = HONEST.map((at) => new Person(directTerms(DEVICES[at])))
  readonly written = new Map<string, Uint8Array>()
  #lies = 0

  #hear(at: number, bytes: Uint8Array, peer: (typeof DEVICES)[number]): void {
    try {
      this.people[at]!.hear(bytes, from(peer), NOW_MS)
    } catch (error: unknown) {
      assert.ok(error instanceof ProtocolError, String(error))
      assert.match(error.code, /^ENTRY_(PERMISSION|LINKAGE)$/)
    }
  }

  #pick(which: number): Uint8Array | undefined {
    return [...this.written.values()][which % Math.max(this.written.size, 1)]
  }

  step(step: Step): void {
    switch (step.kind) {
      case 'say': {
        const bytes = this.people[step.who]!.say(`${this.written.size}`, NOW_MS + this.written.size)
        this.written.set(toHex(bytes), bytes)
        return
      }
      case 'deliver': {
        const bytes = this.#pick(step.which)
        if (bytes === undefined) return
        const { author } = decodeEntry(bytes)
        const device = DEVICES.find((device) => isSameAuthor(device, author))!
        if (device !== DEVICES[step.who]) this.#hear(step.who, bytes, device)
        return
      }
      case 'relay': {
        const bytes = this.#pick(step.which)
        // Only what the relaying device has itself, unless it is the thief.
        const isHeld = step.by === 3 || this.#holds(step.by, bytes)
        if (bytes !== undefined && isHeld && step.by !== step.to) {
          this.#hear(step.to, bytes, DEVICES[step.by]!)
        }
        return
      }
      case 'contradict': {
        const content = utf8(`version ${this.#lies++}`)
        const bytes = entryBytes({ author: THIEF, sequence: step.sequence, content })
        this.#hear(step.to, bytes, THIEF)
        return
      }
      case 'make-up': {
        const author = DEVICES[step.of]!
        const content = utf8(`made up ${this.#lies++}`)
        // To Alice's laptop her phone is a device of hers, which is believed; bob's devices see it.
        if (step.to === 0) return
        this.#hear(step.to, entryBytes({ author, sequence: step.sequence, content }), THIEF)
        return
      }
      case 'restart':
        this.people[step.who]!.restart()
    }
  }

  #holds(at: number, bytes: Uint8Array | undefined): boolean {
    return this.people[at]!.disk.placed.some((placed) => placed.bytes === bytes)
  }

  async heal(): Promise<void> {
    for (const at of HONEST) {
      for (const other of HONEST) {
        const last = this.people[other]!.disk.bySequence(DEVICES[other]).at(-1)
        if (last !== undefined && at !== other) {
          this.#hear(at, last.placed.bytes, DEVICES[other])
        }
      }
    }
    let nowMs = NOW_MS
    for (let round = 0; round < 12; round++) {
      nowMs += 86_400_000
      for (const at of HONEST) await this.#repair(at, nowMs)
    }
  }

  async #repair(at: number, nowMs: number): Promise<void> {
    const person = this.people[at]!
    const { changes, askings } = repair(person.state, { holders: DEVICES, nowMs })
    person.keep(changes, [])
    for (const { to, request } of askings) {
      const index = DEVICES.findIndex((device) => isSameAuthor(device, to))
      const source = this.people[index]?.disk.source()
      if (source === undefined) continue // The thief keeps silent.
      for (const { entries } of await answerRequest(request, source)) {
        for (const { bytes } of entries) this.#hear(at, bytes, DEVICES[index]!)
      }
    }
  }
}

test('a stolen device can contradict itself, and can make nobody else say anything', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 70, size: 'max' }), async (steps) => {
      const house = new Household()
      for (const step of steps) house.step(step)
      await house.heal()
      for (const [at, person] of house.people.entries()) {
        const honest = person.disk.placed.filter(({ entry }) => !isSameAuthor(entry.author, THIEF))
        // All that was written, and nothing else; the disk refuses one place twice.
        assert.equal(honest.length, house.written.size, `device ${at}`)
        for (const { bytes } of honest) assert.ok(house.written.has(toHex(bytes)))
        for (const alarm of effectsOf(person.effects, 'alarm')) {
          assert.ok(isSameAuthor(alarm.author, THIEF), alarm.alarm)
          if (alarm.alarm === 'equivocation') {
            assert.notDeepEqual(alarm.first?.bytes, alarm.second.bytes)
          }
        }
        for (const [key, chain] of person.state.chains) {
          if (key !== chainKey(THIEF)) assert.deepEqual(gapsOf(chain), [])
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('every contradiction that reaches a device raises an alarm there', () => {
  const reader = new Person(directTerms(BOB))
  for (let version = 0; version < 20; version++) {
    const content = utf8(`version ${version}`)
    reader.hear(entryBytes({ author: THIEF, content }), from(THIEF), NOW_MS)
    if (version % 5 === 0) reader.restart()
  }
  assert.equal(effectsOf(reader.effects, 'alarm').length, 19)
  assert.equal(reader.disk.placed.length, 1)
  assert.equal(repairAtMs(reader.state), null)
})
