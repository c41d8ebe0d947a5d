import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { EzchatError } from '@ezchat/node/errors.ts'
import { CHANNEL_PEERS_MAX } from '@ezchat/node/limits.ts'
import { CHANNEL_WINDOW_REQUESTS } from '@ezchat/protocol/constants.ts'
import { type Node, startNode } from './loopback.ts'
import { FOR_EVER, LARGEST, Party, until } from './party.ts'

let aliceNode: Node
let bobNode: Node
const parties: Party[] = []

before(async () => {
  aliceNode = await startNode()
  bobNode = await startNode()
})
after(() => Promise.all([aliceNode.stop(), bobNode.stop()]))
afterEach(() => {
  for (const party of parties) {
    party.channels.close()
    const { incomingBytes, outgoingBytes, unreadBytes, pausedCount } = party.channels.usage()
    assert.deepEqual([outgoingBytes, unreadBytes, pausedCount], [0, 0, 0])
    assert.ok(incomingBytes === 0 || party.channels.usage().runningCount > 0)
    assert.equal(party.clock.timerCount, 0)
  }
  parties.length = 0
})

function meet(): { readonly alice: Party; readonly bob: Party } {
  const alice = new Party(aliceNode)
  const bob = new Party(bobNode)
  parties.push(alice, bob)
  return { alice, bob }
}

const bytes = (...list: number[]) => Uint8Array.from(list)
const failsWith = (code: string) => (error: unknown) =>
  error instanceof EzchatError && error.code === code

/** A handler whose requests end when the test says so. */
function held(party: Party) {
  const requests: { body: Uint8Array; signal: AbortSignal; end: (answer: Uint8Array) => void }[] =
    []
  party.channels.handle('hold', (_peer, body, { signal }) => {
    return new Promise((resolve, reject) => {
      requests.push({ body, signal, end: resolve })
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  })
  return requests
}

test('an opening is given up when nobody waits for it, and the next one starts anew', async () => {
  const { alice, bob } = meet()
  const signals: AbortSignal[] = []
  const openNow = bobNode
  alice.known.set(bob.id, openNow)
  const { open } = aliceNode
  aliceNode.open = async (to, signal) => {
    signals.push(signal!)
    if (signals.length === 1) {
      await new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason))
      })
    }
    return open(to, signal)
  }
  try {
    const leaving = new AbortController()
    const asked = alice.ask(bob, 'small', bytes(1), leaving.signal)
    leaving.abort(new Error('gone'))
    await assert.rejects(asked, /gone/)
    assert.equal(signals[0]!.aborted, true)
    assert.deepEqual(await alice.ask(bob, 'small', bytes(2)), bytes(2))
  } finally {
    aliceNode.open = open
  }
})

test('a stream that breaks fails what is under way, and the next request opens another', async () => {
  const { alice, bob } = meet()
  const requests = held(bob)
  const asked = alice.ask(bob, 'hold', bytes(1))
  await until(() => requests.length === 1, 'the request')
  bob.accepted[0]!.abort(new Error('cable pulled'))
  await assert.rejects(asked, failsWith('PEER_UNREACHABLE'))
  await until(() => requests[0]!.signal.aborted, 'the end of the handler')
  assert.deepEqual(await alice.ask(bob, 'small', bytes(2)), bytes(2))
  assert.equal(bob.accepted.length, 2)
  assert.deepEqual([alice.offences, bob.offences], [[], []])
})

test('a peer that is closed fails what is under way and what waits', async () => {
  const { alice, bob } = meet()
  const requests = held(bob)
  const asked = Array.from({ length: 40 }, () => alice.ask(bob, 'hold', bytes(1)))
  const settled = Promise.allSettled(asked)
  await until(() => requests.length === CHANNEL_WINDOW_REQUESTS, 'a window')
  alice.channels.closePeer(bob.id)
  for (const one of await settled) {
    assert.ok(one.status === 'rejected' && failsWith('PEER_UNREACHABLE')(one.reason))
  }
  assert.deepEqual(await alice.ask(bob, 'small', bytes(2)), bytes(2))
})

test('after the end nothing is asked, accepted or kept', async () => {
  const { alice, bob } = meet()
  await alice.ask(bob, 'small', bytes(1))
  bob.channels.close()
  await assert.rejects(bob.ask(alice, 'small', bytes(1)), failsWith('PEER_UNREACHABLE'))
  assert.equal(bob.notify(alice, bytes(1)), false)
  await assert.rejects(alice.ask(bob, 'small', bytes(1)), failsWith('PEER_UNREACHABLE'))
})

test('notices arrive in their order, between requests, and are not answered', async () => {
  const { alice, bob } = meet()
  const got: number[] = []
  bob.channels.handleNotices('note', (peer, [n]) => {
    assert.equal(peer, alice.id)
    got.push(n!)
    if (n === 1) throw new Error('a bug')
  })
  await alice.ask(bob, 'small', bytes(0))
  for (const n of [1, 2, 3]) assert.equal(alice.notify(bob, bytes(n)), true)
  await alice.ask(bob, 'small', bytes(0))
  assert.deepEqual(got, [1, 2, 3])
  assert.match(bob.failures.join(), /note: Error: a bug/)
})

