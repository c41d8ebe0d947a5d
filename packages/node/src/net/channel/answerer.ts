// The side of a channel that answers. It outlives single streams: what a peer has under way counts
// against it, however often it comes back.
import type { FrameHeader } from '@ezchat/protocol/channel/frame.ts'
import type { Frame } from '@ezchat/protocol/channel/frame-reader.ts'
import {
  CHANNEL_ANSWER_SECONDS,
  CHANNEL_STATUSES,
  CHANNEL_WINDOW_REQUESTS,
  FRAME_HEADER_BYTES,
} from '@ezchat/protocol/constants.ts'
import { assert, ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Clock, Offence, PeerId } from '@ezchat/protocol/ports.ts'
import type { Stream } from '@libp2p/interface'
import { EzchatError } from '../../errors.ts'
import {
  CHANNEL_ANSWERS_COUNT_MAX,
  CHANNEL_FLOOD_REPORT_MS,
  CHANNEL_NOTICES_BURST,
  CHANNEL_NOTICES_PER_SECOND,
  CHANNEL_OPENINGS_BURST,
  CHANNEL_OPENINGS_PER_MINUTE,
} from '../../limits.ts'
import type { BudgetShare } from './budget.ts'
import { statusOfFailure } from './failure.ts'
import { FrameStream, type FrameStreamEnd } from './frame-stream.ts'
import { Incoming } from './incoming.ts'
import { costOf, type NamedMethod } from './method.ts'
import type { Offer } from './offer.ts'
import type { PauseCount } from './pause-count.ts'
import { type Rate, TokenBucket } from './token-bucket.ts'

const EMPTY = new Uint8Array(0)

export interface AnswererInit {
  readonly clock: Clock
  readonly peer: PeerId
  readonly offer: Offer
  readonly share: BudgetShare
  readonly pauses: PauseCount
  readonly rate: Rate
  readonly offended: (offence: Offence) => void
}

/** What was decided on a header, for when the frame is complete. */
type Verdict = Incoming | { readonly status: number } | NamedMethod | null

export class Answerer {
  readonly #init: AnswererInit
  readonly #frames: TokenBucket
  readonly #notices: TokenBucket
  readonly #openings: TokenBucket
  readonly #underWay = new Map<number, Incoming>()
  #stream: FrameStream | null = null
  /** Of this channel and of those before it. */
  #runningCount = 0
  #verdict: Verdict = null
  #floodSinceMs: number | null = null

