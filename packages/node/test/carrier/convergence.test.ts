// Whatever happened before: when all are connected again, all hold the same.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EzchatError } from '@ezchat/node/errors.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import fc from 'fast-check'
import { CarrierNetwork, holdsAll } from './network.ts'

const NODES = 4
const node = fc.nat(NODES - 1)

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('push' as const),
      at: node,
      count: fc.integer({ min: 1, max: 90 }),
    }),
    fc.record({ kind: fc.constant('drop' as const), at: node, pick: fc.nat() }),
    fc.record({ kind: fc.constant('link' as const), at: node, other: node }),
    fc.record({ kind: fc.constant('unlink' as const), at: node, other: node }),
    fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 120 }) }),
  ),
  { minLength: 5, maxLength: 30 },
)

type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never

/** Every request takes a while, and one in ten is lost. */
function impair(net: CarrierNetwork, draws: readonly number[]): void {
  let drawn = 0
  net.fabric.intercept = async (from, to, method, body) => {
    const draw = draws[drawn++ % draws.length]!
    await new Promise<void>((resolve) => {
      net.clock.after(draw * 20, resolve)
    })
    const isThere = net.fabric.isLinked(from, to)
    if (!isThere || draw % 10 === 3) throw new EzchatError('PEER_UNREACHABLE')
    return net.fabric.wireOf(to)!.answer(from, method, body)
  }
}

async function play(net: CarrierNetwork, step: Step, all: Envelope[], dropped: Set<Envelope>) {
  if (step.kind === 'wait') return net.clock.advance(step.seconds * 1000)
  const { carrier, ...here } = net.nodes[step.at]!
  if (step.kind === 'push') {
    const envelopes = net.envelopes(step.count, { shard: 1 + (step.count % 3) })
    const outcomes = await carrier.take(envelopes.map(({ bytes }) => bytes))
    assert.ok(outcomes.every(({ kind }) => kind === 'receipt'))
    all.push(...envelopes)
  } else if (step.kind === 'drop') {
    const gone = all[step.pick % Math.max(1, all.length)]
    if (gone === undefined) return
    const scope = { kind: 'ids' as const, madeAt: net.nowSeconds, ids: [gone.id] }
    await carrier.drop(net.drop(0xb0, scope))
    dropped.add(gone)
  } else if (step.other !== step.at) {
    const { peer } = net.nodes[step.other]!
    if (step.kind === 'link') net.fabric.link(here.peer, peer)
    else net.fabric.unlink(here.peer, peer)
  }
}

describe('carriers of one shard', () => {
  test('hold the same in the end: all that was accepted, and nothing that was dropped', async () => {
    const draws = fc.array(fc.nat(50), { minLength: 7, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(steps, draws, async (history, delays) => {
        const net = new CarrierNetwork()
        try {
          await net.several(NODES)
          impair(net, delays)
          const all: Envelope[] = []
          const dropped = new Set<Envelope>()
          for (const step of history) await play(net, step, all, dropped)
          net.fabric.intercept = () => null
          net.linkAll()
          await net.clock.advance(20 * 60_000)
          const kept = all.filter((envelope) => !dropped.has(envelope))
          for (const one of net.nodes) {
            assert.ok(await holdsAll(one, kept), `node ${one.number} lacks some`)
            assert.equal(one.store.usage.count, kept.length, `node ${one.number}`)
            assert.deepEqual(one.wire.penalties, [])
            assert.deepEqual(one.errors, [])
          }
        } finally {
          await net.close()
        }
      }),
      { numRuns: 15 },
    )
  })
})
