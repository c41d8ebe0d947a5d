// The control API for programs of the same user: whoever may open the socket may do everything.
import { chmod, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { encodeFailure, RPC_LINE_CHARACTERS_MAX } from '@ezchat/protocol/control/rpc.ts'
import { CONTROL_CLIENTS_MAX, CONTROL_CLOSE_MS_MAX } from '../limits.ts'
import { nodeClock } from '../node-clock.ts'
import { type ConnectionInit, ControlConnection, type Pipe } from './connection.ts'
import { LineReader } from './line-reader.ts'

export type ServerInit = Omit<ConnectionInit, 'pipe'>

export interface ControlServer {
  close(): Promise<void>
}

/** Characters of four bytes at the most. */
const LINE_BYTES_MAX = RPC_LINE_CHARACTERS_MAX * 4

export async function serveUnixSocket(path: string, init: ServerInit): Promise<ControlServer> {
  await removeStale(path)
  const clients = new Map<Socket, ControlConnection>()
  const server = createServer((socket) => {
    if (clients.size >= CONTROL_CLIENTS_MAX) {
      socket.on('error', () => socket.destroy())
      socket.end(`${encodeFailure(null, new Failure('BUSY').body)}\n`, () => socket.destroy())
      return
    }
    clients.set(
      socket,
      accept(socket, init, () => clients.delete(socket)),
    )
  })
  await listen(server, path)
  await chmod(path, 0o600)
  return {
    async close() {
      for (const [socket, connection] of clients) {
        connection.end()
        socket.end()
      }
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of clients.keys()) closeSoon(socket)
      })
    },
  }
}

function accept(socket: Socket, init: ServerInit, onEnd: () => void): ControlConnection {
  const connection = new ControlConnection({ ...init, pipe: pipeOf(socket) })
  const lines = new LineReader(LINE_BYTES_MAX, (line) => connection.receive(line))
  socket.on('data', (chunk) => {
    if (lines.push(chunk)) return
    socket.end(`${encodeFailure(null, new Failure('BAD_REQUEST', 'a line too long').body)}\n`)
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    connection.end()
    onEnd()
  })
  return connection
}

function pipeOf(socket: Socket): Pipe {
  return {
    write(line) {
      return new Promise((resolve, reject) => {
        if (socket.destroyed || !socket.writable) {
          reject(new Failure('STOPPING'))
          return
        }
        // Answers to what shared a write on disk come together: one system call for all of them.
        if (socket.writableCorked === 0) {
          socket.cork()
          process.nextTick(() => socket.uncork())
        }
        // The callback comes when the line has left: that is the room for the next one.
        socket.write(`${line}\n`, (error) => (error ? reject(error) : resolve()))
      })
    },
    close: () => socket.destroy(),
  }
}

/** Whoever does not read, a client that was suspended for one, must not keep the daemon alive. */
function closeSoon(socket: Socket): void {
  const cancel = nodeClock.after(CONTROL_CLOSE_MS_MAX, () => socket.destroy())
  socket.once('close', cancel)
  socket.destroySoon()
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Failure('LOCKED', path, { cause: error }) : error)
    })
    server.listen(path, () => resolve())
  })
}

/** A socket that nobody answers is what a killed daemon left behind. */
async function removeStale(path: string): Promise<void> {
  const isAnswered = await new Promise<boolean>((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
  if (isAnswered) throw new Failure('LOCKED', path)
  await rm(path, { force: true })
}
