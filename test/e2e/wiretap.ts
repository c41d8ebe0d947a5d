// Everything that passes on the way to one address, in both directions, as somebody on the wire
// sees it.
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Wiretap {
  /** Where others are to believe that it listens. */
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** A recording for each direction of each connection. */
  readonly #recordings: Buffer[][] = []

  private constructor(server: Server, port: number, target: number) {
    this.port = port
    this.#server = server
    server.on('connection', (inner) => {
      const outer = connect(target, '127.0.0.1')
      this.#pass(inner, outer)
      this.#pass(outer, inner)
    })
  }

  static async open(target: number): Promise<Wiretap> {
    const server = createServer()
    return new Wiretap(server, await listen(server), target)
  }

  get recordings(): Buffer[] {
    return this.#recordings.map((chunks) => Buffer.concat(chunks))
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #pass(from: Socket, to: Socket): void {
    const recording: Buffer[] = []
    this.#recordings.push(recording)
    this.#sockets.add(from)
    from.on('data', (chunk) => recording.push(chunk))
    from.on('error', () => to.destroy())
    from.on('close', () => this.#sockets.delete(from))
    from.pipe(to)
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const place = server.address()
      resolve(typeof place === 'object' && place !== null ? place.port : 0)
    })
  })
}
