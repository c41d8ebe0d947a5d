// A client of the control API over the daemon's Unix socket.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import {
  type ControlEvent,
  event,
  METHODS,
  type MethodName,
  type ParamsOf,
  type ResultOf,
} from '@ezchat/protocol/control/methods.ts'
import { decodeRpc, encodeRequest, type RpcIncoming } from '@ezchat/protocol/control/rpc.ts'

export interface Client {
  call<N extends MethodName>(method: N, params: ParamsOf<N>): Promise<ResultOf<N>>
  /** Of `watch`. One listener at a time. */
  onEvent(listener: (event: ControlEvent) => void): void
  /** Resolves when the daemon has hung up. */
  readonly closed: Promise<void>
  close(): void
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (failure: Failure) => void
}

/** Null when nobody listens there. */
export async function connectTo(path: string): Promise<Client | null> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (error: unknown) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return null
    throw new Failure('NO_DAEMON', error instanceof Error ? error.message : undefined)
  }
  return new SocketClient(socket)
}

class SocketClient implements Client {
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #listener: ((event: ControlEvent) => void) | null = null
  #idNext = 1
  #rest = ''

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => this.#read(String(chunk)))
    // What matters is that it is closed: `close` always follows.
    socket.on('error', () => socket.destroy())
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        for (const { reject } of this.#waiting.values())
          reject(new Failure('NO_DAEMON', 'it hung up'))
        this.#waiting.clear()
        resolve()
      })
    })
  }

  async call<N extends MethodName>(method: N, params: ParamsOf<N>): Promise<ResultOf<N>> {
    if (this.#socket.destroyed) throw new Failure('NO_DAEMON', 'it hung up')
    const id = this.#idNext++
    const result = await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#socket.write(`${encodeRequest(id, method, params)}\n`)
    })
    return METHODS[method].result.check(result) as ResultOf<N>
  }

  onEvent(listener: (event: ControlEvent) => void): void {
    this.#listener = listener
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') this.#take(decodeRpc(line))
  }

  #take(incoming: RpcIncoming): void {
    if (incoming.kind === 'request') {
      if (incoming.request.method === 'event')
        this.#listener?.(event.check(incoming.request.params))
      return
    }
    if (incoming.id === null) {
      if (incoming.kind === 'failure') this.#failAll(incoming.failure)
      return
    }
    const waiting = this.#waiting.get(Number(incoming.id))
    this.#waiting.delete(Number(incoming.id))
    if (incoming.kind === 'result') waiting?.resolve(incoming.result)
    else waiting?.reject(incoming.failure)
  }

  /** Said about the connection, not about one request. */
  #failAll(failure: Failure): void {
    for (const { reject } of this.#waiting.values()) reject(failure)
    this.#waiting.clear()
  }
}
