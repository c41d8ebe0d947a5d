// Batches on the topic of a shard. A batch is passed on only after whoever carries the shard has
// said so; batches of shards that nobody here carries are not passed on at all.

import { GOSSIP_BATCH_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { BatchHandler, Offence, PeerId } from '@ezchat/protocol/ports.ts'
import { gossipMessageId } from '@ezchat/protocol/request/gossip-batch.ts'
import { type GossipSub, gossipsub, TopicValidatorResult } from '@libp2p/gossipsub'
import {
  GOSSIP_CONTROLS_MAX,
  GOSSIP_IDS_MAX,
  GOSSIP_MESSAGES_MAX,
  GOSSIP_RPC_BYTES_MAX,
  GOSSIP_SEEN_MS,
  GOSSIP_WRITE_BYTES_MAX,
} from '../limits.ts'
import { GossipOpenings } from './gossip-openings.ts'
import { GOSSIPSUB, renamed } from './gossip-streams.ts'

const VERDICTS = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
} as const

export interface GossipInit {
  readonly crypto: Crypto
  /** By shard. */
  readonly topics: readonly string[]
  readonly protocol: string
  /** What the peer has against it, above zero; gossipsub likes it less and less. */
  readonly pointsOf: (peer: PeerId) => number
  /** Between heartbeats. */
  readonly heartbeatMs: number
}

const REACHABLE = 'ezchat:reachable'

/** With what its types keep to themselves. */
type OpenedGossip = GossipSub & {
  protocols: string[]
  /** Who listens to each. */
  readonly topics: ReadonlyMap<string, ReadonlySet<PeerId>>
  readonly streamsOutbound: ReadonlyMap<PeerId, unknown>
  createOutboundStream(peer: { toString(): PeerId }, connection: unknown): Promise<void>
  graftOnSubscribe(peer: PeerId, topic: string): boolean
  sendGraft(peer: PeerId, topics: readonly string[]): void
}

/** The service for libp2p; every default that matters is set. */
export function gossipService(init: GossipInit) {
  const create = gossipsub({
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: ({ data }) => gossipMessageId(init.crypto, data),
    fallbackToFloodsub: false,
    floodPublish: true,
    emitSelf: false,
    canRelayMessage: false,
    doPX: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    allowedTopics: new Set(init.topics),
    // One at a time per peer, so that reading waits for what is read.
    awaitRpcHandler: true,
    awaitRpcMessageHandler: true,
    runOnLimitedConnection: true,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: GOSSIP_RPC_BYTES_MAX,
    maxOutboundBufferSize: GOSSIP_WRITE_BYTES_MAX,
    heartbeatInterval: init.heartbeatMs,
    seenTTL: GOSSIP_SEEN_MS,
    decodeRpcLimits: {
      maxSubscriptions: init.topics.length,
      maxMessages: GOSSIP_MESSAGES_MAX,
      maxIhaveMessageIDs: GOSSIP_IDS_MAX,
      maxIwantMessageIDs: GOSSIP_IDS_MAX,
      maxIdontwantMessageIDs: GOSSIP_IDS_MAX,
      maxControlMessages: GOSSIP_CONTROLS_MAX,
      maxPeerInfos: 0,
    },
    scoreParams: {
      // Everybody behind one proxy has one address; the gate counts hosts instead.
      IPColocationFactorWeight: 0,
      appSpecificWeight: 1,
      appSpecificScore: (peer) => -init.pointsOf(peer),
    },
  })
  return (components: Parameters<typeof create>[0]): GossipSub => {
    const { registrar } = components
    // Not by spreading: libp2p's components are found when they are asked for.
    const gossip = create(
      new Proxy(components, {
        get: (target, property) =>
          property === 'registrar'
            ? renamed(registrar, init.protocol)
            : Reflect.get(target, property),
      }),
    ) as unknown as OpenedGossip
    gossip.protocols = [GOSSIPSUB]
    // A neighbour that said what it listens to can be written to only once our own stream to it is
    // open; gossipsub drops without a word what is published in between.
    const open = gossip.createOutboundStream.bind(gossip)
    const openings = new GossipOpenings(async ({ peer, connection }) => {
      await open(peer, connection)
      graft(gossip, peer.toString())
      gossip.dispatchEvent(new Event(REACHABLE))
    })
    gossip.createOutboundStream = async (peer, connection) => openings.ask({ peer, connection })
    return gossip
  }
}

