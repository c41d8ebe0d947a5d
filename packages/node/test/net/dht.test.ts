import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareRecords } from '@ezchat/protocol/identity/record-layout.ts'
import {
  connected,
  crypto,
  identityRecord,
  networkNamed,
  openNode,
  soon,
  untilFound,
} from './nodes.ts'

const SHARD = 2

const best = (records: readonly Uint8Array[]) => [...records].sort(compareRecords).at(-1)

test('who announces a shard is found by who never met it', async (t) => {
  const [alice, bob, carol] = [await openNode(t), await openNode(t), await openNode(t)]
  await connected(alice, bob)
  await connected(carol, bob)
  const found = await untilFound(async () => {
    await alice.announce(SHARD, soon())
    return carol.carriersOf(SHARD, soon())
  })
  assert.deepEqual(found, [alice.self])
  assert.deepEqual(await carol.carriersOf(SHARD + 1, soon()), [])
  // The hint that came with it is enough to connect.
  assert.ok(carol.addressesOf(alice.self).length > 0)
  assert.equal(await carol.connect(alice.self, soon()), alice.self)
})

test('an identity record is found by who never met its owner, the newest among them', async (t) => {
  const [alice, bob, carol] = [await openNode(t), await openNode(t), await openNode(t)]
  await connected(alice, bob)
  await connected(carol, bob)
  const seed = crypto.randomBytes(32)
  const first = identityRecord(seed, 1n)
  const second = identityRecord(seed, 2n)
  const found1 = await untilFound(async () => {
    await alice.publishRecord(first.name, first.record, soon())
    return carol.findRecord(first.name, soon())
  })
  assert.deepEqual(found1, [first.record])
  await alice.publishRecord(second.name, second.record, soon())
  const found = await bob.findRecord(first.name, soon())
  assert.deepEqual(best(found), second.record)
})

test('an older record takes the place of none, at whoever keeps it', async (t) => {
  const [alice, bob, mallory] = [await openNode(t), await openNode(t), await openNode(t)]
  await connected(alice, bob)
  await connected(mallory, bob)
  const seed = crypto.randomBytes(32)
  const old = identityRecord(seed, 1n)
  const recent = identityRecord(seed, 2n)
  await untilFound(async () => {
    await alice.publishRecord(recent.name, recent.record, soon())
    return bob.findRecord(recent.name, soon())
  })
  // Mallory has kept the old one, and has not seen the recent one.
  await mallory.publishRecord(old.name, old.record, soon()).catch(() => undefined)
  const carol = await openNode(t)
  await connected(carol, bob)
  const found = await untilFound(() => carol.findRecord(recent.name, soon()))
  assert.deepEqual(best(found), recent.record)
  assert.deepEqual(best(await bob.findRecord(recent.name, soon())), recent.record)
})

test('what is no valid record is published by nobody', async (t) => {
  const alice = await openNode(t)
  const { name, record } = identityRecord(crypto.randomBytes(32), 1n)
  const other = identityRecord(crypto.randomBytes(32), 1n)
  const broken = Uint8Array.from(record, (byte, at) => (at === 200 ? byte ^ 1 : byte))
  await assert.rejects(alice.publishRecord(name, broken, soon()), { code: 'RECORD_SIGNATURE' })
  await assert.rejects(alice.publishRecord(other.name, record, soon()), { code: 'RECORD_NAME' })
  const elsewhere = identityRecord(crypto.randomBytes(32), 1n, networkNamed('elsewhere'))
  await assert.rejects(alice.publishRecord(elsewhere.name, elsewhere.record, soon()), {
    code: 'RECORD_NAME',
  })
})

test('a lookup ends with the signal, and with nobody there it finds nothing', async (t) => {
  const alice = await openNode(t)
  const { name } = identityRecord(crypto.randomBytes(32), 1n)
  assert.deepEqual(await alice.findRecord(name, soon()), [])
  assert.deepEqual(await alice.carriersOf(SHARD, soon()), [])
  await alice.announce(SHARD, soon())
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  await assert.rejects(alice.findRecord(name, stop), /enough/)
  await assert.rejects(alice.announce(SHARD, stop), /enough/)
})
