import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { EzchatError } from '@ezchat/node/errors.ts'
import { CHANNEL_WAITING_COUNT_MAX } from '@ezchat/node/limits.ts'
import { CHANNEL_WINDOW_REQUESTS } from '@ezchat/protocol/constants.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { type Node, startNode } from './loopback.ts'
import { FOR_EVER, LARGEST, METHODS, Party, until } from './party.ts'

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

test('a request is answered, and the next one goes over the same stream', async () => {
  const { alice, bob } = meet()
  assert.deepEqual(await alice.ask(bob, 'small', bytes(1, 2)), bytes(1, 2))
  assert.deepEqual(await alice.ask(bob, 'small', bytes()), bytes())
  assert.deepEqual(await alice.ask(bob, 'echo', LARGEST), LARGEST)
  assert.equal(bob.accepted.length, 1)
  assert.deepEqual(bob.offences, [])
})

test('each direction has a stream of its own', async () => {
  const { alice, bob } = meet()
  const [one, other] = await Promise.all([
    alice.ask(bob, 'small', bytes(1)),
    bob.ask(alice, 'small', bytes(2)),
  ])
  assert.deepEqual([one, other], [bytes(1), bytes(2)])
  assert.deepEqual([alice.accepted.length, bob.accepted.length], [1, 1])
})

test('answers come in any order, each to whoever asked', async () => {
  const { alice, bob } = meet()
  const requests = held(bob)
  const asked = [1, 2, 3].map((n) => alice.ask(bob, 'hold', bytes(n)))
  await until(() => requests.length === 3, 'three requests')
  for (const { body, end } of requests.reverse()) end(bytes(body[0]! * 10))
  assert.deepEqual(await Promise.all(asked), [bytes(10), bytes(20), bytes(30)])
})

test('more than a window is asked one after another, and nothing is refused', async () => {
  const { alice, bob } = meet()
  let running = 0
  let most = 0
  bob.channels.handle('hold', async (_peer, body) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return body
  })
  const asked = Array.from({ length: 200 }, (_, n) => alice.ask(bob, 'hold', bytes(n)))
  const answers = await Promise.all(asked)
  assert.deepEqual(
    answers.map(([n]) => n),
    Array.from({ length: 200 }, (_, n) => n),
  )
  assert.ok(most <= CHANNEL_WINDOW_REQUESTS, `${most} at once`)
})

test('the largest requests and answers fit their window, and none is refused', async () => {
  const { alice, bob } = meet()
  const asked = Array.from({ length: 100 }, () => alice.ask(bob, 'echo', LARGEST))
  for (const answer of await Promise.all(asked)) assert.equal(answer.length, LARGEST.length)
  assert.deepEqual([alice.offences, bob.offences], [[], []])
})

test('what a handler throws is what the caller learns, and only faults are reported', async () => {
  const { alice, bob } = meet()
  const thrown: [unknown, string, number | null][] = [
    [new ProtocolError('ENVELOPE_UNPAID'), 'PEER_REFUSED', 0x0815],
    [new EzchatError('STORE_BUSY'), 'PEER_BUSY', null],
    [new EzchatError('PEER_BUSY'), 'PEER_BUSY', null],
    [new EzchatError('STORE_FULL'), 'PEER_FULL', null],
    [new EzchatError('STORE_DISK_FULL'), 'PEER_FULL', null],
    [new EzchatError('PEER_FULL'), 'PEER_FULL', null],
    [new EzchatError('STORE_FAILED'), 'PEER_FAILED', null],
    [new TypeError('a bug'), 'PEER_FAILED', null],
  ]
  bob.channels.handle('hold', async (_peer, [n]) => {
    throw thrown[n!]![0]
  })
  for (const [n, [, code, status]] of thrown.entries()) {
    await assert.rejects(alice.ask(bob, 'hold', bytes(n)), (error: unknown) => {
      assert.ok(error instanceof EzchatError)
      assert.deepEqual([error.code, error.status], [code, status])
      return true
    })
  }
  assert.equal(bob.failures.length, 2)
  assert.match(bob.failures[1]!, /a bug/)
})

test('an answer larger than its method allows is a fault of the one who answers', async () => {
  const { alice, bob } = meet()
  bob.channels.handle('hold', async () => new Uint8Array(65))
  await assert.rejects(alice.ask(bob, 'hold', bytes()), failsWith('PEER_FAILED'))
  assert.match(bob.failures[0]!, /an answer to hold of 65 bytes/)
})

test('a request without a handler is unsupported, and its body is passed over', async () => {
  const { alice, bob } = meet()
  await assert.rejects(alice.ask(bob, 'hold', bytes(1, 2, 3)), failsWith('PEER_UNSUPPORTED'))
  assert.deepEqual(await alice.ask(bob, 'small', bytes(4)), bytes(4))
})

