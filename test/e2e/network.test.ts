// Five daemons and a node to begin with: what carriers do for each other and for whoever is away.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Crew, startDaemon, startNode, untilPeers } from './network-daemons.ts'
import {
  drawPostbox,
  Guest,
  idOf,
  letter,
  linkTo,
  networkNamed,
  type Postbox,
  textOf,
} from './network-peer.ts'
import { type Daemon, Stage } from './process.ts'

const NETWORK = networkNamed('five')
const NAMES = ['ann', 'bea', 'cem', 'dan', 'eva'] as const

let crew: Crew
let node: Daemon
let daemons: Daemon[]
let guest: Guest

const start = (name: string) => startDaemon(crew, name, ['--bootstrap', node.address])
const ids = (envelopes: readonly { readonly bytes: Uint8Array }[]) =>
  envelopes.map(({ bytes }) => idOf(NETWORK, bytes)).sort()

/** Some letters to one postbox, the first of them to the first of the carriers. */
async function push(carriers: readonly Daemon[], to: Postbox, count: number): Promise<string[]> {
  const letters = Array.from({ length: count }, (_, at) => letter(NETWORK, to, `letter ${at}`))
  const outcomes = await Promise.all(
    letters.map((each, at) => guest.push(carriers[at % carriers.length]!.ready.peer, each)),
  )
  assert.deepEqual([...new Set(outcomes.map(({ kind }) => kind))], ['receipt'])
  return letters.map((each) => idOf(NETWORK, each)).sort()
}

describe('five daemons and one node', () => {
  before(async () => {
    crew = { stage: await Stage.open(), flags: ['--network', linkTo(NETWORK)] }
    node = await startNode(crew, 'node')
    daemons = await Promise.all(NAMES.map(start))
    guest = await Guest.open({ network: NETWORK })
  })
  after(async () => {
    await guest?.close()
    await crew.stage.close()
  })

  test('find each other through the node, and know who carries', async () => {
    const names = [node, ...daemons].map(({ ready }) => ready.peer)
    for (const daemon of daemons) {
      const others = names.filter((name) => name !== daemon.ready.peer)
      await untilPeers(daemon, (peers) => {
        const carriers = peers.filter(({ isCarrier, shards }) => isCarrier && shards === 2)
        return others.every((name) => carriers.some(({ peer }) => peer === name))
      })
    }
  })

  test('a letter for somebody who is away reaches every carrier, whoever took it', async () => {
    for (const daemon of daemons) await guest.connect(daemon.address)
    const box = drawPostbox(NETWORK)
    const [sent] = await push(daemons.slice(0, 1), box, 1)
    for (const { ready } of daemons) {
      const stream = await guest.watch(ready.peer, box.selector)
      const [came] = await stream.until(1)
      assert.equal(came === undefined ? null : idOf(NETWORK, came.bytes), sent)
      assert.equal(textOf(NETWORK, box, came!), 'letter 0')
    }
  })

  test('who carries nothing fetches the same from two carriers, and both tell what comes', async () => {
    const box = drawPostbox(NETWORK, 1)
    // It learns from the carriers themselves who they are.
    await Promise.all(daemons.map(({ ready }) => guest.met(ready.peer)))
    const [one, other] = guest.neighbours.carriersOf(box.shard)
    assert.ok(one !== undefined && other !== undefined)
    const streams = [await guest.watch(one, box.selector), await guest.watch(other, box.selector)]
    const first = await push(daemons, box, 30)
    for (const stream of streams) assert.deepEqual(ids(await stream.until(30)), first)
    for (const peer of [one, other]) {
      assert.deepEqual(ids(await guest.fetch(peer, box.selector)), first)
    }
    const later = await push(daemons, box, 5)
    for (const stream of streams) {
      assert.deepEqual(ids(await stream.until(35)), [...first, ...later].sort())
    }
  })

  test('a carrier that was away has afterwards what came meanwhile', async () => {
    const eva = daemons.pop()!
    assert.equal(await eva.end('SIGTERM'), 0)
    const box = drawPostbox(NETWORK)
    const sent = await push(daemons, box, 40)
    const back = await start('eva')
    daemons.push(back)
    assert.equal(back.ready.peer, eva.ready.peer)
    await guest.connect(back.address)
    const stream = await guest.watch(back.ready.peer, box.selector)
    assert.deepEqual(ids(await stream.until(40)), sent)
    assert.deepEqual(ids(await guest.fetch(back.ready.peer, box.selector)), sent)
  })

  test('whoever is killed behind its receipt has the letter when it comes back', async (t) => {
    const boxes = daemons.map(() => drawPostbox(NETWORK))
    const letters = boxes.map((box) => letter(NETWORK, box, 'kept'))
    await Promise.all(
      daemons.map(async (daemon, at) => {
        const { kind } = await guest.push(daemon.ready.peer, letters[at]!)
        const end = daemon.end('SIGKILL')
        assert.equal(kind, 'receipt')
        await end
      }),
    )
    // Nobody is left whom they know, and who could give it to them.
    await Promise.all([node.end('SIGKILL'), guest.close()])
    daemons = await Promise.all(NAMES.map((name) => startDaemon(crew, name)))
    for (const [at, daemon] of daemons.entries()) {
      const stranger = await Guest.open({ network: NETWORK })
      t.after(() => stranger.close())
      await stranger.connect(daemon.address)
      const found = await stranger.fetch(daemon.ready.peer, boxes[at]!.selector)
      assert.deepEqual(ids(found), [idOf(NETWORK, letters[at]!)])
      const peers = await untilPeers(daemon, (all) => all.length > 0)
      assert.deepEqual(
        peers.map(({ peer }) => peer),
        [stranger.wire.self],
      )
      await stranger.close()
    }
    // Somebody whom all of them know: the network is there again, and all is everywhere.
    guest = await Guest.open({ network: NETWORK })
    for (const daemon of daemons) await guest.connect(daemon.address)
    for (const { ready } of daemons) {
      for (const box of boxes) await (await guest.watch(ready.peer, box.selector)).until(1)
    }
  })
})
