// Who carries a shard: those that served before all, and strangers' words last. carrier.md §3
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock, KeyValue, PeerId, Wire, WireOptions } from '@ezchat/protocol/ports.ts'
import type { Sharded } from '@ezchat/protocol/request/shard-map.ts'
import { within } from '../deadline.ts'
import {
  BOOK_ASK_COUNT_MAX,
  BOOK_SAVE_MS,
  BOOK_SEARCH_MS_MAX,
  BOOK_SEARCH_MS_MIN,
  BOOK_SERVED_ALL_COUNT_MAX,
  BOOK_SHORT_COUNT,
  STORE_STEP_COUNT_MAX,
} from '../limits.ts'
import { peerIdOf, peerKeyOf } from '../net/peer-id.ts'
import { keyAfter } from '../store/key-value.ts'
import { addressGroupOf, spreadByGroup } from './address-group.ts'
import {
  CARRIER_RECORDS,
  carrierKey,
  decodeCarrierRecord,
  encodeCarrierRecord,
  readCarrierKey,
} from './carrier-record.ts'
import { askCarriers } from './carriers.ts'
import { hintsOf, type Neighbours } from './neighbours.ts'
import { shuffled } from './random.ts'
import { hasShard } from './shard-bits.ts'
import { isResting, isUsable, ShardCarriers } from './shard-carriers.ts'

interface Unsaved {
  readonly key: Uint8Array
  readonly makeValue: () => Uint8Array | null
}

export interface CarrierBookInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  readonly network: Sharded
  readonly keyValue: KeyValue
  readonly neighbours: Neighbours
  readonly report: (error: unknown) => void
}

interface Search {
  readonly atMs: number
  done: Promise<void>
  /** By a neighbour or the DHT, whatever they said. */
  isAnswered: boolean
}

export class CarrierBook {
  readonly #init: CarrierBookInit
  readonly #shards = new Map<number, ShardCarriers>()
  readonly #searches = new Map<number, Search>()
  readonly #unsaved = new Map<string, Unsaved>()
  readonly #closing = new AbortController()
  #cancelSave: (() => void) | null = null

  constructor(init: CarrierBookInit) {
    this.#init = init
  }

  /** What was remembered when the peer ran last. */
  async open(): Promise<void> {
    const { keyValue, wire } = this.#init
    const page = { ...CARRIER_RECORDS, countMax: STORE_STEP_COUNT_MAX }
    let count = 0
    for (let rows = await keyValue.page(page); rows.length > 0; ) {
      for (const [key, value] of rows) {
        const place = readCarrierKey(key)
        const record = decodeCarrierRecord(value)
        if (place === null || record === null || ++count > BOOK_SERVED_ALL_COUNT_MAX) continue
        const peer = peerIdOf(place.peerKey)
        const { servedCount, servedAtSeconds } = record
        const known = { peer, servedCount, servedAtSeconds, failedCount: 0, failedAtMs: 0 }
        this.#of(place.shard).restore({ ...known, toldBy: null })
        wire.learn(peer, record.addresses)
      }
      if (rows.length < STORE_STEP_COUNT_MAX) break
      const from = keyAfter(rows.at(-1)![0])
      rows = await keyValue.page({ ...page, from })
    }
  }

