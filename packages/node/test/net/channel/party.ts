// A peer with channels, and one that writes whatever it likes.
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { Channels, type ChannelUsage } from '@ezchat/node/net/channel/channels.ts'
import type { MethodTable } from '@ezchat/node/net/channel/method.ts'
import type { Rate } from '@ezchat/node/net/channel/token-bucket.ts'
import { encodeFrame, type FrameHeader } from '@ezchat/protocol/channel/frame.ts'
import { type Frame, FrameReader } from '@ezchat/protocol/channel/frame-reader.ts'
import { FRAME_BODY_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { HandClock } from './hand-clock.ts'
import type { Node } from './loopback.ts'

export const METHODS = {
  echo: { number: 1, kind: 'request', requestBytesMax: 69_632, answerBytesMax: 69_632 },
  small: { number: 2, kind: 'request', requestBytesMax: 64, answerBytesMax: 64 },
  hold: { number: 3, kind: 'request', requestBytesMax: 64, answerBytesMax: 64 },
  wide: { number: 4, kind: 'request', requestBytesMax: 64, answerBytesMax: 69_632 },
  note: { number: 9, kind: 'notice', requestBytesMax: 69_632, answerBytesMax: 0 },
} as const satisfies MethodTable

/** Of nobody who ever leaves. */
export const { signal: FOR_EVER } = new AbortController()

/** Each but the first hundred takes a millisecond: only what never comes is waited for so long. */
const TURNS_MAX = 100_000

/** The world has come so far. */
export async function until(reached: () => boolean, what: string): Promise<void> {
  for (let i = 0; !reached(); i++) {
    assert.ok(i < TURNS_MAX, `never came: ${what}`)
    await (i < 100 ? turn() : new Promise((resolve) => setTimeout(resolve, 1)))
  }
}

export class Party {
  readonly node: Node
  readonly clock = new HandClock()
  readonly channels: Channels
  readonly offences: string[] = []
  readonly failures: string[] = []
  /** What is done about an offence, besides remembering it. */
  punish: (peer: string) => void = () => {}
  readonly accepted: Stream[] = []
  readonly opened: Stream[] = []
  /** On all its streams: handed to the channels, whatever became of it there. */
  receivedBytes = 0
  /** Where peers are to be found. */
  readonly known = new Map<string, Node>()
  readonly most = { incomingBytes: 0, outgoingBytes: 0, unreadBytes: 0, sum: 0 }

  /** `read` is how fast frames of others are read; it writes as fast as they come. */
  constructor(node: Node, read?: Rate) {
    this.node = node
    const { clock } = this
    this.channels = new Channels({
      clock,
      methods: METHODS,
      open: async (peer, { signal }) => {
        const stream = await node.open(this.known.get(peer)!, signal)
        this.opened.push(stream)
        this.#count(stream)
        return stream
      },
      isConnected: (peer) => node.libp2p.getPeers().some((one) => one.toString() === peer),
      onOffence: (peer, offence) => {
        this.offences.push(offence)
        this.punish(peer)
      },
      onFailure: (method, error) => this.failures.push(`${method}: ${error}`),
      ...(read === undefined ? {} : { rate: { read, write: read } }),
    })
    node.onStream = (stream, peer) => {
      this.accepted.push(stream)
      this.#count(stream)
      this.channels.accept(stream, peer)
    }
    this.channels.handle('echo', async (_peer, body) => body)
    this.channels.handle('small', async (_peer, body) => body)
  }

  get id(): string {
    return this.node.id
  }

  ask(other: Party | Mallory, method: string, body: Uint8Array, signal = FOR_EVER) {
    this.known.set(other.id, other.node)
    return this.channels.request(other.id, method, body, { signal })
  }

  notify(other: Party, body: Uint8Array): boolean {
    this.known.set(other.id, other.node)
    return this.channels.notify(other.id, 'note', body)
  }

  /** Looks how much is kept, and remembers the most of it. */
  look(): ChannelUsage {
    const usage = this.channels.usage()
    const { most } = this
    most.incomingBytes = Math.max(most.incomingBytes, usage.incomingBytes)
    most.outgoingBytes = Math.max(most.outgoingBytes, usage.outgoingBytes)
    most.unreadBytes = Math.max(most.unreadBytes, usage.unreadBytes)
    most.sum = Math.max(most.sum, usage.incomingBytes + usage.outgoingBytes + usage.unreadBytes)
    return usage
  }

  #count(stream: Stream): void {
    stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
      this.receivedBytes += data.byteLength
    })
  }
}

/** What yamux keeps to itself. */
interface Windows {
  readonly sendWindowCapacity: number
  readonly recvWindowCapacity: number
}

/** Between the two ends of a stream nothing is on its way, neither data nor leave to send more. */
export function isStill(from: Stream, to: Stream): boolean {
  const [sender, receiver] = [from, to] as unknown as [Windows, Windows]
  assert.ok(Number.isInteger(sender.sendWindowCapacity))
  return sender.sendWindowCapacity === receiver.recvWindowCapacity
}

/** One stream whose other end writes what no honest peer does. */
export class RawStream {
  readonly stream: Stream
  readonly frames: Frame[] = []
  receivedBytes = 0

  constructor(stream: Stream, from: 'asker' | 'answerer') {
    this.stream = stream
    const reader = new FrameReader(from, () => true)
    stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
      this.receivedBytes += data.byteLength
      reader.push(data instanceof Uint8Array ? data : data.slice())
      for (let frame = reader.next(); frame !== null; frame = reader.next()) this.frames.push(frame)
    })
  }

  get isClosed(): boolean {
    return this.stream.status !== 'open'
  }

  get statuses(): number[] {
    return this.frames.map(({ header }) => header.code)
  }

  /** False once the other side has ended it. */
  send(bytes: Uint8Array): boolean {
    if (this.stream.writeStatus !== 'writable') return false
    this.stream.send(bytes)
    return true
  }

  frame(header: Partial<FrameHeader>, body: Uint8Array = new Uint8Array(0)): boolean {
    return this.send(frame(header, body))
  }

  closed(): Promise<void> {
    return until(() => this.isClosed, 'the end of the stream')
  }
}

export function frame(
  header: Partial<FrameHeader>,
  body: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const whole = { kind: 'request', id: 1, code: METHODS.small.number, ...header } as const
  return encodeFrame({ ...whole, bodyBytes: body.length }, body)
}

/** A header that may say anything. */
export function header(bodyBytes: number, kind: number, id: number, code: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(11))
  view.setUint32(0, bodyBytes)
  view.setUint8(4, kind)
  view.setUint32(5, id)
  view.setUint16(9, code)
  return new Uint8Array(view.buffer)
}

export class Mallory {
  readonly node: Node
  readonly accepted: RawStream[] = []

  constructor(node: Node) {
    this.node = node
    node.onStream = (stream) => this.accepted.push(new RawStream(stream, 'asker'))
  }

  get id(): string {
    return this.node.id
  }

  async open(to: Party): Promise<RawStream> {
    return new RawStream(await this.node.open(to.node), 'answerer')
  }
}

export const LARGEST = new Uint8Array(FRAME_BODY_BYTES_MAX).fill(7)
