// A carrier on a wire: what it carries, what it tells others, what it answers. docs/spec/carrier.md
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { VerifiedDrop } from '@ezchat/protocol/mailbox/drop.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock, KeyValue, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import type { PushOutcome } from '@ezchat/protocol/request/push.ts'
import { CatchUp } from '../catch-up.ts'
import type { EnvelopeStore, StoreUsage } from '../store/envelope-store.ts'
import { Announcer } from './announcer.ts'
import { CarrierBook } from './carrier-book.ts'
import { carriersHandler } from './carriers.ts'
import { CarrierDoor } from './door.ts'
import { Drops, dropHandler, dropsHandler } from './drop.ts'
import type { CarryMode } from './duty.ts'
import { DutyKeeper } from './duty-keeper.ts'
import { fetchHandler } from './fetch.ts'
import { Gossip } from './gossip.ts'
import { Intake } from './intake.ts'
import { loadHandler } from './load.ts'
import { Neighbours } from './neighbours.ts'
import type { Ownership } from './ownership.ts'
import { Peering } from './peering.ts'
import { pushHandler } from './push.ts'
import type { SignElsewhere } from './receipt-signer.ts'
import { Reconciler, type ReconcilerCounts } from './reconciler.ts'
import { Shelves } from './shelves.ts'
import { Sweeper } from './sweeper.ts'
import { Watches } from './watch.ts'

export interface CarrierInit {
  readonly wire: Wire
  readonly clock: Clock
  readonly crypto: Crypto
  readonly network: Network
  /** Opened with `ownership.isOwn`. Whoever opened it closes it, after the carrier. */
  readonly store: EnvelopeStore
  /** Small things that outlive a restart; keys begin with `carrier/`. */
  readonly keyValue: KeyValue
  /** Where blobs of others are kept; without it none are. */
  readonly blobs?: KeyValue | null
  /** Signs receipts: the key of this peer. */
  readonly peerSeed: Secret
  /** Signs many in other threads; without it all are signed here. */
  readonly signElsewhere?: SignElsewhere
  readonly ownership: Ownership
  /** Told of what is missing here and fetched. */
  readonly catchUp?: CatchUp
  readonly mode: CarryMode
  /** Whether this node takes part in stems, which neighbours want to know. */
  readonly isStem: boolean
  /** What failed and will be tried again; for a log, never with names. */
  readonly report: (error: unknown) => void
}

export interface CarrierStatus {
  readonly shards: readonly number[]
  /** Everybody carries everything. */
  readonly isSmallNetwork: boolean
  readonly neighbourCount: number
  readonly carrierCount: number
  readonly usage: StoreUsage
  readonly reconciliation: Readonly<ReconcilerCounts>
  readonly answeringCount: number
  readonly gossipDroppedCount: number
  readonly announceFailedCount: number
}

export async function startCarrier(init: CarrierInit): Promise<Carrier> {
  const carrier = new Carrier(init)
  await carrier.open()
  return carrier
}

export class Carrier {
  readonly neighbours: Neighbours
  readonly book: CarrierBook
  readonly intake: Intake
  readonly drops: Drops
  readonly ownership: Ownership
  readonly #init: CarrierInit
  readonly #gossip: Gossip
  readonly #reconciler: Reconciler
  readonly #duty: DutyKeeper
  readonly #announcer: Announcer
  readonly #peering: Peering
  readonly #sweeper: Sweeper
  readonly #watches: Watches
  readonly #unwatch: () => void
  #shelves: Shelves | null = null

