// Receipts are verified once, although a delivery and the stem both have to see that they hold.
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import type {
  EnvelopeReader,
  ReceiptSubject,
  ReceiptVerdict,
  ReceiptVerifier,
} from '@ezchat/protocol/stem/entry.ts'
import type { StemReaders } from '@ezchat/protocol/stem/readers.ts'

interface Verified {
  readonly subject: ReceiptSubject
  readonly verdict: ReceiptVerdict
}

/** By the very bytes in memory: what came twice from outside is verified twice. */
export class VerifyingReaders implements StemReaders {
  readonly readEnvelope: EnvelopeReader
  readonly #verify: ReceiptVerifier
  readonly #verified = new WeakMap<Uint8Array, Verified>()

  constructor({ readEnvelope, verifyReceipt }: StemReaders) {
    this.readEnvelope = readEnvelope
    this.#verify = verifyReceipt
  }

  readonly verifyReceipt = (receipt: Uint8Array, subject: ReceiptSubject): ReceiptVerdict => {
    const known = this.#verified.get(receipt)
    if (known !== undefined && isSame(known.subject, subject)) return known.verdict
    const verdict = this.#verify(receipt, subject)
    this.#verified.set(receipt, { subject, verdict })
    return verdict
  }
}

function isSame(a: ReceiptSubject, b: ReceiptSubject): boolean {
  return a.expiresAtSeconds === b.expiresAtSeconds && equalBytes(a.id, b.id)
}
