// Who else carries a shard, asked and answered: requests.md §9.
import { CARRIERS_MAX } from '@ezchat/protocol/constants.ts'
import type { Clock, PeerId, RequestHandler, Wire, WireOptions } from '@ezchat/protocol/ports.ts'
import {
  type CarrierHint,
  decodeCarriers,
  decodeCarriersRequest,
  encodeCarriers,
  encodeCarriersRequest,
} from '@ezchat/protocol/request/carriers.ts'
import type { Sharded } from '@ezchat/protocol/request/shard-map.ts'
import { EzchatError } from '../errors.ts'
import { CARRIERS_ASKED_BURST, CARRIERS_ASKED_PER_SECOND } from '../limits.ts'
import { peerIdOf, peerKeyOf } from '../net/peer-id.ts'
import { readAnswer } from './asking.ts'
import { hintsOf } from './neighbours.ts'
import { ReadAllowance } from './read-allowance.ts'
import { serving } from './serving.ts'

export interface CarriersInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly network: Sharded
  readonly isCarried: (shard: number) => boolean
  /** Those that we would try ourselves, the best first. */
  readonly knownOf: (shard: number) => readonly PeerId[]
}

export function carriersHandler(init: CarriersInit): RequestHandler {
  const { wire, network } = init
  const decode = (body: Uint8Array) => decodeCarriersRequest(network, body)
  const perSecond = CARRIERS_ASKED_PER_SECOND
  const allowance = new ReadAllowance(init.clock, { perSecond, burst: CARRIERS_ASKED_BURST })
  return serving(wire, decode, async (peer, shard) => {
    if (!allowance.isOpen(peer)) throw new EzchatError('PEER_BUSY')
    allowance.spend(peer, 1)
    const own = init.isCarried(shard) ? [wire.self] : []
    const others = init.knownOf(shard).filter((other) => other !== peer && other !== wire.self)
    const hints = [...own, ...others].slice(0, CARRIERS_MAX).flatMap((other): CarrierHint[] => {
      const peerKey = peerKeyOf(other)
      const addresses = other === wire.self ? wire.addresses() : wire.addressesOf(other)
      return peerKey === null ? [] : [{ peerKey, addresses: hintsOf(addresses) }]
    })
    return encodeCarriers(hints)
  })
}

export interface ToldCarrier {
  readonly peer: PeerId
  readonly addresses: readonly string[]
}

/** Hints: what a stranger says of strangers. */
export async function askCarriers(
  wire: Wire,
  network: Sharded,
  asked: { readonly peer: PeerId; readonly shard: number },
  options: WireOptions,
): Promise<ToldCarrier[]> {
  const body = encodeCarriersRequest(network, asked.shard)
  const answer = await wire.request(asked.peer, 'carriers', body, options)
  const read = () => decodeCarriers(answer)
  const told = readAnswer(wire, asked.peer, read).map(({ peerKey, addresses }) => {
    return { peer: peerIdOf(peerKey), addresses }
  })
  return told.filter(({ peer }) => peer !== wire.self)
}
