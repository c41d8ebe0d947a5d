// The author's side of a blob: offered to a carrier, served to that carrier and nobody else, so that
// to ask for a blob does not tell who wrote it. requests.md §11
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { BLOB_PIECE_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import type { PeerId, WireOptions } from '@ezchat/protocol/ports.ts'
import { decodeBlobVerdict, encodeOfferBlob } from '@ezchat/protocol/request/blob.ts'
import { within } from '../deadline.ts'
import { EzchatError } from '../errors.ts'
import { BLOB_OFFER_MS_MAX, BLOB_OFFERS_MAX } from '../limits.ts'
import { type Asking, ask } from './asking.ts'
import { findBlobAt } from './blob-asking.ts'

/** Where its bytes are, so that they need not be in memory while a carrier takes its time. */
export interface BlobSource {
  readonly id: Uint8Array
  readonly bytesLength: number
  readonly keepSeconds: number
  /** Exactly so many bytes. */
  read(offset: number, length: number): Promise<Uint8Array>
}

interface Offer {
  readonly source: BlobSource
  readonly served: () => void
}

export class BlobOffers {
  readonly #asking: Asking
  readonly #offers = new Map<string, Offer>()

  constructor(asking: Asking) {
    this.#asking = asking
  }

  /** Null for what was not offered to this peer, or is no longer. */
  async piece(peer: PeerId, id: Uint8Array, offset: number): Promise<Uint8Array | null> {
    const offer = this.#offers.get(nameOf(peer, id))
    if (offer === undefined || offset >= offer.source.bytesLength) return null
    const length = Math.min(BLOB_PIECE_BYTES_MAX, offer.source.bytesLength - offset)
    const piece = await offer.source.read(offset, length)
    if (offset + length === offer.source.bytesLength) offer.served()
    return piece
  }

  /** Resolves when the peer says that it keeps all of it. */
  async offerAt(peer: PeerId, source: BlobSource, { signal }: WireOptions): Promise<void> {
    const name = nameOf(peer, source.id)
    if (this.#offers.size >= BLOB_OFFERS_MAX || this.#offers.has(name)) {
      throw new EzchatError('PEER_BUSY')
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#offers.set(name, { source, served: resolve })
    try {
      const question = { peer, method: 'offerBlob', body: encodeOfferBlob(source) } as const
      if ((await ask(this.#asking, question, { signal }, decodeBlobVerdict)) === 'held') return
      const { clock } = this.#asking
      await within(clock, BLOB_OFFER_MS_MAX, (limit) => unlessAborted(promise, limit), signal)
      const kept = await findBlobAt(this.#asking, peer, source.id, { signal })
      if (kept !== source.bytesLength) throw new EzchatError('PEER_FAILED')
    } finally {
      this.#offers.delete(name)
    }
  }
}

function nameOf(peer: PeerId, id: Uint8Array): string {
  return `${peer} ${toHex(id)}`
}

function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', stop))
}
