// Peers that send more than they may, or never read: memory is bounded, and others are served.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  CHANNEL_ANSWERS_COUNT_MAX,
  CHANNEL_FRAMES_BURST,
  CHANNEL_FRAMES_PER_SECOND,
  CHANNEL_NOTICES_BURST,
  CHANNEL_OPENINGS_BURST,
  CHANNEL_PAUSED_COUNT_MAX,
  CHANNEL_PEER_BYTES_MAX,
  CHANNEL_READ_BUFFER_BYTES,
} from '@ezchat/node/limits.ts'
import { CHANNEL_MEMORY_BYTES_MAX } from '@ezchat/node/net/channel/memory-bound.ts'
import { TurnMeter } from '../../../../../test/turn-meter.ts'
import { type Node, startNode } from './loopback.ts'
import {
  frame,
  header,
  isStill,
  LARGEST,
  Mallory,
  METHODS,
  Party,
  type RawStream,
  until,
} from './party.ts'

const REQUEST = 1
const NOTICE = 2
const CANCEL = 3
/** Nobody has anything left to do after so many in which nothing is on its way. */
const STILL_TURNS = 200
/** What the design allows of stalls, 99 times in 100. */
const STALL_MS_MAX = 100

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

/** As fast as it is taken, until there is no more, or no more is taken. */
async function pour(stream: RawStream, next: () => Uint8Array | null): Promise<void> {
  await until(() => bob.accepted.length === 1, 'the stream')
  let stillTurns = 0
  await until(() => {
    bob.look()
    const piece = stream.stream.writableNeedsDrain ? null : next()
    if (piece !== null) stream.send(piece)
    const isOver = piece === null && isStill(stream.stream, bob.accepted[0]!)
    stillTurns = isOver ? stillTurns + 1 : 0
    return stillTurns === STILL_TURNS
  }, 'the end of what is taken')
}

test('who never reads is no longer read, and then closed', async () => {
  meet()
  const stream = await mallory.open(bob)
  stream.stream.pause()
  let sent = 0
  const request = frame({ id: 1, code: METHODS.echo.number }, LARGEST)
  await pour(stream, () => {
    if (sent === 400) return null
    new DataView(request.buffer).setUint32(5, ++sent)
    return request.slice()
  })
  assert.ok(bob.most.incomingBytes <= CHANNEL_PEER_BYTES_MAX, `${bob.most.incomingBytes}`)
  assert.ok(bob.look().incomingBytes > CHANNEL_PEER_BYTES_MAX / 2)
  bob.clock.advance(32_000)
  await until(() => bob.look().incomingBytes === 0, 'the end of what nobody reads')
  assert.deepEqual([bob.offences, bob.look().unreadBytes], [['refuses'], 0])
})

test('answers without a body are bounded too when nobody reads them', async () => {
  meet({ perSecond: 1e9, burst: 1e9 })
  const stream = await mallory.open(bob)
  stream.stream.pause()
  const many = new Uint8Array(5000 * 11)
  for (let n = 0; n < 5000; n++) many.set(header(0, REQUEST, 1, 999), n * 11)
  await pour(stream, () => many)
  assert.equal(bob.look().pausedCount, 1)
  assert.ok(bob.most.unreadBytes <= 2 * CHANNEL_READ_BUFFER_BYTES, `${bob.most.unreadBytes}`)
  assert.equal(bob.look().incomingBytes, 0)
  bob.clock.advance(32_000)
  assert.deepEqual(bob.offences, ['refuses'])
  assert.ok(CHANNEL_ANSWERS_COUNT_MAX < 5000)
})

test('more frames than a peer may send are not read before it is time', async () => {
  meet()
  const stream = await mallory.open(bob)
  const many = Array.from({ length: 6000 }, (_, n) =>
    frame({ id: n + 1, code: METHODS.small.number }, new Uint8Array(1)),
  )
  for (const one of many) stream.send(one)
  await until(() => stream.frames.length === CHANNEL_FRAMES_BURST, 'the burst')
  assert.deepEqual(bob.offences, ['flood'])
  bob.clock.advance(500)
  const reached = CHANNEL_FRAMES_BURST + CHANNEL_FRAMES_PER_SECOND / 2
  await until(() => stream.frames.length >= reached, 'half a second more')
  await turn()
  assert.ok(stream.frames.length <= reached + 10, `${stream.frames.length} frames`)
  bob.clock.advance(1000)
  await until(() => stream.frames.length === 6000, 'all of them')
  assert.deepEqual(bob.offences, ['flood'])
})

