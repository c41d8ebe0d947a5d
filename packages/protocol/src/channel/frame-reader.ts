// channel.md §2: frames out of bytes that come in pieces of any size.
import { FRAME_HEADER_BYTES } from '../constants.ts'
import { decodeFrameHeader, type FrameHeader, type FrameSide } from './frame.ts'

export interface Frame {
  readonly header: FrameHeader
  /** Its own bytes, no view of what came. Null when it was not to be taken. */
  readonly body: Uint8Array | null
}

/**
 * Asked once per frame, before memory is taken for its body: false passes over the body without
 * keeping it. Throws ProtocolError for a frame that nobody may send now.
 */
export type AdmitFrame = (header: FrameHeader) => boolean

interface Partial {
  readonly header: FrameHeader
  readonly body: Uint8Array | null
  bytesDone: number
}

/** Whoever calls decides when the next frame is read; what has not been read is kept as it came. */
export class FrameReader {
  readonly #from: FrameSide
  readonly #admit: AdmitFrame
  readonly #head = new Uint8Array(FRAME_HEADER_BYTES)
  #headBytes = 0
  #pieces: Uint8Array[] = []
  /** The first piece that is not used up, and how much of it is. */
  #piece = 0
  #offset = 0
  #unreadBytes = 0
  #partial: Partial | null = null

  constructor(from: FrameSide, admit: AdmitFrame) {
    this.#from = from
    this.#admit = admit
  }

  /** Bytes that came and of which nothing has been made. */
  get unreadBytes(): number {
    return this.#unreadBytes
  }

  /** A frame has begun and not ended. */
  get isWithin(): boolean {
    return this.#partial !== null || this.#headBytes > 0
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#unreadBytes += piece.length
  }

  /** Forgets what came: nothing more will be read. */
  clear(): void {
    this.#pieces = []
    this.#piece = 0
    this.#offset = 0
    this.#unreadBytes = 0
    this.#partial = null
    this.#headBytes = 0
  }

  /** Null until more bytes have come. After an error nothing more can be read. */
  next(): Frame | null {
    this.#partial ??= this.#begin()
    if (this.#partial === null) return null
    const { header, body } = this.#partial
    this.#partial.bytesDone += this.#take(body, this.#partial.bytesDone, header.bodyBytes)
    if (this.#partial.bytesDone < header.bodyBytes) return null
    this.#partial = null
    return { header, body }
  }

  #begin(): Partial | null {
    this.#headBytes += this.#take(this.#head, this.#headBytes, FRAME_HEADER_BYTES)
    if (this.#headBytes < FRAME_HEADER_BYTES) return null
    this.#headBytes = 0
    const header = decodeFrameHeader(this.#head, this.#from)
    const body = this.#admit(header) ? new Uint8Array(header.bodyBytes) : null
    return { header, body, bytesDone: 0 }
  }

  /** Moves what there is between two offsets of `into`, or past it; returns how much that was. */
  #take(into: Uint8Array | null, from: number, until: number): number {
    let at = from
    while (at < until && this.#piece < this.#pieces.length) {
      const piece = this.#pieces[this.#piece]!
      const taken = Math.min(until - at, piece.length - this.#offset)
      into?.set(piece.subarray(this.#offset, this.#offset + taken), at)
      at += taken
      this.#offset += taken
      if (this.#offset === piece.length) this.#dropPiece()
    }
    this.#unreadBytes -= at - from
    return at - from
  }

  #dropPiece(): void {
    this.#offset = 0
    this.#piece++
    if (this.#piece === this.#pieces.length) {
      this.#pieces = []
      this.#piece = 0
    }
  }
}
