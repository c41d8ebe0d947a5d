// What happened, in order, as one number: two runs of a seed have the same, or something in them
// did not come from the seed.

export class Trace {
  #low = 0x9e3779b9
  #high = 0x7f4a7c15
  #count = 0

  /** How many events went into it. */
  get count(): number {
    return this.#count
  }

  get hash(): string {
    const half = (value: number) => (value >>> 0).toString(16).padStart(8, '0')
    return half(this.#high) + half(this.#low)
  }

  word(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193) ^ (this.#high >>> 15)
    this.#high = Math.imul(this.#high + this.#low, 0x85ebca6b) ^ (this.#low >>> 13)
  }

  /** Both halves of a time with its fraction. */
  time(ms: number): void {
    this.word(Math.floor(ms) | 0)
    this.word((ms * 4096) | 0)
  }

  /** Its length and 24 of its bytes: a difference anywhere soon shows in an id or a signature. */
  bytes(bytes: Uint8Array): void {
    this.word(bytes.length)
    const step = Math.max(1, Math.floor(bytes.length / 24))
    for (let at = 0; at < bytes.length; at += step) this.word(bytes[at]!)
  }

  text(text: string): void {
    for (let at = 0; at < text.length; at++) this.word(text.charCodeAt(at))
  }

  event(nowMs: number, kind: string, from: number, to: number, bytes?: Uint8Array): void {
    this.#count++
    this.time(nowMs)
    this.text(kind)
    this.word(from)
    this.word(to)
    if (bytes !== undefined) this.bytes(bytes)
  }
}
