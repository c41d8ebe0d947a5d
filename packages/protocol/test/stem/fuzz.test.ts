import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../../src/codec/bytes.ts'
import {
  STEM_OWN_BYTES_MAX,
  STEM_POOL_BYTES_MAX,
  STEM_REPLACEMENT_COUNT_MAX,
} from '../../src/limits.ts'
import type { StemEffect, StemEvent } from '../../src/stem/event.ts'
import { decodeStemMessage, encodeStemMessage } from '../../src/stem/message.ts'
import { Host } from './host.ts'
import { envelopeOf, receiptOf, sha256 } from './seeded.ts'

const PEERS = ['bob', 'carol', 'dave', 'erin', 'frank', 'mallory']
const ENVELOPES = Array.from({ length: 6 }, (_, i) => envelopeOf(i, i % 2 === 0 ? 1024 : 4096))
const IDS = ENVELOPES.map(sha256)

const peers = fc.constantFrom(...PEERS)
const ids = fc.constantFrom(...IDS)
const envelopes = fc.constantFrom(...ENVELOPES)
const receipts = fc
  .tuple(ids, fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 8 }))
  .map(([id, carriers]) => ({ id, receipts: carriers.map((carrier) => receiptOf(carrier, id)) }))

const messages: fc.Arbitrary<Uint8Array> = fc
  .oneof(
    { weight: 4, arbitrary: envelopes.map((envelope) => ({ kind: 'relay' as const, envelope })) },
    { weight: 3, arbitrary: receipts.map((both) => ({ kind: 'receipts' as const, ...both })) },
    {
      weight: 1,
      arbitrary: ids.map((id) => ({
        kind: 'receipts' as const,
        id,
        receipts: [Uint8Array.of(1), receiptOf(1, id)],
      })),
    },
    {
      weight: 2,
      arbitrary: ids.map((id) => ({ kind: 'refuse' as const, id, reason: 'busy' as const })),
    },
  )
  .map(encodeStemMessage)

const events: fc.Arbitrary<StemEvent> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(peers, fc.boolean(), fc.boolean())
      .map(([peer, capable, dialled]) => ({ kind: 'peer-up' as const, peer, capable, dialled })),
  },
  { weight: 1, arbitrary: peers.map((peer) => ({ kind: 'peer-down' as const, peer })) },
  { weight: 3, arbitrary: envelopes.map((envelope) => ({ kind: 'submit' as const, envelope })) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(peers, fc.oneof(messages, fc.uint8Array({ maxLength: 60 })))
      .map(([peer, bytes]) => ({ kind: 'inbound' as const, peer, bytes })),
  },
  { weight: 1, arbitrary: receipts.map((both) => ({ kind: 'delivered' as const, ...both })) },
  { weight: 1, arbitrary: ids.map((id) => ({ kind: 'undelivered' as const, id })) },
  { weight: 1, arbitrary: ids.map((id) => ({ kind: 'withdraw' as const, id })) },
  {
    weight: 1,
    arbitrary: fc.tuple(peers, ids).map(([peer, id]) => ({ kind: 'unsent' as const, peer, id })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'tick' as const }) },
)

const steps = fc.array(fc.tuple(events, fc.constantFrom(0, 0, 20, 500, 15_000, 120_000, 700_000)), {
  minLength: 40,
  maxLength: 120,
  size: 'max',
})

/** What is true of every effect, whatever came before it. */
class Rules {
  readonly #up = new Set<string>()
  readonly #neverDelivers: boolean
  readonly #relayedTo = new Set<string>()
  #timerAtMs = Number.POSITIVE_INFINITY

  constructor(neverDelivers: boolean) {
    this.#neverDelivers = neverDelivers
  }

  before(event: StemEvent): void {
    if (event.kind === 'peer-up') this.#up.add(event.peer)
    if (event.kind === 'peer-down') this.#up.delete(event.peer)
    if (event.kind === 'tick') this.#timerAtMs = Number.POSITIVE_INFINITY
  }

