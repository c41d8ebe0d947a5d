// Who says that they carry a shard. Only shards of the network have providers, so that nobody fills
// us with claims about anything else.
import type { RandomSource } from '@ezchat/protocol/crypto/crypto.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import { base32 } from 'multiformats/bases/base32'
import type { CID } from 'multiformats/cid'
import { DHT_PROVIDER_MS, DHT_PROVIDERS_PER_SHARD_MAX } from '../limits.ts'
import type { Key, Pair, Shelf } from './datastore.ts'

interface Provider extends Pair {
  readonly atMs: number
}

export interface DhtProvidersInit {
  readonly clock: Clock
  readonly randomBytes: RandomSource
  readonly shardKeys: readonly CID[]
}

export class DhtProviders implements Shelf {
  readonly #init: DhtProvidersInit
  readonly #shards: ReadonlyMap<string, Map<string, Provider>>

  constructor(init: DhtProvidersInit) {
    this.#init = init
    this.#shards = new Map(
      // kad-dht writes multihashes without the letter of their base.
      init.shardKeys.map((cid) => [base32.encode(cid.multihash.bytes).slice(1), new Map()]),
    )
  }

  get(key: Key): Uint8Array | null {
    const [providers, peer] = this.#find(key)
    const provider = providers?.get(peer)
    return provider !== undefined && this.#isLive(provider) ? provider.value : null
  }

  put(key: Key, value: Uint8Array): void {
    const [providers, peer] = this.#find(key)
    if (providers === undefined) throw new ProtocolError('REQUEST_FIELD', 'no shard of ours')
    if (!providers.has(peer) && providers.size >= DHT_PROVIDERS_PER_SHARD_MAX) {
      this.#makeRoom(providers)
    }
    const atMs = this.#init.clock.monotonicMs()
    providers.set(peer, { key, value: Uint8Array.from(value), atMs })
  }

  delete(key: Key): void {
    const [providers, peer] = this.#find(key)
    providers?.delete(peer)
  }

  *pairs(): Iterable<Pair> {
    for (const providers of this.#shards.values()) {
      for (const provider of providers.values()) if (this.#isLive(provider)) yield provider
    }
  }

  #find(key: Key): [providers: Map<string, Provider> | undefined, peer: string] {
    const [shard = '', peer = ''] = key.toString().split('/').slice(-2)
    return [this.#shards.get(shard), peer]
  }

  #isLive({ atMs }: Provider): boolean {
    return this.#init.clock.monotonicMs() - atMs < DHT_PROVIDER_MS
  }

  /** Those that are over, else one by lot: a crowd cannot keep an honest carrier out for good. */
  #makeRoom(providers: Map<string, Provider>): void {
    for (const [peer, provider] of providers) if (!this.#isLive(provider)) providers.delete(peer)
    if (providers.size < DHT_PROVIDERS_PER_SHARD_MAX) return
    const [lot = 0] = this.#init.randomBytes(1)
    const peer = [...providers.keys()][lot % providers.size]
    if (peer !== undefined) providers.delete(peer)
  }
}
