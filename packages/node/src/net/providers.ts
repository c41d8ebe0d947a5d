// Who carries a shard, as the DHT has it: hints for the carrier book.

import { assert } from '@ezchat/protocol/errors.ts'
import type { Clock, PeerId, WireOptions } from '@ezchat/protocol/ports.ts'
import type { KadDHT } from '@libp2p/kad-dht'
import type { CID } from 'multiformats/cid'
import { PROVIDERS_FOUND_MAX, PROVIDERS_FOUND_MS } from '../limits.ts'
import { Lookups } from './lookups.ts'

export interface ProvidersInit {
  readonly clock: Clock
  readonly self: PeerId
  readonly shardKeys: readonly CID[]
  readonly dht: Pick<KadDHT, 'findProviders' | 'provide'>
  readonly learn: (peer: PeerId, addresses: readonly string[]) => void
}

export class Providers {
  readonly #init: ProvidersInit
  readonly #lookups: Lookups<readonly PeerId[]>

  constructor(init: ProvidersInit) {
    this.#init = init
    this.#lookups = new Lookups({
      clock: init.clock,
      keepMs: PROVIDERS_FOUND_MS,
      run: (shard, signal) => this.#find(Number(shard), signal),
      isWorthKeeping: (found) => found.length > 0,
    })
  }

  carriersOf(shard: number, { signal }: WireOptions): Promise<readonly PeerId[]> {
    return this.#lookups.get(String(shard), signal)
  }

  async announce(shard: number, { signal }: WireOptions): Promise<void> {
    signal.throwIfAborted()
    for await (const _ of this.#init.dht.provide(this.#keyOf(shard), { signal })) {
      signal.throwIfAborted()
    }
  }

  #keyOf(shard: number): CID {
    const key = this.#init.shardKeys[shard]
    assert(key !== undefined, `expected a shard, got ${shard}`)
    return key
  }

  async #find(shard: number, signal: AbortSignal): Promise<readonly PeerId[]> {
    const found = new Set<PeerId>()
    try {
      for await (const event of this.#init.dht.findProviders(this.#keyOf(shard), { signal })) {
        if (event.name !== 'PROVIDER') continue
        for (const { id, multiaddrs } of event.providers) {
          const peer = id.toString()
          if (peer === this.#init.self) continue
          this.#init.learn(peer, multiaddrs.map(String))
          found.add(peer)
        }
        if (found.size >= PROVIDERS_FOUND_MAX) break
      }
    } catch (error: unknown) {
      // Out of time: what was found is an answer.
      if (!signal.aborted) throw error
    }
    return [...found].slice(0, PROVIDERS_FOUND_MAX)
  }
}