  constructor(init: CarrierInit) {
    const { mode } = init
    this.#init = init
    this.ownership = init.ownership
    const isCarried = (shard: number) => this.carries(shard)
    const presence = () => ({
      isCarrier: mode !== 'own' || this.shards.length > 0,
      isStem: init.isStem,
      shards: this.shards,
    })
    this.neighbours = new Neighbours({ ...init, presence })
    this.book = new CarrierBook({ ...init, neighbours: this.neighbours })
    // What was pushed here nobody else has heard of; what came from carriers has been told.
    const onPushed = (envelope: Envelope, from: PeerId | null) => {
      this.#gossip.tellEnvelope(envelope, from === null)
    }
    this.intake = new Intake({ ...init, isCarried, onAccepted: onPushed })
    const brought = new Intake({ ...init, isCarried, onAccepted: () => undefined })
    this.drops = new Drops({
      ...init,
      store: { drop: (drop) => this.#dropAndTell(drop) },
      onAccepted: () => undefined,
    })
    const broughtDrops = new Drops({ ...init, onAccepted: () => undefined })
    const door = new CarrierDoor({ wire: init.wire, intake: brought, drops: broughtDrops })
    this.#gossip = new Gossip({ ...init, door })
    const served = (peer: PeerId, shard: number) => this.book.served(peer, shard)
    const parts = { ...init, neighbours: this.neighbours, book: this.book }
    const catchUp = init.catchUp ?? new CatchUp(init.clock)
    this.#reconciler = new Reconciler({ ...parts, door, catchUp, isCarried, served })
    this.#duty = new DutyKeeper({
      ...parts,
      isHandedOver: (shard) => this.#reconciler.isHandedOver(shard),
      onChange: ({ adopted, left }) => this.#dutyChanged(adopted, left),
    })
    this.#announcer = new Announcer(init)
    this.#peering = new Peering({ ...parts, carried: () => this.shards })
    this.#sweeper = new Sweeper({ ...init, store: { sweep: (now) => this.#sweep(now) } })
    this.#watches = new Watches(init)
    this.#unwatch = this.neighbours.watch(({ kind, peer }) => {
      if (kind === 'gone') this.#gossip.forget(peer)
    })
    this.#handle(isCarried)
  }

  /** What was carried and known when the peer ran last. */
  async open(): Promise<void> {
    this.#shelves = await Shelves.open({ ...this.#init, blobs: this.#init.blobs ?? null })
    await this.book.open()
    await this.#duty.open()
  }

  /** Records and blobs; they are there since it was opened. */
  get shelves(): Shelves {
    assert(this.#shelves !== null, 'expected a carrier that was opened')
    return this.#shelves
  }

  /** Ascending. */
  get shards(): readonly number[] {
    return this.#duty.shards
  }

  carries(shard: number): boolean {
    return this.#duty.carries(shard)
  }

  /** Our own envelopes, or those of our stem: as if they were pushed here. */
  take(envelopes: readonly Uint8Array[]): Promise<PushOutcome[]> {
    return this.intake.takeSigned(envelopes, null)
  }

  /** Of a mailbox of ours: acted on here, and told to the others of its shard. */
  async drop(drop: Uint8Array): Promise<'new' | 'known' | 'full'> {
    return this.drops.take(drop, null)
  }

  get status(): CarrierStatus {
    return {
      shards: this.shards,
      isSmallNetwork: this.#duty.isSmall,
      neighbourCount: this.neighbours.known().length,
      carrierCount: this.book.carrierCount,
      usage: this.#init.store.usage,
      reconciliation: this.#reconciler.counts,
      answeringCount: this.#reconciler.answeringCount,
      gossipDroppedCount: this.#gossip.droppedCount,
      announceFailedCount: this.#announcer.failedCount,
    }
  }

  /** Tells what is waiting to be told, and writes what is to be remembered. */
  async close(): Promise<void> {
    this.#unwatch()
    this.#duty.close()
    this.#peering.close()
    this.#announcer.close()
    this.#gossip.close()
    this.#watches.close()
    await this.#reconciler.close()
    await this.#sweeper.close()
    await this.#shelves?.close()
    await this.book.close()
    this.neighbours.close()
  }

  async #sweep(nowSeconds: number): Promise<number> {
    const count = await this.#init.store.sweep(nowSeconds)
    return count + ((await this.#shelves?.sweep(nowSeconds)) ?? 0)
  }

  #handle(isCarried: (shard: number) => boolean): void {
    const { wire } = this.#init
    wire.handle('push', pushHandler({ wire, intake: this.intake }))
    wire.handle('load', loadHandler(this.#init))
    wire.handle('drop', dropHandler({ drops: this.drops }))
    wire.handle('drops', dropsHandler(this.#init))
    wire.handle('fetch', fetchHandler(this.#init))
    const knownOf = (shard: number) => this.book.known(shard)
    wire.handle('carriers', carriersHandler({ ...this.#init, isCarried, knownOf }))
  }

  #dutyChanged(adopted: readonly number[], left: readonly number[]): void {
    for (const shard of left) {
      this.#gossip.unsubscribe(shard)
      this.#announcer.remove(shard)
      // Others hold it: here it is only in the way.
      this.#init.store.forget(shard).catch(this.#init.report)
    }
    for (const shard of adopted) {
      this.#gossip.subscribe(shard)
      this.#announcer.add(shard)
    }
    this.neighbours.tell()
    this.#reconciler.wake(adopted)
  }

  /** Which shards it concerns is known only before its envelopes have gone. */
  async #dropAndTell(drop: VerifiedDrop): Promise<'new' | 'known' | 'full'> {
    const { store } = this.#init
    const shards = await store.shardsUnder(drop)
    const verdict = await store.drop(drop)
    if (verdict === 'new') for (const shard of shards) this.#gossip.tellDrop(shard, drop.bytes)
    return verdict
  }
}
