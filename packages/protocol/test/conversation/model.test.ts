import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CLOCK_AHEAD_MS_MAX } from '../../src/constants.ts'
import { gapsOf } from '../../src/conversation/chain.ts'
import { chainKey } from '../../src/conversation/entry.ts'
import { recordOf } from '../../src/conversation/log-record.ts'
import { anySteps, Network, shownOf } from './network.ts'
import { effectsOf } from './people.ts'

const HONEST = [0, 1_500, -20_000, 60_000]
const DAY_MS = 86_400_000

const anySkew = fc.array(
  fc.oneof(
    fc.constantFrom(0, DAY_MS, -DAY_MS, 3650 * DAY_MS, -3650 * DAY_MS, CLOCK_AHEAD_MS_MAX),
    fc.integer({ min: -7_200_000, max: 7_200_000 }),
  ),
  { minLength: 4, maxLength: 4 },
)

function assertComplete(network: Network): void {
  const hashes = network.people.map((person) => [...person.shown()].sort())
  assert.equal(hashes[0]!.length, network.said.length)
  for (const others of hashes) assert.deepEqual(others, hashes[0])
  for (const { state, effects } of network.people) {
    for (const chain of state.chains.values()) assert.deepEqual(gapsOf(chain), [])
    assert.equal(state.missing.size, 0)
    assert.deepEqual(effectsOf(effects, 'alarm'), [])
  }
}

test('whatever is lost, repeated, reordered and restarted, all have everything once in the end', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps(80), anySkew, async (steps, skewMs) => {
      const network = new Network({ skewMs, isReading: true })
      for (const step of steps) network.step(step)
      await network.heal()
      assertComplete(network)
    }),
    { numRuns: 300 },
  )
})

test('with honest clocks all see one order, whatever order the entries came in', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps(80), async (steps) => {
      const network = new Network({ skewMs: HONEST, isReading: false })
      for (const step of steps) network.step(step)
      await network.heal()
      assertComplete(network)
      for (const person of network.people) {
        assert.deepEqual(person.shown(), network.people[0]!.shown())
        assert.equal(network.causeAfterEffect(person), null)
      }
    }),
    { numRuns: 300 },
  )
})

test("with any clocks all see each device's entries in the order in which it wrote them", async () => {
  await fc.assert(
    fc.asyncProperty(anySteps(80), anySkew, async (steps, skewMs) => {
      const network = new Network({ skewMs, isReading: true })
      for (const step of steps) network.step(step)
      await network.heal()
      for (const author of network.people) {
        const written = author.disk.bySequence(author.own).map(({ placed }) => placed.hash)
        for (const person of network.people) {
          assert.deepEqual(
            shownOf(person, author.own),
            written.map((hash) => Buffer.from(hash).toString('hex')),
          )
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('with any clocks a cause that came before its effect is shown before it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(3), { maxLength: 40, size: 'max' }),
      anySkew,
      (speakers, skewMs) => {
        const network = new Network({ skewMs, isReading: true })
        for (const [at, speaker] of speakers.entries()) {
          network.say(speaker)
          if (at % 3 === 0) network.deliverCausally((speaker + at) % 4)
          if (at % 7 === 0) network.read(at % 4)
          network.nowMs += 13
        }
        for (const at of network.people.keys()) network.deliverCausally(at)
        for (const person of network.people) assert.equal(network.causeAfterEffect(person), null)
      },
    ),
    { numRuns: 300 },
  )
})

test('what has been shown never changes places, and nothing slips in above what was read', () => {
  fc.assert(
    fc.property(anySteps(80), anySkew, (steps, skewMs) => {
      const network = new Network({ skewMs, isReading: true })
      for (const step of steps) {
        const before = network.people.map((person) => ({
          shown: person.shown(),
          read: person.state.margin.read,
          ends: new Map([...person.state.chains].map(([key, { runs }]) => [key, runs.at(-1)!.to])),
          awaited: new Set(person.state.missing.keys()),
        }))
        network.step(step)
        for (const [at, person] of network.people.entries()) {
          const { shown, read, ends, awaited } = before[at]!
          const known = new Set(shown)
          const after = person.shown()
          assert.deepEqual(
            after.filter((hash) => known.has(hash)),
            shown,
          )
          for (const { hash, order, entry } of person.disk.placed) {
            const key = Buffer.from(hash).toString('hex')
            // A gap that was shown, or a parent that was named, has a place above.
            const end = ends.get(chainKey(entry.author)) ?? 0
            if (known.has(key) || awaited.has(key) || entry.sequence < end) continue
            const ms = Number(`0x${Buffer.from(order.subarray(0, 6)).toString('hex')}`)
            assert.ok(ms >= read.ms, 'shown above what was read')
          }
        }
      }
    }),
    { numRuns: 60 },
  )
})

test('a restart between any two steps leaves exactly the state that was there', () => {
  fc.assert(
    fc.property(anySteps(60), anySkew, (steps, skewMs) => {
      const running = new Network({ skewMs, isReading: true })
      const restarting = new Network({ skewMs, isReading: true })
      for (const step of steps) {
        running.step(step)
        restarting.step(step)
        for (const person of restarting.people) person.restart()
      }
      for (const [at, { state, disk, effects }] of running.people.entries()) {
        const other = restarting.people[at]!
        assert.deepEqual(other.disk.records, disk.records)
        assert.deepEqual(other.shown(), running.people[at]!.shown())
        assert.deepEqual(other.effects, effects)
        assert.deepEqual(other.state.margin, state.margin)
        assert.deepEqual(new Map(other.state.chains), new Map(state.chains))
      }
    }),
    { numRuns: 60 },
  )
})

test('a step that was not written leaves the state as it was', () => {
  const network = new Network({ skewMs: HONEST, isReading: false })
  for (let at = 0; at < 8; at++) network.say(0)
  const person = network.people[1]!
  network.deliver(1, 7)
  const before = new Map(person.disk.records)
  network.deliver(1, 3)
  const lost = person.disk.records
  // The write failed: the host goes back to what is on its disk.
  lost.clear()
  for (const [name, value] of before) lost.set(name, value)
  person.restart()
  assert.deepEqual(
    [...person.state.chains].map(([key, chain]) => recordOf({ kind: 'chain', key, chain }).name),
    [...before.keys()].filter((name) => name.startsWith('c')),
  )
})
