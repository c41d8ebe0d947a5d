// Peers outlive restarts: where they were, whether they answered, whether they served.

import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import { HINT_BYTES_MAX, HINTS_MAX } from '@ezchat/protocol/constants.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Clock, KeyValue, KeyValueOperation, PeerId } from '@ezchat/protocol/ports.ts'
import { ANCHORS_COUNT, KNOWN_PEER_AGE_SECONDS_MAX, KNOWN_PEERS_MAX } from '../limits.ts'
import { addressOfPeer } from './addresses.ts'
import { peerIdOf, peerKeyOf } from './peer-id.ts'

const PREFIX = utf8('net/peer/')
const BEYOND = utf8('net/peer0')
const VERSION = 1
const FLUSH_MS = 30_000
const SERVED_MAX = 0xffff

export interface KnownPeer {
  readonly peer: PeerId
  readonly addresses: readonly string[]
  /** When there last was a channel to it; 0 when there never was. */
  readonly seenSeconds: number
  /** How often it served well. */
  readonly servedCount: number
}

export interface PeerMemoryInit {
  readonly clock: Clock
  readonly keyValue: KeyValue
  readonly self: PeerId
  readonly onFailure: (error: unknown) => void
}

export class PeerMemory {
  readonly #init: PeerMemoryInit
  readonly #known = new Map<PeerId, KnownPeer>()
  readonly #changed = new Set<PeerId>()
  #cancelFlush: (() => void) | null = null
  #flushing: Promise<void> = Promise.resolve()

  private constructor(init: PeerMemoryInit) {
    this.#init = init
  }

  static async open(init: PeerMemoryInit): Promise<PeerMemory> {
    const memory = new PeerMemory(init)
    const page = { from: PREFIX, before: BEYOND, countMax: 2 * KNOWN_PEERS_MAX }
    for (const [key, value] of await init.keyValue.page(page)) memory.#load(key, value)
    while (memory.#known.size > KNOWN_PEERS_MAX) memory.#forgetOne()
    return memory
  }

  get size(): number {
    return this.#known.size
  }

  get(peer: PeerId): KnownPeer | null {
    return this.#known.get(peer) ?? null
  }

  all(): KnownPeer[] {
    return [...this.#known.values()]
  }

  /** Hints: they are tried, and displace no address under which the peer was found. */
  learn(peer: PeerId, hints: readonly string[]): void {
    if (peer === this.#init.self || peerKeyOf(peer) === null) return
    const before = this.#known.get(peer)
    const addresses = fitting(peer, [...(before?.addresses ?? []), ...hints])
    if (addresses.length === 0 || addresses.length === before?.addresses.length) return
    this.#keep({ peer, servedCount: 0, seenSeconds: 0, ...before, addresses })
  }

  /** There is a channel to it: what it says of itself now goes before all older hints. */
  seen(peer: PeerId, ownAddresses: readonly string[]): void {
    if (peer === this.#init.self || peerKeyOf(peer) === null) return
    const before = this.#known.get(peer)
    const addresses = fitting(peer, [...ownAddresses, ...(before?.addresses ?? [])])
    const servedCount = before?.servedCount ?? 0
    this.#keep({ peer, addresses, servedCount, seenSeconds: this.#nowSeconds() })
  }

  served(peer: PeerId): void {
    const before = this.#known.get(peer)
    if (before === undefined) return
    // Halving all keeps who serves now ahead of who served for years.
    if (before.servedCount >= SERVED_MAX) {
      for (const known of this.all()) {
        this.#keep({ ...known, servedCount: Math.floor(known.servedCount / 2) })
      }
    }
    const { servedCount } = this.#known.get(peer) ?? before
    this.#keep({ ...before, servedCount: servedCount + 1 })
  }

  /** It misbehaved: it is nobody that we would look for. */
  forget(peer: PeerId): void {
    if (!this.#known.delete(peer)) return
    this.#touch(peer)
  }

  /** Those that served best, for the slots that are kept for them. */
  anchors(): KnownPeer[] {
    return this.all()
      .filter(({ servedCount, addresses }) => servedCount > 0 && addresses.length > 0)
      .sort((a, b) => b.servedCount - a.servedCount)
      .slice(0, ANCHORS_COUNT)
  }

  async close(): Promise<void> {
    this.#cancelFlush?.()
    this.#cancelFlush = null
    await this.#flush()
  }

  #nowSeconds(): number {
    return Math.max(1, Math.floor(this.#init.clock.nowMs() / 1000))
  }

  #load(key: Uint8Array, value: Uint8Array): void {
    const peer = peerIdOf(key.subarray(PREFIX.length))
    const known = key.length === PREFIX.length + 32 ? decodeKnownPeer(peer, value) : null
    const oldest = this.#nowSeconds() - KNOWN_PEER_AGE_SECONDS_MAX
    if (known !== null && known.seenSeconds >= oldest) this.#known.set(peer, known)
    else this.#touch(peer)
  }

  #keep(known: KnownPeer): void {
    // Last in the map is the one that changed last.
    this.#known.delete(known.peer)
    this.#known.set(known.peer, known)
    this.#touch(known.peer)
    if (this.#known.size > KNOWN_PEERS_MAX) this.#forgetOne(known.peer)
  }

  /** Hints that nobody answered at go first, then who was seen longest ago; never an anchor. */
  #forgetOne(except?: PeerId): void {
    const anchors = new Set(this.anchors().map(({ peer }) => peer))
    let least: KnownPeer | null = null
    for (const known of this.#known.values()) {
      if (known.peer === except || anchors.has(known.peer)) continue
      if (least === null || known.seenSeconds < least.seenSeconds) least = known
    }
    if (least !== null) this.forget(least.peer)
  }

  #touch(peer: PeerId): void {
    this.#changed.add(peer)
    this.#cancelFlush ??= this.#init.clock.after(FLUSH_MS, () => {
      this.#cancelFlush = null
      this.#flush().catch(this.#init.onFailure)
    })
  }

  #flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write())
    const result = this.#flushing
    // The next flush is not to fail for this one's reason.
    this.#flushing = result.catch(() => undefined)
    return result
  }

