// What runs on a machine: the real store, carrier and courier, put together as a daemon does it.
import { startCarrier } from '@ezchat/node/carrier/carrier.ts'
import { Ownership } from '@ezchat/node/carrier/ownership.ts'
import { besideCarrier } from '@ezchat/node/courier/beside-carrier.ts'
import { startCourier } from '@ezchat/node/courier/courier.ts'
import { openEnvelopeStore } from '@ezchat/node/store/open-envelope-store.ts'
import type { PostageWorker } from '@ezchat/protocol/ports.ts'
import { type Life, nodeClock } from './clock.ts'
import type { Daemon, Machine, Scene } from './scene.ts'
import type { SimWire } from './wire.ts'

/** The price is 0: there is nothing to search for. */
const FREE_POSTAGE: PostageWorker = { search: async () => 0n }

export interface DaemonInit {
  readonly node: Machine
  readonly world: Scene
  readonly life: Life
  readonly wire: SimWire
  readonly skewMs: number
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
  const store = await openEnvelopeStore(disks.store.open(life), {
    crypto,
    network,
    quotaBytes,
    isOwn,
  })
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
    ...besideCarrier(carrier, { wire, clock }),
    ...(isLight ? { own: null } : {}),
    mode: world.plan.mode,
    neverDelivers: isLight,
    onBug: (error) => world.fail(error),
  })
  return { wire, clock, store, carrier, courier, courierDisk, asking, life }
}
