// Who gets into a network: nodes that begin with each other, and a network with a key.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server } from 'node:net'
import { pipeline } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { createNetworkKey, networkKeyCheck } from '@ezchat/protocol/network/access.ts'
import { type Crew, startDaemon, startNode, untilPeers } from './network-daemons.ts'
import { crypto, drawPostbox, Guest, letter, linkTo, networkNamed, textOf } from './network-peer.ts'
import { type Daemon, PATIENCE_MS, Stage } from './process.ts'

const KEY = createNetworkKey(crypto)
const CLOSED = networkNamed('closed', networkKeyCheck(crypto, KEY))
/** The same numbers, and a door without a lock. */
const OPEN = networkNamed('closed')
const OTHER_KEY = createNetworkKey(crypto)
const OTHER = networkNamed('closed', networkKeyCheck(crypto, OTHER_KEY))

test('two nodes that know only each other are a network', async () => {
  const stage = await Stage.open()
  try {
    const crew: Crew = { stage, flags: ['--network', linkTo(OPEN)] }
    const one = await startNode(crew, 'one')
    const other = await startNode(crew, 'other', ['--bootstrap', one.address])
    for (const [daemon, { ready }] of [
      [one, other],
      [other, one],
    ] as const) {
      const [neighbour] = await untilPeers(daemon, ([first]) => first?.shards === 2)
      assert.equal(neighbour?.peer, ready.peer)
      assert.equal(neighbour?.isCarrier, true)
    }
    const guest = await Guest.open({ network: OPEN })
    const box = drawPostbox(OPEN)
    try {
      const stream = await guest.watch(await guest.connect(one.address), box.selector)
      await guest.push(await guest.connect(other.address), letter(OPEN, box, 'through both'))
      assert.equal(textOf(OPEN, box, (await stream.until(1))[0]!), 'through both')
    } finally {
      await guest.close()
    }
  } finally {
    await stage.close()
  }
})

describe('a closed network', () => {
  let stage: Stage
  let node: Daemon
  let member: Daemon
  before(async () => {
    stage = await Stage.open()
    const crew = { stage, flags: ['--network', linkTo(CLOSED, KEY)] }
    node = await startNode(crew, 'node')
    member = await startDaemon(crew, 'member', ['--bootstrap', node.address])
  })
  after(() => stage.close())

  test('carries letters for those inside', async () => {
    const [neighbour] = await untilPeers(member, ([first]) => first?.shards === 2)
    assert.equal(neighbour?.peer, node.ready.peer)
    const guest = await Guest.open({ network: CLOSED, key: KEY })
    try {
      const box = drawPostbox(CLOSED)
      const stream = await guest.watch(await guest.connect(member.address), box.selector)
      await guest.push(await guest.connect(node.address), letter(CLOSED, box, 'among us'))
      assert.equal(textOf(CLOSED, box, (await stream.until(1))[0]!), 'among us')
    } finally {
      await guest.close()
    }
  })

  const outsiders = [
    ['without a key', [linkTo(OPEN)]],
    ['with another key', [linkTo(OTHER, OTHER_KEY)]],
    ['of the default network', []],
  ] as const
  for (const [who, links] of outsiders) {
    test(`does not let in a daemon ${who}`, { timeout: PATIENCE_MS }, async (t) => {
      const gate = await Gate.before(node)
      t.after(() => gate.close())
      const flags = links.flatMap((link) => ['--network', link])
      const begin = ['--bootstrap', gate.address]
      const outsider = await startDaemon({ stage, flags }, who.replaceAll(' ', '-'), begin)
      await gate.turnedAway
      assert.deepEqual(await untilPeers(outsider, () => true), [])
      for (const [daemon, { ready }] of [
        [node, member],
        [member, node],
      ] as const) {
        // Whoever was here before may not have quite gone.
        const peers = await untilPeers(daemon, ({ length }) => length === 1)
        assert.deepEqual(
          peers.map(({ peer }) => peer),
          [ready.peer],
        )
      }
      assert.equal(await outsider.end('SIGTERM'), 0)
    })
  }
})

/** Through which somebody goes to a daemon, so that it shows when they were turned away. */
class Gate {
  readonly address: string
  /** A connection has come to its end. */
  readonly turnedAway: Promise<void>
  readonly #server: Server

  private constructor(server: Server, address: string, turnedAway: Promise<void>) {
    this.#server = server
    this.address = address
    this.turnedAway = turnedAway
  }

  static async before({ address }: Daemon): Promise<Gate> {
    const ended = Promise.withResolvers<void>()
    const parts = address.split('/')
    const to = { host: '127.0.0.1', port: Number(parts[PORT_AT]) }
    const server = createServer((caller) => {
      pipeline(caller, createConnection(to), caller, () => ended.resolve())
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    return new Gate(server, parts.with(PORT_AT, String(port)).join('/'), ended.promise)
  }

  close(): void {
    this.#server.close()
  }
}

/** In /ip4/127.0.0.1/tcp/PORT/p2p/PEER. */
const PORT_AT = 4
