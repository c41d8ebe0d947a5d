// What became of the messages that did not arrive, as their authors' couriers tell it.
import type { Story } from '@ezchat/node/courier/courier.ts'
import { peerIdOf } from '@ezchat/node/net/peer-id.ts'
import { EPOCH_MS } from './clock.ts'
import type { Message } from './model.ts'
import type { World } from './world.ts'

const LOST_COUNT_MAX = 10

export async function describeLost(world: World): Promise<string[]> {
  const lost = world.model.messages.filter(
    ({ acceptedAtMs, deliveredAtMs }) => acceptedAtMs !== null && deliveredAtMs === null,
  )
  const lines: string[] = []
  for (const message of lost.slice(0, LOST_COUNT_MAX)) {
    lines.push(...(await describe(world, message)))
  }
  return lines
}

async function describe(world: World, message: Message): Promise<string[]> {
  const author = world.users[message.author]!
  const recipient = world.users[message.recipient]!
  const { daemon } = author.node
  const reference = author.referenceOf(message.number)
  const head =
    `message ${message.number} at ${(message.composedAtMs / 1000).toFixed(0)} s from node ` +
    `${author.node.host.index} to node ${recipient.node.host.index} in shard ${recipient.shard}`
  if (daemon === null || reference === null) return [`${head}: its author is away`]
  const story = await world.timeline.settle(daemon.courier.story(reference))
  if (story === null) return [`${head}: its courier does not know it`]
  return [`${head}: ${story.state}`, ...story.hops.map((hop) => `  ${hopOf(world, hop)}`)]
}

function hopOf(world: World, { atMs, kind, why, carrier }: Story['hops'][number]): string {
  const seconds = ((atMs - EPOCH_MS) / 1000).toFixed(0)
  const host = carrier === null ? undefined : world.network.byPeer.get(peerIdOf(carrier))
  const by = host === undefined ? '' : `${world.nodesByHost.get(host.index)?.kind} ${host.index}`
  return `${seconds} s ${kind} ${why}${by}`.trimEnd()
}
