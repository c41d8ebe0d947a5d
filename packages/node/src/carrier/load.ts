// Envelopes by short ids, for a carrier that lacks them: requests.md §5.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { REQUEST_ENVELOPES_BYTES_MAX, REQUEST_ENVELOPES_MAX } from '@ezchat/protocol/constants.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import type { Clock, PeerId, RequestHandler, Wire, WireOptions } from '@ezchat/protocol/ports.ts'
import {
  decodeLoad,
  decodeLoaded,
  encodeLoad,
  encodeLoaded,
  type Load,
  type Loaded,
} from '@ezchat/protocol/request/load.ts'
import { EzchatError } from '../errors.ts'
import {
  LOAD_STEP_COUNT_MAX,
  READ_LOOKUP_STEPS,
  READ_STEPS_BURST,
  READ_STEPS_PER_SECOND,
} from '../limits.ts'
import type { StoredEnvelope } from '../store/envelope-reader.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { FalseAnswer, readAnswer } from './asking.ts'
import { ReadAllowance } from './read-allowance.ts'
import { isServed } from './served.ts'
import { type Penalising, serving } from './serving.ts'

export interface LoadInit {
  readonly wire: Penalising
  readonly clock: Clock
  readonly network: EnvelopeRules
  readonly store: Pick<EnvelopeStore, 'load' | 'resolve'>
}

export function loadHandler(init: LoadInit): RequestHandler {
  const decode = (body: Uint8Array) => decodeLoad(init.network, body)
  const perSecond = READ_STEPS_PER_SECOND
  const allowance = new ReadAllowance(init.clock, { perSecond, burst: READ_STEPS_BURST })
  return serving(init.wire, decode, async (peer, load) => {
    if (!allowance.isOpen(peer)) throw new EzchatError('PEER_BUSY')
    const loaded = await collect(init, load)
    allowance.spend(peer, (loaded.takenCount - loaded.envelopes.length) * READ_LOOKUP_STEPS)
    return encodeLoaded(loaded)
  })
}

async function collect(init: LoadInit, { shard, shortIds }: Load): Promise<Loaded> {
  const envelopes: Uint8Array[] = []
  let takenCount = 0
  let bytesLeft = REQUEST_ENVELOPES_BYTES_MAX
  while (takenCount < shortIds.length) {
    const step = shortIds.slice(takenCount, takenCount + LOAD_STEP_COUNT_MAX)
    for (const found of await lookUp(init, shard, step)) {
      if (found !== null) {
        bytesLeft -= found.length
        // The first one always fits: there is none that is larger than an answer.
        if (bytesLeft < 0 || envelopes.length === REQUEST_ENVELOPES_MAX) {
          return { takenCount, envelopes }
        }
        envelopes.push(found)
      }
      takenCount++
    }
  }
  return { takenCount, envelopes }
}

/** One for each of the ids; null for what is not held, or has expired. */
async function lookUp(
  { store, network, clock }: LoadInit,
  shard: number,
  shortIds: readonly Uint8Array[],
): Promise<(Uint8Array | null)[]> {
  const ids = await Promise.all(shortIds.map((shortId) => store.resolve(shard, shortId)))
  const loaded = await store.load(ids.filter((id) => id !== null))
  const byId = new Map(loaded.map((found): [string, StoredEnvelope] => [toHex(found.id), found]))
  return ids.map((id) => {
    const found = id === null ? undefined : byId.get(toHex(id))
    return found !== undefined && isServed(network, clock, found) ? found.bytes : null
  })
}

export interface LoadAsking {
  readonly wire: Wire
  readonly network: EnvelopeRules
}

/**
 * The ids ascend. Whether the envelopes are those that were asked for shows in their ids, which
 * whoever takes them in computes anyway.
 */
export async function loadFrom(
  { wire, network }: LoadAsking,
  peer: PeerId,
  load: Load,
  options: WireOptions,
): Promise<Loaded> {
  const answer = await wire.request(peer, 'load', encodeLoad(network, load), options)
  return readAnswer(wire, peer, () => {
    const loaded = decodeLoaded(answer)
    if (loaded.takenCount > load.shortIds.length) {
      throw new FalseAnswer('malformed', 'more ids dealt with than were asked for')
    }
    return loaded
  })
}
