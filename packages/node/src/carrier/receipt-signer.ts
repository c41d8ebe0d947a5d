// Signs for what is on disk, up to eight at once: a signature costs as much as all the rest. What is
// pushed again gets the same bytes: receipts are remembered.
import { RECEIPT_LEAVES_MAX } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { draftReceipts } from '@ezchat/protocol/receipt/receipt.ts'
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
  /** Many may push the same at once. As many as wait for an answer: the channel bounds them. */
  readonly #underWay = new Map<string, Promise<Uint8Array>>()

  constructor(init: ReceiptSignerInit) {
    this.#init = init
    this.#carrier = init.crypto.ed25519Public(init.peerSeed)
  }

  /** In their order. A few signatures are made at once: for those the way to a thread is longer. */
  sign(envelopes: readonly Signed[]): Promise<Uint8Array[]> {
    const names = envelopes.map(({ id }) => nameOf(id))
    const fresh = new Map<string, Signed>()
    for (const [at, name] of names.entries()) {
      if (this.#receiptOf(name) === null) fresh.set(name, envelopes[at]!)
    }
    const groups = groupsOf([...fresh])
    const isFew = groups.length < INTAKE_SIGN_ELSEWHERE_MIN
    for (const group of groups) {
      const signing = this.#signTogether(
        group.map(([, envelope]) => envelope),
        isFew,
      )
      for (const [at, [name]] of group.entries()) {
        this.#underWay.set(name, this.#finish(name, signing, at))
      }
    }
    return Promise.all(names.map((name) => this.#receiptOf(name)!))
  }

  #receiptOf(name: string): Uint8Array | Promise<Uint8Array> | null {
    return this.#recent.get(name) ?? this.#older.get(name) ?? this.#underWay.get(name) ?? null
  }

  async #finish(name: string, signing: Promise<Uint8Array[]>, at: number): Promise<Uint8Array> {
    try {
      const receipt = (await signing)[at]!
      this.#remember(name, receipt)
      return receipt
    } finally {
      this.#underWay.delete(name)
    }
  }

  async #signTogether(envelopes: readonly Signed[], isHere: boolean): Promise<Uint8Array[]> {
    const { crypto, networkId, peerSeed, signElsewhere } = this.#init
    const terms = envelopes.map(({ id, expiresAtSeconds }) => {
      return { envelopeId: id, keptUntil: expiresAtSeconds }
    })
    const { message, finish } = draftReceipts(crypto, this.#carrier, networkId, terms)
    const signature =
      isHere || signElsewhere === null
        ? crypto.ed25519Sign(peerSeed, message)
        : await signElsewhere(peerSeed, message)
    return finish(signature)
  }

  #remember(name: string, receipt: Uint8Array): void {
    if (this.#recent.size >= INTAKE_RECEIPTS_MAX / 2) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(name, receipt)
  }
}

/** Whole trees, as large as may be: 64 are eight of eight, and 7 are 4, 2 and 1. */
function groupsOf<T>(all: readonly T[]): T[][] {
  const groups: T[][] = []
  let size = RECEIPT_LEAVES_MAX
  for (let at = 0; at < all.length; at += size) {
    while (size > all.length - at) size /= 2
    groups.push(all.slice(at, at + size))
  }
  return groups
}
