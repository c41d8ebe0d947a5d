// Drops handed over one by one, and all that are remembered: requests.md §8.
import { DROPS_ANSWER_BYTES_MAX, REQUEST_DROPS_MAX } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { type VerifiedDrop, verifyDrop } from '@ezchat/protocol/mailbox/drop.ts'
import type { Clock, PeerId, RequestHandler, Wire, WireOptions } from '@ezchat/protocol/ports.ts'
import {
  type DropsPage,
  decodeDropsPage,
  decodeDropsRequest,
  encodeDropsPage,
  encodeDropsRequest,
} from '@ezchat/protocol/request/drops.ts'
import { EzchatError } from '../errors.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { readAnswer, readNothing } from './asking.ts'
import { atCostOf, NOTHING, type Penalising, serving } from './serving.ts'

export interface DropsInit {
  readonly wire: Penalising
  readonly clock: Clock
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly store: Pick<EnvelopeStore, 'drop'>
  /** One that was not known, when all that it covers has gone. */
  readonly onAccepted: (drop: VerifiedDrop, from: PeerId | null) => void
}

/** The one door by which drops come in. */
export class Drops {
  readonly #init: DropsInit

  constructor(init: DropsInit) {
    this.#init = init
  }

  /** Throws what `verifyDrop` refuses it with, at the cost of who brought it. */
  async take(bytes: Uint8Array, from: PeerId | null): Promise<'new' | 'known' | 'full'> {
    const { wire, store, onAccepted } = this.#init
    const drop =
      from === null ? this.#verify(bytes) : atCostOf(wire, from, () => this.#verify(bytes))
    const verdict = await store.drop(drop)
    if (verdict === 'new') onAccepted(drop, from)
    return verdict
  }

  /** Until one is false: whoever sends that is not read on. Returns how many were new. */
  async takeAll(drops: readonly Uint8Array[], from: PeerId): Promise<number> {
    let newCount = 0
    for (const bytes of drops) {
      try {
        if ((await this.take(bytes, from)) === 'new') newCount++
      } catch (error: unknown) {
        if (!(error instanceof ProtocolError)) throw error
        const isTheirFault = error.failure !== 'expired' && error.failure !== 'version'
        if (isTheirFault) throw new EzchatError('PEER_INVALID', { cause: error })
      }
    }
    return newCount
  }

  #verify(bytes: Uint8Array): VerifiedDrop {
    const { crypto, network, clock } = this.#init
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    return verifyDrop(crypto, bytes, {
      networkId: network.id,
      ttlDays: network.ttlDays,
      nowSeconds,
    })
  }
}

export function dropHandler({ drops }: { readonly drops: Drops }): RequestHandler {
  return async (peer, body) => {
    // Full is what it covers least of: the envelopes stay until they expire.
    if ((await drops.take(body, peer)) === 'full') throw new EzchatError('PEER_FULL')
    return NOTHING
  }
}

/** Resolves when the peer has forgotten what the drop covers. */
export async function dropAt(
  wire: Wire,
  peer: PeerId,
  drop: Uint8Array,
  options: WireOptions,
): Promise<void> {
  const answer = await wire.request(peer, 'drop', drop, options)
  readAnswer(wire, peer, () => readNothing(answer))
}

export interface DropsHandlerInit {
  readonly wire: Penalising
  readonly store: Pick<EnvelopeStore, 'drops'>
}

/** Around each drop in a page, and around the page. */
const DROP_HEAD_BYTES = 2
const PAGE_HEAD_BYTES = 128

export function dropsHandler({ wire, store }: DropsHandlerInit): RequestHandler {
  return serving(wire, decodeDropsRequest, async (_peer, position) => {
    const bytesMax = DROPS_ANSWER_BYTES_MAX - PAGE_HEAD_BYTES
    const limits = { bytesMax, bytesEach: DROP_HEAD_BYTES }
    const page = await store.drops(position, REQUEST_DROPS_MAX, limits)
    return encodeDropsPage({ drops: page.drops.map(({ bytes }) => bytes), position: page.position })
  })
}

/** A page of what the peer remembers; none of it has been verified. */
export async function dropsFrom(
  wire: Wire,
  peer: PeerId,
  position: Uint8Array | null,
  options: WireOptions,
): Promise<DropsPage> {
  const answer = await wire.request(peer, 'drops', encodeDropsRequest(position), options)
  return readAnswer(wire, peer, () => decodeDropsPage(answer))
}
