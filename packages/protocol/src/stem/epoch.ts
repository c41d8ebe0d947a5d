// One epoch of one node: its role, its two stem peers, and who is mapped to which: stem.md §4.
import { STEM_MAPPING_COUNT_MAX, STEM_REPLACEMENT_COUNT_MAX } from '../limits.ts'
import type { PeerId } from '../ports.ts'
import { type Draw, epochMs, isDeliverer, pick } from './chance.ts'
import type { Neighbour, Neighbours } from './neighbour.ts'

/** Null: written here. An author is one more neighbour to itself. */
export type Source = PeerId | null

type Slot = 0 | 1

const otherSlot = (slot: Slot): Slot => (slot === 0 ? 1 : 0)

export class Epoch {
  readonly endsAtMs: number
  readonly delivers: boolean
  readonly #neighbours: Neighbours
  readonly #draw: Draw
  readonly #slots: [PeerId | null, PeerId | null] = [null, null]
  readonly #mapping = new Map<Source, Slot>()
  /** Every stem peer of this epoch, lost ones too. */
  readonly #seen = new Set<PeerId>()
  readonly #shunned = new Set<PeerId>()
  #replacementCount = 0

  constructor(nowMs: number, neighbours: Neighbours, draw: Draw, neverDelivers: boolean) {
    this.#neighbours = neighbours
    this.#draw = draw
    this.endsAtMs = nowMs + epochMs(draw())
    this.delivers = isDeliverer(draw()) && !neverDelivers
  }

  /**
   * The stem peer for what comes from `source`, the same throughout the epoch for as long as that
   * peer is there. Peers are drawn when first needed: who connects first must not be drawn first.
   */
  route(source: Source): PeerId | null {
    const slot = this.#mapping.get(source) ?? this.#assign(source)
    if (slot === null) return null
    const peer = this.#fill(slot)
    if (peer !== null && peer !== source) return peer
    const instead = this.#fill(otherSlot(slot))
    if (instead === null || instead === source) return null
    // Nobody is left for this slot: whatever was mapped to it moves together.
    if (peer === null) this.#moveAll(slot)
    else this.#mapping.set(source, otherSlot(slot))
    return instead
  }

  /** The stem peer that `source` is not mapped to. Only for nodes that never deliver. */
  detour(source: Source): PeerId | null {
    const slot = this.#mapping.get(source)
    const peer = slot === undefined ? null : this.#fill(otherSlot(slot))
    return peer === source ? null : peer
  }

  /** Out of the draw until the epoch ends. */
  shun(peer: PeerId): void {
    this.#shunned.add(peer)
  }

  #assign(source: Source): Slot | null {
    const peers = [this.#fill(0), this.#fill(1)]
    const open = ([0, 1] as const).filter((slot) => {
      const peer = peers[slot] ?? null
      return peer !== null && peer !== source
    })
    const [first, second] = open
    if (first === undefined) return null
    if (this.#mapping.size >= STEM_MAPPING_COUNT_MAX) return first
    const slot = second === undefined ? first : this.#lighter()
    this.#mapping.set(source, slot)
    return slot
  }

  #lighter(): Slot {
    let balance = 0
    for (const slot of this.#mapping.values()) balance += slot === 0 ? 1 : -1
    if (balance !== 0) return balance > 0 ? 1 : 0
    return pick<Slot>(this.#draw(), [0, 1])
  }

  #moveAll(from: Slot): void {
    for (const [source, slot] of this.#mapping) {
      if (slot === from) this.#mapping.set(source, otherSlot(from))
    }
  }

  #fill(slot: Slot): PeerId | null {
    const current = this.#slots[slot]
    const taken = this.#slots[otherSlot(slot)]
    const usable = this.#neighbours.candidates().filter(({ peer }) => !this.#shunned.has(peer))
    if (current !== null && usable.some(({ peer }) => peer === current)) return current
    const free = usable.filter(({ peer }) => peer !== taken)
    const peer = this.#drawFresh(free, current === null) ?? this.#drawSeen(free)
    if (peer === null) return null
    this.#slots[slot] = peer
    this.#seen.add(peer)
    return peer
  }

  #drawFresh(free: readonly Neighbour[], isFirst: boolean): PeerId | null {
    if (!isFirst && this.#replacementCount >= STEM_REPLACEMENT_COUNT_MAX) return null
    const fresh = free.filter(({ peer }) => !this.#seen.has(peer))
    const dialled = fresh.filter((neighbour) => neighbour.dialled)
    const peer = this.#pickPeer(dialled.length > 0 ? dialled : fresh)
    if (peer !== null && !isFirst) this.#replacementCount += 1
    return peer
  }

  /** A stem peer that was lost and came back learns nothing new, and costs no replacement. */
  #drawSeen(free: readonly Neighbour[]): PeerId | null {
    return this.#pickPeer(free.filter(({ peer }) => this.#seen.has(peer)))
  }

  #pickPeer(from: readonly Neighbour[]): PeerId | null {
    const [first, ...others] = from
    return first === undefined ? null : pick(this.#draw(), [first, ...others]).peer
  }
}
