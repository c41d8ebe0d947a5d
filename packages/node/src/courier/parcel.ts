// One envelope on its way to the carriers of its shard.
import type { PeerId } from '@ezchat/protocol/ports.ts'
import type { ReceiptSubject } from '@ezchat/protocol/stem/entry.ts'
import { COURIER_CARRIERS_WANTED } from '../limits.ts'
import { hasEnough } from './schedule.ts'

export interface DeliveryRequest extends ReceiptSubject {
  readonly envelope: Uint8Array
  readonly shard: number
  /** Who has signed already, and need not be asked. */
  readonly signed: Iterable<PeerId>
  /** Who is asked when nobody else is left. */
  readonly lastly: ReadonlySet<PeerId>
}

export interface DeliveryEnd {
  /** Whose receipts there are, those from before included. */
  readonly carriers: ReadonlySet<PeerId>
  /** Of whom we know, at the end. */
  readonly known: readonly PeerId[]
  /** Of those, whoever answered nothing. */
  readonly failed: ReadonlySet<PeerId>
  /** null: nobody said so. `named`: by its id; `before`: with all before a time. */
  readonly dropped: 'named' | 'before' | null
  /** Of a protocol error, when all who answered refused it for the same. */
  readonly refusedStatus: number | null
}

export interface DeliverySink {
  receipt(receipt: Uint8Array): void
  /** Once, and the last. */
  ended(end: DeliveryEnd): void
}

export class DeliveryParcel {
  readonly request: DeliveryRequest
  readonly envelope: Uint8Array
  readonly #sink: DeliverySink
  readonly #carriers: Set<PeerId>
  readonly #known = new Set<PeerId>()
  readonly #asked = new Set<PeerId>()
  readonly #open = new Set<PeerId>()
  readonly #slow = new Set<PeerId>()
  readonly #failed = new Set<PeerId>()
  readonly #statuses = new Set<number>()
  #answeredCount = 0
  #isLookedUp = false
  isOver = false

  constructor(request: DeliveryRequest, sink: DeliverySink) {
    this.request = request
    this.envelope = request.envelope
    this.#sink = sink
    this.#carriers = new Set(request.signed)
  }

  learn(peers: readonly PeerId[], isAll: boolean): void {
    for (const peer of peers) this.#known.add(peer)
    this.#isLookedUp ||= isAll
  }

  /** Who is to be asked now, or null. */
  next(isSlow: (peer: PeerId) => boolean): PeerId | null {
    if (this.isOver || this.#underWayCount >= COURIER_CARRIERS_WANTED) return null
    const { lastly } = this.request
    let slow: PeerId | null = null
    let last: PeerId | null = null
    for (const peer of this.#known) {
      if (this.#asked.has(peer) || this.#carriers.has(peer)) continue
      if (lastly.has(peer)) last ??= peer
      else if (isSlow(peer)) slow ??= peer
      else return this.#ask(peer)
    }
    const left = slow ?? (this.#isLookedUp ? last : null)
    return left === null ? null : this.#ask(left)
  }

  /** Another one is asked too, but an answer still counts. */
  tarries(peer: PeerId): void {
    if (this.#open.has(peer)) this.#slow.add(peer)
  }

  /** It has not been asked after all, and is the last to be. */
  unask(peer: PeerId): void {
    this.#close(peer)
    this.#asked.delete(peer)
    this.#known.delete(peer)
    this.#known.add(peer)
  }

  signed(peer: PeerId, receipt: Uint8Array): void {
    this.#close(peer)
    this.#answeredCount += 1
    if (this.isOver || this.#carriers.has(peer)) return
    this.#carriers.add(peer)
    this.#sink.receipt(receipt)
  }

  refused(peer: PeerId, status: number | null): void {
    this.#close(peer)
    this.#answeredCount += 1
    this.#statuses.add(status ?? 0)
  }

  failed(peer: PeerId): void {
    this.#close(peer)
    this.#failed.add(peer)
  }

  get #underWayCount(): number {
    return this.#carriers.size + this.#open.size - this.#slow.size
  }

  /** Whether there is nothing more to do. */
  get isDone(): boolean {
    if (hasEnough({ carriers: this.#carriers })) return true
    return this.#isLookedUp && this.#open.size === 0
  }

  end(dropped: DeliveryEnd['dropped'] = null): void {
    if (this.isOver) return
    this.isOver = true
    const [status = 0] = this.#statuses
    const isRefused = this.#statuses.size === 1 && this.#answeredCount > 0 && status >= 256
    this.#sink.ended({
      carriers: this.#carriers,
      known: [...this.#known],
      failed: this.#failed,
      dropped,
      refusedStatus: isRefused && this.#carriers.size === 0 ? status : null,
    })
  }

  #ask(peer: PeerId): PeerId {
    this.#asked.add(peer)
    this.#open.add(peer)
    return peer
  }

  #close(peer: PeerId): void {
    this.#open.delete(peer)
    this.#slow.delete(peer)
  }
}