/**
 * What others publish is passed on only to those who are grafted. gossipsub grafts who says what it
 * listens to, but not before there is a stream to it; until its next heartbeat all would be lost.
 */
function graft(gossip: OpenedGossip, peer: PeerId): void {
  const topics = [...gossip.topics]
    .filter(([topic, listeners]) => listeners.has(peer) && gossip.graftOnSubscribe(peer, topic))
    .map(([topic]) => topic)
  if (topics.length > 0) gossip.sendGraft(peer, topics)
}

export interface ShardGossipInit {
  readonly gossip: GossipSub
  readonly topics: readonly string[]
  readonly penalise: (peer: PeerId, offence: Offence) => void
  readonly isRefused: (peer: PeerId) => boolean
}

export class ShardGossip {
  readonly #init: ShardGossipInit
  readonly #handlers = new Map<number, BatchHandler>()

  constructor(init: ShardGossipInit) {
    this.#init = init
    for (const [shard, topic] of init.topics.entries()) {
      init.gossip.topicValidators.set(
        topic,
        async (peer, { data }) => VERDICTS[await this.#judge(shard, peer.toString(), data)],
      )
    }
  }

  async publish(shard: number, batch: Uint8Array): Promise<void> {
    // To encode it and to remember it would be for nobody.
    if (this.listenersOf(shard).length === 0) return
    await this.#init.gossip.publish(this.#topicOf(shard), batch)
  }

  subscribe(shard: number, receive: BatchHandler): () => void {
    const topic = this.#topicOf(shard)
    assert(!this.#handlers.has(shard), `shard ${shard} is subscribed to twice`)
    this.#handlers.set(shard, receive)
    this.#init.gossip.subscribe(topic)
    return () => {
      if (this.#handlers.get(shard) !== receive) return
      this.#handlers.delete(shard)
      this.#init.gossip.unsubscribe(topic)
    }
  }

  /** Neighbours that want to hear of the shard and that can be told. */
  listenersOf(shard: number): PeerId[] {
    const { streamsOutbound } = this.#init.gossip as unknown as OpenedGossip
    const subscribers = this.#init.gossip.getSubscribers(this.#topicOf(shard)).map(String)
    return subscribers.filter((peer) => streamsOutbound.has(peer))
  }

  watchListeners(listener: () => void): () => void {
    const gossip: EventTarget = this.#init.gossip as unknown as EventTarget
    const kinds = ['subscription-change', REACHABLE]
    for (const kind of kinds) gossip.addEventListener(kind, listener)
    return () => {
      for (const kind of kinds) gossip.removeEventListener(kind, listener)
    }
  }

  #topicOf(shard: number): string {
    const topic = this.#init.topics[shard]
    assert(topic !== undefined, `expected a shard, got ${shard}`)
    return topic
  }

  async #judge(shard: number, peer: PeerId, batch: Uint8Array): ReturnType<BatchHandler> {
    const receive = this.#handlers.get(shard)
    // What a refused peer sent before its connection ended is still on its way to here.
    if (receive === undefined || this.#init.isRefused(peer)) return 'ignore'
    // gossipsub takes a failure of ours for nobody's fault, and passes nothing on.
    const verdict = batch.length > GOSSIP_BATCH_BYTES_MAX ? 'reject' : await receive(peer, batch)
    if (verdict === 'reject') this.#init.penalise(peer, 'invalid')
    return verdict
  }
}