  constructor(init: AnswererInit) {
    const { clock, rate } = init
    this.#init = init
    this.#frames = new TokenBucket(clock, rate)
    this.#notices = new TokenBucket(clock, {
      perSecond: CHANNEL_NOTICES_PER_SECOND,
      burst: CHANNEL_NOTICES_BURST,
    })
    this.#openings = new TokenBucket(clock, {
      perSecond: CHANNEL_OPENINGS_PER_MINUTE / 60,
      burst: CHANNEL_OPENINGS_BURST,
    })
  }

  get runningCount(): number {
    return this.#runningCount
  }

  get unreadBytes(): number {
    return this.#stream?.unreadBytes ?? 0
  }

  /** Nothing under way, and nothing left to remember of how fast it was. */
  get isIdle(): boolean {
    const isQuiet = this.#stream === null && this.#runningCount === 0
    return isQuiet && this.#frames.isFull && this.#openings.isFull
  }

  /** The newest channel is the one: the one before may be of a connection that is long dead. */
  accept(stream: Stream): void {
    if (!this.#openings.take()) {
      stream.abort(new Error('too many channels'))
      this.#flooded()
      return
    }
    this.#stream?.end({})
    const { clock, pauses } = this.#init
    const opened: FrameStream = new FrameStream({
      ...{ clock, stream, pauses, from: 'asker' },
      admit: (header) => this.#admit(header),
      receive: (frame) => this.#receive(frame),
      waitMs: () => this.#waitMs(),
      ended: (end) => this.#ended(end),
    })
    this.#stream = opened
  }

  sweep(): void {
    this.#stream?.sweep()
    const dueMs = this.#init.clock.monotonicMs() - CHANNEL_ANSWER_SECONDS * 1000
    for (const incoming of this.#underWay.values()) {
      if (incoming.sinceMs > dueMs || incoming.isWithdrawn) continue
      incoming.withdraw(new EzchatError('PEER_TIMEOUT', { detail: incoming.method }))
    }
  }

  close(): void {
    this.#stream?.end({})
  }

  #waitMs(): number {
    const { writes } = this.#stream!
    if (writes.count >= CHANNEL_ANSWERS_COUNT_MAX) return Number.POSITIVE_INFINITY
    const waitMs = this.#frames.waitMs
    if (waitMs > 0) this.#flooded()
    return waitMs
  }

  /** Before memory is taken for a body. */
  #admit(header: FrameHeader): boolean {
    this.#frames.take()
    this.#verdict = this.#decide(header)
    return this.#verdict !== null && !('status' in this.#verdict)
  }

  #decide(header: FrameHeader): Verdict {
    const { kind, id, code, bodyBytes } = header
    if (kind === 'cancel') return null
    if (this.#underWay.has(id)) throw new ProtocolError('FRAME_STATE', `request ${id} twice`)
    const method = this.#init.offer.methods.byNumber(code)
    const isKnown = method !== null && method.kind === kind
    if (isKnown && bodyBytes > method.requestBytesMax) {
      throw new ProtocolError('FRAME_LIMIT', `${bodyBytes} bytes of ${method.name}`)
    }
    if (kind === 'notice') return isKnown ? this.#decideNotice(method) : null
    return isKnown
      ? this.#decideRequest(header, method)
      : { status: CHANNEL_STATUSES.unknownMethod }
  }

  #decideNotice(method: NamedMethod): Verdict {
    if (!this.#init.offer.notices.has(method.name)) return null
    if (this.#notices.take()) return method
    this.#flooded()
    return null
  }

  #decideRequest({ id, bodyBytes }: FrameHeader, method: NamedMethod): Verdict {
    const { clock, offer, share } = this.#init
    if (!offer.requests.has(method.name)) return { status: CHANNEL_STATUSES.unknownMethod }
    const bytes = costOf(method, bodyBytes)
    if (this.#runningCount >= CHANNEL_WINDOW_REQUESTS || !share.take(bytes)) {
      return { status: CHANNEL_STATUSES.busy }
    }
    this.#runningCount++
    const incoming = new Incoming(clock, share, { id, method: method.name, bytes })
    this.#underWay.set(id, incoming)
    return incoming
  }

  #receive({ header, body }: Frame): void {
    const verdict = this.#verdict
    this.#verdict = null
    if (header.kind === 'cancel') this.#cancel(header.id)
    if (verdict === null) return
    if (verdict instanceof Incoming) void this.#run(verdict, this.#stream!, body!)
    else if ('status' in verdict) this.#answer(header.id, verdict.status, EMPTY)
    else this.#notice(verdict.name, body!)
  }

  #cancel(id: number): void {
    const reason = new EzchatError('PEER_UNREACHABLE', { detail: 'the peer took it back' })
    this.#underWay.get(id)?.withdraw(reason)
  }

  #notice(method: string, body: Uint8Array): void {
    const { offer, peer } = this.#init
    try {
      offer.notices.get(method)?.(peer, body)
    } catch (error: unknown) {
      offer.failed(method, error)
    }
  }

  async #run(incoming: Incoming, stream: FrameStream, body: Uint8Array): Promise<void> {
    const { offer, peer } = this.#init
    const { method, signal } = incoming
    let status: number = CHANNEL_STATUSES.ok
    let answer: Uint8Array = EMPTY
    try {
      answer = await offer.requests.get(method)!(peer, body, { signal })
      const { answerBytesMax } = offer.methods.ofKind(method, 'request')
      assert(answer.length <= answerBytesMax, `an answer to ${method} of ${answer.length} bytes`)
    } catch (error: unknown) {
      status = statusOfFailure(error)
      if (status === CHANNEL_STATUSES.failed && !incoming.isWithdrawn) offer.failed(method, error)
    }
    this.#settle(incoming, stream, { status, answer })
  }

  #settle(
    incoming: Incoming,
    stream: FrameStream,
    { status, answer }: { readonly status: number; readonly answer: Uint8Array },
  ): void {
    this.#runningCount--
    // Whoever took a request back hears that it ended, so that both count the same.
    const said = incoming.isWithdrawn ? CHANNEL_STATUSES.failed : status
    if (stream.isEnded) {
      incoming.keep(0)
      return
    }
    this.#underWay.delete(incoming.id)
    const body = said === CHANNEL_STATUSES.ok ? answer : EMPTY
    incoming.keep(FRAME_HEADER_BYTES + body.length)
    this.#answer(incoming.id, said, body, () => incoming.keep(0))
  }

  #answer(id: number, code: number, body: Uint8Array, written?: () => void): void {
    this.#stream?.write({ kind: 'answer', id, code }, body, () => {
      written?.()
      this.#stream?.wake()
    })
  }

  #ended({ offence }: FrameStreamEnd): void {
    // A request whose body never came in full has no handler that would give its bytes back.
    if (this.#verdict instanceof Incoming) {
      this.#verdict.keep(0)
      this.#runningCount--
    }
    this.#verdict = null
    this.#stream = null
    const reason = new EzchatError('PEER_UNREACHABLE', { detail: 'the channel has ended' })
    for (const incoming of this.#underWay.values()) incoming.withdraw(reason)
    this.#underWay.clear()
    if (offence === 'flood') this.#flooded()
    else if (offence !== null) this.#init.offended(offence)
  }

  #flooded(): void {
    const nowMs = this.#init.clock.monotonicMs()
    if (this.#floodSinceMs !== null && nowMs - this.#floodSinceMs < CHANNEL_FLOOD_REPORT_MS) return
    this.#floodSinceMs = nowMs
    this.#init.offended('flood')
  }
}
