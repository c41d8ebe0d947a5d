// Peers that answer as no honest peer does.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { EzchatError } from '@ezchat/node/errors.ts'
import { CHANNEL_OUTGOING_PEER_BYTES_MAX, CHANNEL_STRAY_ANSWERS_MAX } from '@ezchat/node/limits.ts'
import { type Node, startNode } from './loopback.ts'
import {
  FOR_EVER,
  header,
  LARGEST,
  Mallory,
  METHODS,
  Party,
  type RawStream,
  until,
} from './party.ts'

const ANSWER = 4

let aliceNode: Node
let malloryNode: Node
let alice: Party
let mallory: Mallory

before(async () => {
  aliceNode = await startNode()
  malloryNode = await startNode()
})
after(() => Promise.all([aliceNode.stop(), malloryNode.stop()]))

afterEach(() => {
  const { incomingBytes, outgoingBytes, unreadBytes } = alice.look()
  assert.deepEqual([incomingBytes, outgoingBytes, unreadBytes], [0, 0, 0])
  alice.channels.close()
})

/** What alice asked, at the other end; what it came to. */
async function asked(method: string, body = Uint8Array.of(1), signal = FOR_EVER) {
  alice = new Party(aliceNode)
  mallory = new Mallory(malloryNode)
  const outcome = alice.ask(mallory, method, body, signal).catch((error: unknown) => error)
  await until(() => (mallory.accepted[0]?.frames.length ?? 0) > 0, 'the request')
  return { stream: mallory.accepted[0]!, outcome }
}

async function failsWith(outcome: Promise<unknown>, code: string): Promise<void> {
  const error = await outcome
  assert.ok(error instanceof EzchatError, String(error))
  assert.equal(error.code, code)
}

const MALFORMED: readonly [what: string, bytes: Uint8Array][] = [
  ['a body larger than its method allows', header(65, ANSWER, 1, 0)],
  ['four gigabytes', header(0xffff_ffff, ANSWER, 1, 0)],
  ['a body beside a refusal', header(5, ANSWER, 1, 300)],
  ['a request', header(0, 1, 1, METHODS.small.number)],
  ['garbage', Uint8Array.from({ length: 50_000 }, (_, n) => (n * 31 + 77) & 255)],
]

for (const [what, bytes] of MALFORMED) {
  test(`${what} as an answer: the channel ends, and the request is not tried again`, async () => {
    const { stream, outcome } = await asked('small')
    stream.send(bytes)
    await failsWith(outcome, 'PEER_INVALID')
    await stream.closed()
    assert.deepEqual(alice.offences, ['malformed'])
  })
}

test('answers that nobody asked for are passed over, until they are too many', async () => {
  const { stream, outcome } = await asked('small')
  for (let n = 0; n < CHANNEL_STRAY_ANSWERS_MAX; n++)
    stream.frame({ kind: 'answer', id: 1000 + n, code: 0 }, LARGEST)
  stream.frame({ kind: 'answer', id: 1, code: 0 }, Uint8Array.of(9))
  assert.deepEqual(await outcome, Uint8Array.of(9))
  const next = alice.ask(mallory, 'small', Uint8Array.of(1)).catch((error: unknown) => error)
  // The same answer once more: its request is no longer under way.
  stream.frame({ kind: 'answer', id: 1, code: 0 }, Uint8Array.of(9))
  await failsWith(next, 'PEER_INVALID')
  assert.deepEqual(alice.offences, ['malformed'])
})

test('who never answers is closed in the end, and everybody who waits is told', async () => {
  const { stream, outcome } = await asked('small')
  alice.clock.advance(89_000)
  assert.deepEqual(alice.offences, [])
  alice.clock.advance(3_000)
  await failsWith(outcome, 'PEER_TIMEOUT')
  await stream.closed()
  assert.deepEqual(alice.offences, ['silent'])
})

test('who never answers what was cancelled is closed too', async () => {
  const leaving = new AbortController()
  const { stream, outcome } = await asked('small', Uint8Array.of(1), leaving.signal)
  leaving.abort(new Error('gone'))
  assert.match(String(await outcome), /gone/)
  await until(() => stream.frames.length === 2, 'the cancellation')
  assert.equal(stream.frames[1]!.header.kind, 'cancel')
  alice.clock.advance(92_000)
  await stream.closed()
  assert.deepEqual(alice.offences, ['silent'])
})

test('the answer to what was cancelled is passed over, whatever its size', async () => {
  const leaving = new AbortController()
  const { stream, outcome } = await asked('echo', Uint8Array.of(1), leaving.signal)
  leaving.abort(new Error('gone'))
  assert.match(String(await outcome), /gone/)
  stream.frame({ kind: 'answer', id: 1, code: 0 }, LARGEST)
  const next = alice.ask(mallory, 'small', Uint8Array.of(1))
  await until(() => stream.frames.length === 3, 'the next request')
  stream.frame({ kind: 'answer', id: stream.frames[2]!.header.id, code: 0 })
  assert.deepEqual(await next, new Uint8Array(0))
  assert.deepEqual(alice.offences, [])
})

test('an answer of which the end never comes is closed in the end', async () => {
  const { stream, outcome } = await asked('echo')
  stream.send(header(69_632, ANSWER, 1, 0))
  stream.send(new Uint8Array(40_000))
  await until(() => alice.receivedBytes === 11 + 40_000, 'the beginning')
  alice.clock.advance(5_000)
  alice.clock.advance(90_000)
  await failsWith(outcome, 'PEER_TIMEOUT')
  await stream.closed()
  assert.deepEqual(alice.offences, ['silent'])
})

test('a later status is a failure, a known one says what it says', async () => {
  for (const [status, code] of [
    [1, 'PEER_BUSY'],
    [2, 'PEER_UNSUPPORTED'],
    [3, 'PEER_FAILED'],
    [4, 'PEER_FULL'],
    [5, 'PEER_FAILED'],
    [255, 'PEER_FAILED'],
    [256, 'PEER_REFUSED'],
    [65_535, 'PEER_REFUSED'],
  ] as const) {
    const { stream, outcome } = await asked('small')
    stream.frame({ kind: 'answer', id: 1, code: status })
    await failsWith(outcome, code)
    alice.channels.close()
  }
})

test('half of a channel is none: what was asked fails', async () => {
  const { stream, outcome } = await asked('small')
  await stream.stream.close()
  await failsWith(outcome, 'PEER_UNREACHABLE')
  assert.deepEqual(alice.offences, [])
})

test('who never reads what it is asked is closed, and no more is kept than is allowed', async () => {
  alice = new Party(aliceNode)
  mallory = new Mallory(malloryNode)
  const streams: RawStream[] = []
  malloryNode.onStream = (stream) => stream.pause()
  const asks = Array.from({ length: 200 }, () =>
    alice.ask(mallory, 'echo', LARGEST).catch((error: unknown) => error),
  )
  await until(() => alice.opened.length === 1, 'the stream')
  await until(() => alice.opened[0]!.writableNeedsDrain, 'a full stream')
  alice.look()
  assert.ok(alice.most.outgoingBytes <= CHANNEL_OUTGOING_PEER_BYTES_MAX)
  assert.ok(alice.most.outgoingBytes > CHANNEL_OUTGOING_PEER_BYTES_MAX / 2)
  alice.clock.advance(32_000)
  const outcomes = await Promise.all(asks)
  const codes = new Set(outcomes.map((error) => (error as EzchatError).code))
  assert.deepEqual(codes, new Set(['PEER_BUSY', 'PEER_UNREACHABLE']))
  assert.deepEqual([alice.offences, streams], [['refuses'], []])
})
