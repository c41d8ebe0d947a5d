import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { STEM_MAPPING_COUNT_MAX, STEM_REPLACEMENT_COUNT_MAX } from '../../src/limits.ts'
import { Epoch } from '../../src/stem/epoch.ts'
import { Neighbours } from '../../src/stem/neighbour.ts'
import { seededUnit } from './seeded.ts'

const names = (count: number) => Array.from({ length: count }, (_, i) => `peer-${i}`)

function connected(peers: readonly string[], dialled = true): Neighbours {
  const neighbours = new Neighbours()
  for (const peer of peers) neighbours.up(peer, true, dialled, 0)
  return neighbours
}

function epochOf(neighbours: Neighbours, seed = 1): Epoch {
  return new Epoch(0, neighbours, seededUnit(seed), false)
}

const routesOf = (epoch: Epoch, sources: readonly (string | null)[]) =>
  sources.map((source) => epoch.route(source))

test('all that comes from one source goes to one of two stem peers, half of the sources to each', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 2, max: 20 }), (seed, count) => {
      const epoch = epochOf(connected(names(count)), seed)
      const sources = [null, ...Array.from({ length: 9 }, (_, i) => `stranger-${i}`)]
      const first = routesOf(epoch, sources)
      assert.equal(new Set(first).size, 2)
      assert.equal(first.filter((peer) => peer === first[0]).length, 5)
      assert.deepEqual(routesOf(epoch, sources), first)
    }),
  )
})

test('stem peers are drawn from all that are connected when one is first needed', () => {
  const counts = new Map<string, number>()
  for (let seed = 0; seed < 2000; seed++) {
    const neighbours = connected(['early'])
    const epoch = epochOf(neighbours, seed)
    for (const peer of names(9)) neighbours.up(peer, true, true, 0)
    const peer = epoch.route(null)!
    counts.set(peer, (counts.get(peer) ?? 0) + 1)
  }
  assert.equal(counts.size, 10)
  for (const count of counts.values()) assert.ok(count > 140 && count < 260, String([...counts]))
})

test('peers that we dialled are drawn before those that dialled us', () => {
  for (let seed = 0; seed < 50; seed++) {
    const neighbours = connected(names(30), false)
    neighbours.up('ours-1', true, true, 0)
    neighbours.up('ours-2', true, true, 0)
    const epoch = epochOf(neighbours, seed)
    assert.deepEqual(routesOf(epoch, ['x', 'y']).sort(), ['ours-1', 'ours-2'])
  }
})

test('peers that do not take envelopes are never drawn', () => {
  const neighbours = connected(['bob'])
  for (const peer of names(30)) neighbours.up(peer, false, true, 0)
  const epoch = epochOf(neighbours)
  assert.deepEqual(routesOf(epoch, [null, 'x', 'y']), ['bob', 'bob', 'bob'])
})

test('an envelope is not sent back to whom it came from, nor is anybody remapped for that', () => {
  for (let seed = 0; seed < 40; seed++) {
    const epoch = epochOf(connected(['bob', 'carol']), seed)
    assert.equal(epoch.route('bob'), 'carol')
    assert.equal(epoch.route('carol'), 'bob')
  }
  assert.equal(epochOf(connected(['bob'])).route('bob'), null)
})

test('a source that becomes the stem peer of its own route takes the other one', () => {
  const neighbours = connected(['bob', 'carol'])
  const epoch = epochOf(neighbours)
  const lost = epoch.route('x')!
  const other = lost === 'bob' ? 'carol' : 'bob'
  neighbours.down(lost)
  neighbours.up('x', true, true, 0)
  // Somebody else's envelope on the same route draws the only peer that is left.
  const shared = ['a', 'b', 'c', 'd'].map((source) => epoch.route(source))
  assert.ok(shared.includes('x'))
  assert.equal(epoch.route('x'), other)
  assert.equal(epoch.route('x'), other)
})

test('without anybody there is no route, and the first that comes is one', () => {
  const neighbours = connected([])
  const epoch = epochOf(neighbours)
  assert.equal(epoch.route(null), null)
  assert.equal(epoch.detour(null), null)
  neighbours.up('bob', true, true, 0)
  assert.equal(epoch.route(null), 'bob')
  assert.equal(epoch.detour(null), null)
  neighbours.up('carol', true, true, 0)
  assert.equal(epoch.route(null), 'bob')
  assert.equal(epoch.detour(null), 'carol')
})