test('a peer that is shut out for what it does leaves nothing behind', async () => {
  meet()
  bob.punish = (peer) => bob.channels.closePeer(peer)
  bob.channels.handleNotices('note', () => undefined)
  const many = new Uint8Array(5000 * 11)
  for (const [kind, code] of [
    [REQUEST, 999],
    [NOTICE, METHODS.note.number],
    [CANCEL, 0],
  ] as const) {
    for (let n = 0; n < 5000; n++) many.set(header(0, kind, kind === NOTICE ? 0 : 1, code), n * 11)
    const stream = await mallory.open(bob)
    stream.send(many.slice())
    await stream.closed()
    bob.clock.advance(12_000)
    const { pausedCount, incomingBytes, unreadBytes } = bob.look()
    assert.deepEqual([pausedCount, incomingBytes, unreadBytes], [0, 0, 0])
  }
  assert.deepEqual(bob.offences, ['flood', 'flood', 'flood'])
})

test('a million tiny frames stall nobody and are kept nowhere', async (t) => {
  meet({ perSecond: 1e9, burst: 1e9 })
  const stream = await mallory.open(bob)
  const piece = new Uint8Array(2000 * 11)
  for (let n = 0; n < 2000; n++) piece.set(header(0, CANCEL, n + 1, 0), n * 11)
  const meter = new TurnMeter()
  for (let sent = 0; sent < 500; sent++) {
    while (stream.stream.writableNeedsDrain) await turn()
    assert.ok(stream.send(piece), 'the stream was closed')
    bob.look()
    if (sent % 100 === 0) await alice.ask(bob, 'small', Uint8Array.of(1))
  }
  stream.frame({ id: 1, code: METHODS.small.number })
  await until(() => stream.frames.length === 1, 'the last one')
  const { p99Ms, longestMs } = meter.take()
  meter.close()
  assert.ok(bob.most.unreadBytes <= 2 * CHANNEL_READ_BUFFER_BYTES, `${bob.most.unreadBytes}`)
  t.diagnostic(`turns of ${p99Ms.toFixed(1)} ms, the longest of ${longestMs.toFixed(1)} ms`)
  assert.ok(p99Ms < STALL_MS_MAX, `${p99Ms} ms`)
  assert.deepEqual(bob.offences, [])
})

test('notices beyond their budget are dropped, and requests between them are answered', async () => {
  meet()
  let count = 0
  bob.channels.handleNotices('note', () => void count++)
  const stream = await mallory.open(bob)
  for (let n = 0; n < 2000; n++) {
    stream.frame({ kind: 'notice', id: 0, code: METHODS.note.number }, new Uint8Array(100))
  }
  stream.frame({ id: 1, code: METHODS.small.number })
  await until(() => stream.frames.length === 1, 'the answer')
  assert.equal(count, CHANNEL_NOTICES_BURST)
  assert.deepEqual(bob.offences, ['flood'])
  assert.equal(bob.most.incomingBytes, 0)
})

test('of many channels of one peer the newest is kept, and too many are a flood', async () => {
  meet()
  const signals = held('hold')
  const streams: RawStream[] = []
  for (let n = 0; n < CHANNEL_OPENINGS_BURST; n++) {
    const stream = await mallory.open(bob)
    stream.frame({ id: 1, code: METHODS.hold.number })
    await until(() => signals.length === n + 1, 'the request')
    streams.push(stream)
    assert.equal(signals.filter(({ aborted }) => !aborted).length, 1)
  }
  for (const stream of streams.slice(0, -1)) await stream.closed()
  assert.deepEqual([bob.offences, streams.at(-1)!.isClosed], [[], false])
  const tooMany = await mallory.open(bob)
  tooMany.frame({ id: 1, code: METHODS.small.number })
  await tooMany.closed()
  assert.deepEqual([bob.offences, streams.at(-1)!.isClosed], [['flood'], false])
  bob.clock.advance(10_000)
  const later = await mallory.open(bob)
  later.frame({ id: 1, code: METHODS.small.number })
  await until(() => later.frames.length === 1, 'the answer')
})

test('few channels may be left unread at one time, and the next one is closed', async () => {
  meet({ perSecond: 1, burst: 1 })
  const open = strangers()
  const two = new Uint8Array(22)
  for (let n = 0; n < 2; n++) two.set(header(0, REQUEST, n + 1, 999), n * 11)
  for (let n = 0; n < CHANNEL_PAUSED_COUNT_MAX; n++) {
    const stream = await open(`stranger ${n}`)
    stream.send(two)
    await until(() => bob.look().pausedCount === n + 1, 'a pause')
  }
  const last = await open('one too many')
  last.send(two)
  await last.closed()
  assert.equal(bob.look().pausedCount, CHANNEL_PAUSED_COUNT_MAX)
  // Honest peers send as fast as they may.
  bob.clock.advance(10_000)
  await until(() => bob.look().pausedCount === 0, 'the next frames')
})
