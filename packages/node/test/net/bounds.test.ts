// What strangers can make the parts of the wire hold, each part by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueryEvent } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { Libp2pRecord } from '@libp2p/record'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { base32 } from 'multiformats/bases/base32'
import {
  DHT_PROVIDER_MS,
  DHT_PROVIDERS_PER_SHARD_MAX,
  DHT_VALUES_MAX,
  KNOWN_PEERS_MAX,
  LIBP2P_ENTRIES_MAX,
  LOOKUPS_AT_ONCE_MAX,
  PENALTY_HALF_LIFE_MS,
  PENALTY_PEERS_MAX,
  RECORD_REPUBLISH_MS,
  REFUSAL_MS,
} from '../../src/limits.ts'
import { addressOfPeer, bestFirst, hostOf, parseAddress } from '../../src/net/addresses.ts'
import { type Key, ShelvedDatastore } from '../../src/net/datastore.ts'
import { DhtProviders } from '../../src/net/dht-providers.ts'
import { DhtValues } from '../../src/net/dht-values.ts'
import { Lookups } from '../../src/net/lookups.ts'
import { nameOfRecordKey, recordKey, wireNames } from '../../src/net/names.ts'
import { peerIdOf } from '../../src/net/peer-id.ts'
import { PeerMemory } from '../../src/net/peer-memory.ts'
import { Penalties } from '../../src/net/penalties.ts'
import { Records } from '../../src/net/records.ts'
import { MemoryKeyValue } from '../../src/store/memory-store.ts'
import { ManualClock } from '../manual-clock.ts'
import { crypto, identityRecord, NETWORK } from './nodes.ts'

const clockNow = () => new ManualClock(Date.now())
const peer = (number: number) => peerIdOf(crypto.sha256(Uint8Array.of(number >> 8, number & 255)))
/** Shelves know of a key only how it is written. */
const key = (text: string) => ({ toString: () => text }) as unknown as Key

test('offences fade, and a refusal ends', async () => {
  const clock = clockNow()
  const refused: string[] = []
  const penalties = new Penalties({ clock, onRefused: (one) => refused.push(one) })
  penalties.add(peer(1), 'forged')
  await clock.advance(PENALTY_HALF_LIFE_MS)
  assert.equal(penalties.pointsOf(peer(1)), 25)
  penalties.add(peer(1), 'forged')
  assert.equal(penalties.isRefused(peer(1)), false)
  penalties.add(peer(1), 'forged')
  assert.deepEqual(refused, [peer(1)])
  assert.equal(penalties.isRefused(peer(1)), true)
  assert.equal(penalties.isRefused(peer(2)), false)
  await clock.advance(REFUSAL_MS)
  assert.equal(penalties.isRefused(peer(1)), false)
})

test('a crowd of small offenders frees nobody who is refused', () => {
  const penalties = new Penalties({ clock: clockNow(), onRefused: () => {} })
  penalties.add(peer(0), 'forged')
  penalties.add(peer(0), 'forged')
  for (let at = 1; at <= PENALTY_PEERS_MAX + 100; at++) penalties.add(peer(at), 'silent')
  assert.equal(penalties.size, PENALTY_PEERS_MAX)
  assert.equal(penalties.isRefused(peer(0)), true)
})

test('hosts are counted by /24 and /48, however they are written', () => {
  const group = (text: string) => hostOf(multiaddr(text))?.group
  assert.equal(group('/ip4/203.0.113.7/tcp/1'), '203.0.113.0/24')
  assert.equal(group('/ip6/::ffff:203.0.113.9/tcp/1'), '203.0.113.0/24')
  assert.equal(group('/ip6/2001:db8:1:2::5/tcp/1'), group('/ip6/2001:db8:1:ffff::9/tcp/1'))
  assert.notEqual(group('/ip6/2001:db8:1::5/tcp/1'), group('/ip6/2001:db8:2::5/tcp/1'))
  assert.equal(group('/dns4/example.org/tcp/1'), undefined)
  for (const local of [
    '/ip4/127.0.0.1',
    '/ip4/192.168.1.1',
    '/ip6/::1',
    '/ip6/fe80::1',
    '/ip6/fd00::1',
  ]) {
    assert.equal(hostOf(multiaddr(`${local}/tcp/1`))?.isLocal, true, local)
  }
  assert.equal(hostOf(multiaddr('/ip4/172.32.0.1/tcp/1'))?.isLocal, false)
})

test('no text makes an address throw', () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `/ip4/${text}`),
      ),
      (text) => {
        const address = parseAddress(text)
        if (address !== null) assert.equal(bestFirst([address]).length, 1)
        addressOfPeer(peer(1), text)
        addressOfPeer(text, '/ip4/127.0.0.1/tcp/1')
      },
    ),
  ))

