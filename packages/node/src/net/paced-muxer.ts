// One piece of TCP may hold 5,000 frames of the smallest kind, and libp2p 3.3 deals with all of them
// before anything else has its turn: 0.1 s. So what a connection brings is handed to the muxer in
// smaller pieces, and when these have taken their time, the rest comes after everybody else's.
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { MessageStream, StreamMessageEvent, StreamMuxer } from '@libp2p/interface'
import { MUXER_PIECE_BYTES, MUXER_TURN_MS } from '../limits.ts'
import { type MakeMuxers, withEachMuxer } from './muxers.ts'

type Bytes = StreamMessageEvent['data']

/** The muxer's own way in, which its connection calls. */
interface Reading extends StreamMuxer {
  onData(bytes: Bytes): void
}

export function withPacedReads(clock: Clock, make: MakeMuxers): MakeMuxers {
  const turn = new Turn(clock)
  return withEachMuxer<Reading>(make, (muxer, connection) => {
    const reader = new PacedReader(clock, turn, muxer, connection)
    muxer.onData = (bytes) => reader.take(bytes)
  })
}

/** What reading has taken of the present turn of the event loop, all connections together. */
class Turn {
  readonly #clock: Clock
  #startMs: number | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isOver(): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (this.#startMs === null) {
      this.#startMs = nowMs
      this.#clock.after(0, () => {
        this.#startMs = null
      })
    }
    return nowMs - this.#startMs > MUXER_TURN_MS
  }
}

class PacedReader {
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #connection: MessageStream
  readonly #muxer: StreamMuxer
  readonly #read: (bytes: Bytes) => void
  #waiting: Bytes[] = []
  #isScheduled = false

  constructor(clock: Clock, turn: Turn, muxer: Reading, connection: MessageStream) {
    this.#clock = clock
    this.#turn = turn
    this.#muxer = muxer
    this.#connection = connection
    this.#read = muxer.onData.bind(muxer)
  }

  take(bytes: Bytes): void {
    for (let at = 0; at < bytes.byteLength; at += MUXER_PIECE_BYTES) {
      this.#waiting.push(pieceOf(bytes, at))
    }
    if (!this.#isScheduled) this.#work()
  }

  #work(): void {
    let count = 0
    while (count < this.#waiting.length && !this.#turn.isOver) this.#read(this.#waiting[count++]!)
    this.#waiting = this.#waiting.slice(count)
    if (this.#waiting.length > 0) this.#later()
  }

  #later(): void {
    this.#isScheduled = true
    this.#clock.after(0, () => {
      if (this.#muxer.status !== 'open' || this.#connection.status !== 'open') {
        this.#waiting = []
        return
      }
      // Not before: libp2p forgets a pause that comes while it resumes.
      this.#connection.pause()
      this.#isScheduled = false
      this.#continue()
    })
  }

  #continue(): void {
    try {
      this.#work()
    } catch (error: unknown) {
      // As libp2p does where the muxer cannot read what came.
      const cause = error instanceof Error ? error : new Error(String(error))
      this.#muxer.abort(cause)
      this.#connection.abort(cause)
      return
    }
    if (this.#isScheduled || this.#connection.status !== 'open') return
    // What comes with it is read in the next turn.
    this.#isScheduled = true
    this.#connection.resume()
    this.#isScheduled = false
    if (this.#waiting.length > 0) this.#later()
  }
}

function pieceOf(bytes: Bytes, at: number): Bytes {
  const end = Math.min(at + MUXER_PIECE_BYTES, bytes.byteLength)
  return bytes instanceof Uint8Array ? bytes.subarray(at, end) : bytes.sublist(at, end)
}
