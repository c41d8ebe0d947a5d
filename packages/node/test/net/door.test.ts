// Who is let in, who is shown out, and who is looked for again.
import assert from 'node:assert/strict'
import { createConnection, type Socket } from 'node:net'
import { test } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { GROUP_CONNECTIONS_MAX, GROUP_PENDING_MAX } from '../../src/limits.ts'
import { PROFILES } from '../../src/net/profiles.ts'
import { MemoryKeyValue } from '../../src/store/memory-store.ts'
import { connected, isGone, isUp, openNode, soon } from './nodes.ts'

const COUNTED = {
  ...PROFILES.test,
  gate: { ...PROFILES.test.gate, capsLocalHosts: true },
}
const KEEPING = { ...PROFILES.test, outgoingCount: 4 }

test('one /24 has so many connections and no more', async (t) => {
  const bob = await openNode(t, { profile: COUNTED })
  const guests = []
  for (let at = 0; at < GROUP_CONNECTIONS_MAX + 2; at++) guests.push(await openNode(t))
  const address = bob.addresses()[0]!
  for (const guest of guests.slice(0, GROUP_CONNECTIONS_MAX)) await guest.connect(address, soon())
  for (const guest of guests.slice(GROUP_CONNECTIONS_MAX)) {
    await assert.rejects(guest.connect(address, soon()), { code: 'PEER_UNREACHABLE' })
  }
  assert.equal(bob.usage().connectionCount, GROUP_CONNECTIONS_MAX)
  // One goes, one may come.
  await guests[0]!.close()
  await isGone(bob, guests[0]!.self)
  await guests.at(-1)!.connect(address, soon())
})

test('a flood of connections that say nothing keeps nobody out', async (t) => {
  const bob = await openNode(t, { profile: { ...COUNTED, inboundPendingMax: 16 } })
  const { port } = portOf(bob.addresses()[0]!)
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  const closed: Promise<unknown>[] = []
  for (let at = 0; at < 200; at++) {
    const socket = createConnection({ host: '127.0.0.1', port })
    sockets.push(socket)
    socket.on('error', () => undefined)
    closed.push(new Promise((resolve) => socket.once('close', resolve)))
  }
  // All but the few that may be pending are closed at once.
  let closedCount = 0
  await new Promise<void>((resolve) => {
    for (const one of closed) {
      one.then(() => {
        closedCount++
        if (closedCount >= 200 - GROUP_PENDING_MAX) resolve()
      })
    }
  })
  for (const socket of sockets) socket.destroy()
  await Promise.all(closed)
  const alice = await openNode(t)
  await untilConnected(() => alice.connect(bob.addresses()[0]!, soon()))
  assert.equal(bob.usage().connectionCount, 1)
})

test('whoever offends too often is hung up on, and may not come back', async (t) => {
  const [bob, mallory] = [await openNode(t), await openNode(t)]
  await connected(mallory, bob)
  bob.penalise(mallory.self, 'invalid')
  assert.equal(bob.peers().length, 1)
  const gone = isGone(bob, mallory.self)
  bob.penalise(mallory.self, 'forged')
  bob.penalise(mallory.self, 'forged')
  await gone
  await isGone(mallory, bob.self)
  await assert.rejects(mallory.connect(bob.addresses()[0]!, soon()), { code: 'PEER_UNREACHABLE' })
  await assert.rejects(bob.connect(mallory.self, soon()), { code: 'PEER_UNREACHABLE' })
  assert.deepEqual(bob.addressesOf(mallory.self), [])
})

test('peers that served are found again after a restart, before anybody else', async (t) => {
  const keyValue = new MemoryKeyValue()
  const helpful = await openNode(t)
  const first = await openNode(t, { keyValue, seed: 200 })
  await connected(first, helpful)
  helpful.handle('getBlob', async () => Uint8Array.of(1))
  await first.request(helpful.self, 'getBlob', new Uint8Array(8), soon())
  await first.close()
  await isGone(helpful, first.self)
  // Nobody tells it where to begin.
  const second = await openNode(t, { keyValue, seed: 200, profile: KEEPING })
  assert.equal(second.self, first.self)
  await isUp(second, helpful.self)
  assert.deepEqual(second.peers(), [{ peer: helpful.self, isDialled: true }])
})

test('a node that knows nobody begins at a bootstrap node, and returns to it', async (t) => {
  const door = await openNode(t)
  const alice = await openNode(t, { bootstraps: [...door.addresses()], profile: KEEPING })
  await isUp(alice, door.self)
  const gone = isGone(alice, door.self)
  door.penalise('not a peer at all', 'forged')
  door.hangUp(alice.self)
  await gone
  await isUp(alice, door.self)
})

function portOf(address: string): { port: number } {
  const port = multiaddr(address)
    .getComponents()
    .find(({ name }) => name === 'tcp')?.value
  return { port: Number(port) }
}

async function untilConnected(connect: () => Promise<unknown>): Promise<void> {
  const { signal } = soon()
  for (;;) {
    try {
      await connect()
      return
    } catch (error: unknown) {
      if (signal.aborted) throw error
    }
  }
}
