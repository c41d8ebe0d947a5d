import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordRoutes } from '@ezchat/node/messenger/record-routes.ts'
import type { Wire } from '@ezchat/protocol/ports.ts'
import { VirtualClock } from './world.ts'

const NAME = new Uint8Array(32)
const RECORD = Uint8Array.of(1)
const { signal } = new AbortController()

function routesOver(wire: Partial<Wire>, kept: Map<string, Uint8Array>) {
  return recordRoutes({
    wire: wire as Wire,
    clock: new VirtualClock(),
    carriersOf: async () => ['carrier', 'dead'],
    findAt: async (peer) => {
      if (peer === 'dead') throw new Error('unreachable')
      return kept.get(peer) ?? null
    },
    keepAt: async (peer, _name, record) => {
      if (peer === 'dead') throw new Error('unreachable')
      kept.set(peer, record)
    },
  })
}

test('a record is found by an invite alone, with the DHT and one carrier dead', async () => {
  const kept = new Map([['hinted', RECORD]])
  const wire = {
    findRecord: () => Promise.reject(new Error('no DHT')),
    connect: async (target: string) => {
      assert.equal(target, '/ip4/192.0.2.1/tcp/1')
      return 'hinted'
    },
  }
  const routes = routesOver(wire, kept)
  const terms = { shard: 0, hints: ['/ip4/192.0.2.1/tcp/1'], signal }
  assert.deepEqual(await routes.find(NAME, terms), [RECORD])
  assert.deepEqual(await routes.find(NAME, { ...terms, hints: [] }), [])
})

test('a record goes to the DHT and to all carriers that take it', async () => {
  const kept = new Map<string, Uint8Array>()
  let published = 0
  const wire = {
    publishRecord: async () => {
      published++
    },
  }
  const routes = routesOver(wire, kept)
  assert.equal(await routes.publish(NAME, RECORD, { shard: 0, hints: [], signal }), 1)
  assert.equal(published, 1)
  assert.deepEqual(kept.get('carrier'), RECORD)
})