test('who leaves is told why at once, and the handler is told to stop', async () => {
  const { alice, bob } = meet()
  const requests = held(bob)
  const leaving = new AbortController()
  const asked = alice.ask(bob, 'hold', bytes(1), leaving.signal)
  await until(() => requests.length === 1, 'the request')
  leaving.abort(new Error('changed my mind'))
  await assert.rejects(asked, /changed my mind/)
  await until(() => requests[0]!.signal.aborted, 'the cancellation')
  assert.deepEqual(await alice.ask(bob, 'small', bytes(4)), bytes(4))
  assert.equal(bob.channels.usage().runningCount, 0)
  assert.deepEqual([bob.failures, bob.offences, alice.offences], [[], [], []])
})

test('a cancelled request keeps its place until the peer says that it ended', async () => {
  const { alice, bob } = meet()
  const ends: (() => void)[] = []
  let isStubborn = true
  bob.channels.handle('hold', (_peer, body) => {
    if (!isStubborn) return Promise.resolve(body)
    return new Promise((resolve) => ends.push(() => resolve(body)))
  })
  const leaving = new AbortController()
  const asked = Array.from({ length: CHANNEL_WINDOW_REQUESTS }, () =>
    alice.ask(bob, 'hold', bytes(1), leaving.signal),
  )
  await until(() => ends.length === CHANNEL_WINDOW_REQUESTS, 'a full window')
  leaving.abort(new Error('gone'))
  for (const one of asked) await assert.rejects(one, /gone/)
  isStubborn = false
  let isAnswered = false
  const next = alice.ask(bob, 'hold', bytes(2)).then((answer) => {
    isAnswered = true
    return answer
  })
  await bob.ask(alice, 'small', bytes(0))
  assert.equal(isAnswered, false)
  ends[0]!()
  assert.deepEqual(await next, bytes(2))
  for (const end of ends) end()
})

test('a request that waits is not sent after its caller left', async () => {
  const { alice, bob } = meet()
  const requests = held(bob)
  const under = Array.from({ length: CHANNEL_WINDOW_REQUESTS }, (_, n) =>
    alice.ask(bob, 'hold', bytes(n)),
  )
  await until(() => requests.length === CHANNEL_WINDOW_REQUESTS, 'a full window')
  const leaving = new AbortController()
  const waiting = alice.ask(bob, 'hold', bytes(99), leaving.signal)
  leaving.abort(new Error('gone'))
  await assert.rejects(waiting, /gone/)
  for (const { body, end } of requests) end(body)
  await Promise.all(under)
  await alice.ask(bob, 'small', bytes(0))
  assert.equal(requests.length, CHANNEL_WINDOW_REQUESTS)
})

test('who has left before asking is told why, and nothing is opened', async () => {
  const { alice, bob } = meet()
  const gone = AbortSignal.abort(new Error('gone'))
  await assert.rejects(alice.ask(bob, 'small', bytes(1), gone), /gone/)
  assert.equal(alice.channels.usage().peerCount, 0)
})

test('so many wait for one peer, and the next one is refused at once', async () => {
  const { alice, bob } = meet()
  held(bob)
  const asked = Array.from(
    { length: CHANNEL_WINDOW_REQUESTS + CHANNEL_WAITING_COUNT_MAX },
    // A full window is under way before the others wait.
    async (_, n) => {
      if (n >= CHANNEL_WINDOW_REQUESTS) {
        await until(() => bob.channels.usage().runningCount === CHANNEL_WINDOW_REQUESTS, 'a window')
      }
      return alice.ask(bob, 'hold', bytes())
    },
  )
  const settled = Promise.allSettled(asked)
  await until(() => bob.channels.usage().runningCount === CHANNEL_WINDOW_REQUESTS, 'a window')
  await until(() => alice.look().outgoingBytes === 11 * CHANNEL_WAITING_COUNT_MAX, 'the queue')
  await assert.rejects(alice.ask(bob, 'hold', bytes()), failsWith('PEER_BUSY'))
  alice.channels.closePeer(bob.id)
  for (const { status } of await settled) assert.equal(status, 'rejected')
})

test('nobody there: unreachable, with the reason', async () => {
  const { alice } = meet()
  const nobody = { id: '12D3KooWNobody' } as Party
  await assert.rejects(alice.ask(nobody, 'small', bytes()), (error: unknown) => {
    assert.ok(error instanceof EzchatError && error.code === 'PEER_UNREACHABLE' && error.retriable)
    assert.ok(error.cause instanceof Error)
    return true
  })
})

test('to ask for what is not in the table is a bug', async () => {
  const { alice, bob } = meet()
  const large = new Uint8Array(METHODS.small.requestBytesMax + 1)
  await assert.rejects(alice.ask(bob, 'note', bytes()), /note is no request/)
  await assert.rejects(alice.ask(bob, 'nothing', bytes()), /nothing is no request/)
  await assert.rejects(alice.ask(bob, 'small', large), /small of 65 bytes/)
  assert.throws(() => alice.channels.notify(bob.id, 'small', bytes()), /small is no notice/)
  assert.throws(() => bob.channels.handle('small', async (_peer, body) => body), /has a handler/)
  assert.equal(FOR_EVER.aborted, false)
})
