// A peer that says it carries everything, and answers as a test likes.

import type { PeerId } from '@ezchat/protocol/ports.ts'
import { encodeDropsPage } from '@ezchat/protocol/request/drops.ts'
import { encodeHello } from '@ezchat/protocol/request/hello.ts'
import { type FakeWire, fakePeer } from '../fake-wire.ts'
import type { CarrierNetwork, CarrierNode } from './network.ts'

export interface Enemy {
  readonly wire: FakeWire
  readonly peer: PeerId
}

type Answer = (body: Uint8Array) => Uint8Array

/** Methods that are not given are unknown to it. */
export function addEnemy(
  { crypto, fabric, network }: CarrierNetwork,
  number: number,
  answers: Readonly<Record<string, Answer>> = {},
): Enemy {
  const { peer } = fakePeer(crypto, 1000 + number)
  const wire = fabric.add(peer)
  const shards = Array.from({ length: 2 ** network.shardBits }, (_, shard) => shard)
  const hello = encodeHello(network, { isCarrier: true, isStem: false, shards, addresses: [] })
  const noDrops = encodeDropsPage({ drops: [], position: null })
  const all: Record<string, Answer> = { hello: () => hello, drops: () => noDrops, ...answers }
  for (const [method, answer] of Object.entries(all)) {
    wire.handle(method, async (_peer, body) => answer(body))
  }
  return { wire, peer }
}

/** The enemy dials, and introduces itself. */
export async function intrude(net: CarrierNetwork, enemy: Enemy, node: CarrierNode): Promise<void> {
  net.fabric.link(enemy.peer, node.peer)
  const shards = Array.from({ length: 2 ** net.network.shardBits }, (_, shard) => shard)
  const hello = { isCarrier: true, isStem: false, shards, addresses: [] }
  const { signal } = new AbortController()
  await enemy.wire.request(node.peer, 'hello', encodeHello(net.network, hello), { signal })
}

export function offencesOf(node: CarrierNode, { peer }: Enemy): string[] {
  return node.wire.penalties.filter((one) => one.peer === peer).map(({ offence }) => offence)
}