test('a notice opens the channel, but dials nobody', async () => {
  const { alice, bob } = meet()
  const got: number[] = []
  bob.channels.handleNotices('note', (_peer, [n]) => void got.push(n!))
  await aliceNode.libp2p.hangUp(bobNode.libp2p.peerId)
  assert.equal(alice.notify(bob, bytes(1)), false)
  await aliceNode.libp2p.dial(bobNode.libp2p.getMultiaddrs())
  assert.equal(alice.notify(bob, bytes(2)), true)
  await until(() => got.length === 1, 'the notice')
  assert.deepEqual(got, [2])
})

test('honest peers ask no faster than they may, and nobody blames them', async () => {
  const { alice, bob } = meet()
  let count = 0
  const asked = (async () => {
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 250 }, () => alice.ask(bob, 'small', bytes(1))))
      count = round + 1
    }
  })()
  await until(() => count === 8, 'the burst')
  const spent = alice.clock.nowMs()
  await until(() => {
    for (const { clock } of [alice, bob]) clock.advance(1)
    return count === 20
  }, 'the rest')
  await asked
  assert.ok(alice.clock.nowMs() - spent >= 1600, `${alice.clock.nowMs() - spent} ms`)
  assert.deepEqual([alice.offences, bob.offences], [[], []])
  assert.equal(bob.look().pausedCount, 0)
})

test('notices beyond their rate are not sent, and the caller knows', async () => {
  const { alice, bob } = meet()
  await alice.ask(bob, 'small', bytes(0))
  const sent = Array.from({ length: 250 }, () => alice.notify(bob, bytes(1)))
  assert.equal(sent.filter((isSent) => isSent).length, 200)
  await alice.ask(bob, 'small', bytes(0))
  alice.clock.advance(1000)
  assert.equal(alice.notify(bob, bytes(1)), true)
  assert.deepEqual(bob.offences, [])
})

test('a channel that ends again and again is not opened for a while', async () => {
  const { alice, bob } = meet()
  for (let n = 0; n < 6; n++) {
    await alice.ask(bob, 'small', bytes(n))
    bob.accepted.at(-1)!.abort(new Error('cable pulled'))
    await until(() => alice.opened.at(-1)!.status !== 'open', 'the end')
  }
  await assert.rejects(alice.ask(bob, 'small', bytes(7)), failsWith('PEER_UNREACHABLE'))
  assert.equal(alice.notify(bob, bytes(7)), false)
  assert.equal(alice.opened.length, 6)
  for (const { clock } of [alice, bob]) clock.advance(12_100)
  assert.deepEqual(await alice.ask(bob, 'small', bytes(8)), bytes(8))
  assert.deepEqual([alice.offences, bob.offences], [[], []])
})

test('notices for which there is no room are not sent, and the caller knows', async () => {
  const { alice, bob } = meet()
  await alice.ask(bob, 'small', bytes(0))
  const sent = [1, 2, 3, 4].map(() => alice.notify(bob, LARGEST))
  assert.deepEqual(sent, [true, true, true, false])
  await alice.ask(bob, 'small', bytes(0))
  assert.equal(alice.notify(bob, LARGEST), true)
})

test('a handler that takes too long is told to stop, and its request fails', async () => {
  const { alice, bob } = meet()
  const requests = held(bob)
  const asked = alice.ask(bob, 'hold', bytes(1))
  await until(() => requests.length === 1, 'the request')
  bob.clock.advance(59_000)
  assert.equal(requests[0]!.signal.aborted, false)
  bob.clock.advance(3_000)
  await assert.rejects(asked, failsWith('PEER_FAILED'))
})

test('an honest channel stays open, however long nothing is said', async () => {
  const { alice, bob } = meet()
  await alice.ask(bob, 'small', bytes(1))
  for (const { clock } of [alice, bob]) clock.advance(86_400_000)
  assert.deepEqual(await alice.ask(bob, 'small', bytes(2)), bytes(2))
  assert.equal(bob.accepted.length, 1)
})

test('who was closed and idle for a while is forgotten, and the clock left alone', async () => {
  const { alice, bob } = meet()
  await alice.ask(bob, 'small', bytes(1))
  alice.channels.closePeer(bob.id)
  await until(() => bob.accepted[0]!.status !== 'open', 'the end')
  for (const { clock, channels } of [alice, bob]) {
    clock.advance(120_000)
    assert.equal(channels.usage().peerCount, 0)
    assert.equal(clock.timerCount, 0)
  }
})

test('so many peers have channels: an idle one makes room, else the next one is refused', async () => {
  const { alice, bob } = meet()
  alice.known.set(bob.id, bobNode)
  const { open } = aliceNode
  aliceNode.open = () => Promise.reject(new Error('nobody there'))
  const ask = (n: number) =>
    alice.channels.request(`peer ${n}`, 'small', bytes(), { signal: FOR_EVER })
  for (let n = 0; n < 2 * CHANNEL_PEERS_MAX; n++) {
    await assert.rejects(ask(n), failsWith('PEER_UNREACHABLE'))
  }
  assert.equal(alice.channels.usage().peerCount, CHANNEL_PEERS_MAX)
  aliceNode.open = () => new Promise(() => {})
  const asked = Array.from({ length: CHANNEL_PEERS_MAX }, (_, n) => ask(1000 + n))
  const settled = Promise.allSettled(asked)
  await assert.rejects(ask(5000), failsWith('PEER_BUSY'))
  assert.equal(alice.channels.notify('peer 5001', 'note', bytes()), false)
  aliceNode.open = open
  const refused = await bobNode.open(aliceNode)
  await until(() => refused.status !== 'open', 'the refusal')
  alice.channels.close()
  await settled
})
