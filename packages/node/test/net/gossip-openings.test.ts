import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { GossipOpenings } from '../../src/net/gossip-openings.ts'

/** Streams that open when the test says so. */
function rig() {
  const opened: string[] = []
  const waiting: { readonly name: string; readonly finish: () => void }[] = []
  const openings = new GossipOpenings(async ({ peer, connection }) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push({ name: `${peer}/${connection}`, finish: resolve })
    await promise
    opened.push(`${peer}/${connection}`)
  })
  const finish = async (name: string) => {
    const at = waiting.findIndex((one) => one.name === name)
    assert.ok(at >= 0, `${name} is not being opened`)
    waiting.splice(at, 1)[0]!.finish()
    await setImmediate()
  }
  const ask = (peer: string, connection: number) => openings.ask({ peer, connection })
  return { openings, opened, finish, ask }
}

test('who never answers holds up nobody else', async () => {
  const { openings, opened, finish, ask } = rig()
  ask('mute', 1)
  ask('alice', 1)
  ask('bob', 1)
  await finish('bob/1')
  await finish('alice/1')
  assert.deepEqual(opened, ['bob/1', 'alice/1'])
  assert.equal(openings.count, 1)
})

test('one stream to a peer is opened at a time, and then for what was asked last', async () => {
  const { openings, opened, finish, ask } = rig()
  for (const connection of [1, 2, 3, 4]) ask('alice', connection)
  await finish('alice/1')
  await finish('alice/4')
  assert.deepEqual(opened, ['alice/1', 'alice/4'])
  assert.equal(openings.count, 0)
  ask('alice', 5)
  await finish('alice/5')
  assert.equal(openings.count, 0)
})
