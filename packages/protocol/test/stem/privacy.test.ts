import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstSpy } from './first-spy.ts'
import { StemNetwork } from './network.ts'
import { envelopeOf } from './seeded.ts'

test('the first spy names the author much less often on the stem than directly', () => {
  for (const [spies, seed] of [
    [0.1, 11],
    [0.1, 12],
    [0.2, 13],
    [0.2, 14],
  ] as const) {
    const { direct, stem } = firstSpy({ nodes: 300, spies, seed })
    const figures = `spies ${spies}, seed ${seed}: direct ${direct}, stem ${stem}`
    // A spy that happens to be the author's stem peer is right; little else should help it.
    assert.ok(stem < spies * 1.6, figures)
    assert.ok(direct > 2 * stem, figures)
  }
})

test('the stem takes less than 1.5 s in half of the cases, at 100 ms a link', () => {
  const { stemMsP50, stemMsP95 } = firstSpy({ nodes: 300, spies: 0.1, seed: 21 })
  assert.ok(stemMsP50 > 200 && stemMsP50 < 1500, `${stemMsP50} ms`)
  assert.ok(stemMsP95 < 5000, `${stemMsP95} ms`)
})

test('with everybody honest an author’s own embargo hardly ever ends first', () => {
  const network = new StemNetwork({ nodes: 300, seed: 31 })
  for (let i = 0; i < 1500; i++) network.submit(i % 300, envelopeOf(i), i * 300)
  network.run(1500 * 300 + 300_000)
  const early = network.deliveries.filter(({ own, why }) => own && why === 'embargo').length
  assert.ok(early <= 1500 * 0.005, `${early} of 1500`)
})

test('behind a black hole the author is no likelier to deliver first than another on the stem', () => {
  let authors = 0
  let relays = 0
  let expected = 0
  for (let seed = 1; seed <= 8; seed++) {
    const network = new StemNetwork({ nodes: 120, seed, blackHoles: 0.25 })
    const written = new Map<string, number>()
    for (let i = 0; i < 200; i++) {
      let author = network.anyOf(120)
      while (network.blackHoles.has(author)) author = network.anyOf(120)
      written.set(network.submit(author, envelopeOf(i), i * 2000), author)
    }
    network.run(200 * 2000 + 1_000_000)
    const seen = new Set<string>()
    for (const { id, node, why } of network.deliveries) {
      if (seen.has(id)) continue
      seen.add(id)
      if (why !== 'embargo') continue
      const holders = new Set(
        network.relays.filter((relay) => relay.id === id).map(({ from }) => from),
      )
      if (holders.size < 2) continue
      expected += 1 / holders.size
      if (written.get(id) === node) authors += 1
      else relays += 1
    }
  }
  assert.ok(authors + relays > 150, `${authors + relays}`)
  assert.ok(Math.abs(authors - expected) < 4 * Math.sqrt(expected), `${authors}, not ${expected}`)
})
