// Loads from a carrier what an exchange has shown to be missing: carrier.md §5.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ID_BYTES, REQUEST_ENVELOPES_MAX, SHORT_ID_BYTES } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { type EnvelopeRules, isAllowedSize } from '@ezchat/protocol/envelope/rules.ts'
import type { Clock, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import type { Comparing } from '../catch-up.ts'
import { within } from '../deadline.ts'
import { RECONCILE_LANE_COUNT, RECONCILE_REQUEST_MS_MAX } from '../limits.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import type { Door, Reception } from './door.ts'
import { loadFrom } from './load.ts'
import type { NeededIds } from './needed-ids.ts'

export interface PullerInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly store: Pick<EnvelopeStore, 'resolve'>
  readonly door: Door
  /** For whoever watches. */
  readonly comparing: Pick<Comparing, 'fetched'>
}

export interface PullTerms {
  readonly peer: PeerId
  readonly shard: number
  readonly bytesMax: number
  readonly signal: AbortSignal
}

export interface Pulled {
  askedCount: number
  /** Of those asked for. */
  deliveredCount: number
  storedCount: number
  bytes: number
  /** Drops of what the peer still holds: it has not heard of them. */
  readonly drops: Map<string, Uint8Array>
  /** Our store takes no more. */
  isFull: boolean
  /** It sent what nobody asked for, or what no carrier may hold. */
  isFalse: boolean
  /** The bytes were used up: a later exchange finds the rest. */
  hasMore: boolean
}

/** Until there is nothing left to ask for, or the bytes are used up. */
export async function pull(init: PullerInit, terms: PullTerms, needed: NeededIds): Promise<Pulled> {
  const pulled: Pulled = {
    ...{ askedCount: 0, deliveredCount: 0, storedCount: 0, bytes: 0 },
    ...{ drops: new Map(), isFull: false, isFalse: false, hasMore: false },
  }
  // While one answer is written to disk the next ones are on their way.
  const lanes = Array.from({ length: RECONCILE_LANE_COUNT }, () =>
    pullLane(init, terms, needed, pulled),
  )
  const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  if (needed.count > 0 && canGoOn(pulled)) pulled.hasMore = true
  return pulled
}

async function pullLane(
  init: PullerInit,
  terms: PullTerms,
  needed: NeededIds,
  pulled: Pulled,
): Promise<void> {
  while (needed.count > 0 && pulled.bytes < terms.bytesMax && canGoOn(pulled)) {
    // No answer has more envelopes than these.
    const taken = needed.take(REQUEST_ENVELOPES_MAX)
    await pullPiece(init, terms, await stillMissing(init, terms.shard, taken), pulled)
  }
}

function canGoOn({ isFull, isFalse }: Pulled): boolean {
  return !isFull && !isFalse
}

/** Gossip, or another carrier, may have brought some meanwhile. */
async function stillMissing(
  { store }: PullerInit,
  shard: number,
  shortIds: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const held = await Promise.all(shortIds.map((shortId) => store.resolve(shard, shortId)))
  return shortIds.filter((_, at) => held[at] === null)
}

async function pullPiece(
  init: PullerInit,
  terms: PullTerms,
  shortIds: readonly Uint8Array[],
  pulled: Pulled,
): Promise<void> {
  const { wire, clock, network, door } = init
  const { peer, shard, signal } = terms
  let left = shortIds
  while (left.length > 0 && canGoOn(pulled)) {
    if (pulled.bytes >= terms.bytesMax) {
      pulled.hasMore = true
      return
    }
    const load = { shard, shortIds: left }
    const ask = (limit: AbortSignal) => loadFrom({ wire, network }, peer, load, { signal: limit })
    const { takenCount, envelopes } = await within(clock, RECONCILE_REQUEST_MS_MAX, ask, signal)
    const asked = new Set(left.slice(0, takenCount).map(toHex))
    left = left.slice(takenCount)
    pulled.askedCount += asked.size
    if (!envelopes.every((envelope) => isAskedFor(init, asked, envelope))) {
      pulled.isFalse = true
      return
    }
    const bytes = envelopes.reduce((sum, { length }) => sum + length, 0)
    pulled.deliveredCount += envelopes.length
    pulled.bytes += bytes
    init.comparing.fetched(envelopes.length, bytes)
    for (const reception of await door.takeEnvelopes(envelopes, peer, shard)) {
      note(pulled, reception)
    }
  }
}

function note(pulled: Pulled, reception: Reception): void {
  if (reception.kind === 'new') pulled.storedCount++
  else if (reception.kind === 'dropped') pulled.drops.set(toHex(reception.drop), reception.drop)
  else if (reception.kind === 'full' || reception.kind === 'busy') pulled.isFull = true
  else if (reception.kind === 'wrong') pulled.isFalse = true
}

/** Each once: what is left in the set was not delivered. */
function isAskedFor(init: PullerInit, asked: Set<string>, envelope: Uint8Array): boolean {
  const { crypto, network } = init
  if (!isAllowedSize(network, envelope.length)) return false
  const id = envelopeIdOf(crypto, network, envelope)
  return asked.delete(toHex(id.subarray(ID_BYTES - SHORT_ID_BYTES)))
}