  /**
   * The best first, never ourselves. Waits for a search only when nobody is known; when few are, a
   * search begins, and the next who asks will know more.
   */
  async carriersOf(shard: number, { signal }: WireOptions): Promise<PeerId[]> {
    const known = this.known(shard)
    const usable = known.filter((peer) => this.#isUsable(shard, peer))
    if (usable.length >= BOOK_SHORT_COUNT) return known
    const searching = this.search(shard)
    if (known.length > 0) return known
    await abortable(searching, signal)
    return this.known(shard)
  }

  /** The same without asking anybody. */
  known(shard: number): PeerId[] {
    const { clock, wire, neighbours, crypto } = this.#init
    const book = this.#shards.get(shard)
    const connected = shuffled(crypto, neighbours.carriersOf(shard))
    const isHere = new Set(connected)
    const nowMs = clock.monotonicMs()
    const served = [...(book?.served ?? [])]
      .sort((a, b) => b.servedAtSeconds - a.servedAtSeconds)
      .sort((a, b) => Number(isHere.has(b.peer)) - Number(isHere.has(a.peer)))
      .map(({ peer }) => peer)
    const told = book?.peers ?? []
    const all = [...new Set([...served, ...connected, ...told])]
    const candidates = all.filter((peer) => !this.#hasLeft(shard, peer))
    const isTired = (peer: PeerId) => {
      const known = book?.get(peer) ?? null
      return known !== null && isResting(known, nowMs)
    }
    const groupOf = (peer: PeerId) => addressGroupOf(wire.addressesOf(peer))
    const isServing = new Set(served)
    const ranks = [
      candidates.filter((peer) => !isTired(peer) && isServing.has(peer)),
      candidates.filter((peer) => !isTired(peer) && !isServing.has(peer) && isHere.has(peer)),
      candidates.filter((peer) => !isTired(peer) && !isServing.has(peer) && !isHere.has(peer)),
      candidates.filter(isTired),
    ]
    return ranks.flatMap((rank) => spreadByGroup(rank, groupOf))
  }

  /** How many others may be counted on. */
  countOf(shard: number): number {
    const connected = this.#init.neighbours.carriersOf(shard)
    const others = new Set(connected.filter((peer) => this.#isUsable(shard, peer)))
    for (const peer of this.#shards.get(shard)?.peers ?? []) {
      if (this.#isUsable(shard, peer) && !this.#hasLeft(shard, peer)) others.add(peer)
    }
    return others.size
  }

  /** Shards of which somebody served us since then, the latest first. */
  shardsServedSince(atSeconds: number): number[] {
    const latest = [...this.#shards].map(([shard, { servedAtSeconds }]) => ({
      shard,
      servedAtSeconds,
    }))
    return latest
      .filter(({ servedAtSeconds }) => servedAtSeconds >= atSeconds)
      .sort((a, b) => b.servedAtSeconds - a.servedAtSeconds)
      .map(({ shard }) => shard)
  }

  /** All carriers known, whatever they carry. */
  get carrierCount(): number {
    const all = new Set(this.#init.neighbours.carriers())
    for (const book of this.#shards.values()) {
      for (const peer of book.peers) {
        const known = book.get(peer)
        if (known !== null && isUsable(known)) all.add(peer)
      }
    }
    return all.size
  }

  served(peer: PeerId, shard: number): void {
    const peerKey = peerKeyOf(peer)
    if (peer === this.#init.wire.self || peerKey === null) return
    const book = this.#of(shard)
    const gone = book.markServed(peer, Math.floor(this.#init.clock.nowMs() / 1000))
    this.#save(carrierKey(shard, peerKey), () => this.#recordOf(book, peer))
    const goneKey = gone === null ? null : peerKeyOf(gone)
    if (goneKey !== null) this.#save(carrierKey(shard, goneKey), () => null)
  }

  failed(peer: PeerId, shard: number): void {
    if (peer === this.#init.wire.self) return
    this.#of(shard).markFailed(peer, this.#init.clock.monotonicMs())
  }

  /** From an invite or a record: as good as the DHT's word. */
  learn(shard: number, peer: PeerId, addresses: readonly string[]): void {
    this.#learn(shard, { peer, addresses }, null)
  }

  /** Asks neighbours, then the DHT; one search per shard at a time, and not again at once. */
  search(shard: number, countWanted: number = BOOK_SHORT_COUNT): Promise<void> {
    const nowMs = this.#init.clock.monotonicMs()
    const last = this.#searches.get(shard)
    if (last !== undefined && nowMs - last.atMs < BOOK_SEARCH_MS_MIN) return last.done
    const search: Search = { atMs: nowMs, done: Promise.resolve(), isAnswered: false }
    this.#searches.set(shard, search)
    search.done = this.#search(shard, countWanted, search)
    return search.done
  }

  /**
   * Whether somebody has answered lately, so that few known means that there are few. That nobody
   * could be reached says nothing of the network.
   */
  hasSearched(shard: number, withinMs: number): boolean {
    const last = this.#searches.get(shard)
    if (last === undefined || !last.isAnswered) return false
    return this.#init.clock.monotonicMs() - last.atMs < withinMs
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#cancelSave?.()
    await this.#flush()
  }

  #of(shard: number): ShardCarriers {
    const book = this.#shards.get(shard) ?? new ShardCarriers()
    this.#shards.set(shard, book)
    return book
  }

  /** It is connected, and says that it does not carry the shard. */
  #hasLeft(shard: number, peer: PeerId): boolean {
    if (peer === this.#init.wire.self) return true
    const said = this.#init.neighbours.get(peer)
    return said !== null && !(said.isCarrier && hasShard(said.shards, shard))
  }

  #isUsable(shard: number, peer: PeerId): boolean {
    const known = this.#shards.get(shard)?.get(peer) ?? null
    return known === null || isUsable(known)
  }

  #learn(
    shard: number,
    told: { readonly peer: PeerId; readonly addresses: readonly string[] },
    toldBy: PeerId | null,
  ): void {
    const { peer, addresses } = told
    if (peer === this.#init.wire.self || peerKeyOf(peer) === null) return
    if (addresses.length > 0) this.#init.wire.learn(peer, addresses)
    this.#of(shard).addTold(peer, toldBy)
  }

  async #search(shard: number, countWanted: number, search: Search): Promise<void> {
    if (this.#closing.signal.aborted) return
    const { wire, clock, network, neighbours, crypto, report } = this.#init
    const searching = async (signal: AbortSignal) => {
      const carriers = [...neighbours.carriersOf(shard), ...shuffled(crypto, neighbours.carriers())]
      const asked = [...new Set(carriers)].slice(0, BOOK_ASK_COUNT_MAX)
      const asking = asked.map(async (peer) => {
        const told = await askCarriers(wire, network, { peer, shard }, { signal })
        search.isAnswered = true
        for (const carrier of told) this.#learn(shard, carrier, peer)
      })
      await Promise.allSettled(asking)
      if (this.countOf(shard) >= countWanted) return
      const found = await wire.carriersOf(shard, { signal })
      search.isAnswered = true
      for (const peer of found) this.#learn(shard, { peer, addresses: [] }, null)
    }
    try {
      await within(clock, BOOK_SEARCH_MS_MAX, searching, this.#closing.signal)
    } catch (error: unknown) {
      // What was found until then is in the book.
      if (!this.#closing.signal.aborted) report(error)
    }
  }

  #recordOf(book: ShardCarriers, peer: PeerId): Uint8Array | null {
    const known = book.get(peer)
    if (known === null) return null
    const { servedCount, servedAtSeconds } = known
    const addresses = hintsOf(this.#init.wire.addressesOf(peer))
    return encodeCarrierRecord({ servedCount, servedAtSeconds, addresses })
  }

  /** What it is by then: a busy carrier serves a thousand times before it is written once. */
  #save(key: Uint8Array, makeValue: () => Uint8Array | null): void {
    this.#unsaved.set(String.fromCharCode(...key), { key, makeValue })
    if (this.#cancelSave !== null || this.#closing.signal.aborted) return
    this.#cancelSave = this.#init.clock.after(BOOK_SAVE_MS, () => {
      this.#cancelSave = null
      this.#flush().catch(this.#init.report)
    })
  }

  /** Not synced: what is lost is found again. */
  async #flush(): Promise<void> {
    const operations = [...this.#unsaved.values()].map(({ key, makeValue }) => ({
      key,
      value: makeValue(),
    }))
    this.#unsaved.clear()
    if (operations.length > 0) await this.#init.keyValue.write(operations, { sync: false })
  }
}

/** Waits no longer than the caller does; the search goes on for the next one. */
function abortable(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const end = () => signal.removeEventListener('abort', abort)
    work.then(resolve, reject).finally(end)
  })
}