test('what is remembered of peers is bounded, and anchors stay', async () => {
  const keyValue = new MemoryKeyValue()
  const clock = clockNow()
  const init = { clock, keyValue, self: peer(0), onFailure: assert.ifError }
  const memory = await PeerMemory.open(init)
  memory.seen(peer(1), ['/ip4/203.0.113.1/tcp/1'])
  memory.served(peer(1))
  for (let at = 2; at < KNOWN_PEERS_MAX + 100; at++)
    memory.learn(peer(at), ['/ip4/203.0.113.1/tcp/2'])
  assert.equal(memory.size, KNOWN_PEERS_MAX)
  assert.deepEqual(
    memory.anchors().map((known) => known.peer),
    [peer(1)],
  )
  await memory.close()
  const again = await PeerMemory.open(init)
  assert.equal(again.size, 1)
  assert.deepEqual(again.anchors()[0]?.addresses, ['/ip4/203.0.113.1/tcp/1'])
})

test('hints displace no address under which a peer was found', async () => {
  const memory = await PeerMemory.open({
    ...{ clock: clockNow(), keyValue: new MemoryKeyValue(), self: peer(0) },
    onFailure: assert.ifError,
  })
  memory.seen(peer(1), ['/ip4/203.0.113.1/tcp/1'])
  for (let at = 0; at < 20; at++) memory.learn(peer(1), [`/ip4/198.51.100.${at}/tcp/1`])
  assert.equal(memory.get(peer(1))?.addresses[0], '/ip4/203.0.113.1/tcp/1')
  assert.equal(memory.get(peer(1))?.addresses.length, 4)
  memory.learn(peer(1), [`/ip4/203.0.113.9/tcp/1/p2p/${peer(2)}`])
  assert.ok(!memory.get(peer(1))?.addresses.some((text) => text.includes('203.0.113.9')))
})

test('damaged memory of peers is forgotten', async () => {
  const keyValue = new MemoryKeyValue()
  const row = (tail: number[], value: number[]) => ({
    key: Uint8Array.from([...new TextEncoder().encode('net/peer/'), ...tail]),
    value: Uint8Array.from(value),
  })
  const peerKey = new Array<number>(32).fill(9)
  await keyValue.write([row([1, 2], [1]), row(peerKey, [9, 9, 9])])
  const init = { clock: clockNow(), keyValue, self: peer(0), onFailure: assert.ifError }
  assert.equal((await PeerMemory.open(init)).size, 0)
})

function valuesFor(clock: ManualClock, countMax = DHT_VALUES_MAX) {
  const self = peerIdFromString(peer(0)).toMultihash().bytes
  const values = new DhtValues({ crypto, clock, networkId: NETWORK.id, self, countMax })
  const store = new ShelvedDatastore([['/dht/record/', values]])
  const put = (name: Uint8Array, record: Uint8Array) => {
    const value = new Libp2pRecord(recordKey(name), record, new Date()).serialize().slice()
    return store.put(key(`/dht/record/${base32.encode(recordKey(name))}`), value)
  }
  return { values, store, put }
}

test('the DHT keeps no record that is older, broken or under another name', async () => {
  const { put, values } = valuesFor(clockNow())
  const seed = crypto.randomBytes(32)
  const [old, recent] = [identityRecord(seed, 1n), identityRecord(seed, 2n)]
  const other = identityRecord(crypto.randomBytes(32), 1n)
  await put(recent.name, recent.record)
  await put(recent.name, recent.record)
  await assert.rejects(put(old.name, old.record), { code: 'RECORD_STALE' })
  await assert.rejects(put(other.name, old.record), { code: 'RECORD_NAME' })
  await assert.rejects(put(old.name, old.record.slice(1)), { code: 'RECORD_LENGTH' })
  assert.equal(values.size, 1)
})

test('of more records than there is room for, the nearest stay', async () => {
  const { put, values } = valuesFor(clockNow(), 4)
  const place = crypto.sha256(peerIdFromString(peer(0)).toMultihash().bytes)
  const near = (name: Uint8Array) =>
    Buffer.from(crypto.sha256(recordKey(name)).map((byte, at) => byte ^ place[at]!)).toString('hex')
  const names: Uint8Array[] = []
  for (let at = 0; at < 12; at++) {
    const { name, record } = identityRecord(crypto.randomBytes(32), 1n)
    names.push(name)
    await put(name, record)
  }
  assert.equal(values.size, 4)
  assert.ok(values.bytes > 4 * 4096 && values.bytes < 5 * 4096)
  const nearest = names.map(near).sort().slice(0, 4)
  const kept = [...values.pairs()].map(({ value }) =>
    near(nameOfRecordKey(Libp2pRecord.deserialize(value).key)!),
  )
  assert.deepEqual(kept.sort(), nearest)
})

