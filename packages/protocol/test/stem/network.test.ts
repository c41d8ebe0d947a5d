import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STEM_REPLACEMENT_COUNT_MAX } from '../../src/limits.ts'
import { StemNetwork } from './network.ts'
import { envelopeOf } from './seeded.ts'

const SEEDS = [1, 2, 3]
/** No epoch is shorter: what happens before is one epoch at every node. */
const ONE_EPOCH_MS = 569_000

interface Written {
  readonly id: string
  readonly author: number
  readonly atMs: number
}

function write(network: StemNetwork, count: number, everyMs: number): Written[] {
  const nodes = network.stems.length
  return Array.from({ length: count }, (_, i) => {
    let author = network.anyOf(nodes)
    while (network.blackHoles.has(author)) author = network.anyOf(nodes)
    return { id: network.submit(author, envelopeOf(i), i * everyMs), author, atMs: i * everyMs }
  })
}

test('every envelope reaches carriers, and its receipts reach the author', () => {
  for (const seed of SEEDS) {
    for (const nodes of [2, 3, 30, 200]) {
      const network = new StemNetwork({ nodes, seed })
      const written = write(network, 300, 500)
      network.run(300 * 500 + 60_000)
      const delivered = new Set(network.deliveries.map(({ id }) => id))
      for (const { id, atMs } of written) {
        assert.ok(delivered.has(id), `seed ${seed}, ${nodes} nodes: not delivered`)
        const receipts = network.receipts.get(id)
        assert.ok(receipts !== undefined && receipts.count >= 1, `seed ${seed}: no receipts`)
        assert.ok(receipts.atMs - atMs < 60_000)
      }
      assert.deepEqual(network.penalties, [], `seed ${seed}: honest nodes penalise each other`)
    }
  }
})

test('with a third of the nodes swallowing envelopes all of them arrive, later', () => {
  for (const seed of SEEDS) {
    const network = new StemNetwork({ nodes: 60, seed, blackHoles: 0.33 })
    const written = write(network, 200, 1000)
    network.run(200 * 1000 + 1_000_000)
    const first = new Map(network.deliveries.toReversed().map(({ id, atMs }) => [id, atMs]))
    const delays = written.map(({ id, atMs }) => (first.get(id) ?? Number.NaN) - atMs)
    assert.ok(
      delays.every((delay) => delay < 400_000),
      `seed ${seed}: ${Math.max(...delays)}`,
    )
    assert.ok(
      delays.some((delay) => delay > 8_000),
      'some met a black hole',
    )
    for (const { id } of written) assert.ok(network.receipts.has(id), `seed ${seed}: no receipts`)
    assert.ok(network.penalties.every(({ peer, why }) => why === 'silent' && peer >= 0))
  }
})

test('when half of the nodes reach no carrier others deliver for them', () => {
  const network = new StemNetwork({ nodes: 40, seed: 5, stranded: 0.5 })
  const written = write(network, 150, 1000)
  network.run(150 * 1000 + 2_000_000)
  for (const { id } of written) assert.ok(network.receipts.has(id))
})

test('within an epoch a node sends what comes from one neighbour to one stem peer', () => {
  for (const seed of SEEDS) {
    const network = new StemNetwork({ nodes: 100, seed })
    const written = write(network, 800, 600)
    network.run(ONE_EPOCH_MS)
    const sources = new Map<string, Set<number>>()
    for (const { id, author } of written) sources.set(`${author} ${id}`, new Set([-1]))
    for (const { id, from, to } of network.relays) {
      const at = sources.get(`${to} ${id}`) ?? new Set()
      sources.set(`${to} ${id}`, at.add(from))
    }
    const outbound = new Map<string, Set<number>>()
    for (const { id, from, to } of network.relays) {
      const source = sources.get(`${from} ${id}`)!
      // A stem that crossed itself: which of its visits this was cannot be told from outside.
      if (source.size > 1) continue
      const key = `${from} ${[...source][0]}`
      outbound.set(key, (outbound.get(key) ?? new Set()).add(to))
    }
    assert.ok(outbound.size > 100)
    for (const [key, peers] of outbound) assert.equal(peers.size, 1, `seed ${seed}: ${key}`)
  }
})

test('within an epoch a node hands over to two peers at most, and one fifth of nodes deliver', () => {
  let deliverers = 0
  let relayers = 0
  for (const seed of SEEDS) {
    const network = new StemNetwork({ nodes: 200, seed })
    const written = write(network, 1500, 360)
    network.run(ONE_EPOCH_MS)
    const authorOf = new Map(written.map(({ id, author }) => [id, author]))
    const delivering = new Set(
      network.deliveries.filter(({ why }) => why === 'role').map(({ node }) => node),
    )
    const outbound = new Map<number, Set<number>>()
    const relaying = new Set<number>()
    for (const { id, from, to } of network.relays) {
      outbound.set(from, (outbound.get(from) ?? new Set()).add(to))
      if (authorOf.get(id) !== from) relaying.add(from)
    }
    for (const peers of outbound.values()) assert.ok(peers.size <= 2)
    for (const node of delivering) assert.ok(!relaying.has(node), 'one role per epoch')
    deliverers += delivering.size
    relayers += relaying.size
  }
  const share = deliverers / (deliverers + relayers)
  assert.ok(share > 0.16 && share < 0.24, `${share}`)
})

test('links that come and go in the middle of an epoch lose no envelope', () => {
  for (const seed of SEEDS) {
    const network = new StemNetwork({ nodes: 50, seed, dials: 8 })
    const written = write(network, 200, 1000)
    for (let second = 1; second <= 200; second++) {
      network.run(second * 1000)
      const node = network.anyOf(50)
      const [peer] = [...network.neighbours[node]!].slice(network.anyOf(4))
      if (peer !== undefined) network.disconnect(node, peer)
    }
    network.run(200 * 1000 + 2_000_000)
    for (const { id } of written) assert.ok(network.receipts.has(id), `seed ${seed}`)
    const outbound = new Map<number, Set<number>>()
    for (const { from, to, atMs } of network.relays) {
      if (atMs < ONE_EPOCH_MS) outbound.set(from, (outbound.get(from) ?? new Set()).add(to))
    }
    for (const peers of outbound.values()) {
      assert.ok(peers.size <= 2 + STEM_REPLACEMENT_COUNT_MAX)
    }
  }
})

test('nothing is held any more once all receipts are in', () => {
  const network = new StemNetwork({ nodes: 80, seed: 4 })
  write(network, 200, 100)
  network.run(2_000_000)
  for (const stem of network.stems) {
    assert.equal(stem.status.activeCount, 0)
    assert.equal(stem.status.othersBytes + stem.status.ownBytes, 0)
  }
})

test('one seed is one run', () => {
  const run = () => {
    const network = new StemNetwork({ nodes: 40, seed: 9, blackHoles: 0.2 })
    write(network, 60, 700)
    network.run(500_000)
    return [network.relays, network.deliveries, [...network.receipts], network.penalties]
  }
  assert.deepEqual(run(), run())
})
