import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { encodeRequest } from '@ezchat/protocol/control/rpc.ts'
import { WebSocket } from 'ws'
import { serveWebSocket, type WebServer } from '../../src/control/web-socket.ts'
import { FakeEvents, fakeVerbs } from './fakes.ts'

const TOKEN = 'the-token-of-this-daemon'
const { verbs } = fakeVerbs()
let server: WebServer
let port = 0
let drawn = 0

interface Call {
  readonly path?: string
  readonly method?: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
}

async function call({ path = '/login', method = 'POST', headers = {}, body = '' }: Call) {
  const sent = request({ host: '127.0.0.1', port, path, method, headers })
  sent.end(body)
  const [response] = await once(sent, 'response')
  response.resume()
  const cookie: string | undefined = response.headers['set-cookie']?.[0]
  return { status: response.statusCode as number, headers: response.headers, cookie }
}

/** The status of the refusal, or 101. */
async function upgrade(headers: { readonly [name: string]: string }, path = '/rpc') {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
  const status = await new Promise<number>((resolve) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.once('error', () => resolve(0))
  })
  return { socket, status }
}

const bearer = { authorization: `Bearer ${TOKEN}` }
const json = { 'content-type': 'application/json' }

describe('the control API on a WebSocket', () => {
  before(async () => {
    server = await serveWebSocket({
      ...{ verbs, events: new FakeEvents(), onBug: () => assert.fail() },
      ...{ host: '127.0.0.1', port: 0, token: TOKEN, drawToken: () => `drawn-${drawn++}` },
    })
    port = Number(new URL(server.url).port)
  })
  after(() => server.close())

  test('serves whoever shows the token', async () => {
    const { socket, status } = await upgrade(bearer)
    assert.equal(status, 101)
    socket.send(encodeRequest(1, 'id', {}))
    const [data] = await once(socket, 'message')
    assert.match(String(data), /"result"/)
    socket.close()
  })

  test('refuses every name of a host that is not exactly its own', async () => {
    const strangers = [
      'evil.com',
      '127.evil.com',
      'localhost.evil.com',
      'localhost.',
      '[::1]',
      '0.0.0.0',
    ]
    for (const stranger of strangers) {
      const host = `${stranger}:${port}`
      assert.equal((await upgrade({ ...bearer, host })).status, 421, host)
      assert.equal((await call({ headers: { ...json, host } })).status, 421, host)
    }
    assert.equal((await upgrade({ ...bearer, host: '127.0.0.1' })).status, 421)
    const own = await upgrade({ ...bearer, host: `localhost:${port}` })
    assert.equal(own.status, 101)
    own.socket.close()
  })

  test('refuses pages of others before it looks at their token', async () => {
    for (const origin of [
      'http://evil.com',
      'null',
      `https://127.0.0.1:${port}`,
      'http://127.0.0.1',
    ]) {
      assert.equal((await upgrade({ ...bearer, origin })).status, 403, origin)
      assert.equal((await call({ headers: { ...json, origin } })).status, 403, origin)
    }
  })

  test('refuses whoever shows no token, or another', async () => {
    const wrong = [
      {},
      { authorization: 'Bearer x' },
      { authorization: TOKEN },
      { cookie: 'ezchat=x' },
    ]
    for (const headers of wrong) {
      assert.equal((await upgrade(headers as { [name: string]: string })).status, 401)
    }
    assert.equal((await upgrade(bearer, '/other')).status, 401)
  })

  test('outlives whoever hangs up while it is refused, and keeps no door open for it', async () => {
    const ask = `GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
    for (let count = 0; count < 50; count++) {
      const rude = connect(port, '127.0.0.1')
      rude.on('error', () => undefined)
      await once(rude, 'connect')
      rude.write(ask)
      rude.resetAndDestroy()
    }
    const waits = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    waits.resume()
    waits.write(ask)
    await once(waits, 'end')
    waits.write('still here')
    await new Promise((resolve) => {
      waits.on('error', resolve)
      waits.on('close', resolve)
      waits.write('and here')
    })
    waits.destroy()
    assert.equal((await upgrade(bearer)).status, 101)
  })

  test('gives a page a cookie for its token, once', async () => {
    const token = new URL(server.mintUrl()).hash.slice('#t='.length)
    const body = JSON.stringify({ token })
    const { status, cookie } = await call({ headers: json, body })
    assert.equal(status, 204)
    assert.match(cookie ?? '', /HttpOnly; SameSite=Strict/)
    assert.equal((await call({ headers: json, body })).status, 401)
    const { socket, status: upgraded } = await upgrade({
      cookie: cookie!.split(';')[0]!,
      origin: `http://127.0.0.1:${port}`,
    })
    assert.equal(upgraded, 101)
    socket.close()
  })

  test('takes a login as JSON only, and nothing that a form could send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      assert.equal((await call({ headers: { 'content-type': type }, body: '{}' })).status, 415)
    }
    assert.equal((await call({ method: 'GET' })).status, 405)
    for (const body of ['', '{', '[]', '{"token":7}', `{"token":"${'a'.repeat(2000)}"}`]) {
      assert.equal((await call({ headers: json, body })).status, 401)
    }
  })

  test('forbids pages all that they do not need', async () => {
    const { status, headers } = await call({ path: '/healthz', method: 'GET' })
    assert.equal(status, 204)
    assert.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal((await call({ path: '/anything', method: 'GET' })).status, 404)
  })
})
