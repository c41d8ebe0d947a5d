// What a carrier keeps for others beside envelopes: identity records and blobs.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock, KeyValue, Wire } from '@ezchat/protocol/ports.ts'
import { Blobs } from './blob.ts'
import { BlobOffers } from './blob-offers.ts'
import { BlobShelf } from './blob-shelf.ts'
import { findRecordHandler, keepRecordHandler } from './record.ts'
import { RecordShelf } from './record-shelf.ts'

export interface ShelvesInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  readonly network: { readonly id: Uint8Array }
  readonly keyValue: KeyValue
  /** Blobs of others are much: null where none are kept. Keys begin with `carrier/blob/`. */
  readonly blobs: KeyValue | null
}

export class Shelves {
  readonly records: RecordShelf
  readonly blobShelf: BlobShelf | null
  /** What we have carriers keep. */
  readonly offers: BlobOffers
  readonly #blobs: Blobs

  private constructor(init: ShelvesInit, records: RecordShelf, blobShelf: BlobShelf | null) {
    const { wire } = init
    this.records = records
    this.blobShelf = blobShelf
    this.offers = new BlobOffers(init)
    this.#blobs = new Blobs({ ...init, shelf: blobShelf, offers: this.offers })
    wire.handle('findRecord', findRecordHandler({ wire, shelf: records }))
    wire.handle('keepRecord', keepRecordHandler({ wire, shelf: records }))
  }

  static async open(init: ShelvesInit): Promise<Shelves> {
    const networkId = init.network.id
    const records = await RecordShelf.open({ ...init, networkId })
    const { blobs } = init
    const blobShelf = blobs === null ? null : await BlobShelf.open({ ...init, keyValue: blobs })
    return new Shelves(init, records, blobShelf)
  }

  /** Removes what has expired. Returns how many went. */
  async sweep(nowSeconds: number): Promise<number> {
    const blobCount = (await this.blobShelf?.sweep(nowSeconds)) ?? 0
    return blobCount + (await this.records.sweep(nowSeconds))
  }

  /** Lets what is being pulled end. */
  close(): Promise<void> {
    return this.#blobs.close()
  }
}
