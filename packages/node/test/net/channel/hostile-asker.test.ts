// Peers that ask as no honest peer does: each costs them their channel, and the others nothing.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import {
  CHANNEL_FLOOR_BYTES,
  CHANNEL_PEER_BYTES_MAX,
  CHANNEL_POOL_BYTES_MAX,
} from '@ezchat/node/limits.ts'
import { CHANNEL_MEMORY_BYTES_MAX } from '@ezchat/node/net/channel/memory-bound.ts'
import { CHANNEL_STATUSES, CHANNEL_WINDOW_REQUESTS } from '@ezchat/protocol/constants.ts'
import { type Node, startNode } from './loopback.ts'
import { frame, header, LARGEST, Mallory, METHODS, Party, type RawStream, until } from './party.ts'

const { busy, failed, ok, unknownMethod } = CHANNEL_STATUSES
const REQUEST = 1
const NOTICE = 2
const CANCEL = 3

let bobNode: Node
let aliceNode: Node
let malloryNode: Node
let bob: Party
let alice: Party
let mallory: Mallory

before(async () => {
  bobNode = await startNode()
  aliceNode = await startNode()
  malloryNode = await startNode()
})
after(() => Promise.all([bobNode, aliceNode, malloryNode].map((node) => node.stop())))

function meet(rate?: { perSecond: number; burst: number }): void {
  bob = new Party(bobNode, rate)
  alice = new Party(aliceNode)
  mallory = new Mallory(malloryNode)
}

afterEach(async () => {
  // Whatever happened, an honest peer is served, and nothing is kept in the end.
  assert.deepEqual(await alice.ask(bob, 'small', Uint8Array.of(7)), Uint8Array.of(7))
  assert.ok(bob.look().unreadBytes + bob.most.sum < CHANNEL_MEMORY_BYTES_MAX)
  assert.deepEqual(bob.failures, [])
  bob.channels.close()
  alice.channels.close()
  await until(() => bob.look().runningCount === 0, 'the end of all handlers')
  const { incomingBytes, unreadBytes, pausedCount } = bob.look()
  assert.deepEqual([incomingBytes, unreadBytes, pausedCount], [0, 0, 0])
})

/** A handler that ends when it is told to. */
function held(method: string): AbortSignal[] {
  const signals: AbortSignal[] = []
  bob.channels.handle(method, (_peer, _body, { signal }) => {
    signals.push(signal)
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  })
  return signals
}

/** As many streams as wanted, each as if it were of another peer. */
function strangers(): (name: string) => Promise<RawStream> {
  const { onStream } = bobNode
  return async (name) => {
    const count = bob.accepted.length
    bobNode.onStream = (stream) => {
      bob.accepted.push(stream)
      bob.channels.accept(stream, name)
    }
    const stream = await mallory.open(bob)
    await until(() => bob.accepted.length > count, 'the stream')
    bobNode.onStream = onStream
    return stream
  }
}

const MALFORMED: readonly [what: string, bytes: Uint8Array][] = [
  ['four gigabytes', header(0xffff_ffff, REQUEST, 1, METHODS.echo.number)],
  ['a byte more than a frame has', header(69_633, REQUEST, 1, METHODS.echo.number)],
  ['a byte more than its method has', header(65, REQUEST, 1, METHODS.small.number)],
  ['a kind that nobody knows', header(0, 77, 1, 1)],
  ['an answer where nobody asked', header(0, 4, 1, 0)],
  ['a cancel with a body', header(5, CANCEL, 1, 0)],
  ['a notice with an id', header(5, NOTICE, 5, METHODS.note.number)],
  ['garbage', Uint8Array.from({ length: 5000 }, (_, n) => (n * 167 + 91) & 255)],
]

for (const [what, bytes] of MALFORMED) {
  test(`${what}: refused from its header, before any of its body is kept`, async () => {
    meet()
    const stream = await mallory.open(bob)
    stream.send(bytes)
    await stream.closed()
    assert.deepEqual(bob.offences, ['malformed'])
    assert.deepEqual([bob.look().incomingBytes, bob.most.incomingBytes], [0, 0])
  })
}

test('the same id twice at once is refused', async () => {
  meet()
  held('hold')
  const stream = await mallory.open(bob)
  stream.frame({ id: 5, code: METHODS.hold.number })
  await until(() => bob.look().runningCount === 1, 'the first')
  stream.frame({ id: 5, code: METHODS.hold.number })
  await stream.closed()
  assert.deepEqual(bob.offences, ['malformed'])
})

test('a body that is withheld costs its own place, and ends after its time', async () => {
  meet()
  const stream = await mallory.open(bob)
  stream.send(header(69_632, REQUEST, 1, METHODS.echo.number))
  stream.send(new Uint8Array(1000))
  await until(() => bob.look().incomingBytes > 0, 'the header')
  assert.equal(bob.look().incomingBytes, 2 * 69_632 + 22)
  bob.clock.advance(29_000)
  assert.deepEqual(bob.offences, [])
  bob.clock.advance(3_000)
  await stream.closed()
  assert.deepEqual([bob.offences, bob.look().incomingBytes], [['silent'], 0])
})

test('a frame that comes byte by byte ends after its time all the same', async () => {
  meet()
  const stream = await mallory.open(bob)
  const slow = frame({ id: 1, code: METHODS.echo.number }, new Uint8Array(100))
  let sent = 0
  for (; sent < slow.length && !stream.isClosed; sent++) {
    stream.send(slow.subarray(sent, sent + 1))
    await until(() => stream.isClosed || bob.receivedBytes > sent, 'the byte')
    bob.clock.advance(1000)
  }
  await stream.closed()
  assert.deepEqual(bob.offences, ['silent'])
  assert.ok(sent < 40, `${sent} bytes were waited for`)
})

