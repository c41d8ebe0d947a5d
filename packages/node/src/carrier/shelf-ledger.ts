// Who takes how much of a shelf. What a stranger may fill is what strangers have: a peer that brings
// much makes room before one that brings little.
import type { PeerId } from '@ezchat/protocol/ports.ts'

export interface ShelfEntry {
  /** Who brought it. */
  readonly owner: PeerId
  readonly bytesLength: number
  readonly expiresSeconds: number
}

export interface ShelfQuota {
  readonly bytesMax: number
  readonly ownerBytesMax: number
  /** The least that an entry counts for: its place in memory and on disk. */
  readonly chargeMin: number
}

interface Owned {
  bytes: number
  /** The oldest first. */
  readonly names: Set<string>
}

export class ShelfLedger {
  readonly #quota: ShelfQuota
  readonly #entries = new Map<string, ShelfEntry>()
  readonly #owners = new Map<PeerId, Owned>()
  #bytes = 0

  constructor(quota: ShelfQuota) {
    this.#quota = quota
  }

  get bytesCharged(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#entries.size
  }

  get(name: string): ShelfEntry | null {
    return this.#entries.get(name) ?? null
  }

  set(name: string, entry: ShelfEntry): void {
    this.delete(name)
    const charge = this.#chargeOf(entry.bytesLength)
    const owned = this.#owners.get(entry.owner) ?? { bytes: 0, names: new Set() }
    owned.bytes += charge
    owned.names.add(name)
    this.#owners.set(entry.owner, owned)
    this.#entries.set(name, entry)
    this.#bytes += charge
  }

  delete(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    const charge = this.#chargeOf(entry.bytesLength)
    const owned = this.#owners.get(entry.owner)!
    owned.bytes -= charge
    owned.names.delete(name)
    if (owned.names.size === 0) this.#owners.delete(entry.owner)
    this.#entries.delete(name)
    this.#bytes -= charge
  }

  /** What has to go before this may come, or null where it may not. */
  roomFor(owner: PeerId, name: string, bytesLength: number): string[] | null {
    const charge = this.#chargeOf(bytesLength)
    const replaced = this.#entries.get(name)
    const freed = replaced === undefined ? 0 : this.#chargeOf(replaced.bytesLength)
    const ownFreed = replaced?.owner === owner ? freed : 0
    const own = (this.#owners.get(owner)?.bytes ?? 0) - ownFreed + charge
    if (own > this.#quota.ownerBytesMax) return null
    const over = this.#bytes - freed + charge - this.#quota.bytesMax
    return over > 0 ? this.#oldestOfHeaviest(over, own, name) : []
  }

  expired(nowSeconds: number): string[] {
    const names: string[] = []
    for (const [name, entry] of this.#entries) {
      if (entry.expiresSeconds < nowSeconds) names.push(name)
    }
    return names
  }

  /** From one peer only, who has more than the newcomer would have even without them. */
  #oldestOfHeaviest(over: number, own: number, except: string): string[] | null {
    let heaviest: Owned | null = null
    for (const owned of this.#owners.values()) {
      if (heaviest === null || owned.bytes > heaviest.bytes) heaviest = owned
    }
    if (heaviest === null || heaviest.bytes - over < own) return null
    const names: string[] = []
    let freed = 0
    for (const name of heaviest.names) {
      if (freed >= over) break
      if (name === except) continue
      names.push(name)
      freed += this.#chargeOf(this.#entries.get(name)!.bytesLength)
    }
    return freed >= over ? names : null
  }

  #chargeOf(bytesLength: number): number {
    return Math.max(bytesLength, this.#quota.chargeMin)
  }
}
