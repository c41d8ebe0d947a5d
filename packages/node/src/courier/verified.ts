// Receipts are verified once, although a delivery and the stem both have to see that they hold.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type {
  EnvelopeReader,
  ReceiptSubject,
  ReceiptVerdict,
  ReceiptVerifier,
} from '@ezchat/protocol/stem/entry.ts'
import type { StemReaders } from '@ezchat/protocol/stem/readers.ts'
import { COURIER_VERIFIED_COUNT_MAX } from '../limits.ts'

/** Only what holds is remembered; a forgery costs whoever sends it, and us, the same each time. */
export class VerifyingReaders implements StemReaders {
  readonly readEnvelope: EnvelopeReader
  readonly #verify: ReceiptVerifier
  readonly #holds = new Map<string, ReceiptVerdict>()

  constructor({ readEnvelope, verifyReceipt }: StemReaders) {
    this.readEnvelope = readEnvelope
    this.#verify = verifyReceipt
  }

  readonly verifyReceipt = (receipt: Uint8Array, subject: ReceiptSubject): ReceiptVerdict => {
    const name = `${toHex(subject.id)} ${subject.expiresAtSeconds} ${toHex(receipt)}`
    const known = this.#holds.get(name)
    if (known !== undefined) return known
    const verdict = this.#verify(receipt, subject)
    if (typeof verdict !== 'string') this.#remember(name, verdict)
    return verdict
  }

  #remember(name: string, verdict: ReceiptVerdict): void {
    if (this.#holds.size >= COURIER_VERIFIED_COUNT_MAX) {
      const [oldest] = this.#holds.keys()
      if (oldest !== undefined) this.#holds.delete(oldest)
    }
    this.#holds.set(name, verdict)
  }
}
