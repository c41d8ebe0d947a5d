// What is said in one turn leaves as one; windows are opened again when they are needed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectionEncrypter, MessageStream, StreamMuxerFactory } from '@libp2p/interface'
import { GATHERED_BYTES_MAX } from '../../src/limits.ts'
import { withGatheredWrites, withWholeWrites } from '../../src/net/gathered-writes.ts'
import { withLazyWindows } from '../../src/net/lazy-windows.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function rig() {
  const sent: Uint8Array[] = []
  const events: string[] = []
  const connection = {
    status: 'open',
    writableNeedsDrain: false,
    abort: (error: Error) => events.push(`aborted: ${error.message}`),
  }
  const muxer = {
    send(bytes: Uint8Array) {
      if (bytes.includes(255)) throw new Error('not writable')
      sent.push(bytes)
      return !connection.writableNeedsDrain
    },
    async close() {
      muxer.send(frame(9))
      events.push('closed')
    },
  }
  const make = () =>
    ({ protocol: '/test', createStreamMuxer: () => muxer }) as unknown as StreamMuxerFactory
  withGatheredWrites(make)().createStreamMuxer(connection as unknown as MessageStream)
  return { sent, events, connection, muxer }
}

const frame = (value: number, length = 3) => new Uint8Array(length).fill(value)

test('what one turn says is one write, in its order', async () => {
  const { sent, muxer } = rig()
  for (const value of [1, 2, 3]) assert.equal(muxer.send(frame(value)), true)
  assert.deepEqual(sent, [])
  await turn()
  assert.deepEqual(
    sent.map((bytes) => [...bytes]),
    [[1, 1, 1, 2, 2, 2, 3, 3, 3]],
  )
  muxer.send(frame(4))
  await turn()
  assert.equal(sent.length, 2)
})

test('what is large does not wait, and no more than that is kept', () => {
  const { sent, muxer } = rig()
  muxer.send(frame(1))
  muxer.send(frame(2, GATHERED_BYTES_MAX))
  assert.deepEqual(
    sent.map(({ length }) => length),
    [GATHERED_BYTES_MAX + 3],
  )
})

test('whoever writes is told when the connection is full', async () => {
  const { muxer, connection } = rig()
  connection.writableNeedsDrain = true
  assert.equal(muxer.send(frame(1)), false)
  await turn()
  assert.equal(muxer.send(frame(1, GATHERED_BYTES_MAX)), false)
})

test('when a muxer has closed, what it said last has left', async () => {
  const { sent, events, muxer } = rig()
  muxer.send(frame(1))
  await muxer.close()
  assert.deepEqual(events, ['closed'])
  assert.deepEqual(
    sent.map((bytes) => [...bytes]),
    [[1, 1, 1, 9, 9, 9]],
  )
})

test('nothing is written to a connection that has ended, and one that cannot be written to ends', async () => {
  const { sent, events, muxer, connection } = rig()
  muxer.send(frame(255))
  await turn()
  assert.deepEqual(events, ['aborted: not writable'])
  connection.status = 'aborted'
  muxer.send(frame(1))
  await turn()
  assert.deepEqual(sent, [])
})

test('an encrypter writes a length and what it counts as one', async () => {
  const writes: number[] = []
  const connection = { send: (bytes: Uint8Array) => writes.push(bytes.byteLength) > 0 }
  const secured: MessageStream[] = []
  const encrypter = {
    protocol: '/test',
    secureInbound: async (stream: MessageStream) => secured.push(stream),
    secureOutbound: async (stream: MessageStream) => secured.push(stream),
  }
  const make = withWholeWrites(() => encrypter as unknown as ConnectionEncrypter)
  await make({}).secureOutbound(connection as unknown as MessageStream)
  const pieces = { byteLength: 5, subarray: () => frame(1, 5) }
  secured[0]!.send(pieces as unknown as Uint8Array)
  assert.deepEqual(writes, [5])
})

test('a window is opened again when half of it is used, or the stream is not yet open', () => {
  const stream = { state: 3, recvWindow: 100, recvWindowCapacity: 51, count: 0 }
  const opened = Object.assign(stream, {
    sendWindowUpdate: () => {
      stream.count++
    },
  })
  const muxer = { _newStream: () => opened }
  const make = () =>
    ({ protocol: '/test', createStreamMuxer: () => muxer }) as unknown as StreamMuxerFactory
  withLazyWindows(make)().createStreamMuxer({} as unknown as MessageStream)
  muxer._newStream()
  opened.sendWindowUpdate()
  assert.equal(stream.count, 0)
  stream.recvWindowCapacity = 50
  opened.sendWindowUpdate()
  assert.equal(stream.count, 1)
  Object.assign(stream, { state: 1, recvWindowCapacity: 100 })
  opened.sendWindowUpdate()
  assert.equal(stream.count, 2)
})