test('whatever was mapped to a lost stem peer moves to its replacement together', () => {
  const neighbours = connected(names(12))
  const epoch = epochOf(neighbours)
  const sources = [null, 'a', 'b', 'c', 'd', 'e']
  const before = routesOf(epoch, sources)
  const lost = before[0]!
  neighbours.down(lost)
  const after = routesOf(epoch, sources)
  const moved = after.filter((_, i) => before[i] === lost)
  assert.equal(new Set(moved).size, 1)
  assert.notEqual(moved[0], lost)
  for (const [i, peer] of after.entries()) if (before[i] !== lost) assert.equal(peer, before[i])
  neighbours.up(lost, true, true, 0)
  assert.deepEqual(routesOf(epoch, sources), after)
})

test('a stem peer that is back before it was needed was never lost', () => {
  const neighbours = connected(names(12))
  const epoch = epochOf(neighbours)
  const peer = epoch.route(null)!
  for (let i = 0; i < 100; i++) {
    neighbours.down(peer)
    neighbours.up(peer, true, true, 0)
  }
  assert.equal(epoch.route(null), peer)
})

test('losing stem peers over and over shows an epoch to six of them at most', () => {
  fc.assert(
    fc.property(fc.nat(), fc.boolean(), (seed, returns) => {
      const peers = names(40)
      const neighbours = connected(peers)
      const epoch = epochOf(neighbours, seed)
      const seen = new Set<string>()
      for (let i = 0; i < 30; i++) {
        for (const source of [null, 'a', 'b']) {
          const peer = epoch.route(source)
          if (peer === null) continue
          seen.add(peer)
          neighbours.down(peer)
          if (returns && i % 3 === 0) neighbours.up(peer, true, true, 0)
        }
      }
      assert.ok(seen.size <= 2 + STEM_REPLACEMENT_COUNT_MAX, `${seen.size} stem peers`)
    }),
  )
})

test('with no replacement left the lost half joins the other, and known peers may come back', () => {
  const neighbours = connected(names(20))
  const epoch = epochOf(neighbours)
  const keeper = epoch.route('keeper')!
  const lost: string[] = []
  for (let i = 0; i <= STEM_REPLACEMENT_COUNT_MAX; i++) {
    const peer = epoch.route(null)!
    assert.notEqual(peer, keeper)
    lost.push(peer)
    neighbours.down(peer)
  }
  assert.equal(epoch.route(null), keeper)
  neighbours.down(keeper)
  assert.equal(epoch.route(null), null)
  neighbours.up(lost[2]!, true, true, 0)
  assert.equal(epoch.route(null), lost[2])
  assert.equal(epoch.route('keeper'), lost[2])
})

test('what moved together stays together when the lost stem peer is back', () => {
  const neighbours = connected(['bob', 'carol'])
  const epoch = epochOf(neighbours)
  const sources = ['a', 'b', 'c', 'd']
  const lost = epoch.route('a')!
  const sharing = sources.filter((source) => epoch.route(source) === lost)
  assert.equal(sharing.length, 2)
  neighbours.down(lost)
  const other = epoch.route(sharing[0]!)
  neighbours.up(lost, true, true, 0)
  assert.notEqual(other, lost)
  for (const source of sharing) assert.equal(epoch.route(source), other)
})

test('a shunned peer is replaced until the epoch ends', () => {
  const neighbours = connected(['bob', 'carol', 'dave'])
  const epoch = epochOf(neighbours)
  const peer = epoch.route(null)!
  epoch.shun(peer)
  for (const source of [null, 'x', 'y', 'z']) assert.notEqual(epoch.route(source), peer)
})

test('neighbours beyond the table share one route', () => {
  const epoch = epochOf(connected(['bob', 'carol']))
  for (let i = 0; i < STEM_MAPPING_COUNT_MAX; i++) epoch.route(`early-${i}`)
  const late = new Set(Array.from({ length: 200 }, (_, i) => epoch.route(`late-${i}`)))
  assert.equal(late.size, 1)
})

test('a fifth of epochs deliver, and none of a node that never does', () => {
  let delivering = 0
  for (let seed = 0; seed < 5000; seed++) {
    const draw = seededUnit(seed)
    if (new Epoch(0, connected([]), draw, false).delivers) delivering += 1
    assert.equal(new Epoch(0, connected([]), seededUnit(seed), true).delivers, false)
  }
  assert.ok(delivering > 900 && delivering < 1100, String(delivering))
})
