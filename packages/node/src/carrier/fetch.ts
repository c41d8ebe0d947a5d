// What has arrived for mailboxes, a prefix or a shard: requests.md §6.
import { REQUEST_ENVELOPES_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { decodeEnvelope, type Envelope } from '@ezchat/protocol/envelope/decode.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { PeerId, RequestHandler, WireOptions } from '@ezchat/protocol/ports.ts'
import {
  decodeFetch,
  decodeFetched,
  encodeFetch,
  encodeFetched,
} from '@ezchat/protocol/request/fetch.ts'
import { isSelected, type Selector } from '@ezchat/protocol/request/selector.ts'
import { EzchatError } from '../errors.ts'
import { READ_STEPS_BURST, READ_STEPS_PER_SECOND } from '../limits.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { type Asking, ask, FalseAnswer } from './asking.ts'
import { decodeFetchCursor, encodeFetchCursor } from './fetch-cursor.ts'
import { ReadAllowance } from './read-allowance.ts'
import { readSelection, type SelectionInit } from './selection.ts'
import { type Penalising, serving } from './serving.ts'

export interface FetchInit extends SelectionInit {
  readonly wire: Penalising
  readonly store: SelectionInit['store'] & Pick<EnvelopeStore, 'epoch'>
}

export function fetchHandler(init: FetchInit): RequestHandler {
  const { wire, network, store } = init
  const decode = (body: Uint8Array) => decodeFetch(network, body)
  const perSecond = READ_STEPS_PER_SECOND
  const allowance = new ReadAllowance(init.clock, { perSecond, burst: READ_STEPS_BURST })
  return serving(wire, decode, async (peer, { selector, cursor, bytesMax }) => {
    if (!allowance.isOpen(peer)) throw new EzchatError('PEER_BUSY')
    const from = decodeFetchCursor(store, cursor)
    const page = await readSelection(init, { selector, cursor: from, bytesMax })
    allowance.spend(peer, page.steps)
    return encodeFetched({
      envelopes: page.envelopes.map(({ bytes }) => bytes),
      cursor: encodeFetchCursor(store, page.cursor),
      isEnd: page.isEnd,
    })
  })
}

export interface FetchAsking extends Asking {
  readonly crypto: Crypto
  readonly network: EnvelopeRules
}

export interface FetchQuestion {
  readonly selector: Selector
  /** Of the last answer of this peer to this selector; null for all that it holds. */
  readonly cursor: Uint8Array | null
  readonly bytesMax?: number
}

export interface FetchedEnvelopes {
  /** All of them were asked for, and hold. */
  readonly envelopes: readonly Envelope[]
  readonly cursor: Uint8Array
  readonly isEnd: boolean
}

/** What is false in an answer rejects with PEER_INVALID, at the peer's cost. */
export function fetchFrom(
  asking: FetchAsking,
  peer: PeerId,
  { selector, cursor, bytesMax = REQUEST_ENVELOPES_BYTES_MAX }: FetchQuestion,
  options: WireOptions,
): Promise<FetchedEnvelopes> {
  const body = encodeFetch(asking.network, { selector, cursor, bytesMax })
  return ask(asking, { peer, method: 'fetch', body }, options, (answer) => {
    const fetched = decodeFetched(answer)
    return { ...fetched, envelopes: readSelected(asking, selector, fetched.envelopes) }
  })
}

/** Without those that are out of time by our clock: the carrier's may be right. */
export function readSelected(
  { crypto, network, clock }: FetchAsking,
  selector: Selector,
  list: readonly Uint8Array[],
): Envelope[] {
  const context = { network, nowSeconds: Math.floor(clock.nowMs() / 1000) }
  return list.flatMap((bytes) => {
    try {
      const envelope = decodeEnvelope(crypto, context, bytes)
      if (isSelected(selector, envelope)) return [envelope]
    } catch (error: unknown) {
      if (!(error instanceof ProtocolError)) throw error
      if (error.failure === 'expired') return []
      throw new FalseAnswer('invalid', error.message, { cause: error })
    }
    throw new FalseAnswer('lies', 'an envelope that was not asked for')
  })
}
