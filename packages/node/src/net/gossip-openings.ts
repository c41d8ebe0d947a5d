// gossipsub opens its streams to neighbours one after the other, and waits for each: somebody who
// connects and never answers would keep all who come later from being told anything, for ten seconds
// each time. Here neighbours wait for themselves only.
import type { PeerId } from '@ezchat/protocol/ports.ts'

interface Asked {
  readonly peer: { toString(): PeerId }
  readonly connection: unknown
}

export class GossipOpenings {
  readonly #open: (asked: Asked) => Promise<void>
  /** Of those for whom a stream is being opened: what was asked for last meanwhile. */
  readonly #next = new Map<PeerId, Asked | null>()

  constructor(open: (asked: Asked) => Promise<void>) {
    this.#open = open
  }

  /** How many are being opened. */
  get count(): number {
    return this.#next.size
  }

  ask(asked: Asked): void {
    const name = asked.peer.toString()
    if (this.#next.has(name)) this.#next.set(name, asked)
    else void this.#run(name, asked)
  }

  async #run(name: PeerId, first: Asked): Promise<void> {
    let asked: Asked | null = first
    try {
      while (asked !== null) {
        this.#next.set(name, null)
        await this.#open(asked)
        asked = this.#next.get(name) ?? null
      }
    } finally {
      this.#next.delete(name)
    }
  }
}
