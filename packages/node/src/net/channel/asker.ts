// The side of a channel that asks: a window of requests under way, a queue of those that wait, and
// one stream, opened when there is something to say.
import type { FrameHeader } from '@ezchat/protocol/channel/frame.ts'
import type { Frame } from '@ezchat/protocol/channel/frame-reader.ts'
import {
  CHANNEL_ANSWER_SECONDS,
  CHANNEL_ASK_NOTICES,
  CHANNEL_ASK_OPENINGS,
  CHANNEL_STATUSES,
  CHANNEL_WINDOW_BYTES,
  CHANNEL_WINDOW_REQUESTS,
  FRAME_HEADER_BYTES,
} from '@ezchat/protocol/constants.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Clock, Offence, WireOptions } from '@ezchat/protocol/ports.ts'
import type { Stream } from '@libp2p/interface'
import { EzchatError } from '../../errors.ts'
import {
  CHANNEL_ANSWER_SLACK_MS,
  CHANNEL_NOTICE_BYTES_MAX,
  CHANNEL_STRAY_ANSWERS_MAX,
  CHANNEL_WAITING_COUNT_MAX,
} from '../../limits.ts'
import type { BudgetShare } from './budget.ts'
import { failureOfStatus } from './failure.ts'
import { FrameStream, type FrameStreamEnd } from './frame-stream.ts'
import type { NamedMethod } from './method.ts'
import { Outgoing } from './outgoing.ts'
import type { PauseCount } from './pause-count.ts'
import { type Rate, TokenBucket } from './token-bucket.ts'

const EMPTY = new Uint8Array(0)
const ID_MAX = 0xffff_ffff

interface Notice {
  readonly method: NamedMethod
  readonly body: Uint8Array
}

export interface AskerInit {
  readonly clock: Clock
  readonly share: BudgetShare
  readonly pauses: PauseCount
  /** How many frames we write: the peer reads no faster, and takes more for a flood. */
  readonly rate: Rate
  readonly open: (options: WireOptions) => Promise<Stream>
  readonly isConnected: () => boolean
  readonly offended: (offence: Offence) => void
}

export class Asker {
  readonly #init: AskerInit
  readonly #frames: TokenBucket
  readonly #noticeTokens: TokenBucket
  readonly #openings: TokenBucket
  readonly #waiting = new Set<Outgoing>()
  readonly #underWay = new Map<number, Outgoing>()
  #notices: Notice[] = []
  #noticeBytes = 0
  #windowBytes = 0
  #stream: FrameStream | null = null
  #opening: AbortController | null = null
  #lastId = 0
  #strayCount = 0
  #cancelPace: (() => void) | null = null

  constructor(init: AskerInit) {
    const { clock, rate } = init
    this.#init = init
    this.#frames = new TokenBucket(clock, rate)
    this.#noticeTokens = new TokenBucket(clock, CHANNEL_ASK_NOTICES)
    this.#openings = new TokenBucket(clock, CHANNEL_ASK_OPENINGS)
  }

  get isIdle(): boolean {
    const isQuiet = this.#stream === null && this.#opening === null && this.#waiting.size === 0
    return isQuiet && this.#openings.isFull
  }

  get unreadBytes(): number {
    return this.#stream?.unreadBytes ?? 0
  }

  request(method: NamedMethod, body: Uint8Array, { signal }: WireOptions): Promise<Uint8Array> {
    const { share } = this.#init
    if (this.#waiting.size >= CHANNEL_WAITING_COUNT_MAX || !share.take(frameBytes(body))) {
      return Promise.reject(new EzchatError('PEER_BUSY', { detail: 'too much waits to be sent' }))
    }
    const left = (outgoing: Outgoing) => this.#left(outgoing)
    const outgoing = new Outgoing({ method, body, signal, left })
    this.#waiting.add(outgoing)
    this.#advance()
    return outgoing.answer
  }

