// Two things that gossipsub lacks. It has its own name for its protocol, and nodes of a network
// have another (network.md §5). And it reads as fast as a peer writes, into a queue without end;
// here reading stops while a few messages wait, and libp2p then stops the other side.
import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Connection, Stream, StreamMessageEvent } from '@libp2p/interface'
import { GOSSIP_READ_AHEAD_BYTES } from '../limits.ts'

type Registrar = GossipSubComponents['registrar']
type Chunk = StreamMessageEvent['data']

/** The version of gossipsub that it takes us to speak. */
export const GOSSIPSUB = '/meshsub/1.2.0'

export function renamed(registrar: Registrar, name: string): Registrar {
  const ours = (protocol: string) => (protocol === GOSSIPSUB ? name : protocol)
  const changes: Partial<Registrar> = {
    handle: (protocol, handler, options) =>
      registrar.handle(
        ours(protocol),
        (stream, connection) => handler(paced(stream), withName(connection, name)),
        options,
      ),
    unhandle: (protocol, options) => registrar.unhandle(ours(protocol), options),
    getTopologies: (protocol) => registrar.getTopologies(ours(protocol)),
    register: (protocol, topology, options) =>
      registrar.register(
        ours(protocol),
        {
          ...topology,
          onConnect: (peer, connection) => topology.onConnect?.(peer, withName(connection, name)),
        },
        options,
      ),
  }
  return overlay(registrar, changes)
}

function withName(connection: Connection, name: string): Connection {
  return overlay(connection, {
    newStream: async (_protocols, options) => {
      const stream = await connection.newStream(name, options)
      return overlay(stream, { protocol: GOSSIPSUB })
    },
  })
}

/** All of `target`, but for what `changes` has. Methods keep the `this` that they know. */
function overlay<T extends object>(target: T, changes: Partial<T>): T {
  return new Proxy(target, {
    get(_, property) {
      const source = Object.hasOwn(changes, property) ? changes : target
      const value: unknown = Reflect.get(source, property, source)
      return typeof value === 'function' ? value.bind(source) : value
    },
    set: (_, property, value) => Reflect.set(target, property, value, target),
  })
}

/** Only what gossipsub reads by; no event target, or it would listen for itself. */
function paced(stream: Stream): Stream {
  const source = {
    [Symbol.asyncIterator]: () => pacedChunks(stream),
    close: () => stream.close(),
    abort: (error: Error) => stream.abort(error),
  }
  return source as unknown as Stream
}

function pacedChunks(stream: Stream): AsyncIterator<Chunk> {
  const waiting: Chunk[] = []
  let waitingBytes = 0
  let end: { readonly error: Error | undefined } | null = null
  let wake: (() => void) | null = null
  const woken = () => {
    wake?.()
    wake = null
  }
  const take = ({ data }: StreamMessageEvent) => {
    waiting.push(data)
    waitingBytes += data.byteLength
    if (waitingBytes >= GOSSIP_READ_AHEAD_BYTES) stream.pause()
    woken()
  }
  const finish = (error?: Error) => {
    end ??= { error }
    stream.removeEventListener('message', take)
    woken()
  }
  stream.addEventListener('message', take)
  stream.addEventListener('remoteCloseWrite', () => finish(), { once: true })
  stream.addEventListener('close', (event) => finish(event.error), { once: true })
  return {
    async next() {
      while (waiting.length === 0 && end === null) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const chunk = waiting.shift()
      if (chunk === undefined) {
        if (end?.error !== undefined) throw end.error
        return { done: true, value: undefined }
      }
      waitingBytes -= chunk.byteLength
      if (waitingBytes < GOSSIP_READ_AHEAD_BYTES && end === null) stream.resume()
      return { done: false, value: chunk }
    },
    async return() {
      finish()
      return { done: true, value: undefined }
    },
  }
}