test('own records are published again until they end', async () => {
  const clock = clockNow()
  const puts: string[] = []
  const dht = {
    async *put(key: Uint8Array) {
      puts.push(Buffer.from(key).toString('hex'))
      yield { name: 'PEER_RESPONSE', messageName: 'PUT_VALUE' } as unknown as QueryEvent
    },
    async *get(): AsyncGenerator<never> {},
  }
  const failures: unknown[] = []
  const onFailure = (error: unknown) => failures.push(error)
  const records = new Records({ crypto, clock, networkId: NETWORK.id, dht, onFailure })
  const seconds = Math.floor(RECORD_REPUBLISH_MS / 1000)
  const { name, record } = identityRecord(crypto.randomBytes(32), 1n, NETWORK, 2.5 * seconds)
  await records.publish(name, record, new AbortController())
  assert.equal(puts.length, 1)
  await clock.advance(RECORD_REPUBLISH_MS * 5)
  assert.equal(puts.length, 3)
  assert.deepEqual(new Set(puts).size, 1)
  records.close()
  assert.equal(clock.timerCount, 0)
  assert.deepEqual(failures, [])
})

test('records of the DHT end with their time', async () => {
  const clock = clockNow()
  const { put, store } = valuesFor(clock)
  const { name, record } = identityRecord(crypto.randomBytes(32), 1n)
  const text = key(`/dht/record/${base32.encode(recordKey(name))}`)
  await put(name, record)
  assert.equal(await store.has(text), true)
  await clock.advance(3_601_000)
  assert.equal(await store.has(text), false)
  assert.ok(DHT_VALUES_MAX > 0)
})

test('a shard has so many providers, nothing else has any, and they end', async () => {
  const clock = clockNow()
  const { shardKeys } = wireNames(crypto, NETWORK)
  const providers = new DhtProviders({
    clock,
    randomBytes: (n) => crypto.randomBytes(n),
    shardKeys,
  })
  const store = new ShelvedDatastore([['/dht/provider/', providers]])
  const shard = base32.encode(shardKeys[1]!.multihash.bytes).slice(1)
  for (let at = 0; at < DHT_PROVIDERS_PER_SHARD_MAX + 50; at++) {
    await store.put(key(`/dht/provider/${shard}/${peer(at)}`), Uint8Array.of(1))
  }
  const count = async () => {
    const keys = []
    for await (const one of store.queryKeys({ prefix: `/dht/provider/${shard}` })) keys.push(one)
    return keys.length
  }
  assert.equal(await count(), DHT_PROVIDERS_PER_SHARD_MAX)
  await assert.rejects(store.put(key(`/dht/provider/aaaa/${peer(1)}`), Uint8Array.of(1)))
  await clock.advance(DHT_PROVIDER_MS)
  assert.equal(await count(), 0)
})

test('whatever else libp2p keeps is bounded', async () => {
  const store = new ShelvedDatastore([])
  for (let at = 0; at < LIBP2P_ENTRIES_MAX + 10; at++)
    await store.put(key(`/x/${at}`), Uint8Array.of(1))
  const found = []
  for await (const pair of store.query({ prefix: '/x', limit: 5, offset: 2 })) found.push(pair)
  assert.equal(found.length, 5)
  assert.equal(await store.has(key('/x/0')), false)
  await assert.rejects(store.get(key('/x/0')), { name: 'NotFoundError' })
})

test('who asks for the same at one time shares one lookup', async () => {
  let count = 0
  let finish = (_: string[]) => {}
  const lookups = new Lookups<string[]>({
    ...{ clock: clockNow(), keepMs: 1000, isWorthKeeping: (found) => found.length > 0 },
    run: () => {
      count++
      return new Promise((resolve) => {
        finish = resolve
      })
    },
  })
  const { signal } = new AbortController()
  const both = Promise.all([lookups.get('a', signal), lookups.get('a', signal)])
  finish(['found'])
  assert.deepEqual(await both, [['found'], ['found']])
  assert.deepEqual(await lookups.get('a', signal), ['found'])
  assert.equal(count, 1)
})

test('a lookup that nobody waits for is stopped; one too many is refused', async () => {
  const signals: AbortSignal[] = []
  const lookups = new Lookups<string[]>({
    ...{ clock: clockNow(), keepMs: 1000, isWorthKeeping: () => true },
    run: (_key, signal) => {
      signals.push(signal)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve([])))
    },
  })
  const stop = new AbortController()
  const waiting = Array.from({ length: LOOKUPS_AT_ONCE_MAX }, (_, at) =>
    assert.rejects(lookups.get(String(at), stop.signal), /enough/),
  )
  await assert.rejects(lookups.get('more', stop.signal), { code: 'PEER_BUSY' })
  stop.abort(new Error('enough'))
  await Promise.all(waiting)
  assert.ok(signals.every(({ aborted }) => aborted))
})

test('the DHT key of a record leads back to its name, and other keys to none', () => {
  const name = crypto.randomBytes(32)
  assert.deepEqual(nameOfRecordKey(recordKey(name)), name)
  assert.equal(nameOfRecordKey(recordKey(name).slice(0, -1)), null)
  assert.equal(nameOfRecordKey(new TextEncoder().encode(`/pk/${'x'.repeat(36)}`)), null)
})
