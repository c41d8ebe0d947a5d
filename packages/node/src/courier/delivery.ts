// Brings envelopes to carriers of their shard: those of others as those of our own, in one and the
// same way. Several carriers at once, the next one when one fails, until three have signed.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import type { Clock, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import type { PushOutcome } from '@ezchat/protocol/request/push.ts'
import type { ReceiptVerifier } from '@ezchat/protocol/stem/entry.ts'
import { deadline, within } from '../deadline.ts'
import { EzchatError } from '../errors.ts'
import {
  COURIER_DELIVERY_BYTES_MAX,
  COURIER_HEDGE_MS,
  COURIER_LOOKUP_MS,
  COURIER_PUSH_MS,
} from '../limits.ts'
import { peerKeyOf } from '../net/peer-id.ts'
import { readDrop } from './dropped.ts'
import { Lane } from './lane.ts'
import { DeliveryParcel, type DeliveryRequest, type DeliverySink } from './parcel.ts'
import type { CarrierSource, OwnCarrier, Push } from './seams.ts'

export interface DeliveryInit {
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly clock: Clock
  readonly wire: Pick<Wire, 'self' | 'penalise'>
  readonly carriers: CarrierSource
  /** Null where this node carries nothing. */
  readonly own: OwnCarrier | null
  readonly push: Push
  readonly verifyReceipt: ReceiptVerifier
  /** A bug of ours: none of these may be swallowed. */
  readonly onBug: (error: unknown) => void
}

const STATUS_FULL = 4

export class Delivery {
  readonly #init: DeliveryInit
  readonly #lanes = new Map<PeerId, Lane<DeliveryParcel>>()
  readonly #lookups = new Map<number, Promise<readonly PeerId[]>>()
  readonly #closing = new AbortController()
  #bytes = 0

  constructor(init: DeliveryInit) {
    this.#init = init
  }

  get bytesUnderWay(): number {
    return this.#bytes
  }

  /** What is returned gives it up. The sink is told nothing before this has returned. */
  deliver(request: DeliveryRequest, sink: DeliverySink): () => void {
    const bytes = request.envelope.length
    const isRefused = this.#bytes + bytes > COURIER_DELIVERY_BYTES_MAX
    this.#bytes += bytes
    const parcel = new DeliveryParcel(request, {
      receipt: (receipt) => sink.receipt(receipt),
      ended: (end) => {
        this.#bytes -= bytes
        sink.ended(end)
      },
    })
    this.#begin(parcel, isRefused).catch(this.#init.onBug)
    return () => {
      if (parcel.isOver) return
      parcel.isOver = true
      this.#bytes -= bytes
    }
  }

  close(): void {
    this.#closing.abort(new EzchatError('STORE_CLOSED'))
    for (const lane of this.#lanes.values()) lane.takeWaiting()
  }

  async #begin(parcel: DeliveryParcel, isRefused: boolean): Promise<void> {
    const { own, wire } = this.#init
    const { shard } = parcel.request
    await null
    if (isRefused) {
      parcel.end()
      return
    }
    // Our own store is the first of those who keep it, as for what others hand us.
    if (own?.carries(shard)) parcel.learn([wire.self], false)
    this.#advance(parcel)
    if (parcel.isOver) return
    const found = await this.#lookUp(shard)
    parcel.learn(
      found.filter((peer) => peer !== wire.self),
      true,
    )
    this.#advance(parcel)
  }

  /** One question for all that want the same. */
  #lookUp(shard: number): Promise<readonly PeerId[]> {
    const pending = this.#lookups.get(shard)
    if (pending !== undefined) return pending
    const { clock, carriers } = this.#init
    const asking = within(
      clock,
      COURIER_LOOKUP_MS,
      (signal) => carriers.carriersOf(shard, { signal }),
      this.#closing.signal,
    )
    const lookup = asking
      .catch((error: unknown) => this.#knownInstead(shard, error))
      .finally(() => this.#lookups.delete(shard))
    this.#lookups.set(shard, lookup)
    return lookup
  }

  #knownInstead(shard: number, error: unknown): readonly PeerId[] {
    if (!(error instanceof EzchatError)) this.#init.onBug(error)
    return this.#init.carriers.known(shard)
  }

  #advance(parcel: DeliveryParcel): void {
    if (this.#closing.signal.aborted || parcel.isOver) return
    for (;;) {
      const peer = parcel.next((other) => this.#lanes.get(other)?.isSlow ?? false)
      if (peer === null) break
      this.#laneTo(peer).add(parcel)
    }
    if (parcel.isDone) parcel.end()
  }

  #laneTo(peer: PeerId): Lane<DeliveryParcel> {
    const existing = this.#lanes.get(peer)
    if (existing !== undefined) return existing
    const isOwn = peer === this.#init.wire.self
    const lane = new Lane<DeliveryParcel>({
      peer,
      send: (from, batch) => (isOwn ? this.#takeIn(batch) : this.#pushTo(from, batch)),
      onIdle: ({ peer: idle }) => this.#lanes.delete(idle),
    })
    this.#lanes.set(peer, lane)
    return lane
  }

  async #takeIn(batch: readonly DeliveryParcel[]): Promise<void> {
    const { own, wire } = this.#init
    await this.#answered(wire.self, batch, async (envelopes) => (await own?.take(envelopes)) ?? [])
  }

