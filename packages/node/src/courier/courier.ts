// The courier: what is accepted here reaches carriers of its shard and is proved to have done so, or
// is shown as expired. It composes its parts and holds the door to them.

import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { expiresAtSecondsOf } from '@ezchat/protocol/envelope/decode.ts'
import { decodeLayout } from '@ezchat/protocol/envelope/layout.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import type {
  Clock,
  KeyValue,
  KeyValueOperation,
  PeerId,
  PostageWorker,
  Wire,
} from '@ezchat/protocol/ports.ts'
import { stemReaders } from '@ezchat/protocol/stem/readers.ts'
import { EzchatError } from '../errors.ts'
import { COURIER_UNHEARD_COUNT_MAX } from '../limits.ts'
import { ActiveItems } from './active-items.ts'
import { CarrierNames } from './carrier-names.ts'
import { Conduct } from './conduct.ts'
import { Cover } from './cover.ts'
import { Delivery } from './delivery.ts'
import type { CourierEvent, CourierItem, CourierListener, CourierMode } from './event.ts'
import { carrierKeyOf, type ItemRecord, type ItemState } from './item.ts'
import { Keeper } from './keeper.ts'
import { Outbox } from './outbox.ts'
import { Schedule } from './schedule.ts'
import type { CarrierSource, DummyAddress, OwnCarrier, Push, StemPeers } from './seams.ts'
import { Stamping } from './stamping.ts'
import { StemHost } from './stem-host.ts'
import type { Hop } from './story.ts'
import { VerifyingReaders } from './verified.ts'
import { WriteQueue } from './write-queue.ts'

export interface CourierInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  /** The caller's own, in which it writes what `draft` answers. */
  readonly keyValue: KeyValue
  readonly postage: PostageWorker
  readonly network: EnvelopeRules
  readonly carriers: CarrierSource
  readonly stemPeers: StemPeers
  readonly push: Push
  /** This node as a carrier; null where it is none. */
  readonly own?: OwnCarrier | null
  readonly mode?: CourierMode
  /** A browser: hands everything to daemons, in every mode. */
  readonly neverDelivers?: boolean
  /** For the mode `cover`; null while there is no mailbox of our own. */
  readonly dummyAddress?: () => DummyAddress | null
  /** A bug of ours. Without it the process hears of it as an unhandled rejection. */
  readonly onBug?: (error: unknown) => void
}

export interface Story {
  readonly state: ItemState
  readonly expiresAtSeconds: number
  readonly receipts: readonly Uint8Array[]
  /** Who signed them, in the same order. */
  readonly carriers: readonly PeerId[]
  readonly hops: readonly Hop[]
}

/** Counts and sizes; never a reference, an id or a peer. */
export interface CourierStatus {
  readonly mode: CourierMode
  readonly activeCount: number
  readonly activeBytes: number
  readonly deliveryBytes: number
  readonly stemActiveCount: number
  readonly stemBytes: number
}

export class Courier {
  readonly #clock: Clock
  readonly #unheard: CourierEvent[] = []
  readonly #listeners = new Set<CourierListener>()
  readonly #names = new CarrierNames()
  readonly #active = new ActiveItems()
  readonly #writes: WriteQueue
  readonly #outbox: Outbox
  readonly #delivery: Delivery
  readonly #stem: StemHost
  readonly #stamping: Stamping
  readonly #conduct: Conduct
  readonly #keeper: Keeper
  readonly #cover: Cover
  readonly #unwatch: () => void
  readonly #onBug: (error: unknown) => void
  #failure: EzchatError | null = null
  #isClosed = false

