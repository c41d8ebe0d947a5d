// Where identity records are kept and found: with the carriers of the home shard, and in the DHT.
// Neither is believed; whoever asks takes the best of what holds.
import type { Clock, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import { within } from '../deadline.ts'
import { RECORD_CARRIERS_COUNT_MAX, RECORD_REQUEST_MS } from '../limits.ts'

export interface RecordTerms {
  /** Where its owner lives; null when that is not known. */
  readonly shard: number | null
  /** Multiaddrs of carriers, as an invite gives them. */
  readonly hints: readonly string[]
  readonly signal: AbortSignal
}

export interface RecordRoutes {
  /** All that was found, good or bad. */
  find(name: Uint8Array, terms: RecordTerms): Promise<readonly Uint8Array[]>
  /** Resolves with how many carriers keep it. */
  publish(name: Uint8Array, record: Uint8Array, terms: RecordTerms): Promise<number>
}

export interface RecordRoutesInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly carriersOf: (
    shard: number,
    options: { readonly signal: AbortSignal },
  ) => Promise<readonly PeerId[]>
  readonly findAt: (
    peer: PeerId,
    name: Uint8Array,
    options: { readonly signal: AbortSignal },
  ) => Promise<Uint8Array | null>
  readonly keepAt: (
    peer: PeerId,
    name: Uint8Array,
    record: Uint8Array,
    options: { readonly signal: AbortSignal },
  ) => Promise<void>
}

export function recordRoutes(init: RecordRoutesInit): RecordRoutes {
  const { wire, clock, findAt, keepAt } = init
  const limited = <T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) =>
    within(clock, RECORD_REQUEST_MS, work, signal)

  /** Hints first: they need neither a cache nor a DHT. */
  async function keepers({ shard, hints, signal }: RecordTerms): Promise<PeerId[]> {
    const connecting = hints.map((hint) =>
      limited((within) => wire.connect(hint, { signal: within }), signal),
    )
    const carriers =
      shard === null ? [] : [limited((w) => init.carriersOf(shard, { signal: w }), signal)]
    const met = fulfilled(await Promise.allSettled(connecting))
    const known = fulfilled(await Promise.allSettled(carriers)).flat()
    return [...new Set([...met, ...known])].slice(0, RECORD_CARRIERS_COUNT_MAX)
  }

  return {
    async find(name, terms) {
      const { signal } = terms
      const fromDht = limited((within) => wire.findRecord(name, { signal: within }), signal)
      const fromCarriers = keepers(terms).then(async (peers) => {
        const asking = peers.map((peer) =>
          limited((within) => findAt(peer, name, { signal: within }), signal),
        )
        return fulfilled(await Promise.allSettled(asking)).filter((record) => record !== null)
      })
      return fulfilled(await Promise.allSettled([fromDht, fromCarriers])).flat()
    },
    async publish(name, record, terms) {
      const { signal } = terms
      const toDht = limited((w) => wire.publishRecord(name, record, { signal: w }), signal)
      const peers = await keepers(terms)
      const toCarriers = peers.map((peer) =>
        limited((within) => keepAt(peer, name, record, { signal: within }), signal),
      )
      const [, ...byCarriers] = await Promise.allSettled([toDht, ...toCarriers])
      // The DHT alone is not enough: whoever has only an invite asks the carriers in it.
      return fulfilled(byCarriers).length
    },
  }
}

/** One that fails is one that was not asked: the others decide. */
function fulfilled<T>(settled: readonly PromiseSettledResult<T>[]): T[] {
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}