  async #pushTo(lane: Lane<DeliveryParcel>, batch: readonly DeliveryParcel[]): Promise<void> {
    const { clock, push } = this.#init
    const limit = deadline(clock, COURIER_PUSH_MS, this.#closing.signal)
    const cancelHedge = clock.after(COURIER_HEDGE_MS, () => this.#hedge(lane, batch))
    const { signal } = limit
    await this.#answered(lane.peer, batch, (envelopes) => push(lane.peer, envelopes, { signal }))
    cancelHedge()
    limit.end()
    lane.isSlow = false
  }

  /** Others are asked beside it, and what has not left yet goes to others instead. */
  #hedge(lane: Lane<DeliveryParcel>, batch: readonly DeliveryParcel[]): void {
    lane.isSlow = true
    for (const parcel of batch) parcel.tarries(lane.peer)
    const waiting = lane.takeWaiting()
    for (const parcel of waiting) parcel.unask(lane.peer)
    for (const parcel of [...batch, ...waiting]) this.#advance(parcel)
  }

  async #answered(
    peer: PeerId,
    batch: readonly DeliveryParcel[],
    ask: (envelopes: readonly Uint8Array[]) => Promise<readonly PushOutcome[]>,
  ): Promise<void> {
    try {
      const key = peerKeyOf(peer)
      const keyHex = key === null ? null : toHex(key)
      const outcomes = await ask(batch.map(({ envelope }) => envelope))
      const served = new Set<number>()
      const failed = new Set<number>()
      for (const [at, parcel] of batch.entries()) {
        const { shard } = parcel.request
        const isServed = this.#heard(peer, keyHex, parcel, outcomes[at])
        if (isServed !== null) (isServed ? served : failed).add(shard)
      }
      this.#judge(peer, served, failed)
    } catch (error: unknown) {
      if (!(error instanceof EzchatError)) this.#init.onBug(error)
      for (const parcel of batch) parcel.failed(peer)
      const isBusy = error instanceof EzchatError && error.code === 'PEER_BUSY'
      const shards = isBusy ? [] : batch.map(({ request }) => request.shard)
      if (!this.#closing.signal.aborted) this.#judge(peer, new Set(), new Set(shards))
    }
    for (const parcel of batch) this.#advance(parcel)
  }

  #judge(peer: PeerId, served: ReadonlySet<number>, failed: ReadonlySet<number>): void {
    const { carriers, wire } = this.#init
    if (peer === wire.self) return
    for (const shard of served) carriers.served(peer, shard)
    for (const shard of failed) if (!served.has(shard)) carriers.failed(peer, shard)
  }

  /** Whether it served; null when that says nothing about it. */
  #heard(
    peer: PeerId,
    keyHex: string | null,
    parcel: DeliveryParcel,
    outcome: PushOutcome | undefined,
  ): boolean | null {
    switch (outcome?.kind) {
      case 'receipt':
        return this.#signed(peer, keyHex, parcel, outcome.receipt)
      case 'dropped':
        return this.#dropped(peer, parcel, outcome.drop)
      case 'refused':
        parcel.refused(peer, outcome.status)
        return outcome.status === STATUS_FULL ? false : null
      case undefined:
        parcel.failed(peer)
        return false
    }
  }

  #signed(
    peer: PeerId,
    keyHex: string | null,
    parcel: DeliveryParcel,
    receipt: Uint8Array,
  ): boolean {
    const { verifyReceipt, wire } = this.#init
    // What our own store has signed needs no proof.
    if (peer === wire.self) {
      parcel.signed(peer, receipt)
      return true
    }
    const verdict = verifyReceipt(receipt, parcel.request)
    const isGenuine = typeof verdict !== 'string' && verdict.carrier === keyHex
    if (isGenuine) parcel.signed(peer, receipt)
    else parcel.failed(peer)
    // A promise that is genuine and too short may come from another clock.
    if (!isGenuine && verdict !== 'useless') wire.penalise(peer, 'forged')
    return isGenuine
  }

  #dropped(peer: PeerId, parcel: DeliveryParcel, bytes: Uint8Array): boolean {
    const { crypto, network, clock, wire } = this.#init
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    const { envelope, id } = parcel.request
    const meaning = readDrop(crypto, { network, nowSeconds }, { envelope, id }, bytes)
    if (meaning === 'named' || meaning === 'before') {
      parcel.end(meaning)
      return true
    }
    parcel.failed(peer)
    if (meaning === 'forged' && peer !== wire.self) wire.penalise(peer, 'forged')
    return false
  }
}
