// The control API for pages and for programs that cannot open a Unix socket: WebSocket, on loopback.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { RPC_LINE_CHARACTERS_MAX } from '@ezchat/protocol/control/rpc.ts'
import { type WebSocket, WebSocketServer } from 'ws'
import { CONTROL_CLIENTS_MAX, CONTROL_LOGIN_BYTES_MAX } from '../limits.ts'
import { Access, type HttpCaller } from './access.ts'
import { ControlConnection, type Pipe } from './connection.ts'
import type { ControlServer, ServerInit } from './unix-socket.ts'

export interface WebInit extends ServerInit {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  /** Good for as long as the daemon runs; in a file that only its owner reads. */
  readonly token: string
  readonly drawToken: () => string
}

export interface WebServer extends ControlServer {
  readonly url: string
  /** With a token that is good for one login. */
  mintUrl(): string
}

const RPC_PATH = '/rpc'
const LOGIN_PATH = '/login'
const STATUS = { host: 421, origin: 403, token: 401 } as const

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' blob:; " +
    "style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; " +
    "require-trusted-types-for 'script'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

export async function serveWebSocket(init: WebInit): Promise<WebServer> {
  const server = createServer({ maxHeaderSize: 8192 })
  const port = await listen(server, init)
  const name = init.host.includes(':') ? `[${init.host}]` : init.host
  const names = new Set([name, 'localhost', '127.0.0.1'])
  const access = new Access(
    [...names].map((each) => `${each}:${port}`),
    init.token,
    init.drawToken,
  )
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: RPC_LINE_CHARACTERS_MAX * 4,
    perMessageDeflate: false,
  })
  server.on('request', (request, response) => {
    void answer(request, response, access).catch((error: unknown) => {
      init.onBug(error)
      response.destroy()
    })
  })
  server.on('upgrade', (request, socket, head) => {
    const verdict = request.url === RPC_PATH ? access.check(callerOf(request)) : 'token'
    if (verdict !== 'ok') return refuse(socket, STATUS[verdict])
    if (sockets.clients.size >= CONTROL_CLIENTS_MAX) return refuse(socket, 503)
    sockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, init))
  })
  const url = `http://${name}:${port}/`
  return {
    url,
    mintUrl: () => `${url}#t=${access.mintLogin()}`,
    async close() {
      for (const client of sockets.clients) client.close(1001)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const client of sockets.clients) client.terminate()
      })
    },
  }
}

function accept(webSocket: WebSocket, init: ServerInit): void {
  const pipe: Pipe = {
    write: (line) =>
      new Promise((resolve, reject) => {
        webSocket.send(line, (error) => (error ? reject(error) : resolve()))
      }),
    close: () => webSocket.terminate(),
  }
  const connection = new ControlConnection({ ...init, pipe })
  webSocket.on('message', (data, isBinary) => {
    if (isBinary) webSocket.close(1003)
    else connection.receive(data.toString())
  })
  webSocket.on('error', () => webSocket.terminate())
  webSocket.on('close', () => connection.end())
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
): Promise<void> {
  const reply = (status: number, headers: Record<string, string> = {}) => {
    response.writeHead(status, { ...HEADERS, ...headers }).end()
  }
  const place = access.checkPlace(callerOf(request))
  if (place !== 'ok') return reply(STATUS[place])
  if (request.url === '/healthz') return reply(request.method === 'GET' ? 204 : 405)
  if (request.url !== LOGIN_PATH) return reply(404)
  if (request.method !== 'POST') return reply(405, { Allow: 'POST' })
  // A form of another page can send plain text, but not this.
  if (request.headers['content-type'] !== 'application/json') return reply(415)
  const login = await readLogin(request)
  const cookie = login === null ? null : access.logIn(login)
  if (cookie === null) return reply(401)
  reply(204, { 'Set-Cookie': cookie })
}

async function readLogin(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytesLength = 0
  for await (const chunk of request) {
    bytesLength += chunk.length
    if (bytesLength > CONTROL_LOGIN_BYTES_MAX) return null
    chunks.push(chunk)
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    const login = typeof body === 'object' && body !== null ? Reflect.get(body, 'token') : null
    return typeof login === 'string' ? login : null
  } catch (error: unknown) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function callerOf({ headers }: IncomingMessage): HttpCaller {
  const { host, origin, authorization, cookie } = headers
  return { host, origin, authorization, cookie }
}

function refuse(socket: Duplex, status: number): void {
  // Node has let go of it: an error that nobody hears would end the daemon.
  socket.on('error', () => socket.destroy())
  socket.on('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function listen(server: Server, { host, port }: WebInit): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return reject(error)
      reject(new Failure('PORT_IN_USE', `${host}:${port}`, { cause: error }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
