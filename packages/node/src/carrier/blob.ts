// Blobs with carriers: offered, pulled in pieces, verified, kept. requests.md §11
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import {
  type BlobOffer,
  type BlobVerdict,
  decodeFindBlob,
  decodeGetBlob,
  decodeOfferBlob,
  encodeBlobPiece,
  encodeBlobVerdict,
  encodeFoundBlob,
} from '@ezchat/protocol/request/blob.ts'
import { EzchatError } from '../errors.ts'
import { BLOB_KEEP_SECONDS_MAX, BLOB_PULLS_MAX, BLOB_PULLS_PEER_MAX } from '../limits.ts'
import { type BlobAsking, getBlobFrom, type NamedBlob } from './blob-asking.ts'
import type { BlobOffers } from './blob-offers.ts'
import type { BlobShelf } from './blob-shelf.ts'
import { serving } from './serving.ts'

export interface BlobsInit extends BlobAsking {
  /** Null with whoever keeps nothing for others. */
  readonly shelf: BlobShelf | null
  /** What we offer, for those whom we offered it to. */
  readonly offers: BlobOffers
}

interface Pull {
  readonly peer: PeerId
  readonly done: Promise<void>
}

/** Answers all three requests. */
export class Blobs {
  readonly #init: BlobsInit
  readonly #pulls = new Map<string, Pull>()
  readonly #closing = new AbortController()

  constructor(init: BlobsInit) {
    this.#init = init
    const { wire, shelf, offers } = init
    const offer = async (peer: PeerId, offered: BlobOffer) => {
      return encodeBlobVerdict(await this.#offered(peer, offered))
    }
    wire.handle('offerBlob', serving(wire, decodeOfferBlob, offer))
    const get = serving(wire, decodeGetBlob, async (peer, { id, offset }) => {
      const piece = await offers.piece(peer, id, offset)
      return encodeBlobPiece(piece ?? (await shelf?.piece(id, offset)) ?? null)
    })
    wire.handle('getBlob', get)
    const find = serving(wire, decodeFindBlob, async (_peer, id) => {
      // Whoever has just handed it over asks whether it is kept.
      await this.#pulls.get(toHex(id))?.done
      return encodeFoundBlob(shelf?.held(id)?.bytesLength ?? null)
    })
    wire.handle('findBlob', find)
  }

  async close(): Promise<void> {
    this.#closing.abort(new EzchatError('PEER_UNREACHABLE'))
    await Promise.all([...this.#pulls.values()].map(({ done }) => done))
  }

  async #offered(peer: PeerId, offer: BlobOffer): Promise<BlobVerdict> {
    const { shelf, clock } = this.#init
    if (shelf === null) throw new EzchatError('PEER_FULL')
    const { bytesLength, keepSeconds } = offer
    const id = offer.id.slice()
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    const expiresSeconds = nowSeconds + Math.min(keepSeconds, BLOB_KEEP_SECONDS_MAX)
    const held = shelf.held(id)
    if (held !== null) {
      if (held.bytesLength !== bytesLength) throw new ProtocolError('REQUEST_STATE')
      await shelf.extend(id, expiresSeconds)
      return 'held'
    }
    if (this.#isBusyFor(peer, id)) throw new EzchatError('PEER_BUSY')
    if (!shelf.hasRoom(peer, id, bytesLength)) throw new EzchatError('PEER_FULL')
    const done = this.#pull(shelf, peer, { id, bytesLength }, expiresSeconds)
    this.#pulls.set(toHex(id), { peer, done })
    return 'wanted'
  }

  #isBusyFor(peer: PeerId, id: Uint8Array): boolean {
    if (this.#pulls.size >= BLOB_PULLS_MAX || this.#pulls.has(toHex(id))) return true
    const ofPeer = [...this.#pulls.values()].filter((pull) => pull.peer === peer)
    return ofPeer.length >= BLOB_PULLS_PEER_MAX
  }

  async #pull(
    shelf: BlobShelf,
    peer: PeerId,
    blob: NamedBlob,
    expiresSeconds: number,
  ): Promise<void> {
    try {
      const { signal } = this.#closing
      const bytes = await getBlobFrom(this.#init, peer, blob, { signal })
      await shelf.put({ id: blob.id, owner: peer, expiresSeconds }, bytes)
    } catch (error: unknown) {
      // Whoever offered it asks whether it is kept, and offers it elsewhere.
      if (!(error instanceof EzchatError)) throw error
    } finally {
      this.#pulls.delete(toHex(blob.id))
    }
  }
}
