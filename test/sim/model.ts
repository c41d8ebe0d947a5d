// What must hold whatever happens, checked against what did. The nodes know nothing of it.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'

export interface Message {
  readonly number: number
  readonly author: number
  readonly recipient: number
  readonly isLight: boolean
  /** Of several in a row to the same person. */
  readonly isFirst: boolean
  /** When it was written. */
  readonly isRecipientUp: boolean
  /** The n-th from this author. */
  readonly sequence: number
  readonly composedAtMs: number
  /** Its author's disk has it: from now on it may not be lost. */
  acceptedAtMs: number | null
  /** The courier said so: enough carriers signed for it. */
  storedAtMs: number | null
  deliveredAtMs: number | null
  /** The author has read the recipient's acknowledgement. */
  acknowledgedAtMs: number | null
}

export interface Violation {
  readonly atMs: number
  readonly what: string
}

const VIOLATION_COUNT_MAX = 50

export class Model {
  readonly messages: Message[] = []
  readonly violations: Violation[] = []
  readonly #byId = new Map<string, Message>()
  readonly #nowMs: () => number
  /** By host: ids that it signed for and has to keep, as long as its disk is whole. */
  readonly #signed = new Map<number, Set<string>>()
  receiptCount = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  compose(
    message: Pick<
      Message,
      'author' | 'recipient' | 'isLight' | 'isFirst' | 'isRecipientUp' | 'sequence'
    >,
  ): Message {
    const composed: Message = {
      ...message,
      number: this.messages.length,
      composedAtMs: this.#nowMs(),
      acceptedAtMs: null,
      storedAtMs: null,
      deliveredAtMs: null,
      acknowledgedAtMs: null,
    }
    this.messages.push(composed)
    return composed
  }

  accepted(message: Message): void {
    message.acceptedAtMs ??= this.#nowMs()
  }

  /** Its envelope has its postage, and so its name. */
  stamped(message: Message, id: Uint8Array): void {
    this.#byId.set(toHex(id), message)
  }

  /** In the recipient's durable intake, opened with the key of the lane between the two. */
  delivered(author: number, recipient: number, number: number): void {
    const message = this.messages[number]
    if (message === undefined || message.author !== author) {
      this.violate(`user ${recipient} took in message ${number}, which ${author} never wrote`)
      return
    }
    if (message.recipient !== recipient) {
      this.violate(`message ${number} for ${message.recipient} reached ${recipient}`)
    }
    if (message.deliveredAtMs !== null) this.violate(`message ${number} was taken in twice`)
    message.deliveredAtMs ??= this.#nowMs()
  }

  isDelivered(number: number): boolean {
    return (this.messages[number]?.deliveredAtMs ?? null) !== null
  }

  find(id: Uint8Array): Message | null {
    return this.#byId.get(toHex(id)) ?? null
  }

  signed(host: number, id: Uint8Array): void {
    this.receiptCount++
    const signed = this.#signed.get(host) ?? new Set<string>()
    signed.add(toHex(id))
    this.#signed.set(host, signed)
  }

  /** Its disk was changed under it: nobody can keep what it promised then. */
  excuse(host: number): void {
    this.#signed.delete(host)
  }

  signedBy(host: number): ReadonlySet<string> {
    return this.#signed.get(host) ?? new Set()
  }

  get isComplete(): boolean {
    return this.messages.every(
      ({ acceptedAtMs, deliveredAtMs }) => acceptedAtMs === null || deliveredAtMs !== null,
    )
  }

  violate(what: string): void {
    if (this.violations.length < VIOLATION_COUNT_MAX) {
      this.violations.push({ atMs: this.#nowMs(), what })
    }
  }

  /** After the faults have ended, and time has passed for what they held up. */
  checkComplete(expiredBeforeMs: number): void {
    for (const message of this.messages) {
      if (message.acceptedAtMs === null || message.deliveredAtMs !== null) continue
      if (message.composedAtMs < expiredBeforeMs) continue
      const { number, author, recipient, storedAtMs, isLight } = message
      const state = storedAtMs === null ? 'accepted' : 'stored'
      const whom = isLight ? 'light user' : 'user'
      this.violate(`message ${number} of ${author} is ${state}, and ${whom} ${recipient} lacks it`)
    }
  }
}
