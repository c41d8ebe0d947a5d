// The first thing that a user does, with everything real: two people, a node to begin with.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { allWith, People, textsWith } from './people.ts'
import { type Daemon, ezchat, ezchatJson, PATIENCE_MS } from './process.ts'

let people: People
let node: Daemon
let alice: Daemon
let bob: Daemon

const start = (name: string) => people.daemon(name, ['--bootstrap', node.address])

describe('two people', () => {
  before(async () => {
    people = await People.open('two people')
    node = await people.node()
    await Promise.all([people.init('alice'), people.init('bob')])
    ;[alice, bob] = await Promise.all([start('alice'), start('bob')])
  })
  after(() => people.close())

  test('meet by an invite, write, and see each other’s receipts', async () => {
    const [given] = await ezchatJson(bob.home, ['invite'])
    await ezchatJson(alice.home, ['add', String(given?.invite), '--name', 'bob'])
    const wait = ['--wait', 'delivered', '--timeout', '110s']
    const [sent] = await ezchatJson(alice.home, ['send', 'bob', 'hello', ...wait])
    assert.equal(sent?.state, 'delivered')
    const [read] = await ezchatJson(bob.home, ['read'])
    assert.equal(read?.text, 'hello')
    const [answer] = await ezchatJson(bob.home, ['send', 'alice', 'hello yourself', ...wait])
    assert.equal(answer?.state, 'delivered')
    const texts = (await ezchatJson(alice.home, ['read'])).map(({ text }) => text)
    assert.deepEqual(texts, ['hello', 'hello yourself'])
  })

  test('the sender is gone when the recipient comes back, and it is all there, in order, once', async () => {
    assert.equal(await bob.end('SIGTERM'), 0)
    const stored = { wait: 'stored', timeoutMs: PATIENCE_MS } as const
    for (const text of ['one', 'two', 'three']) {
      const sent = await people.ask('alice', 'send', { to: 'bob', text, ...stored })
      assert.equal(sent.state, 'stored')
    }
    assert.equal(await alice.end('SIGTERM'), 0)
    bob = await start('bob')
    await people.until('bob', async (client) =>
      (await textsWith(client, 'alice')).includes('three'),
    )
    const all = ['hello', 'hello yourself', 'one', 'two', 'three']
    assert.deepEqual(await textsWith(await people.client('bob'), 'alice'), all)
    alice = await start('alice')
    await people.until('alice', async (client) => {
      const own = (await allWith(client, 'bob')).filter(({ isOwn }) => isOwn)
      return own.every(({ state }) => state === 'delivered')
    })
  })

  test('what is sent without a daemon waits, and leaves with the next one', async () => {
    assert.equal(await alice.end('SIGTERM'), 0)
    const { code, err } = await ezchat(alice.home, ['send', 'bob', 'later'])
    assert.equal(code, 0)
    assert.match(err, /ezchat daemon/)
    alice = await start('alice')
    await people.until('bob', async (client) =>
      (await textsWith(client, 'alice')).includes('later'),
    )
  })

  test('the life of a message is told hop by hop', async () => {
    await people.until('alice', async (client) => (await client.call('outbox', {})).count === 0)
    const last = (await allWith(await people.client('alice'), 'bob')).at(-1)
    await people.untilHop('alice', String(last?.id), 'withdrawn')
    const [shown] = await ezchatJson(alice.home, ['show', String(last?.id)])
    const hops = shown?.hops as { what: string }[]
    const kinds = hops.map(({ what }) => what)
    assert.deepEqual(kinds.slice(0, 2), ['written', 'queued'])
    assert.equal(kinds.at(-1), 'withdrawn', kinds.join())
  })
})
