import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { SKIPPED_CHAINS_MAX, SKIPPED_MAX, SKIPPED_PER_CHAIN_MAX } from '@ezchat/protocol/limits.ts'
import { newPair, type Pair, withOld, withSession } from '@ezchat/protocol/session/pair.ts'
import { decodePair, pairChanges, type StateRecord } from '@ezchat/protocol/session/pair-state.ts'
import { decodeSession, encodeSession } from '@ezchat/protocol/session/session-state.ts'
import {
  addSkipped,
  findSkipped,
  forgetSkipped,
  NOTHING_SKIPPED,
  type Skipped,
  takeSkipped,
} from '@ezchat/protocol/session/skipped.ts'
import { decodeSkipped, encodeBlock } from '@ezchat/protocol/session/skipped-state.ts'
import fc from 'fast-check'
import { hear, meet, NOW, person, ROOM_4K, say } from './people.ts'

const alice = person(1)
const bob = person(2)
const isCode = (code: string) => (error: unknown) =>
  error instanceof ProtocolError && error.code === code

type Disk = Map<string, StateRecord>

function write(disk: Disk, before: Pair | null, after: Pair): number {
  const { put, removed } = pairChanges(before, after)
  for (const [key, value] of put) disk.set(toHex(key), [key, value])
  for (const key of removed) assert.ok(disk.delete(toHex(key)), 'removes what is there')
  return put.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
}

/** Secrets compare by what they hold. */
function bare(value: unknown): unknown {
  if (value instanceof Secret) return toHex(value.reveal())
  if (value instanceof Map) return [...value].map(([key, one]) => [key, bare(one)])
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return value.map(bare)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bare(one)]))
}

