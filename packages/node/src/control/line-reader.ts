// Lines out of a stream of bytes, the longest of them bounded before it is complete.

const NEWLINE = 10

export class LineReader {
  readonly #bytesMax: number
  readonly #onLine: (line: string) => void
  readonly #decoder = new TextDecoder()
  #parts: Uint8Array[] = []
  #bytesLength = 0

  constructor(bytesMax: number, onLine: (line: string) => void) {
    this.#bytesMax = bytesMax
    this.#onLine = onLine
  }

  /** False when a line is longer than it may be: there is no way back to where the next begins. */
  push(chunk: Uint8Array): boolean {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (!this.#keep(chunk.subarray(from, at))) return false
      this.#onLine(this.#take())
      from = at + 1
    }
    return this.#keep(chunk.subarray(from))
  }

  #keep(part: Uint8Array): boolean {
    if (this.#bytesLength + part.length > this.#bytesMax) return false
    if (part.length === 0) return true
    this.#bytesLength += part.length
    this.#parts.push(part)
    return true
  }

  #take(): string {
    const line = this.#parts.map((part) => this.#decoder.decode(part, { stream: true })).join('')
    this.#parts = []
    this.#bytesLength = 0
    return line + this.#decoder.decode()
  }
}