  check(effect: StemEffect, nowMs: number): void {
    switch (effect.kind) {
      case 'send': {
        assert.ok(this.#up.has(effect.peer), 'sends to whoever is connected')
        const message = decodeStemMessage(effect.bytes)
        if (message.kind === 'relay') this.#relayedTo.add(effect.peer)
        break
      }
      case 'deliver':
        assert.ok(!this.#neverDelivers)
        assert.equal(toHex(sha256(effect.envelope)), toHex(effect.id))
        break
      case 'receipts':
        assert.ok(effect.receipts.length >= 1 && effect.receipts.length <= 8)
        assert.ok(effect.receipts.every((receipt) => receipt[0] === 0x52))
        break
      case 'set-timer':
        assert.ok(effect.atMs >= nowMs && effect.atMs < this.#timerAtMs)
        this.#timerAtMs = effect.atMs
        break
      case 'penalise':
        assert.ok(PEERS.includes(effect.peer))
        break
      case 'forget':
        assert.ok(effect.own ? effect.why === 'full' : effect.why !== 'full')
    }
  }

  get stemPeerCount(): number {
    return this.#relayedTo.size
  }
}

test('no sequence of events breaks a rule or leaves something behind', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.boolean(),
      fc.boolean(),
      steps,
      (seed, neverDelivers, answered, list) => {
        const host = new Host({ seed, neverDelivers, draws: [] })
        const rules = new Rules(neverDelivers)
        const perform = (event: StemEvent) => {
          rules.before(event)
          host.handle(event)
        }
        const check = () => {
          for (const { atMs, effect } of host.log.splice(0)) {
            if (effect.kind !== 'set-timer') rules.check(effect, atMs)
          }
          const { status } = host.stem
          assert.ok(status.othersBytes >= 0 && status.othersBytes <= STEM_POOL_BYTES_MAX)
          assert.ok(status.ownBytes >= 0 && status.ownBytes <= STEM_OWN_BYTES_MAX)
          assert.ok(status.activeCount + status.rememberedCount <= ENVELOPES.length)
        }
        check()
        for (const [event, ms] of list) {
          perform(event)
          check()
          host.advance(ms)
          check()
        }
        for (const id of IDS) {
          if (answered) {
            perform({ kind: 'delivered', id, receipts: [receiptOf(10, id), receiptOf(11, id)] })
          }
          perform({ kind: 'withdraw', id })
        }
        if (!answered) host.advance(20_000_000)
        const { activeCount, ownBytes, othersBytes } = host.stem.status
        assert.deepEqual([activeCount, ownBytes, othersBytes], [0, 0, 0])
      },
    ),
    { numRuns: 600 },
  )
})

test('timers are asked for in the future and only when earlier than the one that runs', () => {
  fc.assert(
    fc.property(fc.nat(), steps, (seed, list) => {
      const host = new Host({ seed, draws: [] })
      const rules = new Rules(false)
      for (const [event, ms] of list) {
        rules.before(event)
        for (const effect of host.handle(event)) {
          if (effect.kind === 'set-timer') rules.check(effect, host.nowMs)
        }
        host.nowMs += Math.min(ms, 20)
      }
      assert.ok(rules.stemPeerCount <= 2 + STEM_REPLACEMENT_COUNT_MAX)
    }),
    { numRuns: 200 },
  )
})

test('any bytes from any neighbour at any time are a penalty or a message, never an exception', () => {
  const host = new Host().up(...PEERS)
  const headed = fc
    .tuple(fc.nat(3), fc.nat(4), fc.uint8Array({ maxLength: 300 }))
    .map(([version, kind, rest]) => Uint8Array.of(version, kind, ...rest))
  fc.assert(
    fc.property(peers, fc.oneof(headed, fc.uint8Array({ maxLength: 300 })), (peer, bytes) => {
      host.nowMs += 20
      for (const effect of host.handle({ kind: 'inbound', peer, bytes })) {
        if (effect.kind === 'penalise') assert.equal(effect.why, 'malformed')
      }
    }),
    { numRuns: 2000 },
  )
})