describe('a stored session', () => {
  test('is the same after a round trip, in every phase', () => {
    const met = meet(alice, bob)
    const check = () => {
      for (const session of [met.alice, met.bob]) {
        const bytes = encodeSession(session)
        const decoded = decodeSession(bytes)
        assert.deepEqual(encodeSession(decoded), bytes)
        assert.deepEqual(bare({ ...decoded, skipped: session.skipped }), bare(session))
      }
    }
    check()
    const nowSeconds = NOW + 8 * 86_400
    for (let i = 0; i < 3; i++) {
      hear(met, 'bob', say(met, 'alice', 'a', { nowSeconds, roomBytes: ROOM_4K }), nowSeconds)
      check()
      hear(met, 'alice', say(met, 'bob', 'b', { nowSeconds, roomBytes: ROOM_4K }), nowSeconds)
      check()
    }
  })

  test('that was changed or cut is refused or still canonical', () => {
    const bytes = encodeSession(meet(alice, bob).alice)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, to) => {
        for (const forged of [bytes.with(at, to), bytes.subarray(0, at)]) {
          try {
            assert.deepEqual(encodeSession(decodeSession(forged)), Uint8Array.from(forged))
          } catch (error: unknown) {
            assert.ok(error instanceof ProtocolError)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('writes less than 700 bytes for an ordinary message', (t) => {
    const met = meet(alice, bob)
    let pair = withSession(newPair(alice.own.party), met.bob, NOW)
    const written: number[] = []
    for (let i = 0; i < 10; i++) {
      hear(met, 'bob', say(met, 'alice', 'x'))
      const after = withSession(pair, met.bob, NOW)
      written.push(write(new Map(), pair, after))
      pair = after
    }
    t.diagnostic(`${Math.max(...written)} bytes written for each message`)
    assert.ok(Math.max(...written) < 700)
    assert.deepEqual(pairChanges(pair, pair), { put: [], removed: [] })
  })

  test('writes one block more for a late message, not all skipped keys', () => {
    const met = meet(alice, bob)
    const messages = Array.from({ length: 900 }, (_, i) => say(met, 'alice', `${i}`))
    hear(met, 'bob', messages[899]!)
    const before = withSession(newPair(alice.own.party), met.bob, NOW)
    hear(met, 'bob', messages[500]!)
    const written = write(new Map(), before, withSession(before, met.bob, NOW))
    assert.ok(written < 2200, `${written}`)
  })
})

describe('a stored pair', () => {
  test('comes back from its changes alone, after each of them', () => {
    const met = meet(alice, bob)
    const disk: Disk = new Map()
    let pair: Pair | null = null
    const step = (after: Pair) => {
      write(disk, pair, after)
      pair = after
      const back = decodePair(disk.values())
      assert.deepEqual(bare(back), bare(after))
    }
    step(newPair(alice.own.party))
    step(withSession(pair!, met.bob, NOW))
    const messages = Array.from({ length: 100 }, (_, i) => say(met, 'alice', `${i}`))
    for (const i of [99, 5, 6, 7, 64, 31, 32]) {
      hear(met, 'bob', messages[i]!)
      step(withSession(pair!, met.bob, NOW))
    }
    const second = meet(alice, bob)
    step(withOld(pair!, second.bob, NOW + 5))
    for (const at of [...messages.keys()].filter((i) => ![99, 5, 6, 7, 64, 31, 32].includes(i))) {
      hear(met, 'bob', messages[at]!)
      step(withSession(pair!, met.bob, NOW))
    }
    assert.equal(met.bob.skipped.count, 0)
    step({ ...pair!, old: [] })
    const noted = [new Uint8Array(16).fill(3), new Uint8Array(16).fill(4)]
    const renewal = {
      isWanted: true,
      attempts: 3,
      attemptRank: 4,
      notBeforeSeconds: NOW,
      noted,
      unaskedCount: 1,
      straySinceSeconds: 9,
      isAsked: true,
    }
    step({ ...pair!, renewal })
    step({ ...pair!, active: null })
    assert.equal(disk.size, 1)
  })

  test('with a record too many, too few or torn is refused', () => {
    const met = meet(alice, bob)
    say(met, 'alice', 'skipped')
    hear(met, 'bob', say(met, 'alice', 'x'))
    const disk: Disk = new Map()
    write(disk, null, withSession(newPair(alice.own.party), met.bob, NOW))
    const records = [...disk.values()]
    assert.equal(records.length, 3)
    assert.equal(decodePair([]), null)
    assert.throws(() => decodePair(records.slice(1)), isCode('STATE_LINKAGE'))
    assert.throws(() => decodePair([records[0]!, records[2]!]), isCode('STATE_LINKAGE'))
    const stranger = encodeSession(meet(alice, bob).bob)
    const extra: StateRecord = [Uint8Array.of(1), stranger]
    assert.throws(() => decodePair([...records, extra]), isCode('STATE_LINKAGE'))
    const unknown: StateRecord = [Uint8Array.of(9), stranger]
    assert.throws(() => decodePair([...records, unknown]), isCode('STATE_KIND'))
    assert.throws(() => decodePair([...records, records[2]!]), isCode('STATE_ORDER'))
    for (const [at, [key, value]] of records.entries()) {
      const torn = records.with(at, [key, value.subarray(0, value.length - 1)])
      assert.throws(() => decodePair(torn), isCode('STATE_TRUNCATED'))
      const newer = records.with(at, [key, value.with(0, 2)])
      assert.throws(() => decodePair(newer), isCode('STATE_VERSION'))
    }
  })
})

describe('skipped keys', () => {
  const key = (n: number) => Secret.adopt(new Uint8Array(32).fill(n))
  const from = (ref: number) => ({ ref, headerKey: key(ref) })
  const keys = (first: number, count: number, storedSeconds = NOW) =>
    Array.from({ length: count }, (_, i) => ({ number: first + i, storedSeconds, key: key(i) }))

  test('are at most 1,000 of a chain: the oldest go', () => {
    let skipped = addSkipped(NOTHING_SKIPPED, from(1), keys(0, SKIPPED_PER_CHAIN_MAX))
    assert.equal(skipped.count, SKIPPED_PER_CHAIN_MAX)
    skipped = addSkipped(skipped, from(1), keys(1000, 1))
    assert.equal(skipped.count, SKIPPED_PER_CHAIN_MAX)
    assert.equal(findSkipped(skipped, 1, 0), null)
    assert.ok(findSkipped(skipped, 1, 1) && findSkipped(skipped, 1, 1000))
  })

  test('are at most 2,000 in all: the oldest go', () => {
    let skipped: Skipped = NOTHING_SKIPPED
    for (let ref = 1; ref <= 3; ref++) skipped = addSkipped(skipped, from(ref), keys(0, 900))
    assert.equal(skipped.count, SKIPPED_MAX)
    assert.equal(findSkipped(skipped, 1, 699), null)
    assert.ok(findSkipped(skipped, 1, 700) && findSkipped(skipped, 3, 899))
    skipped = addSkipped(skipped, from(4), keys(0, 1000))
    assert.equal(skipped.count, SKIPPED_MAX)
    assert.equal(skipped.chains.length, 3)
  })

  test('are of at most 64 chains: the oldest goes', () => {
    let skipped: Skipped = NOTHING_SKIPPED
    for (let ref = 1; ref <= SKIPPED_CHAINS_MAX + 1; ref++) {
      skipped = addSkipped(skipped, from(ref), keys(0, 2))
    }
    assert.equal(skipped.chains.length, SKIPPED_CHAINS_MAX)
    assert.equal(findSkipped(skipped, 1, 0), null)
    assert.ok(findSkipped(skipped, 2, 0))
  })

  test('are the same as a plain map would hold, whatever is added, taken and forgotten', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 0, max: 90 }) }),
      fc.record({ kind: fc.constant('chain' as const) }),
      fc.record({ kind: fc.constant('take' as const), at: fc.nat(400) }),
      fc.record({ kind: fc.constant('forget' as const), age: fc.nat(20) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let skipped: Skipped = NOTHING_SKIPPED
        const model = new Map<string, number>()
        let [ref, next, now] = [1, 0, NOW]
        for (const one of steps) {
          now++
          if (one.kind === 'chain') [ref, next] = [ref + 1, 0]
          if (one.kind === 'add' && model.size + one.count < 900) {
            skipped = addSkipped(skipped, from(ref), keys(next, one.count, now))
            for (let i = 0; i < one.count; i++) model.set(`${ref} ${next + i}`, now)
            next += one.count + 1
          }
          if (one.kind === 'take') {
            const name = [...model.keys()][one.at % Math.max(1, model.size)]
            const [of, number] = (name ?? '1 99999').split(' ').map(Number) as [number, number]
            assert.equal(findSkipped(skipped, of, number) !== null, name !== undefined)
            skipped = takeSkipped(skipped, of, number)
            model.delete(`${of} ${number}`)
          }
          if (one.kind === 'forget') {
            skipped = forgetSkipped(skipped, now - one.age)
            for (const [name, at] of model) if (at < now - one.age) model.delete(name)
          }
          assert.equal(skipped.count, model.size)
        }
        for (const name of model.keys()) {
          const [of, number] = name.split(' ').map(Number) as [number, number]
          assert.ok(findSkipped(skipped, of, number))
        }
        const records = skipped.chains.flatMap((chain) =>
          [...chain.blocks.keys()].map((index) => encodeBlock(chain, index)),
        )
        assert.deepEqual(bare(decodeSkipped(records.reverse()).chains), bare(skipped.chains))
      }),
      { numRuns: 100 },
    )
  })

  test('that are stored and changed are refused or another block', () => {
    const [chain] = addSkipped(NOTHING_SKIPPED, from(1), keys(0, 20)).chains
    const bytes = encodeBlock(chain!, 0)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, to) => {
        try {
          const [back] = decodeSkipped([bytes.with(at, to)]).chains
          const index = [...back!.blocks.keys()][0]!
          assert.deepEqual(encodeBlock(back!, index), bytes.with(at, to))
        } catch (error: unknown) {
          assert.ok(error instanceof ProtocolError)
        }
      }),
    )
  })

  test('that are stored are at most as many as there may be', () => {
    const blocks = Array.from({ length: 63 }, (_, ref) => {
      const [chain] = addSkipped(NOTHING_SKIPPED, from(ref), keys(0, 32)).chains
      return encodeBlock(chain!, 0)
    })
    assert.throws(() => decodeSkipped(blocks), isCode('STATE_LIMIT'))
    assert.equal(decodeSkipped(blocks.slice(1)).count, 62 * 32)
  })
})
