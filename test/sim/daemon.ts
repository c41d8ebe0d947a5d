// What runs on a machine: the real store, carrier and courier, put together as a daemon does it.
import { type Carrier, startCarrier } from '@ezchat/node/carrier/carrier.ts'
import { Ownership } from '@ezchat/node/carrier/ownership.ts'
import { type PushAsking, pushTo } from '@ezchat/node/carrier/push.ts'
import { type Courier, startCourier } from '@ezchat/node/courier/courier.ts'
import type { EnvelopeStore } from '@ezchat/node/store/envelope-store.ts'
import { openEnvelopeStore } from '@ezchat/node/store/open-envelope-store.ts'
import type { Clock, KeyValue, PostageWorker } from '@ezchat/protocol/ports.ts'
import { type Life, nodeClock } from './clock.ts'
import type { SimNode } from './node.ts'
import type { SimWire } from './wire.ts'
import type { World } from './world.ts'

/** The price is 0: there is nothing to search for. */
const FREE_POSTAGE: PostageWorker = { search: async () => 0n }

export interface DaemonInit {
  readonly node: SimNode
  readonly world: World
  readonly life: Life
  readonly wire: SimWire
  readonly skewMs: number
}

export interface Daemon {
  readonly wire: SimWire
  readonly clock: Clock
  readonly store: EnvelopeStore
  readonly carrier: Carrier
  readonly courier: Courier
  readonly courierDisk: KeyValue
  readonly asking: PushAsking
  readonly life: Life
}

export async function startDaemon(init: DaemonInit): Promise<Daemon> {
  const { node, world, life, wire, skewMs } = init
  const { crypto, disks } = node
  const { isLight } = node.init
  const network = world.terms
  const clock = nodeClock(world.timeline, life, skewMs)
  const ownership = new Ownership()
  const { isOwn } = ownership
  const quotaBytes = world.plan.quotaMib * 1024 * 1024
  const store = await openEnvelopeStore(disks.store.open(life), { crypto, network, quotaBytes, isOwn })
  const carrier = await startCarrier({
    ...{ wire, clock, crypto, network, store, ownership },
    keyValue: disks.carrier.open(life),
    peerSeed: node.seed,
    mode: isLight ? 'own' : 'auto',
    isStem: !isLight,
    report: (error) => world.reported(error),
  })
  ownership.claim({
    isOwn: (mailbox) => world.isAtHome(mailbox, node),
    shards: isLight ? [] : world.shardsAt(node),
  })
  const courierDisk = disks.courier.open(life)
  const asking = { wire, clock, crypto, network }
  const courier = await startCourier({
    ...{ wire, clock, crypto, network, keyValue: courierDisk, postage: FREE_POSTAGE },
    carriers: carrier.book,
    stemPeers: {
      isStem: (peer) => carrier.neighbours.get(peer)?.isStem ?? false,
      watch: (listener) => carrier.neighbours.watch(({ peer }) => listener(peer)),
    },
    push: (peer, envelopes, options) => pushTo(asking, peer, envelopes, options),
    own: isLight
      ? null
      : {
          carries: (shard) => carrier.carries(shard),
          take: (envelopes) => carrier.take(envelopes),
        },
    mode: world.plan.mode,
    neverDelivers: isLight,
    onBug: (error) => world.fail(error),
  })
  return { wire, clock, store, carrier, courier, courierDisk, asking, life }
}
