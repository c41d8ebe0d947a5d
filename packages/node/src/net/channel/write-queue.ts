// What a channel still has to write. Small frames of one turn become one write, and the next write
// waits until the stream takes it.
import { type FrameHeader, writeFrameHeader } from '@ezchat/protocol/channel/frame.ts'
import { FRAME_HEADER_BYTES } from '@ezchat/protocol/constants.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { Stream } from '@libp2p/interface'
import { CHANNEL_WRITE_BYTES_MAX } from '../../limits.ts'
import { drained } from './drained.ts'

interface Waiting {
  readonly header: FrameHeader
  readonly body: Uint8Array
  /** Its bytes are no longer ours to keep: written, or never to be. */
  readonly done: (() => void) | undefined
}

export class WriteQueue {
  readonly #clock: Clock
  readonly #stream: Stream
  readonly #failed: (cause: Error) => void
  #waiting: Waiting[] = []
  #sinceMs: number | null = null
  #isWriting = false
  #isEnded = false

  constructor(clock: Clock, stream: Stream, failed: (cause: Error) => void) {
    this.#clock = clock
    this.#stream = stream
    this.#failed = failed
  }

  /** Frames that wait, without those of the write under way. */
  get count(): number {
    return this.#waiting.length
  }

  /** Nobody changes the body until it is done. */
  push(header: FrameHeader, body: Uint8Array, done?: () => void): void {
    if (this.#isEnded) {
      done?.()
      return
    }
    this.#waiting.push({ header, body, done })
    if (this.#isWriting) return
    this.#isWriting = true
    // After all that this turn has to say, so that it goes as one.
    queueMicrotask(() => void this.#write())
  }

  isLate(nowMs: number, msMax: number): boolean {
    return this.#sinceMs !== null && nowMs - this.#sinceMs > msMax
  }

  end(): void {
    this.#isEnded = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const { done } of waiting) done?.()
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#isEnded) {
      const batch = this.#takeBatch()
      const bytes = joined(batch)
      this.#sinceMs = this.#clock.monotonicMs()
      try {
        if (!this.#stream.send(bytes)) await drained(this.#stream)
      } catch (error: unknown) {
        if (!(error instanceof Error)) throw error
        // The stream closed before we heard of it.
        this.#failed(error)
      } finally {
        this.#sinceMs = null
        for (const { done } of batch) done?.()
      }
    }
    this.#isWriting = false
  }

  #takeBatch(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { body } of this.#waiting) {
      bytes += FRAME_HEADER_BYTES + body.length
      if (count > 0 && bytes > CHANNEL_WRITE_BYTES_MAX) break
      count++
    }
    return this.#waiting.splice(0, count)
  }
}

function joined(batch: readonly Waiting[]): Uint8Array {
  let length = 0
  for (const { body } of batch) length += FRAME_HEADER_BYTES + body.length
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const { header, body } of batch) {
    writeFrameHeader(header, bytes, offset)
    bytes.set(body, offset + FRAME_HEADER_BYTES)
    offset += FRAME_HEADER_BYTES + body.length
  }
  return bytes
}
