// Nodes that run the real code behind a wire that twists what they say.

import { peerKeyOf } from '@ezchat/node/net/peer-id.ts'
import { decodeEnvelope } from '@ezchat/protocol/envelope/decode.ts'
import type { BatchHandler, PeerId, RequestHandler } from '@ezchat/protocol/ports.ts'
import { signReceipt } from '@ezchat/protocol/receipt/receipt.ts'
import { encodeCarriers } from '@ezchat/protocol/request/carriers.ts'
import { METHODS, type MethodName } from '@ezchat/protocol/request/method.ts'
import { decodePush, encodePushed } from '@ezchat/protocol/request/push.ts'
import type { Life } from './clock.ts'
import type { Random } from './random.ts'
import type { Machine, Scene } from './scene.ts'
import { addressOf, SimWire, type SimWireInit } from './wire.ts'

const RUBBISH_MS_MEAN = 15_000
const NEVER: RequestHandler = () => new Promise(() => undefined)

export interface AdversaryInit {
  readonly node: Machine
  readonly world: Scene
  readonly life: Life
}

export class AdversaryWire extends SimWire {
  readonly #adversary: AdversaryInit
  readonly #random: Random

  constructor(init: SimWireInit, adversary: AdversaryInit) {
    super(init)
    this.#adversary = adversary
    this.#random = init.random.split('adversary')
  }

  override start(): void {
    super.start()
    if (this.#adversary.node.kind === 'garbage') this.#rubbishLater()
  }

  override handle(method: string, handler: RequestHandler): void {
    super.handle(method, this.#twisted(method, handler))
  }

  override handleNotices(method: string, handler: (peer: PeerId, body: Uint8Array) => void): void {
    const { kind } = this.#adversary.node
    const isSwallowed = method === 'stem' && (kind === 'blackhole' || kind === 'dead')
    super.handleNotices(method, isSwallowed ? () => undefined : handler)
  }

  /** What others gossip goes no further, and is not kept. */
  override subscribe(shard: number, receive: BatchHandler): () => void {
    const { kind } = this.#adversary.node
    const isKept = kind === 'honest' || kind === 'garbage' || kind === 'blackhole'
    return super.subscribe(shard, isKept ? receive : async () => 'ignore')
  }

  #twisted(method: string, handler: RequestHandler): RequestHandler {
    const { kind } = this.#adversary.node
    const { mutation } = this.#adversary.world.plan
    if (mutation === 'empty-promises' && method === 'push') {
      return async (_peer, body) => this.#promise(body)
    }
    if (kind === 'dead') return method === 'hello' ? handler : NEVER
    if (kind === 'liar' && method === 'push') return async (_peer, body) => this.#promise(body)
    if (kind === 'liar' && (method === 'sync' || method === 'roots'))
      return this.#distorted(handler)
    if (kind === 'sybil' && method === 'push') return async (_peer, body) => this.#promise(body)
    if (kind === 'sybil' && method === 'carriers') return async () => this.#accomplices()
    return handler
  }

  /** Receipts that are as good as any, for what is not kept. */
  #promise(body: Uint8Array): Uint8Array {
    const { node, world } = this.#adversary
    const context = { network: world.terms, nowSeconds: world.nowSeconds() }
    const outcomes = decodePush(body).map((bytes) => {
      const { id, expiresAtSeconds } = decodeEnvelope(node.crypto, context, bytes)
      const terms = { envelopeId: id, keptUntil: expiresAtSeconds }
      const receipt = signReceipt(node.crypto, node.seed, world.terms.id, terms)
      return { kind: 'receipt', receipt } as const
    })
    return encodePushed(outcomes)
  }

  /** One time in two, a digest or a symbol that is not what it holds. */
  #distorted(handler: RequestHandler): RequestHandler {
    return async (peer, body, options) => {
      const answer = (await handler(peer, body, options)).slice()
      if (answer.length === 0 || this.#random.chance(0.5)) return answer
      answer[this.#random.below(answer.length)]! ^= 1 << this.#random.below(8)
      return answer
    }
  }

  #accomplices(): Uint8Array {
    const { world } = this.#adversary
    const peers = this.#random.sample(world.dht.liars, 16)
    return encodeCarriers(
      peers.map((peer) => ({ peerKey: peerKeyOf(peer)!, addresses: [addressOf(peer)] })),
    )
  }

  #rubbishLater(): void {
    const { world, life } = this.#adversary
    world.timeline.after(this.#random.exponential(RUBBISH_MS_MEAN), () => {
      if (life.isOver) return
      this.#sendRubbish()
      this.#rubbishLater()
    })
  }

  #sendRubbish(): void {
    const { world } = this.#adversary
    const random = this.#random
    const rubbish = random.bytes(random.below(5000))
    void this.publish(random.below(2 ** world.plan.shardBits), rubbish)
    const peer = random.pick(this.peers())?.peer
    if (peer === undefined) return
    const methods = Object.keys(METHODS) as MethodName[]
    const method = random.pick(methods.filter((name) => METHODS[name].kind === 'request'))!
    const body = rubbish.subarray(0, METHODS[method].requestBytesMax)
    this.request(peer, method, body, { signal: new AbortController().signal }).catch(
      (error: unknown) => error,
    )
    this.notify(peer, 'stem', rubbish)
  }
}
