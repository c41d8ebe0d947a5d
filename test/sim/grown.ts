// A network that has been there for long, as its carriers would have left it: each carries the shard
// that is nearest to it and those of its users, the DHT knows, and everybody remembers carriers of
// its own shards and of its contacts', as an invite names them.
import { carrierKey, encodeCarrierRecord } from '@ezchat/node/carrier/carrier-record.ts'
import { bitsOf } from '@ezchat/node/carrier/shard-bits.ts'
import { shardsByDistance } from '@ezchat/node/carrier/shard-order.ts'
import { peerKeyOf } from '@ezchat/node/net/peer-id.ts'
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { KeyValueOperation } from '@ezchat/protocol/ports.ts'
import { Life } from './clock.ts'
import { Random } from './random.ts'
import type { Machine, Scene } from './scene.ts'
import { addressOf } from './wire.ts'

/** As `duty-keeper.ts` writes it. */
const KEY = utf8('carrier/duty')
const VERSION = 1
const OWN_COUNT = 16
const CONTACT_COUNT = 6

export async function growUp(world: Scene): Promise<void> {
  const random = new Random(world.plan.seed, 'grown')
  const shardsOf = new Map<Machine, readonly number[]>()
  const carriersOf = new Map<number, Machine[]>()
  for (const node of world.nodes) {
    if (node.init.isLight) continue
    const order = shardsByDistance(node.crypto, world.terms, peerKeyOf(node.peer)!)
    const shards = [...new Set([order[0]!, ...world.shardsAt(node)])]
    shardsOf.set(node, shards)
    for (const shard of shards) {
      world.dht.enter(node.host, shard)
      carriersOf.set(shard, [...(carriersOf.get(shard) ?? []), node])
    }
  }
  for (const node of world.nodes) {
    const shards = shardsOf.get(node) ?? []
    const known = (shard: number, count: number) =>
      random
        .sample(carriersOf.get(shard) ?? [], count)
        .filter((carrier) => carrier !== node)
        .map((carrier) => recordOf(world, shard, carrier))
    const duty = { key: KEY, value: concatBytes(Uint8Array.of(VERSION), bitsOf(shards)) }
    const contacts = world.userAt(node)?.contacts ?? []
    await node.disks.carrier
      .open(new Life())
      .write(
        [
          duty,
          ...contacts.flatMap(({ shard }) => known(shard, CONTACT_COUNT)),
          ...shards.flatMap((shard) => known(shard, OWN_COUNT)),
        ],
        { sync: false },
      )
  }
}

function recordOf(world: Scene, shard: number, carrier: Machine): KeyValueOperation {
  const addresses = carrier.init.isNat ? [] : [addressOf(carrier.peer)]
  const record = { servedCount: 1, servedAtSeconds: world.nowSeconds() - 86_400, addresses }
  return {
    key: carrierKey(shard, peerKeyOf(carrier.peer)!),
    value: encodeCarrierRecord(record),
  }
}
