// A courier in the same node as a carrier: which part of the carrier is which seam.
import type { Clock, Wire } from '@ezchat/protocol/ports.ts'
import type { Carrier } from '../carrier/carrier.ts'
import { carrierPush } from './carrier-push.ts'
import type { CourierInit } from './courier.ts'

export type CarrierSeams = Pick<CourierInit, 'carriers' | 'stemPeers' | 'push' | 'own'>

export function besideCarrier(
  carrier: Pick<Carrier, 'book' | 'neighbours' | 'carries' | 'take'>,
  asking: { readonly wire: Wire; readonly clock: Clock },
): CarrierSeams {
  const { book, neighbours } = carrier
  return {
    carriers: book,
    stemPeers: {
      isStem: (peer) => neighbours.get(peer)?.isStem ?? false,
      watch: (listener) => neighbours.watch(({ peer }) => listener(peer)),
    },
    push: carrierPush(asking),
    own: {
      carries: (shard) => carrier.carries(shard),
      take: (envelopes) => carrier.take(envelopes),
    },
  }
}