test('who withholds the first bytes of a header is no different', async () => {
  meet()
  const stream = await mallory.open(bob)
  stream.send(Uint8Array.of(0, 0))
  await until(() => bob.receivedBytes === 2, 'the bytes')
  bob.clock.advance(32_000)
  await stream.closed()
  assert.deepEqual(bob.offences, ['silent'])
})

test('more at once than the window is answered busy, and its bodies are passed over', async () => {
  meet()
  held('hold')
  const stream = await mallory.open(bob)
  for (let id = 1; id <= 100; id++) {
    stream.frame({ id, code: METHODS.hold.number }, new Uint8Array(64))
  }
  await until(() => stream.frames.length === 100 - CHANNEL_WINDOW_REQUESTS, 'the refusals')
  assert.ok(stream.statuses.every((status) => status === busy))
  assert.equal(bob.look().runningCount, CHANNEL_WINDOW_REQUESTS)
  assert.equal(bob.look().incomingBytes, CHANNEL_WINDOW_REQUESTS * (64 + 64 + 22))
})

test('cancelling makes no room for others before the handler ends', async () => {
  meet()
  const stubborn: (() => void)[] = []
  bob.channels.handle('hold', (_peer, body) => {
    return new Promise((resolve) => stubborn.push(() => resolve(body)))
  })
  const stream = await mallory.open(bob)
  for (let id = 1; id <= 1000; id++) {
    stream.frame({ id, code: METHODS.hold.number })
    stream.frame({ kind: 'cancel', id, code: 0 })
  }
  await until(() => stream.frames.length === 1000 - CHANNEL_WINDOW_REQUESTS, 'the refusals')
  assert.equal(stubborn.length, CHANNEL_WINDOW_REQUESTS)
  for (const end of stubborn) end()
  await until(() => stream.frames.length === 1000, 'the others')
  assert.equal(stream.statuses.filter((status) => status === failed).length, 32)
})

test('a peer that comes back does not get a second window', async () => {
  meet()
  const ends: (() => void)[] = []
  bob.channels.handle('hold', (_peer, body) => {
    return new Promise((resolve) => ends.push(() => resolve(body)))
  })
  let stream = await mallory.open(bob)
  for (let round = 0; round < 3; round++) {
    for (let id = 1; id <= 40; id++) stream.frame({ id, code: METHODS.hold.number })
    await until(() => stream.frames.length >= 8, 'the refusals')
    stream = await mallory.open(bob)
  }
  assert.equal(bob.look().runningCount, CHANNEL_WINDOW_REQUESTS)
  assert.equal(ends.length, CHANNEL_WINDOW_REQUESTS)
  for (const end of ends) end()
  await until(() => bob.look().incomingBytes === 0, 'the end of what nobody waits for')
})

test('who takes all that peers share takes nobody the place that is its own', async () => {
  meet()
  held('wide')
  const open = strangers()
  const count = 20
  const streams: RawStream[] = []
  for (let n = 0; n < count; n++) streams.push(await open(`stranger ${n}`))
  for (const stream of streams) {
    for (let id = 1; id <= 40; id++) stream.frame({ id, code: METHODS.wide.number })
  }
  await until(() => streams.every(({ frames }) => frames.length >= 8), 'the refusals')
  await until(() => bob.look().incomingBytes > CHANNEL_POOL_BYTES_MAX, 'the end of the pool')
  const most = CHANNEL_POOL_BYTES_MAX + count * CHANNEL_FLOOR_BYTES
  assert.ok(bob.most.incomingBytes <= most, `${bob.most.incomingBytes} of ${most} bytes`)
  assert.ok(bob.most.incomingBytes / count <= CHANNEL_PEER_BYTES_MAX)
  // The largest of all requests, although the pool is empty.
  assert.deepEqual(await alice.ask(bob, 'echo', LARGEST), LARGEST)
})

test('a channel that is closed in one direction is closed', async () => {
  meet()
  const signals = held('hold')
  const stream = await mallory.open(bob)
  stream.frame({ id: 1, code: METHODS.small.number })
  await until(() => stream.frames.length === 1, 'the answer')
  stream.frame({ id: 2, code: METHODS.hold.number })
  await until(() => signals.length === 1, 'the request')
  await stream.stream.close()
  await stream.closed()
  assert.equal(signals[0]!.aborted, true)
  assert.deepEqual([stream.statuses, bob.offences], [[ok], []])
})

test('a channel that was closed before it was accepted is let go', async () => {
  meet()
  const { onStream } = bobNode
  bobNode.onStream = (stream, peer) => {
    stream.abort(new Error('gone'))
    onStream(stream, peer)
  }
  const stream = await mallory.open(bob)
  stream.frame({ id: 1, code: METHODS.small.number })
  await stream.closed()
  bobNode.onStream = onStream
})

test('a request for what is no request here is answered, and its body passed over', async () => {
  meet()
  const stream = await mallory.open(bob)
  stream.frame({ id: 1, code: 999 }, LARGEST)
  stream.frame({ id: 2, code: METHODS.note.number }, LARGEST)
  stream.frame({ id: 3, code: METHODS.hold.number })
  stream.frame({ kind: 'notice', id: 0, code: METHODS.small.number }, LARGEST)
  stream.frame({ kind: 'notice', id: 0, code: METHODS.note.number }, LARGEST)
  stream.frame({ kind: 'cancel', id: 77, code: 0 })
  stream.frame({ id: 4, code: METHODS.small.number })
  await until(() => stream.frames.length === 4, 'the answers')
  assert.deepEqual(stream.statuses, [unknownMethod, unknownMethod, unknownMethod, ok])
  assert.deepEqual(bob.offences, [])
})
