// A libp2p stream as frames, both ways. Reading stops where its owner says so, and libp2p's flow
// control makes the other side stop too; nothing is written faster than the other side reads.
import type { FrameHeader, FrameSide } from '@ezchat/protocol/channel/frame.ts'
import { type AdmitFrame, type Frame, FrameReader } from '@ezchat/protocol/channel/frame-reader.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Clock, Offence } from '@ezchat/protocol/ports.ts'
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import {
  CHANNEL_FRAME_MS_MAX,
  CHANNEL_READ_BUFFER_BYTES,
  CHANNEL_TURN_FRAMES,
  CHANNEL_UNREAD_BYTES_MAX,
  CHANNEL_WRITE_MS_MAX,
} from '../../limits.ts'
import type { PauseCount } from './pause-count.ts'
import { WriteQueue } from './write-queue.ts'

/** Why there are no more frames: their doing, ours, or nobody's when both are null. */
export interface FrameStreamEnd {
  readonly offence: Offence | null
  readonly cause: Error | null
}

export interface FrameStreamInit {
  readonly clock: Clock
  readonly stream: Stream
  /** Who writes what is read here. */
  readonly from: FrameSide
  readonly pauses: PauseCount
  readonly admit: AdmitFrame
  readonly receive: (frame: Frame) => void
  /** Before each frame: 0 to read it, else how long to wait; Infinity until `wake`. */
  readonly waitMs: () => number
  readonly ended: (end: FrameStreamEnd) => void
}

/** More pieces than this are copied into one: each costs more than the bytes that it holds. */
const PIECES_MAX = 64

export class FrameStream {
  readonly #init: FrameStreamInit
  readonly #reader: FrameReader
  readonly #writes: WriteQueue
  #frameSinceMs: number | null = null
  /** Nothing is read until `wake`. */
  #isHeld = false
  /** And nothing received: libp2p keeps what comes, and makes the other side wait. */
  #isPaused = false
  #isResuming = false
  #isEnded = false
  #cancelWake: (() => void) | null = null

  /** Attaches at once, so that nothing is received before anybody listens. */
  constructor(init: FrameStreamInit) {
    this.#init = init
    this.#reader = new FrameReader(init.from, init.admit)
    this.#writes = new WriteQueue(init.clock, init.stream, (cause) => this.end({ cause }))
    const { stream } = init
    stream.maxReadBufferLength = CHANNEL_READ_BUFFER_BYTES
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('close', this.#onClose)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteEnd)
    if (stream.status !== 'open') queueMicrotask(() => this.end({}))
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** What is kept of what came, here and by libp2p. */
  get unreadBytes(): number {
    return this.#reader.unreadBytes + this.#init.stream.readBufferLength
  }

  get writes(): WriteQueue {
    return this.#writes
  }

  write(header: Omit<FrameHeader, 'bodyBytes'>, body: Uint8Array, done?: () => void): void {
    this.#writes.push({ ...header, bodyBytes: body.length }, body, done)
  }

  /** Reads on, if `waitMs` allows it now. */
  wake(): void {
    if (!this.#isHeld || this.#isEnded) return
    this.#cancelWake?.()
    this.#cancelWake = null
    this.#read()
  }

  /** Ends what is late: called once in a while. */
  sweep(): void {
    const nowMs = this.#init.clock.monotonicMs()
    if (this.#frameSinceMs !== null && nowMs - this.#frameSinceMs > CHANNEL_FRAME_MS_MAX) {
      this.end({ offence: 'silent' })
    } else if (this.#writes.isLate(nowMs, CHANNEL_WRITE_MS_MAX)) {
      this.end({ offence: 'refuses' })
    }
  }

  end({ offence = null, cause = null }: Partial<FrameStreamEnd>): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const { stream, pauses, ended } = this.#init
    this.#cancelWake?.()
    if (this.#isPaused) pauses.leave()
    stream.removeEventListener('message', this.#onMessage)
    stream.removeEventListener('close', this.#onClose)
    stream.removeEventListener('remoteCloseWrite', this.#onRemoteEnd)
    stream.abort(cause ?? new Error('the channel has ended'))
    this.#reader.clear()
    this.#writes.end()
    ended({ offence, cause })
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    const { data } = event
    if (data instanceof Uint8Array) this.#reader.push(data)
    else {
      const pieces = [...data]
      if (pieces.length > PIECES_MAX) this.#reader.push(data.slice())
      else for (const piece of pieces) this.#reader.push(piece)
    }
    // Whoever resumes it reads on, and not from within.
    if (this.#isResuming) return
    if (!this.#isHeld) this.#read()
    else if (this.#reader.unreadBytes > CHANNEL_UNREAD_BYTES_MAX) this.#pause()
  }

  readonly #onClose = (event: Event & { readonly error?: Error }): void => {
    this.end(event.error === undefined ? {} : { cause: event.error })
  }

  /** One direction alone is no channel. What came with the end is read before. */
  readonly #onRemoteEnd = (): void => queueMicrotask(() => this.end({}))

  #read(): void {
    try {
      this.#readTurn()
    } catch (error: unknown) {
      if (!(error instanceof ProtocolError)) throw error
      this.end({ offence: 'malformed', cause: error })
    }
  }

  #readTurn(): void {
    for (let count = 0; ; count++) {
      if (this.#isEnded) return
      if (this.#reader.unreadBytes === 0) {
        if (!this.#isHeld) break
        this.#release()
        if (this.#reader.unreadBytes === 0) break
      }
      const waitMs = this.#reader.isWithin ? 0 : this.#init.waitMs()
      // Whoever was told of a flood may have ended it.
      if (this.#isEnded) return
      if (waitMs > 0 || count === CHANNEL_TURN_FRAMES) {
        this.#hold(waitMs)
        return
      }
      const frame = this.#reader.next()
      if (frame === null || this.#isEnded) continue
      this.#frameSinceMs = null
      this.#init.receive(frame)
    }
    this.#frameSinceMs = this.#reader.isWithin
      ? (this.#frameSinceMs ?? this.#init.clock.monotonicMs())
      : null
  }

  #hold(waitMs: number): void {
    // Time during which we do not read is not theirs.
    this.#frameSinceMs = null
    this.#isHeld = true
    // Only for a turn, not much comes meanwhile.
    if (waitMs > 0 || this.#reader.unreadBytes > CHANNEL_UNREAD_BYTES_MAX) this.#pause()
    if (this.#isEnded || !Number.isFinite(waitMs)) return
    this.#cancelWake = this.#init.clock.after(waitMs, () => this.wake())
  }

  #pause(): void {
    const { stream, pauses } = this.#init
    if (this.#isPaused) return
    if (!pauses.enter()) {
      this.end({ offence: 'flood' })
      return
    }
    this.#isPaused = true
    if (stream.readStatus === 'readable') stream.pause()
  }

  /**
   * All that was held is read. To pause from within `resume` would not be noticed by yamux, so
   * what libp2p kept is only taken over here, and read afterwards.
   */
  #release(): void {
    const { stream, pauses } = this.#init
    this.#isHeld = false
    if (!this.#isPaused) return
    this.#isPaused = false
    pauses.leave()
    this.#isResuming = true
    try {
      if (stream.readStatus === 'paused') stream.resume()
    } finally {
      this.#isResuming = false
    }
  }
}
