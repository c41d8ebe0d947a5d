import { costOf, type NamedMethod } from './method.ts'

const EMPTY = new Uint8Array(0)

/** A request of ours, from the call to the answer. The caller may leave; the peer still answers. */
export class Outgoing {
  readonly method: NamedMethod
  readonly cost: number
  readonly answer: Promise<Uint8Array>
  id = 0
  sentMs = 0
  #body: Uint8Array
  #resolve!: (answer: Uint8Array) => void
  #reject!: (error: unknown) => void
  readonly #signal: AbortSignal
  readonly #left: () => void
  #isSettled = false

  constructor(init: OutgoingInit) {
    const { method, body, signal, left } = init
    this.method = method
    this.cost = costOf(method, body.length)
    this.#body = body
    this.#signal = signal
    this.#left = () => {
      if (this.#isSettled) return
      this.reject(signal.reason)
      left(this)
    }
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    signal.addEventListener('abort', this.#left, { once: true })
  }

  get body(): Uint8Array {
    return this.#body
  }

  /** To be written: then it is no longer kept here. */
  takeBody(): Uint8Array {
    const body = this.#body
    this.#body = EMPTY
    return body
  }

  /** Nobody waits for the answer any more. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  resolve(answer: Uint8Array): void {
    if (this.#settle()) this.#resolve(answer)
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#signal.removeEventListener('abort', this.#left)
    return true
  }
}

export interface OutgoingInit {
  readonly method: NamedMethod
  readonly body: Uint8Array
  readonly signal: AbortSignal
  readonly left: (outgoing: Outgoing) => void
}
