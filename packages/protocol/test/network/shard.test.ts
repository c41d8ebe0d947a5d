import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError } from '../../src/errors.ts'
import { protocolName } from '../../src/network/protocol-name.ts'
import { assertShard, checkShard, isShard, shardCount } from '../../src/network/shard.ts'
import { filled } from '../mailbox/fixture.ts'
import { code } from '../mailbox/hostile.ts'

test('shards are numbered from 0 to one less than there are', () => {
  for (let shardBits = 0; shardBits <= 8; shardBits++) {
    const count = shardCount({ shardBits })
    assert.equal(count, 1 << shardBits)
    assert.ok(isShard({ shardBits }, 0))
    assert.ok(isShard({ shardBits }, count - 1))
    for (const shard of [-1, count, 65_535, 0.5, Number.NaN]) {
      assert.ok(!isShard({ shardBits }, shard))
    }
  }
})

test('a shard that does not exist is theirs to answer for, or ours', () => {
  assert.equal(checkShard({ shardBits: 8 }, 255, 'RECORD'), 255)
  assert.throws(() => checkShard({ shardBits: 8 }, 256, 'RECORD'), code('RECORD_FIELD'))
  assert.throws(() => checkShard({ shardBits: 0 }, 1, 'INVITE'), code('INVITE_FIELD'))
  assertShard({ shardBits: 3 }, 7)
  assert.throws(() => assertShard({ shardBits: 3 }, 8), AssertionError)
})

test('protocol names differ by network, protocol and version', () => {
  const name = protocolName(filled(0xab), 'stem-relay', 2)
  assert.equal(name, `/ezchat/${'ab'.repeat(16)}/stem-relay/2`)
  assert.notEqual(name, protocolName(filled(0xac), 'stem-relay', 2))
})

test('a protocol name with anything odd in it is a bug of ours', () => {
  const id = filled(1)
  for (const name of ['', 'Stem', 'a/b', 'a b', '-a', 'a-', 'a--b', 'x'.repeat(33)]) {
    assert.throws(() => protocolName(id, name, 1), AssertionError, name)
  }
  for (const version of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => protocolName(id, 'stem', version), AssertionError)
  }
  assert.throws(() => protocolName(id.subarray(1), 'stem', 1), AssertionError)
})
