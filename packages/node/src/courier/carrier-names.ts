// Peers by their keys: the same few carriers sign nearly all receipts.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import { COURIER_NAMES_COUNT_MAX } from '../limits.ts'
import { peerIdOf } from '../net/peer-id.ts'

export class CarrierNames {
  readonly #names = new Map<string, PeerId>()

  of(key: Uint8Array): PeerId {
    const hex = toHex(key)
    const known = this.#names.get(hex)
    if (known !== undefined) return known
    if (this.#names.size >= COURIER_NAMES_COUNT_MAX) this.#names.clear()
    const name = peerIdOf(key)
    this.#names.set(hex, name)
    return name
  }
}
