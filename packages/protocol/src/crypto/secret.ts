import { assert } from '../errors.ts'

/**
 * Key material that does not print: not by `inspect`, not as JSON, not in a template string.
 * The bytes never change while it lives, so an implementation may cache what it makes of them.
 */
export class Secret {
  #bytes: Uint8Array | null
  #forgetters: (() => void)[] | null = null

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Takes the buffer over: the caller must not touch it again. */
  static adopt(bytes: Uint8Array): Secret {
    return new Secret(bytes)
  }

  static copy(bytes: Uint8Array): Secret {
    return new Secret(Uint8Array.from(bytes))
  }

  get length(): number {
    return this.reveal().length
  }

  /** The live bytes, for the one call that needs them. Not to be kept, changed or shown. */
  reveal(): Uint8Array {
    assert(this.#bytes !== null, 'secret used after it was wiped')
    return this.#bytes
  }

  /** For whoever keeps what it made of the bytes: called once, when they are wiped. */
  onWipe(forget: () => void): void {
    assert(this.#bytes !== null, 'secret used after it was wiped')
    this.#forgetters ??= []
    this.#forgetters.push(forget)
  }

  /** JavaScript may have moved the bytes before; this removes the copy that we own. */
  wipe(): void {
    this.#bytes?.fill(0)
    this.#bytes = null
    for (const forget of this.#forgetters ?? []) forget()
    this.#forgetters = null
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}
