// One connection between two hosts: in order in each direction, until it breaks.
import type { Host } from './host.ts'

export class Link {
  readonly dialler: Host
  readonly other: Host
  readonly isRelayed: boolean
  isOpen = true
  /** Both directions at once: a message never overtakes the one before it. */
  readonly #lastAtMs: [number, number] = [0, 0]
  lastUsedAtMs = 0
  isDying = false

  constructor(dialler: Host, other: Host) {
    this.dialler = dialler
    this.other = other
    this.isRelayed = other.isNat
  }

  far(from: Host): Host {
    return from === this.dialler ? this.other : this.dialler
  }

  isDialledBy(host: Host): boolean {
    return host === this.dialler
  }

  inOrder(from: Host, atMs: number): number {
    const direction = from === this.dialler ? 0 : 1
    const arrivesAtMs = Math.max(atMs, this.#lastAtMs[direction] + 0.001)
    this.#lastAtMs[direction] = arrivesAtMs
    return arrivesAtMs
  }
}
