// Who carries the shard of a message, who of them has signed for it, and who can be asked.
import type { PeerId, Wire } from '@ezchat/protocol/ports.ts'
import type { CarrierNames } from './carrier-names.ts'
import { type ActiveItem, carrierKeyOf } from './item.ts'
import type { DeliveryEnd } from './parcel.ts'
import { hasAll } from './schedule.ts'
import type { CarrierSource, OwnCarrier } from './seams.ts'

export interface ReachInit {
  readonly wire: Pick<Wire, 'self' | 'peers'>
  readonly names: CarrierNames
  readonly carriers: CarrierSource
  readonly own: OwnCarrier | null
}

export type Reached = Pick<DeliveryEnd, 'carriers' | 'known' | 'failed'>

export class Reach {
  readonly #init: ReachInit

  constructor(init: ReachInit) {
    this.#init = init
  }

  hasSomebody({ shard }: ActiveItem): boolean {
    const { wire, own } = this.#init
    return wire.peers().length > 0 || own?.carries(shard) === true
  }

  signersOf({ receipts }: ActiveItem): Set<PeerId> {
    return new Set(receipts.map((receipt) => this.#init.names.of(carrierKeyOf(receipt))))
  }

  /** Whoever is not connected now may be away for good. */
  of(item: ActiveItem): Reached {
    const carriers = this.signersOf(item)
    const known = this.#known(item)
    const { wire } = this.#init
    const isHere = new Set([wire.self, ...wire.peers().map(({ peer }) => peer)])
    return { carriers, known, failed: new Set(known.filter((peer) => !isHere.has(peer))) }
  }

  /** Of a small network: all others that can be reached have it. We alone are no network. */
  isAllAlive({ carriers, known, failed }: Reached): boolean {
    const { wire } = this.#init
    const others = known.filter((peer) => peer !== wire.self && !failed.has(peer))
    return hasAll({ carriers, known: others })
  }

  #known({ shard }: ActiveItem): readonly PeerId[] {
    const { carriers, own, wire } = this.#init
    const others = carriers.known(shard).filter((peer) => peer !== wire.self)
    return own?.carries(shard) ? [wire.self, ...others] : others
  }
}