  /** False where there is nobody, or no room. */
  notify(method: NamedMethod, body: Uint8Array): boolean {
    const bytes = frameBytes(body)
    if (this.#stream === null && this.#opening === null) {
      if (!this.#init.isConnected() || this.#openings.waitMs > 0) return false
    }
    if (this.#noticeBytes + bytes > CHANNEL_NOTICE_BYTES_MAX) return false
    if (this.#noticeTokens.waitMs > 0 || !this.#init.share.take(bytes)) return false
    this.#noticeTokens.take()
    this.#noticeBytes += bytes
    this.#notices.push({ method, body })
    this.#advance()
    return true
  }

  sweep(): void {
    this.#stream?.sweep()
    const { clock } = this.#init
    const lateMs = CHANNEL_ANSWER_SECONDS * 1000 + CHANNEL_ANSWER_SLACK_MS
    for (const outgoing of this.#underWay.values()) {
      // The oldest is the first.
      if (clock.monotonicMs() - outgoing.sentMs > lateMs) this.#stream?.end({ offence: 'silent' })
      return
    }
  }

  close(): void {
    this.#opening?.abort(new EzchatError('PEER_UNREACHABLE', { detail: 'closed' }))
    this.#opening = null
    this.#stream?.end({})
    this.#fail(new EzchatError('PEER_UNREACHABLE', { detail: 'the channel was closed' }))
  }

  /** Sends what may be sent now. */
  #advance(): void {
    if (this.#stream === null) {
      if (this.#opening === null) void this.#open()
      return
    }
    for (const notice of this.#notices) this.#sendNotice(this.#stream, notice)
    this.#notices = []
    for (const outgoing of this.#waiting) {
      const isFull = this.#underWay.size >= CHANNEL_WINDOW_REQUESTS
      // In their order, so that a large one does not wait for ever behind small ones.
      if (isFull || this.#windowBytes + outgoing.cost > CHANNEL_WINDOW_BYTES) return
      if (!this.#frames.take()) {
        this.#advanceLater()
        return
      }
      this.#waiting.delete(outgoing)
      this.#windowBytes += outgoing.cost
      this.#send(this.#stream, outgoing)
    }
  }

  #advanceLater(): void {
    this.#cancelPace ??= this.#init.clock.after(this.#frames.waitMs, () => {
      this.#cancelPace = null
      if (this.#stream !== null) this.#advance()
    })
  }

  #send(stream: FrameStream, outgoing: Outgoing): void {
    const { clock, share } = this.#init
    outgoing.id = this.#freeId()
    outgoing.sentMs = clock.monotonicMs()
    this.#underWay.set(outgoing.id, outgoing)
    const { id, method } = outgoing
    const body = outgoing.takeBody()
    const bytes = frameBytes(body)
    stream.write({ kind: 'request', id, code: method.number }, body, () => share.give(bytes))
  }

  #sendNotice(stream: FrameStream, { method, body }: Notice): void {
    this.#frames.take()
    const bytes = frameBytes(body)
    stream.write({ kind: 'notice', id: 0, code: method.number }, body, () => {
      this.#noticeBytes -= bytes
      this.#init.share.give(bytes)
    })
  }

  #freeId(): number {
    do this.#lastId = this.#lastId === ID_MAX ? 1 : this.#lastId + 1
    while (this.#underWay.has(this.#lastId))
    return this.#lastId
  }

  async #open(): Promise<void> {
    if (this.#openings.waitMs > 0) {
      this.#fail(new EzchatError('PEER_UNREACHABLE', { detail: 'its channels end too often' }))
      return
    }
    const opening = new AbortController()
    this.#opening = opening
    try {
      const stream = await this.#init.open({ signal: opening.signal })
      if (opening.signal.aborted) stream.abort(new Error('nobody waits for it any more'))
      else this.#opened(stream)
    } catch (cause: unknown) {
      // What was asked for after an opening was given up has one of its own.
      if (this.#opening !== opening) return
      this.#opening = null
      this.#fail(cause instanceof EzchatError ? cause : unreachable(cause))
    }
  }

  #opened(stream: Stream): void {
    const { clock, pauses } = this.#init
    this.#opening = null
    this.#openings.take()
    this.#strayCount = 0
    this.#stream = new FrameStream({
      ...{ clock, stream, pauses, from: 'answerer' },
      admit: (header) => this.#admit(header),
      receive: (frame) => this.#receive(frame),
      waitMs: () => 0,
      ended: (end) => this.#ended(end),
    })
    this.#advance()
  }

  #admit({ id, bodyBytes }: FrameHeader): boolean {
    const outgoing = this.#underWay.get(id)
    if (outgoing === undefined) {
      if (++this.#strayCount <= CHANNEL_STRAY_ANSWERS_MAX) return false
      throw new ProtocolError('FRAME_STATE', 'answers that nobody asked for')
    }
    if (bodyBytes > outgoing.method.answerBytesMax) {
      throw new ProtocolError(
        'FRAME_LIMIT',
        `${bodyBytes} bytes as answer to ${outgoing.method.name}`,
      )
    }
    return !outgoing.isSettled
  }

  #receive({ header, body }: Frame): void {
    const outgoing = this.#underWay.get(header.id)
    if (outgoing === undefined) return
    this.#underWay.delete(header.id)
    this.#windowBytes -= outgoing.cost
    if (header.code !== CHANNEL_STATUSES.ok) outgoing.reject(failureOfStatus(header.code))
    else if (body !== null) outgoing.resolve(body)
    this.#advance()
  }

  /** The caller went away. What the peer has begun to do still counts until it says that it ended. */
  #left(outgoing: Outgoing): void {
    if (this.#waiting.delete(outgoing)) {
      this.#init.share.give(frameBytes(outgoing.body))
      this.#stopOpening()
      return
    }
    this.#frames.take()
    this.#stream?.write({ kind: 'cancel', id: outgoing.id, code: 0 }, EMPTY)
  }

  #stopOpening(): void {
    if (this.#opening === null || this.#waiting.size > 0 || this.#notices.length > 0) return
    this.#opening.abort(new EzchatError('PEER_UNREACHABLE', { detail: 'nobody waits any more' }))
    this.#opening = null
  }

  #ended({ offence, cause }: FrameStreamEnd): void {
    this.#stream = null
    this.#cancelPace?.()
    this.#cancelPace = null
    if (offence !== null) this.#init.offended(offence)
    if (offence === 'malformed') this.#fail(new EzchatError('PEER_INVALID', withCause(cause)))
    else if (offence === 'silent') this.#fail(new EzchatError('PEER_TIMEOUT'))
    else this.#fail(unreachable(cause))
  }

  #fail(error: EzchatError): void {
    const { share } = this.#init
    const underWay = [...this.#underWay.values()]
    const waiting = [...this.#waiting]
    for (const { body } of [...waiting, ...this.#notices]) share.give(frameBytes(body))
    for (const { body } of this.#notices) this.#noticeBytes -= frameBytes(body)
    this.#underWay.clear()
    this.#waiting.clear()
    this.#notices = []
    this.#windowBytes = 0
    for (const outgoing of [...underWay, ...waiting]) outgoing.reject(error)
  }
}

function frameBytes(body: Uint8Array): number {
  return FRAME_HEADER_BYTES + body.length
}

function unreachable(cause: unknown): EzchatError {
  return new EzchatError('PEER_UNREACHABLE', withCause(cause))
}

function withCause(cause: unknown): { cause?: unknown } {
  return cause === null || cause === undefined ? {} : { cause }
}
