// Takes up shards and leaves them, as `duty.ts` decides: carrier.md §2.
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import { isShard } from '@ezchat/protocol/network/shard.ts'
import type { Clock, KeyValue, Wire } from '@ezchat/protocol/ports.ts'
import {
  DUTY_CARRIERS_ENOUGH,
  DUTY_PERIOD_MS,
  DUTY_QUOTA_SHARE,
  DUTY_SEARCH_MS_MAX,
  DUTY_SETTLE_MS,
  DUTY_SHARD_BYTES_MIN,
} from '../limits.ts'
import { peerKeyOf } from '../net/peer-id.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import type { CarrierBook } from './carrier-book.ts'
import { type CarryMode, type Duty, type DutyView, decideDuty } from './duty.ts'
import type { Neighbours } from './neighbours.ts'
import type { Ownership } from './ownership.ts'
import { jittered } from './random.ts'
import { bitsOf, shardsOf } from './shard-bits.ts'
import { shardsByDistance } from './shard-order.ts'

export interface DutyKeeperInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  readonly network: Network
  readonly keyValue: KeyValue
  readonly store: EnvelopeStore
  readonly book: CarrierBook
  readonly neighbours: Neighbours
  readonly ownership: Ownership
  readonly mode: CarryMode
  readonly isHandedOver: (shard: number) => boolean
  readonly onChange: (change: {
    readonly adopted: readonly number[]
    readonly left: readonly number[]
  }) => void
  readonly report: (error: unknown) => void
}

const VERSION = 1
const KEY = utf8('carrier/duty')

export class DutyKeeper {
  readonly #init: DutyKeeperInit
  readonly #order: readonly number[]
  readonly #carried = new Map<number, number>()
  /** Has asked who else carries, or tried to. */
  #hasLooked = false
  #isClosed = false
  #isSmall = false
  #cancelTimer: () => void = () => undefined

  constructor(init: DutyKeeperInit) {
    this.#init = init
    const peerKey = peerKeyOf(init.wire.self)
    assert(peerKey !== null, 'expected a peer with an Ed25519 key')
    this.#order = shardsByDistance(init.crypto, init.network, peerKey)
  }

  /** What was carried when the peer ran last, and what is our own. */
  async open(): Promise<void> {
    const { keyValue, network, ownership, clock } = this.#init
    const record = await keyValue.get(KEY)
    const known = record?.length === 33 && record[0] === VERSION ? shardsOf(record.slice(1)) : []
    const shards = new Set([
      ...known.filter((shard) => isShard(network, shard)),
      ...ownership.shards,
    ])
    this.#apply({ adopt: [...shards], leave: [] })
    // Whoever carries all, or only its own, need not know who else is there.
    if (this.#init.mode !== 'auto') this.#decide()
    ownership.watch(() => this.#decide())
    this.#cancelTimer = clock.after(DUTY_SETTLE_MS, () => this.#turn())
  }

  carries(shard: number): boolean {
    return this.#carried.has(shard)
  }

  /** Ascending. */
  get shards(): number[] {
    return [...this.#carried.keys()].sort((a, b) => a - b)
  }

  /** Everybody carries everything. */
  get isSmall(): boolean {
    return this.#isSmall
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTimer()
    this.#init.ownership.watch(() => undefined)
  }

  #turn(): void {
    const { clock, crypto, report } = this.#init
    this.#look()
      .catch(report)
      .finally(() => {
        if (this.#isClosed) return
        this.#hasLooked = true
        this.#decide()
        const delayMs = jittered(crypto, DUTY_PERIOD_MS, 0.2)
        this.#cancelTimer = clock.after(delayMs, () => this.#turn())
      })
  }

  /** That few are known means little before somebody was asked. */
  async #look(): Promise<void> {
    const { mode, book } = this.#init
    if (mode !== 'auto') return
    const { adopt, isSmall } = this.#decision((shard) => book.countOf(shard))
    // In a small network one question tells whether it is one.
    const candidates = isSmall ? this.#order.slice(0, 1) : adopt
    const unsure = candidates.filter((shard) => !book.hasSearched(shard, DUTY_SEARCH_MS_MAX))
    await Promise.all(unsure.map((shard) => book.search(shard, DUTY_CARRIERS_ENOUGH)))
  }

  #decide(): void {
    if (this.#isClosed) return
    const { book, mode, ownership, report } = this.#init
    const duty = this.#decision((shard) => book.countOf(shard))
    this.#isSmall = duty.isSmall
    // Whoever has asked nobody yet would take every network for a small one, and carry all of it.
    const isSure = (shard: number) =>
      mode !== 'auto' ||
      ownership.shards.has(shard) ||
      (this.#hasLooked && (duty.isSmall || book.hasSearched(shard, DUTY_SEARCH_MS_MAX)))
    const change = { adopt: duty.adopt.filter(isSure), leave: duty.leave }
    if (this.#apply(change)) this.#save().catch(report)
  }

  #decision(knownCountOf: (shard: number) => number): Duty {
    const { mode, clock, book, neighbours, ownership, isHandedOver } = this.#init
    const held = new Set(this.#init.store.shards())
    const view: DutyView = {
      mode,
      order: this.#order,
      own: ownership.shards,
      carried: this.#carried,
      carrierCount: book.carrierCount,
      othersOf: (shard) => ({
        connectedCount: neighbours.carriersOf(shard).length,
        knownCount: knownCountOf(shard),
      }),
      isHandedOver,
      isEmpty: (shard) => !held.has(shard),
      shardCountMax: this.#shardCountMax(),
      nowMs: clock.monotonicMs(),
    }
    return decideDuty(view)
  }

  /** By what the shards that are held have taken so far. */
  #shardCountMax(): number {
    const { bytesCharged, quotaBytes } = this.#init.store.usage
    const heldCount = Math.max(1, this.#init.store.shards().length)
    const bytesEach = Math.max(DUTY_SHARD_BYTES_MIN, bytesCharged / heldCount)
    return Math.floor((quotaBytes * DUTY_QUOTA_SHARE) / bytesEach)
  }

  #apply({ adopt, leave }: Pick<Duty, 'adopt' | 'leave'>): boolean {
    const nowMs = this.#init.clock.monotonicMs()
    const adopted = adopt.filter((shard) => !this.#carried.has(shard))
    const left = leave.filter((shard) => this.#carried.has(shard))
    if (adopted.length + left.length === 0) return false
    for (const shard of adopted) this.#carried.set(shard, nowMs)
    for (const shard of left) this.#carried.delete(shard)
    this.#init.onChange({ adopted, left })
    return true
  }

  /** Not synced: whoever forgets a shard adopts it again, or others have it. */
  async #save(): Promise<void> {
    const value = concatBytes(Uint8Array.of(VERSION), bitsOf(this.#carried.keys()))
    await this.#init.keyValue.write([{ key: KEY, value }], { sync: false })
  }
}
