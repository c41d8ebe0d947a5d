// Signs for what is on disk. What is pushed again gets the same bytes: receipts are remembered.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { draftReceipt, finishReceipt } from '@ezchat/protocol/receipt/receipt.ts'
import { INTAKE_RECEIPTS_MAX, INTAKE_SIGN_ELSEWHERE_MIN } from '../limits.ts'
import { nameOf } from '../store/draft.ts'

/** An Ed25519 signature, made in another thread. */
export type SignElsewhere = (seed: Secret, message: Uint8Array) => Promise<Uint8Array>

export interface ReceiptSignerInit {
  readonly crypto: Crypto
  readonly networkId: Uint8Array
  /** The key of this peer. */
  readonly peerSeed: Secret
  /** Null where nothing runs beside this thread. */
  readonly signElsewhere: SignElsewhere | null
}

type Signed = Pick<Envelope, 'id' | 'expiresAtSeconds'>

export class ReceiptSigner {
  readonly #init: ReceiptSignerInit
  readonly #carrier: Uint8Array
  /** Two halves: to take the oldest out of one map, one by one, costs more than the signature. */
  #recent = new Map<string, Uint8Array>()
  #older = new Map<string, Uint8Array>()

  constructor(init: ReceiptSignerInit) {
    this.#init = init
    this.#carrier = init.crypto.ed25519Public(init.peerSeed)
  }

  /** In their order. A few are signed at once: for those the way to a thread is longer. */
  sign(envelopes: readonly Signed[]): Promise<Uint8Array[]> {
    const isFew = envelopes.length < INTAKE_SIGN_ELSEWHERE_MIN
    return Promise.all(envelopes.map((envelope) => this.#receiptFor(envelope, isFew)))
  }

  async #receiptFor({ id, expiresAtSeconds }: Signed, isHere: boolean): Promise<Uint8Array> {
    const name = nameOf(id)
    const known = this.#recent.get(name) ?? this.#older.get(name)
    if (known !== undefined) return known
    const { crypto, networkId, peerSeed, signElsewhere } = this.#init
    const terms = { envelopeId: id, keptUntil: expiresAtSeconds }
    const { body, message } = draftReceipt(this.#carrier, networkId, terms)
    const signature =
      isHere || signElsewhere === null
        ? crypto.ed25519Sign(peerSeed, message)
        : await signElsewhere(peerSeed, message)
    const receipt = finishReceipt(body, signature)
    this.#remember(name, receipt)
    return receipt
  }

  #remember(name: string, receipt: Uint8Array): void {
    if (this.#recent.size >= INTAKE_RECEIPTS_MAX / 2) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(name, receipt)
  }
}
