import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { decodeRpc, encodeRequest } from '@ezchat/protocol/control/rpc.ts'
import { type ControlServer, serveUnixSocket } from '../../src/control/unix-socket.ts'
import { CONTROL_CLIENTS_MAX, CONTROL_REQUESTS_MAX } from '../../src/limits.ts'
import { ADDRESS, FakeEvents, fakeVerbs } from './fakes.ts'

interface Client {
  readonly socket: Socket
  send(text: string): void
  /** The next line, read as a message. */
  next(): Promise<ReturnType<typeof decodeRpc>>
}

async function open(path: string): Promise<Client> {
  const socket = connect(path)
  await once(socket, 'connect')
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  return {
    socket,
    send: (text) => socket.write(`${text}\n`),
    async next() {
      const { value, done } = await lines.next()
      if (done) throw new Error('the socket was closed')
      return decodeRpc(value)
    },
  }
}

async function failureOf(client: Client): Promise<Failure> {
  const incoming = await client.next()
  assert.ok(incoming.kind === 'failure', JSON.stringify(incoming))
  return incoming.failure
}

describe('the control API on a Unix socket', () => {
  const events = new FakeEvents()
  const { verbs, release } = fakeVerbs()
  const bugs: unknown[] = []
  let home = ''
  let path = ''
  let server: ControlServer
  let client: Client

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'ezchat-control-'))
    path = join(home, 'socket')
    // What a killed daemon leaves behind is no obstacle.
    await writeFile(path, '')
    server = await serveUnixSocket(path, { verbs, events, onBug: (bug) => bugs.push(bug) })
    client = await open(path)
  })

  after(async () => {
    release()
    client.socket.destroy()
    await server.close()
    await rm(home, { recursive: true })
  })

  test('is open to its owner only', async () => {
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  test('answers a request with what the verb gives', async () => {
    client.send(encodeRequest(1, 'id', {}))
    const result = { address: ADDRESS, name: 'bob', peer: 'peer', network: 'test' }
    assert.deepEqual(await client.next(), { kind: 'result', id: 1, result })
  })

  test('names the parameter that is wrong', async () => {
    client.send(encodeRequest(2, 'id', { colour: 'red' }))
    const failure = await failureOf(client)
    assert.equal(failure.code, 'BAD_PARAMS')
    assert.match(failure.message, /colour/)
  })

  test('answers what is no request, and what no method is called', async () => {
    client.send('{')
    assert.equal((await failureOf(client)).code, 'BAD_REQUEST')
    client.send(encodeRequest(3, 'constructor', {}))
    assert.equal((await failureOf(client)).code, 'UNKNOWN_METHOD')
  })

  test('passes a failure on in its own words, and a bug without any', async () => {
    client.send(encodeRequest(4, 'contacts.show', { peer: 'eve' }))
    assert.match((await failureOf(client)).message, /eve/)
    client.send(encodeRequest(5, 'outbox', {}))
    const failure = await failureOf(client)
    assert.equal(failure.code, 'INTERNAL')
    assert.doesNotMatch(failure.message, /canary/)
    client.send(encodeRequest(6, 'peers', {}))
    assert.equal((await failureOf(client)).code, 'INTERNAL')
    assert.equal(bugs.length, 2)
  })

  test('has so many requests under way and no more', async () => {
    for (let id = 0; id <= CONTROL_REQUESTS_MAX; id++) client.send(encodeRequest(id, 'stop', {}))
    assert.equal((await failureOf(client)).code, 'BUSY')
    release()
    for (let id = 0; id < CONTROL_REQUESTS_MAX; id++) {
      assert.equal((await client.next()).kind, 'result')
    }
  })

  test('brings the events that were missed, then the new ones, and ends when asked', async () => {
    const watcher = await open(path)
    events.add('first')
    events.add('second')
    watcher.send(encodeRequest(1, 'watch', { cursor: '1' }))
    assert.deepEqual(await watcher.next(), { kind: 'result', id: 1, result: { cursor: '1' } })
    const told = async () => {
      const incoming = await watcher.next()
      assert.ok(incoming.kind === 'request')
      return (incoming.request.params as { text: string }).text
    }
    assert.equal(await told(), 'second')
    events.add('third')
    assert.equal(await told(), 'third')
    watcher.send(encodeRequest(2, 'unwatch', {}))
    assert.equal((await watcher.next()).kind, 'result')
    events.add('unseen')
    watcher.send(encodeRequest(3, 'id', {}))
    assert.equal((await watcher.next()).kind, 'result')
    watcher.socket.destroy()
    assert.equal(events.listenerCount, 0)
  })

  test('refuses a cursor that was never given out', async () => {
    client.send(encodeRequest(9, 'watch', { cursor: '1000' }))
    assert.equal((await failureOf(client)).code, 'BAD_PARAMS')
  })

  test('hangs up on a line without an end', async () => {
    const flood = await open(path)
    const closed = new Promise((resolve) => flood.socket.once('close', resolve))
    const chunk = Buffer.alloc(1_000_000, 'a')
    flood.socket.on('error', () => flood.socket.destroy())
    for (let sent = 0; sent < 8; sent++) flood.socket.write(chunk)
    await closed
  })

  test('turns away who comes too many, and does not wait for them at the end', async () => {
    const other = join(home, 'crowded')
    const crowded = await serveUnixSocket(other, { verbs, events, onBug: () => assert.fail() })
    const sockets: Socket[] = []
    for (let count = 0; count < CONTROL_CLIENTS_MAX; count++) {
      sockets.push((await open(other)).socket)
    }
    const late = connect(other)
    // It neither reads nor hangs up.
    late.pause()
    await once(late, 'connect')
    const rude = connect(other)
    rude.on('error', () => undefined)
    rude.write('{}\n')
    rude.destroy()
    await crowded.close()
    for (const socket of [...sockets, late]) socket.destroy()
  })

  test('ends though a client that watches reads nothing', async () => {
    const other = join(home, 'suspended')
    const many = new FakeEvents()
    for (let count = 0; count < 500; count++) many.add('x'.repeat(8000))
    const init = { verbs, events: many, onBug: () => assert.fail() }
    const ending = await serveUnixSocket(other, init)
    const socket = connect(other)
    socket.pause()
    await once(socket, 'connect')
    socket.write(`${encodeRequest(1, 'watch', { cursor: '0' })}\n`)
    while (many.listenerCount === 0) await new Promise((resolve) => setImmediate(resolve))
    await ending.close()
    socket.destroy()
  })

  test('hangs up on whoever asks and never reads', async () => {
    const deaf = connect(path)
    deaf.on('error', () => undefined)
    deaf.pause()
    await once(deaf, 'connect')
    const closed = new Promise((resolve) => deaf.once('close', resolve))
    const long = encodeRequest(1, 'id', { ['x'.repeat(200)]: 1 })
    for (let count = 0; count < 20_000; count++) deaf.write(`${long}\n`)
    await closed
  })

  test('is not taken from a daemon that runs', async () => {
    const init = { verbs, events, onBug: () => assert.fail() }
    await assert.rejects(
      serveUnixSocket(path, init),
      (error) => error instanceof Failure && error.code === 'LOCKED',
    )
  })
})
