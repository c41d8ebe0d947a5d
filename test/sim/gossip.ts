// gossipsub as carriers see it: a mesh of up to six neighbours per shard, batches that are checked
// before they are passed on, and the same batch from several sides. Its lazy half, which tells
// others of ids, is left out: reconciliation does the same, later.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { BatchHandler, PeerId } from '@ezchat/protocol/ports.ts'
import type { Host, Message } from './host.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'

const MESH_COUNT = 6
const MESH_COUNT_MAX = 12
const HEARTBEAT_MS = 1000
const SEEN_MS = 120_000

interface Membership {
  readonly receive: BatchHandler
  readonly mesh: Set<PeerId>
  readonly seen: Map<string, number>
  isRepairing: boolean
}

export class Gossip {
  readonly #network: Network
  readonly #random: Random
  readonly #hash: (bytes: Uint8Array) => Uint8Array
  readonly #members = new Map<Host, Map<number, Membership>>()
  duplicateCount = 0

  constructor(network: Network, random: Random, hash: (bytes: Uint8Array) => Uint8Array) {
    this.#network = network
    this.#random = random
    this.#hash = hash
  }

  join(host: Host, shard: number, receive: BatchHandler): () => void {
    const mine = this.#members.get(host) ?? new Map<number, Membership>()
    this.#members.set(host, mine)
    mine.set(shard, { receive, mesh: new Set(), seen: new Map(), isRepairing: false })
    host.shards.add(shard)
    this.#repairLater(host, shard)
    return () => this.#leave(host, shard)
  }

  leaveAll(host: Host): void {
    for (const shard of [...(this.#members.get(host)?.keys() ?? [])]) this.#leave(host, shard)
    this.#members.delete(host)
  }

  linkUp(host: Host, far: Host): void {
    for (const shard of host.shards) if (far.shards.has(shard)) this.#repairLater(host, shard)
  }

  publish(host: Host, shard: number, batch: Uint8Array): void {
    const name = toHex(this.#hash(batch).subarray(0, 12))
    const membership = this.#membership(host, shard)
    membership?.seen.set(name, this.#network.timeline.nowMs)
    const neighbours =
      membership === undefined ? this.#fanOut(host, shard) : this.#meshOf(host, membership)
    this.#send(host, neighbours, { kind: 'gossip', shard, name, batch })
  }

  receive(host: Host, from: Host, message: Message & { kind: 'gossip' }): void {
    const { shard, name, batch } = message
    const membership = this.#membership(host, shard)
    if (membership === undefined) return
    if (membership.seen.has(name)) {
      this.duplicateCount++
      return
    }
    this.#forgetOld(membership)
    membership.seen.set(name, this.#network.timeline.nowMs)
    void membership.receive(from.peer, batch).then((verdict) => {
      if (verdict !== 'accept' || this.#membership(host, shard) !== membership) return
      const others = this.#meshOf(host, membership).filter((neighbour) => neighbour !== from)
      this.#send(host, others, message)
    })
  }

  #membership(host: Host, shard: number): Membership | undefined {
    return this.#members.get(host)?.get(shard)
  }

  #leave(host: Host, shard: number): void {
    const membership = this.#membership(host, shard)
    if (membership === undefined) return
    this.#members.get(host)?.delete(shard)
    host.shards.delete(shard)
    for (const peer of membership.mesh) {
      const far = this.#network.byPeer.get(peer)!
      this.#membership(far, shard)?.mesh.delete(host.peer)
      this.#repairLater(far, shard)
    }
  }

  #meshOf(host: Host, { mesh }: Membership): Host[] {
    const hosts: Host[] = []
    for (const peer of mesh) {
      const link = host.links.get(peer)
      if (link === undefined) mesh.delete(peer)
      else hosts.push(link.far(host))
    }
    return hosts
  }

  /** Whoever does not take part still knows who does, among its neighbours. */
  #fanOut(host: Host, shard: number): Host[] {
    const takers = [...host.links.values()]
      .map((link) => link.far(host))
      .filter((far) => far.shards.has(shard))
    return this.#random.sample(takers, MESH_COUNT)
  }

  #send(host: Host, to: readonly Host[], message: Message & { kind: 'gossip' }): void {
    for (const far of to) {
      const link = host.links.get(far.peer)
      if (link !== undefined) this.#network.send(link, host, message)
    }
  }

  /** At the next heartbeat. */
  #repairLater(host: Host, shard: number): void {
    const membership = this.#membership(host, shard)
    if (membership === undefined || membership.isRepairing) return
    membership.isRepairing = true
    this.#network.timeline.after(this.#random.between(50, HEARTBEAT_MS), () => {
      membership.isRepairing = false
      if (this.#membership(host, shard) === membership) this.#repair(host, shard, membership)
    })
  }

  #repair(host: Host, shard: number, membership: Membership): void {
    const mesh = this.#meshOf(host, membership)
    if (mesh.length >= MESH_COUNT) return
    const candidates: Host[] = []
    for (const link of host.links.values()) {
      const far = link.far(host)
      if (!membership.mesh.has(far.peer) && far.shards.has(shard)) candidates.push(far)
    }
    for (const far of this.#random.sample(candidates, MESH_COUNT - mesh.length)) {
      const theirs = this.#membership(far, shard)
      if (theirs === undefined || theirs.mesh.size >= MESH_COUNT_MAX) continue
      theirs.mesh.add(host.peer)
      membership.mesh.add(far.peer)
    }
  }

  #forgetOld({ seen }: Membership): void {
    const nowMs = this.#network.timeline.nowMs
    for (const [name, atMs] of seen) {
      if (nowMs - atMs < SEEN_MS) return
      seen.delete(name)
    }
  }
}
