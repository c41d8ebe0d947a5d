// What several jobs of one write say to the same device travels in one envelope: under load a message
// then costs a part of a signature, a receipt and a place in the stores of carriers.
import { PARCEL_ITEMS_MAX } from '@ezchat/protocol/constants.ts'
import { type ParcelItem, parcelItemBytes } from '@ezchat/protocol/device/parcel.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { Party } from '@ezchat/protocol/session/party.ts'
import type { Draft } from './desk.ts'
import { packedCount } from './packing.ts'
import { pairKeyOf } from './pairs.ts'

/** The name of the envelope that carries it; null where the session ended before it was sealed. */
export type OnSealed = (reference: Uint8Array | null) => void

interface Loaded {
  readonly item: ParcelItem
  readonly bytes: number
  readonly onSealed: OnSealed
}

interface Load {
  readonly party: Party
  /** In the largest envelope, when the first item was added. */
  readonly roomMost: number
  readonly waiting: Loaded[]
}

export interface LoadsInit {
  /** What items may take in each size of envelope, the smallest first; null without a session. */
  readonly roomsFor: (draft: Draft, party: Party) => readonly number[] | null
  readonly seal: (draft: Draft, party: Party, items: readonly ParcelItem[]) => Uint8Array | null
}

export class Loads {
  readonly #init: LoadsInit
  readonly #loads = new WeakMap<Draft, Map<string, Load>>()

  constructor(init: LoadsInit) {
    this.#init = init
  }

  /** False where there is no session with the device and none can begin. */
  add(draft: Draft, party: Party, item: ParcelItem, onSealed: OnSealed): boolean {
    const key = pairKeyOf(party)
    const loads = this.#of(draft)
    const load = loads.get(key) ?? this.#begin(draft, party)
    if (load === null) return false
    const bytes = parcelItemBytes(item)
    assert(bytes <= load.roomMost, 'expected an item that some envelope of this network holds')
    loads.set(key, load)
    load.waiting.push({ item, bytes, onSealed })
    draft.bytes += bytes
    return true
  }

  #begin(draft: Draft, party: Party): Load | null {
    const rooms = this.#init.roomsFor(draft, party)
    return rooms === null ? null : { party, roomMost: rooms.at(-1) ?? 0, waiting: [] }
  }

  #of(draft: Draft): Map<string, Load> {
    const known = this.#loads.get(draft)
    if (known !== undefined) return known
    const loads = new Map<string, Load>()
    this.#loads.set(draft, loads)
    draft.atLast(() => {
      for (const load of loads.values()) while (load.waiting.length > 0) this.#sealNext(draft, load)
    })
    return loads
  }

  #sealNext(draft: Draft, { party, waiting }: Load): void {
    const rooms = this.#init.roomsFor(draft, party) ?? []
    const sizes = waiting.map(({ bytes }) => bytes)
    // One is left for the introduction.
    const count = packedCount(sizes, rooms, PARCEL_ITEMS_MAX - 1)
    const some = waiting.splice(0, Math.max(1, count))
    const items = some.map(({ item }) => item)
    const reference = count === 0 ? null : this.#init.seal(draft, party, items)
    for (const { onSealed } of some) onSealed(reference)
  }
}
