// libp2p 3.3 encrypts and writes each frame by itself, and the two bytes of its length before it: some
// thirty system calls for one message between two peers. Here what one turn of the event loop says
// to a peer is encrypted as one and written as one.
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { ConnectionEncrypter, MessageStream, StreamMuxer } from '@libp2p/interface'
import { GATHERED_BYTES_MAX } from '../limits.ts'
import { type MakeMuxers, withEachMuxer } from './muxers.ts'

type Bytes = Parameters<MessageStream['send']>[0]
type MakeEncrypter<Components> = (components: Components) => ConnectionEncrypter

/** The muxer's own way out, which its streams call. */
interface Writing extends StreamMuxer {
  send(bytes: Bytes): boolean
}

export function withGatheredWrites(make: MakeMuxers): MakeMuxers {
  return withEachMuxer<Writing>(make, (muxer, connection) => {
    const writer = new GatheringWriter(connection, muxer)
    muxer.send = (bytes) => writer.add(bytes)
    const close = muxer.close.bind(muxer)
    // The connection closes next: what streams said last has to have left.
    muxer.close = async (options) => {
      await close(options)
      writer.flush()
    }
  })
}

/** An encrypter gives its length and its bytes apart; the connection writes what it gets apart. */
export function withWholeWrites<Components>(
  make: MakeEncrypter<Components>,
): MakeEncrypter<Components> {
  return (components) => {
    const encrypter = make(components)
    for (const name of ['secureInbound', 'secureOutbound'] as const) {
      const secure = encrypter[name].bind(encrypter)
      encrypter[name] = (connection: MessageStream, options?: object) =>
        secure(wholeWriting(connection), options)
    }
    return encrypter
  }
}

function wholeWriting<T extends MessageStream>(connection: T): T {
  const send = connection.send.bind(connection)
  connection.send = (bytes) => send(bytes instanceof Uint8Array ? bytes : bytes.subarray())
  return connection
}

class GatheringWriter {
  readonly #connection: MessageStream
  readonly #send: (bytes: Bytes) => boolean
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #isScheduled = false

  constructor(connection: MessageStream, muxer: Writing) {
    this.#connection = connection
    this.#send = muxer.send.bind(muxer)
  }

  /** Whether more may be written at once. */
  add(bytes: Bytes): boolean {
    this.#waiting.push(bytes.subarray())
    this.#waitingBytes += bytes.byteLength
    if (this.#waitingBytes >= GATHERED_BYTES_MAX) return this.flush()
    if (!this.#isScheduled) {
      this.#isScheduled = true
      // After all that this turn of the event loop has read was dealt with.
      setImmediate(() => {
        this.#isScheduled = false
        this.flush()
      })
    }
    return !this.#connection.writableNeedsDrain
  }

  flush(): boolean {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    if (waiting.length === 0 || this.#connection.status !== 'open') return false
    try {
      return this.#send(waiting.length === 1 ? waiting[0]! : concatBytes(...waiting))
    } catch (error: unknown) {
      // As libp2p does where the muxer cannot write.
      this.#connection.abort(error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }
}