  constructor(init: CourierInit) {
    const { wire, clock, crypto, network, keyValue, carriers, neverDelivers = false } = init
    const own = init.own ?? null
    this.#clock = clock
    this.#onBug = init.onBug ?? rejectUnhandled
    const onBug = this.#onBug
    const onError = (error: unknown) => this.#heardOf(error)
    const active = this.#active
    const schedule = new Schedule((length) => crypto.randomBytes(length))
    const nowSeconds = () => Math.floor(clock.nowMs() / 1000)
    const readers = new VerifyingReaders(stemReaders({ crypto, network, nowSeconds }))
    const writes = new WriteQueue(keyValue, (error) => this.#fail(error))
    const outbox = new Outbox({ crypto, network, keyValue, writes })
    const conduct = new Conduct(
      {
        ...{ clock, wire, active, outbox, writes, schedule, carriers, own, neverDelivers, onError },
        names: this.#names,
        emit: (event) => this.#emit(event),
        onLeft: (item, dueMs) => this.#keeper.left(item, dueMs),
        isCrowded: () => this.#keeper.isCrowded,
      },
      init.mode ?? 'stem',
    )
    const { verifyReceipt } = readers
    this.#delivery = new Delivery({
      ...{ crypto, network, clock, wire, carriers, own, verifyReceipt, onBug },
      push: init.push,
    })
    this.#stamping = new Stamping({
      ...{ crypto, network, clock, onBug },
      postage: init.postage,
      write: (item) => outbox.save(item, item.place, true),
      onStamped: (item, id) => conduct.stamped(item, id),
    })
    this.#stem = new StemHost({
      ...{ crypto, network, clock, wire, readers, neverDelivers },
      peers: init.stemPeers,
      delivery: this.#delivery,
      expiresAtSeconds: (envelope) =>
        expiresAtSecondsOf(network, decodeLayout(network, envelope).timestampSeconds),
      events: conduct,
    })
    conduct.connect({ stamping: this.#stamping, stem: this.#stem, delivery: this.#delivery })
    this.#writes = writes
    this.#outbox = outbox
    this.#conduct = conduct
    this.#keeper = new Keeper({
      ...{ clock, active, outbox, writes, conduct, onError },
      onDamaged: (reference) => this.#emit({ kind: 'damaged', reference }),
    })
    this.#cover = new Cover({
      ...{ crypto, network, clock, schedule },
      address: () => (this.#stem.hasPeers ? (init.dummyAddress?.() ?? null) : null),
      submit: (item) => this.#submitDummy(item),
    })
    this.#unwatch = wire.watchPeers(({ kind }) => {
      if (kind === 'up') this.#peerCame(wire.peers().length)
    })
  }

  async start(): Promise<void> {
    await this.#keeper.nudge()
    if (this.mode === 'cover') this.#cover.start()
  }

  /** Why nothing more is done until it is started again. */
  get failure(): EzchatError | null {
    return this.#failure
  }

  get mode(): CourierMode {
    return this.#conduct.mode
  }

  setMode(mode: CourierMode): void {
    this.#conduct.setMode(mode)
    if (mode === 'cover' && !this.#isClosed) this.#cover.start()
    else this.#cover.stop()
  }

  get status(): CourierStatus {
    const stem = this.#stem.status
    return {
      mode: this.mode,
      activeCount: this.#active.count,
      activeBytes: this.#active.bytes,
      deliveryBytes: this.#delivery.bytesUnderWay,
      stemActiveCount: stem.activeCount,
      stemBytes: stem.ownBytes + stem.othersBytes,
    }
  }

  /** For the caller to write in a batch of its own, and then to say `accepted`. */
  draft(items: readonly CourierItem[]): KeyValueOperation[] {
    return this.#outbox.draft(items, this.#clock.nowMs())
  }

  accepted(references: readonly Uint8Array[]): void {
    if (!this.#isClosed && this.#failure === null) this.#keeper.accepted(references)
  }

  /**
   * Delivered, or not wanted any more. False when there was nothing to end, or the courier has
   * failed: then it is asked again after the next start, or sends once more for nothing.
   */
  async withdraw(reference: Uint8Array): Promise<boolean> {
    if (this.#failure !== null || this.#isClosed) return false
    try {
      return await this.#keeper.withdraw(reference)
    } catch (error: unknown) {
      this.#heardOf(error)
      return false
    }
  }

  /** Null for what was never accepted here, or ended a week ago. */
  async story(reference: Uint8Array): Promise<Story | null> {
    const record = this.#active.get(toHex(reference)) ?? (await this.#outbox.record(reference))
    return record === null ? null : this.#storyOf(record)
  }

  /** The first listener hears what was said before it came: a start has much to say. */
  watch(listener: CourierListener): () => void {
    this.#listeners.add(listener)
    for (const event of this.#unheard.splice(0)) listener(event)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** What is under way stays on disk, and goes on at the next start. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#unwatch()
    this.#cover.stop()
    this.#keeper.close()
    this.#stamping.close()
    this.#conduct.close()
    this.#stem.stop()
    this.#delivery.close()
    await this.#writes.close()
  }

  #storyOf({ state, expiresAtSeconds, receipts, hops }: ItemRecord): Story {
    return {
      state,
      expiresAtSeconds,
      receipts: receipts.map((receipt) => receipt.slice()),
      carriers: receipts.map((receipt) => this.#names.of(carrierKeyOf(receipt))),
      hops: [...hops],
    }
  }

  /**
   * After a time with nobody there, whatever was put off is tried at once. Not in the stem: those
   * who have seen it would see it again, and only an author does that.
   */
  #peerCame(peerCount: number): void {
    if (this.#isClosed || this.#failure !== null) return
    this.#conduct.connected()
    if (peerCount === 1 && this.mode === 'direct')
      this.#keeper.nudge().catch((error: unknown) => this.#heardOf(error))
  }

  #submitDummy(item: CourierItem): void {
    if (this.#isClosed || this.#failure !== null) return
    const operations = this.#outbox.draft([item], this.#clock.nowMs(), true)
    this.#writes
      .write(operations)
      .then(() => this.#keeper.accepted([item.reference]))
      .catch((error: unknown) => this.#heardOf(error))
  }

  #emit(event: CourierEvent): void {
    for (const listener of this.#listeners) listener(event)
    if (this.#listeners.size === 0) this.#unheard.push(event)
    if (this.#unheard.length > COURIER_UNHEARD_COUNT_MAX) this.#unheard.shift()
  }

  #heardOf(error: unknown): void {
    if (error instanceof EzchatError) this.#fail(error)
    else this.#onBug(error)
  }

  /** Own messages wait on disk. Others' are still handed on: that needs no disk of ours. */
  #fail(error: EzchatError): void {
    if (this.#failure !== null || this.#isClosed) return
    this.#failure = error
    this.#cover.stop()
    this.#keeper.close()
    this.#stamping.close()
    this.#conduct.close()
    this.#emit({ kind: 'failed', error })
  }
}

function rejectUnhandled(error: unknown): void {
  Promise.reject(error)
}

export async function startCourier(init: CourierInit): Promise<Courier> {
  const courier = new Courier(init)
  try {
    await courier.start()
  } catch (error: unknown) {
    await courier.close()
    throw error
  }
  return courier
}