  async #write(): Promise<void> {
    const operations: KeyValueOperation[] = []
    for (const peer of this.#changed) {
      const publicKey = peerKeyOf(peer)
      if (publicKey === null) continue
      const known = this.#known.get(peer)
      // A hint that was never tried is not worth a place on the disk.
      const value = known === undefined || known.seenSeconds === 0 ? null : encodeKnownPeer(known)
      operations.push({ key: concatBytes(PREFIX, publicKey), value })
    }
    this.#changed.clear()
    if (operations.length > 0) await this.#init.keyValue.write(operations, { sync: false })
  }
}

/** Without the peer's name at its end, which is known: through a relay it would not fit. */
function fitting(peer: PeerId, texts: readonly string[]): string[] {
  const end = `/p2p/${peer}`
  const bare = texts
    .filter((text) => addressOfPeer(peer, text) !== null)
    .map((text) => (text.endsWith(end) ? text.slice(0, -end.length) : text))
    .filter((text) => text.length > 0 && text.length <= HINT_BYTES_MAX)
  return [...new Set(bare)].slice(0, HINTS_MAX)
}

function encodeKnownPeer({ seenSeconds, servedCount, addresses }: KnownPeer): Uint8Array {
  const writer = new Writer().u8(VERSION).u32(seenSeconds).u16(servedCount).u8(addresses.length)
  for (const address of addresses) writer.text(address, HINT_BYTES_MAX)
  return writer.finish()
}

/** Null for what is damaged: a peer forgotten is a peer that is found again. */
function decodeKnownPeer(peer: PeerId, bytes: Uint8Array): KnownPeer | null {
  try {
    const reader = new Reader(bytes, 'NETWORK')
    reader.version(VERSION)
    const seenSeconds = reader.u32()
    const servedCount = reader.u16()
    const count = Math.min(reader.u8(), HINTS_MAX)
    const addresses = Array.from({ length: count }, () => reader.text(HINT_BYTES_MAX))
    reader.end()
    return { peer, seenSeconds, servedCount, addresses: fitting(peer, addresses) }
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
